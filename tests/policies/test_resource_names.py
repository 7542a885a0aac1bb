"""Names and amounts of GPU resources: what passes, what is found, where, and what is fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from policies.rules.resource_names import LIMITS_EQUAL_REQUESTS, RESOURCE_NAME, right_spelling
from tests.policies.outcomes import found
from tests.policies.resources import LIMITS, RESOURCES, SLICE, container, pod_spec, service

if TYPE_CHECKING:
    from policies.rules.rule_types import Resource


def with_limits(**limits: object) -> Resource:
    return service(pod_spec(container(None, resources={"limits": limits})))


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("nvidia.com/mig-1g.10gb+me", "nvidia.com/mig-1g.10gb.me"),
        ("nvidia.com/mig-1g.24gb+me.all", "nvidia.com/mig-1g.24gb.me.all"),
        ("nvidia.com/mig-1g.24gb-me", "nvidia.com/mig-1g.24gb-me"),
        ("nvidia.com/mig3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/MIG-3g.40GB", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/mig-3g-40gb", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/3g.40gb", "nvidia.com/mig-3g.40gb"),
        ("nvidia.com/mig-large", None),
        ("nvidia.com/mig-1c.3g.40gb", None),
        ("nvidia.com/mig-", None),
    ],
)
def test_spelling(written: str, right: str | None) -> None:
    assert right_spelling(written) == right


@pytest.mark.parametrize(
    "name", [SLICE, "nvidia.com/mig-1g.10gb.me", "nvidia.com/mig-1g.24gb-me", "nvidia.com/gpu", "cpu"]
)
def test_right_names_pass_and_are_not_fixed(name: str) -> None:
    resource = with_limits(**{name: "1"})
    assert found(RESOURCE_NAME, resource) == []
    assert RESOURCE_NAME.fix
    assert not RESOURCE_NAME.fix(resource, {})


def test_wrong_names_are_found_in_limits_and_requests_and_fixed_in_both() -> None:
    wrong = "nvidia.com/mig-1g.10gb+me"
    amounts = {"limits": {wrong: "1", "cpu": "4"}, "requests": {wrong: "1"}}
    resource = service(pod_spec(container(None, resources=amounts)))
    assert found(RESOURCE_NAME, resource) == [f'{LIMITS}["{wrong}"]', f'{RESOURCES}.requests["{wrong}"]']

    assert RESOURCE_NAME.fix
    assert RESOURCE_NAME.fix(resource, {})

    right = {"nvidia.com/mig-1g.10gb.me": "1"}
    assert resource.properties["spec"]["template"]["containers"][0]["resources"] == {
        "limits": {"cpu": "4"} | right,
        "requests": right,
    }
    assert found(RESOURCE_NAME, resource) == []


def test_what_cannot_be_fixed_safely_is_left_and_found() -> None:
    for limits in ({"nvidia.com/mig-large": "1"}, {"nvidia.com/mig-3g-40gb": "1", SLICE: "1"}):
        resource = with_limits(**limits)
        assert RESOURCE_NAME.fix
        assert not RESOURCE_NAME.fix(resource, {})
        assert len(found(RESOURCE_NAME, resource)) == 1


@pytest.mark.parametrize(
    ("amounts", "paths"),
    [
        ({"limits": {SLICE: "1"}}, []),
        ({"limits": {SLICE: 1}, "requests": {SLICE: "1"}}, []),
        ({"limits": {SLICE: "1"}, "requests": {SLICE: "2"}}, [f'{RESOURCES}.requests["{SLICE}"]']),
        ({"requests": {SLICE: "1"}}, [f'{RESOURCES}.requests["{SLICE}"]']),
        ({"limits": {"cpu": "4"}, "requests": {"cpu": "2"}}, []),
    ],
)
def test_limits_equal_requests(amounts: dict[str, Any], paths: list[str]) -> None:
    assert found(LIMITS_EQUAL_REQUESTS, service(pod_spec(container(None, resources=amounts)))) == paths
