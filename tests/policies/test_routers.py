"""Parts of routers that need each other: what passes, what is found, and where."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.routers import ROUTER_COMPLETE
from policies.rules.rule_types import UNKNOWN
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import service

GROUP, WEIGHT, ROUTE = ("spec.router.route.group", "spec.router.route.weight", "spec.router.route")


@pytest.mark.parametrize(
    ("router", "wrong"),
    [
        ({}, []),
        ({"route": {}}, []),
        ({"route": {}, "scheduler": {}}, []),
        ({"gateway": {}, "route": {"group": "chat", "weight": 0}}, []),
        ({"route": {"group": "chat"}}, [WEIGHT]),
        ({"route": {"weight": 0}}, [GROUP]),
        ({"scheduler": {}}, [ROUTE]),
        ({"gateway": {}, "scheduler": {}}, [ROUTE]),
    ],
)
def test_parts_that_need_each_other(router: dict[str, Any], wrong: list[str]) -> None:
    assert found(ROUTER_COMPLETE, service(router=router)) == wrong


def test_a_service_without_a_router_needs_none() -> None:
    assert found(ROUTER_COMPLETE, service()) == []


def test_what_may_be_there_is_not_missing() -> None:
    assert found(ROUTER_COMPLETE, service(router={"route": {"group": "chat", "weight": UNKNOWN}})) == []
    merged = service(router={"scheduler": {}}, baseRefs=[{"name": "routed"}])
    assert unchecked(ROUTER_COMPLETE, merged) == [ROUTE]
