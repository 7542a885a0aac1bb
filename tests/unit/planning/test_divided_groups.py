"""A group shares requests in one cluster: what a plan says of members that do not meet."""

from __future__ import annotations

import pytest

from slicewise.diagnostics import Code, Diagnostic
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

GATEWAY = {"name": "models", "namespace": "gateways"}
IN_A: Document = {"environmentSelector": {"matchLabels": {"name": "a"}}}
IN_B: Document = {"environmentSelector": {"matchLabels": {"name": "b"}}}
BOTH: Document = {"environments": 2}
NOWHERE: Document = {**IN_A, "scaling": {"signal": "Fixed", "fixed": {"replicas": 1000}}}
OFF: Document = {"router": {"enabled": False}}


def place(name: str, gateway: Document | None = GATEWAY) -> Document:
    found = environment(name, slices("small", "3g.40gb"), labels={"name": name})
    if gateway:
        found["spec"]["gateway"] = gateway
    return found


def member(name: str, namespace: str = "team", group: str = "chat", **fields: object) -> Document:
    found = deployment(name, "gemma", namespace=namespace)
    found["spec"].update({"router": {"group": group, "weight": 1}, "servedModelName": group, **fields})
    return found


def said(*documents: Document) -> list[Diagnostic]:
    served = model("gemma", profile("any", memoryPerGpu="30Gi"))
    warnings = make_plan(fleet_of([served, *documents])).warnings
    return [each for each in warnings if each.code is Code.DIVIDED_GROUP]


@pytest.mark.parametrize(
    ("first", "second", "of", "where"),
    [
        (IN_A, IN_B, "one", {"one": ["a"], "two": ["b"]}),
        (BOTH, IN_B, "two", {"one": ["a", "b"], "two": ["b"]}),
        (IN_A, NOWHERE, "two", {"one": ["a"], "two": []}),
    ],
)
def test_members_that_do_not_meet_are_told(
    first: Document, second: Document, of: str, where: dict[str, list[str]]
) -> None:
    (found,) = said(place("a"), place("b"), member("one", **first), member("two", **second))
    assert (found.subject.name, found.field, found.is_error) == (of, ("spec", "router", "group"), False)
    assert found.facts == {"group": "chat", "environments": where}
    assert all(f"{name} in {', '.join(here) or 'none'}" in found.message for name, here in where.items())


@pytest.mark.parametrize(("first", "second"), [(IN_A, IN_A), (BOTH, BOTH), (IN_A, {**IN_B, **OFF}), (NOWHERE, NOWHERE)])
def test_members_that_meet_everywhere_are_not(first: Document, second: Document) -> None:
    assert said(place("a"), place("b"), member("one", **first), member("two", **second)) == []


def test_one_group_is_that_of_one_namespace_and_name() -> None:
    assert said(place("a"), place("b"), member("one", **IN_A), member("two", namespace="other", **IN_B)) == []
    assert said(place("a"), place("b"), member("one", **IN_A), member("two", group="other", **IN_B)) == []


def test_where_there_is_no_gateway_nobody_takes_part() -> None:
    (found,) = said(place("a"), place("b", None), member("one", **IN_A), member("two", **IN_B))
    assert found.facts["environments"] == {"one": ["a"], "two": []}
    # SW360 says it of each.
    assert said(place("a", None), place("b", None), member("one", **IN_A), member("two", **IN_B)) == []
