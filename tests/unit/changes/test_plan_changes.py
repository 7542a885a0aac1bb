"""Added, removed, moved, changed: what differs, and whether pods restart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from slicewise.changes import ChangeKind, Effect, parts_of_plan, parts_of_service, plan_changes
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from slicewise.presentation import change_lines, changes_headline
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, several, slices
from tests.unit.changes.comparing import compared, remembered

POOLS = environment("east", slices("tight", "3g.40gb"), pool("whole", nodeCount=2, multiNodeCapable=True))
ENGINE = {"image": "vllm/vllm-openai:v0.22.0", "args": ["--max-model-len=4096"]}


def served(**fields: Any) -> Document:  # noqa: ANN401 - fields of several types
    """Return a model with one profile, of which `engine` and `topology` are; other `fields` are those of its spec."""
    topology = fields.pop("topology", {"mig": "only", "memoryPerGpu": "30Gi"})
    found = model("m", {**profile("any", **topology), "engine": fields.pop("engine", ENGINE)})
    found["spec"] |= fields
    return found


def lines(before: list[Document], now: list[Document]) -> list[str]:
    """Return the lines, with single blanks."""
    return [re.sub(" +", " ", line) for line in change_lines(compared(before, now))]


def chat(**fields: Any) -> Document:  # noqa: ANN401 - the same
    return deployment("chat", "m", **fields)


def test_scaling_restarts_nothing() -> None:
    assert lines([POOLS, served(), chat(replicas=2)], [POOLS, served(), chat(replicas=4)]) == [
        "~ team/chat east/tight replicas 2 -> 4; no pod restarts"
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"engine": ENGINE | {"image": "vllm/vllm-openai:v0.23.0"}}, "image v0.22.0 -> v0.23.0"),
        (
            {"engine": ENGINE | {"image": "mirror/vllm:v0.22.0"}},
            "image vllm/vllm-openai:v0.22.0 -> mirror/vllm:v0.22.0",
        ),
        ({"engine": ENGINE | {"args": ["--max-model-len=8192"]}}, "args"),
        ({"engine": ENGINE | {"command": ["python"]}}, "command"),
        ({"engine": ENGINE | {"env": [{"name": "A", "value": "1234"}]}}, "env"),
        ({"huggingFace": {"repo": "models/m", "revision": "v2"}}, "source main -> v2"),
        ({"huggingFace": {"repo": "models/m", "secretRef": {"name": "hf", "key": "token"}}}, "storage initializer"),
        ({"model": {"name": "another"}}, "served name m -> another"),
        ({"resources": {"cpu": "2", "memory": "16Gi"}}, "resources"),
        ({"pod": {"priorityClassName": "high"}}, "pod"),
        ({"pod": {"annotations": {"a.example/b": "c"}}}, "annotations"),
        ({"baseRefs": [{"name": "ours"}]}, "base refs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_pods_are_made_of_restarts_them(changed: Document, told: str) -> None:
    """KServe replaces pods whose template, labels or annotations differ."""
    (line,) = lines([POOLS, served(), chat()], [POOLS, served(**changed), chat()])
    assert line.replace('"', "") == f"~ team/chat east/tight {told}; its pod restarts"


def test_a_route_and_its_weight_restart_nothing() -> None:
    gateway = deepcopy(POOLS)
    gateway["spec"]["gateway"] = {"name": "gw", "namespace": "gateways", "hostname": "models.example.com"}
    group = {"enabled": True, "group": "g", "weight": 10}
    assert lines([gateway, served(), chat(router={"enabled": False})], [gateway, served(), chat()]) == [
        "~ team/chat east/tight route; no pod restarts"
    ]
    assert lines([gateway, served(), chat(router=group)], [gateway, served(), chat(router=group | {"weight": 90})]) == [
        "~ team/chat east/tight weight 10 -> 90; no pod restarts"
    ]


def test_what_comes_and_what_goes() -> None:
    before = [POOLS, served(), chat(), deployment("old", "m", namespace="legal", replicas=2)]
    now = [POOLS, served(), chat(), deployment("new", "m", namespace="docs", replicas=3)]
    changes = compared(before, now)
    assert changes_headline(changes) == "Changes: 1 added, 1 removed, 1 unchanged"
    assert [re.sub(" +", " ", line) for line in change_lines(changes)] == [
        "+ docs/new east/tight 3 replicas with any: 3 nvidia.com/mig-3g.40gb",
        "- legal/old east/tight frees 2 nvidia.com/mig-3g.40gb",
    ]


def test_a_move_says_from_where_and_why() -> None:
    west = environment("west", slices("tight", "3g.40gb"), labels={"site": "west"})
    now = [POOLS, west, served(), chat(environmentSelector={"site": "west"})]
    (line,) = lines([POOLS, west, served(), chat()], now)
    # What serves it is the same, so it is said once.
    assert line == (
        "> team/chat west/tight from east/tight with any: environmentSelector wants site=west; there is no such label "
        "(environment-selector)"
    )


def test_fewer_environments_remove_one_and_say_why() -> None:
    west = environment("west", slices("tight", "3g.40gb"))
    two, one = chat(environments=2), chat(environments=1)
    changes = compared([POOLS, west, served(), two], [POOLS, west, served(), one])
    assert changes.counts == {ChangeKind.REMOVED: 1, ChangeKind.UNCHANGED: 1}
    (line,) = change_lines(changes)
    assert line.endswith("frees 1 nvidia.com/mig-3g.40gb: 1 environment is asked for now (fewer-environments)")


def test_another_number_of_nodes_is_another_service() -> None:
    """Its name has the number: `chat-n2`."""
    one = served(topology={"mig": "never", "gpusPerNode": 8})
    two = served(topology={"mig": "never", "gpusPerNode": 8, "nodes": 2})
    (change,) = compared([POOLS, one, chat()], [POOLS, two, chat()]).every
    assert (change.kind, change.effect) == (ChangeKind.CHANGED, Effect.SERVICE)


def test_prefill_that_comes_or_goes_replaces_the_service() -> None:
    """KServe v0.20 cannot change the pods' role (docs/architecture.md)."""
    split = served()
    split["spec"]["serving"][0]["prefill"] = {"replicas": 1}
    for before, now in ((served(), split), (split, served())):
        (change,) = compared([POOLS, before, chat()], [POOLS, now, chat()]).every
        assert (change.kind, change.effect) == (ChangeKind.CHANGED, Effect.SERVICE)
    split_more = deepcopy(split)
    split_more["spec"]["serving"][0]["prefill"]["replicas"] = 2
    assert lines([POOLS, split, chat()], [POOLS, split_more, chat()]) == [
        "~ team/chat east/tight prefill replicas 1 -> 2; no pod restarts"
    ]


def test_a_plan_that_does_not_say_what_its_services_were_made_of_is_compared_by_numbers() -> None:
    fleet = fleet_of([POOLS, served(), chat(replicas=2), deployment("other", "m", namespace="docs")])
    old = [replace(each, parts=None) for each in remembered(fleet, make_plan(fleet))]
    now = fleet_of([POOLS, served(), chat(replicas=3), deployment("other", "m", namespace="docs")])
    plan = make_plan(now, old)
    changes = plan_changes(old, plan, parts_of_plan(now, plan))
    changed, warned = change_lines(changes)
    assert re.sub(" +", " ", changed) == "~ team/chat east/tight replicas 2 -> 3"
    assert warned.startswith("The earlier plan does not say what its services were made of")
    assert changes.counts[ChangeKind.UNCHANGED] == 1


def test_of_two_places_in_one_environment_one_is_removed() -> None:
    """An edited plan may have them; one pool of an environment serves a deployment."""
    fleet = fleet_of([POOLS, served(topology={}), chat()])
    (there,) = remembered(fleet, make_plan(fleet))
    elsewhere = replace(there, node_pool="whole" if there.node_pool == "tight" else "tight")
    for previous in ([there, elsewhere], [elsewhere, there]):
        plan = make_plan(fleet, previous)
        changes = plan_changes(previous, plan, parts_of_plan(fleet, plan))
        assert changes.counts[ChangeKind.REMOVED] == 1
        assert len(changes.every) == 2


def test_no_value_of_a_variable_or_an_argument_is_in_a_plan() -> None:
    engine = ENGINE | {"env": [{"name": "PIN_OF_SOMETHING", "value": "zz-4711-zz"}], "args": ["--seed=987654321"]}
    fleet = fleet_of([POOLS, served(engine=engine), chat(), deployment("twin", "m")])
    plan = make_plan(fleet)
    one, other = parts_of_plan(fleet, plan).values()
    for parts in (one, other):
        assert not any("4711" in text or "987654321" in text for text in parts.values())
        assert re.fullmatch("#[0-9a-f]{8}", parts["env"])
        assert re.fullmatch("#[0-9a-f]{8}", parts["args"])
    # Equal values of two deployments do not show.
    assert one["env"] != other["env"]


def test_each_value_is_in_one_part_and_the_order_of_fields_in_none() -> None:
    engine = ENGINE | {"env": [{"name": "A", "value": "1"}], "command": ["python"]}
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 0, "maxReplicas": 2, "target": 8}}
    fleet = fleet_of(
        [
            environment("east", pool("whole", nodeSelector={"a": ["1", "2"], "b": "3"}, allocation="claim")),
            served(engine=engine, topology={}),
            chat(scaling=scaling),
        ]
    )
    (placement,) = make_plan(fleet).placements
    objects = placement_objects(fleet, placement)
    parts = parts_of_service(placement.deployment, objects)
    assert parts_of_service(placement.deployment, [backwards(each) for each in objects]) == parts
    counted = 0
    for number, each in enumerate(objects):
        for other in with_one_change(each, fixed="kind"):
            counted += 1
            changed = parts_of_service(placement.deployment, [*objects[:number], other, *objects[number + 1 :]])
            assert len({part for part in {**parts, **changed} if parts.get(part) != changed.get(part)}) == 1
    assert counted > 60


def backwards(value: Any) -> Any:  # noqa: ANN401 - a part of an object
    """Return the same with the fields of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return list(map(backwards, value)) if isinstance(value, list) else value


def with_one_change(value: Any, *, fixed: str = "") -> Iterator[Any]:  # noqa: ANN401 - a part of an object
    """Yield the same with one value changed that has none below it, for each of them but that of the field `fixed`."""
    if not isinstance(value, dict | list):
        yield [value]
        return
    for key in value if isinstance(value, dict) else range(len(value)):
        if key != fixed:
            for other in with_one_change(value[key]):
                changed = value.copy()
                changed[key] = other
                yield changed


def test_another_resource_of_the_same_nodes_is_named() -> None:
    """The nodes have fewer slices of the one profile now, and room on those of another."""
    small = served(topology={"mig": "only", "memoryPerGpu": "9Gi"})
    before, now = (environment("east", several("cut", {"1g.10gb": tiny, "3g.40gb": 6})) for tiny in (4, 1))
    (line,) = lines([before, small, chat(replicas=2)], [now, small, chat(replicas=2)])
    assert line.startswith("> team/chat east/cut (3g.40gb) from east/cut (1g.10gb) with any: ")


def test_claims_in_place_of_a_resource_are_named() -> None:
    """The service's resources differ, and what a reviewer changed in the documents is the allocation."""
    claimed = environment("east", slices("tight", "3g.40gb", allocation="claim"))
    counted = environment("east", slices("tight", "3g.40gb"))
    assert lines([counted, served(), chat()], [claimed, served(), chat()]) == [
        "~ team/chat east/tight resources, allocation claim; its pod restarts"
    ]
    assert lines([claimed, served(), chat()], [counted, served(), chat()]) == [
        "~ team/chat east/tight resources, allocation no longer claim; its pod restarts"
    ]
