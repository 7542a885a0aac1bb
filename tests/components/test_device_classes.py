"""Whose DeviceClasses are: the stack's own, those of other stacks of Slicewise, and those of others."""

from __future__ import annotations

import pulumi
import pytest

from components.environment_plan import EnvironmentPlan
from components.ownership.device_classes import sort_classes
from components.stack_config import read_stack_config
from slicewise.clusters.live import ExistingObjects, LiveObject, ObjectName
from slicewise.clusters.preflight import StackClaim
from slicewise.diagnostics import Diagnostic
from slicewise.manifests import device_classes
from tests.documents import environment, fleet_of, slices

OWN = "organization/slicewise/test"
(CLASS,) = device_classes(
    fleet_of((environment("a", slices("cut", "3g.40gb") | {"allocation": "extendedResource"}),)).environment["a"].spec
)
NAME = "mig-3g.40gb.slicewise.dev"
LABELS = CLASS["metadata"]["labels"]
RESOURCE = "nvidia.com/mig-3g.40gb"


def live(name: str, stack: str = "", labels: dict[str, str] | None = None, **spec: object) -> LiveObject:
    manifest = {"metadata": {"name": name, "labels": labels or {}}, "spec": CLASS["spec"] | spec}
    return LiveObject(stack, "", manifest)


def settled(*found: LiveObject) -> tuple[bool, list[Diagnostic]]:
    """Return whether the class is used as it is, and what is wrong."""
    existing = {ObjectName("DeviceClass", "", each.manifest["metadata"]["name"]): each for each in found}
    here = EnvironmentPlan("a", [CLASS], (), ())
    claim = StackClaim(frozenset((OWN,)), frozenset(), frozenset())
    config = read_stack_config(pulumi.Config("slicewise"))
    left, problems = sort_classes(config, here, ExistingObjects("1", existing), claim)
    return ObjectName("DeviceClass", "", NAME) in left, problems


def test_what_is_not_there_is_made_and_what_is_the_stacks_own_stays_so() -> None:
    assert settled() == (False, [])
    assert settled(live(NAME, OWN)) == (False, [])
    # The stack's own may be of an earlier release.
    assert settled(live(NAME, OWN, selectors=[])) == (False, [])


@pytest.mark.parametrize("found", [live(NAME, "organization/slicewise/other"), live(NAME, "", LABELS)])
def test_that_of_another_stack_or_of_render_is_used_as_it_is(found: LiveObject) -> None:
    assert settled(found) == (True, [])


@pytest.mark.parametrize(
    "found",
    [
        live(NAME),
        live(NAME, "organization/slicewise/other", selectors=[]),
        live("small-slices"),
        live("small-slices", "organization/slicewise/other"),
    ],
)
def test_none_is_taken_over_or_made_beside_another_of_the_resource(found: LiveObject) -> None:
    left, (problem,) = settled(found)
    name = found.manifest["metadata"]["name"]
    assert not left
    assert problem.code.value == "SW435"
    assert f"DeviceClass {name} is there already for {RESOURCE}" in problem.message
    assert "pulumi config set slicewise:createDeviceClasses false" in problem.text
    assert f"kubectl delete deviceclass {name}" in problem.text


def test_a_second_class_beside_the_stacks_own_is_told() -> None:
    _, problems = settled(live(NAME, OWN), live("small-slices"))
    assert [problem.code.value for problem in problems] == ["SW435"]


def test_classes_of_other_resources_are_nobodys_business() -> None:
    assert settled(live("gpu.nvidia.com", extendedResourceName="nvidia.com/gpu")) == (False, [])
