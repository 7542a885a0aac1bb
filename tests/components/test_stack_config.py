"""Values of the stack's configuration that a key does not take: all said at once, with what was expected."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi
import pytest

from components.stack_config import KubeconfigSourceName, read_stack_config
from slicewise.spec import InvalidInputError


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack whose configuration is empty again afterwards."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    yield
    pulumi.runtime.set_all_config({})


def config(**values: str) -> pulumi.Config:
    pulumi.runtime.set_all_config({f"slicewise:{key}": value for key, value in values.items()})
    return pulumi.Config("slicewise")


def test_defaults() -> None:
    read = read_stack_config(config())
    assert read.kubeconfig_source is KubeconfigSourceName.CONFIG
    assert read.manifests == ("stacks/test",)
    assert read.kubeconfig_namespace == "modelplane-system"
    assert {read.kubeconfig_project, read.kubeconfig_region} == {None}
    assert {read.verify, read.wait_for_ready, read.create_namespaces} == {False}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("kubeconfigSource", "vault", "config or kubernetes or gcp-secret-manager or aws-secrets-manager or none"),
        ("kubeconfigNamespace", "Model Plane", "a namespace"),
        ("kubeconfigProject", "Acme Inference", "a Google Cloud project's id"),
        ("kubeconfigRegion", "Frankfurt", "an AWS region"),
        ("onShortfall", "ignore", "fail or warn"),
        ("verify", "yes", "true or false"),
        ("waitForReady", "True", "true or false"),
        ("readyTimeout", "0", "whole seconds, 1 to 86400"),
        ("manifests", "[1]", "a path or a list of paths"),
        ("planAfresh", "once", "true or false"),
        ("takeOver", "mig-a/team/chat", "a mapping from environment/namespace/name to stacks, or nobody"),
        ("takeOver", "[]", "a mapping from environment/namespace/name to stacks, or nobody"),
        ("acceptClusters", "mig-a", "a mapping from environments to the uids of their clusters"),
        ("acceptClusters", "[1]", "a mapping from environments to the uids of their clusters"),
    ],
)
def test_a_value_that_is_none(key: str, value: str, expected: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_stack_config(config(**{key: value}))
    (problem,) = caught.value.problems
    line = f'stacks/Pulumi.test.yaml: slicewise:{key}: got "{value}", expected {expected}'
    assert str(problem).startswith(line)
    assert str(problem).endswith("[SW401]")


def test_all_mistakes_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_stack_config(config(verify="1", kubeconfigRegion="-", onShortfall=""))
    assert {problem.field for problem in caught.value.problems} == {
        "slicewise:verify",
        "slicewise:kubeconfigRegion",
        "slicewise:onShortfall",
    }
