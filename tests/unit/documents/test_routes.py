"""Routes of several deployments in one cluster: what KServe would make of them is said before."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_contents
from tests.documents import Document, deployment, environment, model, profile, slices

GATEWAY = {"name": "models", "namespace": "gateways"}
MODELS = [model(name, profile("any", memoryPerGpu="30Gi")) for name in ("gemma", "llama")]


def place(name: str, gateway: Document | None = GATEWAY) -> Document:
    found = environment(name, slices("small", "3g.40gb"), labels={"name": name})
    if gateway:
        found["spec"]["gateway"] = gateway
    return found


def served(name: str, of: str = "gemma", namespace: str = "team", **fields: object) -> Document:
    found = deployment(name, of, namespace=namespace)
    found["spec"].update(fields)
    return found


def errors(*documents: Document) -> list[tuple[str, str, int]]:
    """Return code, field and line of each error of the documents, one after the other in one file."""
    text = "---\n".join(yaml.safe_dump(each, sort_keys=False) for each in [*documents, *MODELS])
    try:
        load_contents([("all.yaml", text.encode())])
    except InvalidInputError as error:
        return [(each.code.value, each.field_name, each.place.line) for each in error.problems]
    return []


def advice(*documents: Document) -> list[str]:
    text = "---\n".join(yaml.safe_dump(each, sort_keys=False) for each in [*documents, *MODELS])
    fleet = load_contents([("all.yaml", text.encode())])
    return [f"{each.code.value} {each.field_name}" for each in fleet.advice if each.code.value in ("SW360", "SW361")]


GROUP = {"group": "gemma", "weight": 1}
ONLY = {"matchLabels": {"name": "a"}}
OTHER = {"matchLabels": {"name": "b"}}


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        ({}, {}, True),
        ({"router": GROUP}, {}, True),
        ({"router": GROUP}, {"router": {"group": "other", "weight": 1}}, True),
        ({"router": GROUP}, {"router": GROUP}, False),
        ({}, {"servedModelName": "gemma-2"}, False),
        ({}, {"of": "llama"}, False),
        ({}, {"of": "llama", "servedModelName": "gemma"}, True),
        ({}, {"namespace": "other"}, False),
        ({}, {"router": {"enabled": False}}, False),
        ({"environmentSelector": ONLY}, {"environmentSelector": OTHER}, False),
        ({"environmentSelector": ONLY}, {"environmentSelector": ONLY}, True),
    ],
)
def test_two_routes_with_one_path_are_refused(first: Document, second: Document, wrong: bool) -> None:
    found = errors(place("a"), place("b"), served("chat", **first), served("chat-2", **second))
    assert [(code, path) for code, path, _ in found] == ([("SW229", "metadata.name")] if wrong else [])


def test_the_place_is_the_second_deployments_name() -> None:
    (found,) = errors(served("chat"), served("chat-2"), place("a"))
    text = "---\n".join(yaml.safe_dump(each, sort_keys=False) for each in [served("chat"), served("chat-2")])
    assert text.splitlines()[found[2] - 1].strip() == "name: chat-2"


def test_without_a_gateway_only_routes_that_are_asked_for_meet() -> None:
    on: dict[str, Any] = {"router": {"enabled": True}}
    assert errors(place("a", None), served("chat"), served("chat-2")) == []
    assert errors(place("a", None), served("chat", **on), served("chat-2")) == []
    found = errors(place("a", None), served("chat", **on), served("chat-2", **on))
    assert [code for code, _, _ in found] == ["SW229"]


def test_a_group_serves_one_name() -> None:
    found = errors(place("a"), served("chat", router=GROUP), served("chat-2", "llama", router=GROUP))
    assert [(code, path) for code, path, _ in found] == [("SW230", "metadata.name")]
    other = served("chat-2", "llama", namespace="other", router=GROUP)
    assert errors(place("a"), served("chat", router=GROUP), other) == []


def test_a_router_without_a_gateway_does_nothing() -> None:
    assert advice(place("a"), served("chat", router=GROUP)) == []
    assert advice(place("a"), place("b", None), served("chat", router=GROUP)) == ["SW360 spec.router.group"]
    assert advice(place("b", None), served("chat", router={"scheduler": True})) == ["SW360 spec.router.scheduler"]
    assert advice(place("b", None), served("chat", router={"enabled": True, "scheduler": True})) == []


def test_somebody_of_a_group_has_a_weight() -> None:
    none = {"group": "gemma", "weight": 0}
    assert advice(place("a"), served("chat", router=none)) == ["SW361 spec.router.weight"]
    assert advice(place("a"), served("chat", router=none), served("chat-2", router=GROUP)) == []
