"""A stack that makes clusters is refused where Pulumi would store only at the end that it has made them."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.provisioning import require_checkpoints
from components.stack_config import KubeconfigSourceName, StackConfig
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import InferenceEnvironment
from tests.components.provisioned import eks_document, gke_document
from tests.documents import environment, pool

EXISTING = environment("mig-a", pool("p"))


def said(*documents: dict[str, Any], source: str = "config") -> list[str]:
    config = StackConfig(kubeconfig_source=KubeconfigSourceName(source))
    try:
        require_checkpoints(config, [InferenceEnvironment.model_validate(each) for each in documents])
    except InvalidInputError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_of_every_cluster_that_the_stack_makes_it_is_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PULUMI_SKIP_CHECKPOINTS", value)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    lines = said(EXISTING, gke_document(), eks_document())
    assert [line.split(": ")[0] for line in lines] == ["InferenceEnvironment eks-a", "InferenceEnvironment gke-a"]
    for line in lines:
        assert line.endswith("run it again without the variable: unset PULUMI_SKIP_CHECKPOINTS [SW438]")
    # A preview that makes no cluster.
    assert said(gke_document(), source="none") == []
    # What clusters have already the next update takes over.
    assert said(EXISTING) == []


@pytest.mark.parametrize("value", [None, "", "0", "false", "yes"])
def test_what_pulumi_does_not_take_for_yes_skips_nothing(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("PULUMI_SKIP_CHECKPOINTS", raising=False)
    if value is not None:
        monkeypatch.setenv("PULUMI_SKIP_CHECKPOINTS", value)
    assert said(gke_document()) == []
