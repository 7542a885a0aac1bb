"""Remedies name the argument where the program decides something, and the key where the stack's configuration does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.clusters.asking import ask_clusters
from components.clusters.verifying import verify_clusters
from components.kubeconfig.checks import EnvironmentKubeconfig, check
from components.kubeconfig.from_kubernetes import KUBERNETES
from components.kubeconfig.source import SourceError
from components.stack_config import StackConfig, read_stack_config
from components.state import parse_own_outputs
from slicewise.clusters.preflight import Needs
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import KubeconfigReference
from slicewise.planning import make_plan
from slicewise.testing import ProviderRefusal, Recorder
from tests.components.kubeconfigs import existing, kubeconfig, refused
from tests.components.test_kubeconfig_clouds import AWS_SECRET, GCP_SECRET
from tests.documents import deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.answering_server import serving
from tests.unit.clusters.preflight.test_missing_namespaces import Spaces

FLEET = 'Fleet("models")'


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test sets, no other finds."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    yield
    pulumi.runtime.set_all_config({})


def decided(*, program: bool, **options: Any) -> StackConfig:  # noqa: ANN401 - values of several types
    """Return what the program, or else the stack's configuration, decides; keys are called as arguments are."""
    if program:
        return read_stack_config(pulumi.Config("slicewise"), options, FLEET)
    for name, value in options.items():
        first, *words = name.split("_")
        key = first + "".join(word.title() for word in words)
        pulumi.runtime.set_config(f"slicewise:{key}", str(value).lower() if isinstance(value, bool) else value)
    return read_stack_config(pulumi.Config("slicewise"), {}, FLEET)


@pytest.mark.parametrize(
    ("program", "remedy"),
    [(True, 'pass kubeconfig_source="none"'), (False, "pulumi config set slicewise:kubeconfigSource none")],
)
def test_a_server_that_does_not_answer(program: bool, remedy: str) -> None:
    subject = EnvironmentKubeconfig("mig-a", "secretRef", None, "", "mig-a", kubeconfig("https://127.0.0.1:1"))

    _, ((_, problem),) = asyncio.run(check([subject], decided(program=program, kubeconfig_source="config"), tell=False))

    assert problem.remedy == f"check the server in the kubeconfig, or preview without clusters: {remedy}"


@pytest.mark.parametrize(
    ("program", "remedy"),
    [(True, 'pass kubeconfig_source="config"'), (False, "pulumi config set slicewise:kubeconfigSource config")],
)
def test_a_management_cluster_without_a_kubeconfig(
    program: bool, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "not-here"))
    config = decided(program=program, kubeconfig_source="kubernetes")

    with pytest.raises(SourceError, match=f"or keep kubeconfigs elsewhere: {remedy}$"):
        asyncio.run(KUBERNETES.read([KubeconfigReference(name="mig-a", key="kubeconfig")], config))


@pytest.mark.parametrize("program", [True, False])
@pytest.mark.parametrize(
    ("source", "token", "refusal", "argument", "value"),
    [
        ("aws-secrets-manager", AWS_SECRET, "ResourceNotFoundException", "kubeconfig_region", "eu-central-1"),
        ("gcp-secret-manager", GCP_SECRET, "googleapi: Error 404: not found", "kubeconfig_project", "project-1"),
    ],
)
def test_a_secret_that_a_cloud_does_not_have(
    program: bool, source: str, token: str, refusal: str, argument: str, value: str, recorder: Recorder
) -> None:
    def fail(_: dict[str, Any]) -> dict[str, Any]:
        raise ProviderRefusal(refusal)

    recorder.answers[token] = fail
    config = decided(program=program, kubeconfig_source=source, **{argument: value})

    (line,) = refused(config, [existing("env", secretRef={"name": "mig-a"})])

    key = {"kubeconfig_region": "slicewise:kubeconfigRegion", "kubeconfig_project": "slicewise:kubeconfigProject"}
    assert f"correct secretRef, or {argument if program else key[argument]}; or run: " in line


@pytest.mark.parametrize(
    ("program", "remedy"),
    [(True, "pass create_namespaces=True"), (False, "pulumi config set slicewise:createNamespaces true")],
)
def test_namespaces_that_a_cluster_does_not_have(program: bool, remedy: str) -> None:
    config = decided(program=program, create_namespaces=False)
    with serving(Spaces("other")) as url:
        subject = EnvironmentKubeconfig("mig-a", "secretRef", None, "", object(), kubeconfig_text(url), url)
        found = asyncio.run(ask_clusters(config, {"mig-a": subject}, {"mig-a": Needs(required=frozenset({"team"}))}))

    ((_, problem),) = found.problems
    assert problem.remedy.endswith(f"or let the stack make what is missing: {remedy}")


@pytest.mark.parametrize(
    ("program", "remedy", "key"),
    [
        (True, "`pass plan_afresh=True`", "plan_afresh"),
        (False, "`pulumi config set slicewise:planAfresh true`", "slicewise:planAfresh"),
    ],
)
def test_outputs_that_cannot_be_read(program: bool, remedy: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    monkeypatch.setattr(pulumi.log, "info", told.append)
    outputs = {"placements": "none of them"}

    with pytest.raises(InvalidInputError) as caught:
        parse_own_outputs(decided(program=program, plan_afresh=False), outputs, "the outputs of models")
    (problem,) = caught.value.problems
    assert remedy in problem.remedy

    afresh = decided(program=program, plan_afresh=True)
    assert parse_own_outputs(afresh, outputs, "the outputs of models") is None
    assert parse_own_outputs(afresh, {}, "the outputs of models") is not None
    assert told == [
        f"the outputs of models cannot be read, and {key} is true: planned as on the first day",
        f"{key} has no effect: the outputs of models can be read. Remove it again",
    ]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (True, "verify is true, and kubeconfig_source none"),
        (False, "slicewise:verify is true, and slicewise:kubeconfigSource none"),
    ],
)
def test_nothing_to_verify(program: bool, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    fleet = fleet_of(
        [
            environment("mig-a", slices("slices", "3g.40gb")),
            model("tiny", profile("any", memoryPerGpu="30Gi", mig="only")),
            deployment("chat", "tiny"),
        ]
    )
    config = decided(program=program, verify=True, kubeconfig_source="none")

    asyncio.run(verify_clusters(config, fleet, make_plan(fleet), [], {}, stacks=set(), handlings={}))

    assert told == [f"nothing is verified: {said} leads to no cluster [SW620]"]
