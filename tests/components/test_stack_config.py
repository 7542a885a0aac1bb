"""Values of the stack's configuration that a key does not take: all said at once, with what was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import get_args, get_type_hints

import pulumi
import pytest
from pydantic.alias_generators import to_snake

from components.component_options import PlanOptions
from components.stack_config import KEYS, ONLY_CONFIGURED, KubeconfigSourceName, OnUnreachable, read_stack_config
from components.unused_config import unused_config
from slicewise.diagnostics import InvalidInputError
from slicewise.planning import OnShortfall
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMPONENTS = ROOT / "docs" / "components.md"
UID = "2b5bef76-d2a1-4707-a153-0b66a44579e5"


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
    assert read.verify is None
    assert {read.wait_for_ready, read.create_namespaces} == {False}
    assert (read.mode, read.plan_stack, read.environments, read.apply_stacks) == (None, None, (), {})
    assert read.accept_plan is None


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
        ("takeOver", "mig-a/team/chat", "a mapping from environment/namespace/name to nobody or organization/"),
        ("takeOver", "[]", "a mapping from environment/namespace/name to nobody or organization/project/stack"),
        ("acceptClusters", "mig-a", "a mapping from environments to the uids of their clusters"),
        ("acceptClusters", "[1]", "a mapping from environments to the uids of their clusters"),
        ("mode", "planning", "plan or apply"),
        ("planStack", "plan", "a stack: organization/project/stack"),
        ("environments", "Mig A", "the name of an environment, or a list of names"),
        ("environments", "[1]", "the name of an environment, or a list of names"),
        ("applyStacks", "mig-a", "a mapping from environments to their stacks: organization/project/stack"),
        ("acceptPlan", "7", "the digest of a plan, as its plan stack's output has it"),
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


def mistakes(config: pulumi.Config) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        read_stack_config(config)
    return list(map(str, caught.value.problems))


def test_misspelt_keys_are_errors_all_at_once() -> None:
    verify, shortfall = mistakes(config(verfiy="true", onShortfal="warn", verify="true"))[::-1]
    assert verify.startswith(
        'stacks/Pulumi.test.yaml: slicewise:verfiy: nothing reads it; did you mean "slicewise:verify"'
    )
    assert verify.endswith("pulumi config rm slicewise:verfiy [SW414]")
    assert 'did you mean "slicewise:onShortfall"?' in shortfall


def test_a_key_that_is_like_none_is_told_which_there_are() -> None:
    (line,) = mistakes(config(gpus="8"))
    assert "there are manifests, kubeconfigSource, kubeconfigs," in line


def test_the_engine_hands_configuration_over_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"slicewise:verfiy": "true"}')
    (line,) = mistakes(pulumi.Config("slicewise"))
    assert 'did you mean "slicewise:verify"?' in line


def test_a_misspelt_namespace_is_an_error_and_those_of_providers_are_none() -> None:
    pulumi.runtime.set_all_config({"slicwise:verify": "true"})
    (line,) = mistakes(pulumi.Config("slicewise"))
    assert 'slicwise:verify: nothing reads it; did you mean "slicewise:verify"?' in line
    pulumi.runtime.set_all_config({"gcp:project": "acme", "aws:region": "eu-central-1", "pulumi:tags": "{}"})
    read_stack_config(pulumi.Config("slicewise"))


def test_every_key_of_the_readme_is_taken_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", README.read_text().partition("Stack configuration")[2], re.MULTILINE)
    assert sorted(rows) == sorted(KEYS)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("kubeconfig_source", KubeconfigSourceName),
        ("on_shortfall", OnShortfall),
        ("on_unreachable", OnUnreachable),
    ],
)
def test_an_argument_takes_the_words_that_its_key_takes(argument: str, words: type[StrEnum]) -> None:
    assert get_args(get_type_hints(PlanOptions)[argument]) == tuple(map(str, words))


def test_every_key_is_an_argument_of_fleet_and_on_its_page() -> None:
    """But for documents and kubeconfigs, which programs pass as values, and for what the stack is for."""
    expected = {to_snake(key) for key in KEYS if key not in ONLY_CONFIGURED}
    assert set(PlanOptions.__annotations__) == expected
    (row,) = re.findall(r"^\| (.*`on_shortfall`.*?) \|", COMPONENTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", row)) == sorted(expected)


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("takeOver", '{"west/llama": "nobody"}', "takeOver", "expected as the key environment/namespace/name of a"),
        (
            "takeOver",
            '{"west/team/llama": "old"}',
            'takeOver["west/team/llama"]',
            "nobody, or the stack that has it:",
        ),
        ("acceptClusters", '{"west": "yes"}', 'acceptClusters["west"]', "expected the uid of its cluster: kubectl get"),
        ("applyStacks", '{"west": "apply"}', 'applyStacks["west"]', "expected a stack: organization/project/stack"),
        ("applyStacks", '{"West!": "a/b/c"}', "applyStacks", "expected as the key the name of an environment"),
        ("acceptClusters", f'{{"West!": "{UID}"}}', "acceptClusters", "expected as the key the name of an environment"),
    ],
)
def test_names_and_values_in_mappings_have_a_form(key: str, value: str, field: str, expected: str) -> None:
    (line,) = mistakes(config(**{key: value}))
    assert f"slicewise:{field}: got " in line
    assert expected in line
    assert line.endswith("[SW401]")


def test_a_name_and_its_value_are_both_said_to_be_wrong() -> None:
    name, value = mistakes(config(acceptClusters='{"West!": "b2a9"}'))
    assert 'slicewise:acceptClusters: got "West!", expected as the key the name of an environment' in name
    assert 'slicewise:acceptClusters["West!"]: got "b2a9", expected the uid of its cluster' in value


@pytest.mark.parametrize(
    ("key", "value"),
    [("verify", "1"), ("verify", '"true"'), ("readyTimeout", "1e3"), ("readyTimeout", "true"), ("readyTimeout", "9.0")],
)
def test_a_value_is_not_bent_into_what_the_key_takes(key: str, value: str) -> None:
    (line,) = mistakes(config(**{key: value}))
    assert f"slicewise:{key}: got " in line


def test_values_of_every_kind_are_read() -> None:
    read = read_stack_config(
        config(
            manifests='["a", "b"]', readyTimeout="60", verify="true", onShortfall="warn", kubeconfigs='{"west": "x"}'
        )
    )
    assert (read.manifests, read.ready_timeout, read.verify, read.on_shortfall, read.kubeconfig_names) == (
        ("a", "b"),
        60,
        True,
        "warn",
        ("west",),
    )


@pytest.mark.parametrize("value", ["canary-5d0e", '["canary-5d0e"]'])
def test_kubeconfigs_that_are_no_mapping_are_not_repeated(value: str) -> None:
    (line,) = mistakes(config(kubeconfigs=value))
    assert "slicewise:kubeconfigs: is not a mapping from names to kubeconfigs" in line
    assert "canary" not in line


def test_what_nothing_has_a_name_for_is_said_and_allowed() -> None:
    names = {"west/team/lama": "nobody", "west/team/llama": "nobody", "east/team/llama": "acme/slicewise/old"}
    stack = config(
        takeOver=json.dumps(names),
        acceptClusters=json.dumps({"wst": UID}),
        kubeconfigs=json.dumps({"west": "a", "extra": "canary-5d0e"}),
    )
    read = read_stack_config(stack)
    fleet = fleet_of(
        [environment("west", pool("gpus")), model("small", profile("one")), deployment("llama", "small")], checked=False
    )

    said = [str(each) for each in unused_config(read, fleet)]

    assert [line.partition(": has no effect")[0] for line in said] == [
        'stacks/Pulumi.test.yaml: slicewise:acceptClusters["wst"]',
        'stacks/Pulumi.test.yaml: slicewise:takeOver["east/team/llama"]',
        'stacks/Pulumi.test.yaml: slicewise:takeOver["west/team/lama"]',
        'stacks/Pulumi.test.yaml: slicewise:kubeconfigs["extra"]',
    ]
    assert said[0].endswith(
        'has no effect: no environment is called that; set it for "west" if that is meant, and remove this one: pulumi '
        "config rm --path 'slicewise:acceptClusters[\"wst\"]' [SW319]"
    )
    # What is like it is set already.
    assert said[2].endswith(
        "no declared deployment's service is called that; remove this one: pulumi config rm --path "
        "'slicewise:takeOver[\"west/team/lama\"]' [SW319]"
    )
    assert "pulumi config rm --path 'slicewise:kubeconfigs[\"extra\"]' [SW319]" in said[3]
    assert "canary" not in "".join(said)


@pytest.mark.parametrize("allocation", ["devicePlugin", "claim"])
def test_device_classes_that_no_pool_needs_are_said(allocation: str) -> None:
    def said(*pools: Document, value: str = "true") -> list[str]:
        read = read_stack_config(config(createDeviceClasses=value))
        documents = [environment("west", *pools), model("small", profile("one")), deployment("llama", "small")]
        return [str(each) for each in unused_config(read, fleet_of(documents, checked=False))]

    cut = slices("cut", "3g.40gb", allocation=allocation)
    # The driver's chart has the class of whole GPUs.
    whole = pool("whole", allocation="extendedResource")
    (line,) = said(cut, whole)
    assert line == (
        "stacks/Pulumi.test.yaml: slicewise:createDeviceClasses: has no effect: no pool with allocation: "
        "extendedResource has slices, and other pools need no DeviceClass of the stack's; write allocation: "
        "extendedResource in the pools that are meant, or remove this setting: pulumi config rm "
        "slicewise:createDeviceClasses [SW319]"
    )
    assert said(cut | {"allocation": "extendedResource"}) == []
    assert said(cut, value="false") == []


def test_a_service_of_several_nodes_is_one_of_its_deployment() -> None:
    read = read_stack_config(config(takeOver='{"west/team/llama-n2": "nobody"}'))
    fleet = fleet_of(
        [environment("west", pool("gpus")), model("small", profile("one")), deployment("llama", "small")], checked=False
    )
    assert list(unused_config(read, fleet)) == []
