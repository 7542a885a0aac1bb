"""Pools that are full, so that the next rolling update would wait forever: SW305."""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy

import pytest
from hypothesis import event, given

from tests.documents import Document, deployment, environment, model, plan_of, pool, profile, slices
from tests.unit.planning.advised import warned
from tests.unit.planning.strategies import fleets, steady

_FULL = (
    "no room is left on p for one more pod, and a Deployment of fewer than 4 replicas starts a new pod before it stops "
    "an old one: the next update of {0} would wait forever; write reservedUnits: {1} in the pool, and make room for "
    "it: {2}, or fewer replicas there"
)


def test_a_full_pool_cannot_roll() -> None:
    others = pool("other")
    full = slices("p", "3g.40gb", acceleratorCount=1)
    documents = [environment("env", others, full), model("m", profile("x", mig="only"))]
    assert warned(*documents, deployment("d", "m", replicas=2)) == [
        ("SW305", "InferenceEnvironment env: spec.nodePools[1]", _FULL.format("team/d", 1, "nodeCount: 2 (now 1)"))
    ]
    assert warned(*documents, deployment("d", "m", replicas=1)) == []


def test_the_numbers_are_facts() -> None:
    full = environment("env", pool("p", acceleratorCount=2))
    documents = [full, model("m"), *(deployment(name, "m") for name in "ab")]
    (facts,) = (each["facts"] for each in plan_of(documents)["warnings"] if each["code"] == "SW305")
    assert facts == {"deployments": ["team/a", "team/b"], "reservedUnits": 1, "now": 1, "nodeCount": 2}


def test_one_reserved_unit_is_room_to_roll() -> None:
    documents = [model("m"), deployment("d", "m", replicas=3)]
    assert len(warned(environment("env", pool("p", acceleratorCount=3)), *documents)) == 1
    assert warned(environment("env", pool("p", acceleratorCount=4, reservedUnits=1)), *documents) == []


@pytest.mark.parametrize(("replicas", "count"), [(0, 0), (1, 1), (3, 1), (4, 0), (8, 0)])
def test_four_replicas_may_miss_one(replicas: int, count: int) -> None:
    full = environment("env", pool("p", acceleratorCount=max(replicas, 1)))
    assert len(warned(full, model("m"), deployment("d", "m", replicas=replicas))) == count


def test_a_deployment_without_replicas_waits_for_nothing() -> None:
    documents = [environment("env", pool("p")), model("m"), deployment("full", "m", replicas=8)]
    assert warned(*documents, deployment("none", "m", replicas=0)) == []


def test_many_that_wait_are_named_up_to_three_and_the_largest_is_reserved() -> None:
    documents = [
        environment("env", pool("p", nodeCount=4)),
        model("whole", profile("x", gpusPerNode=8)),
        *(deployment(name, "whole") for name in "abcd"),
    ]
    expected = _FULL.format("team/a, team/b, team/c and 1 more", 8, "nodeCount: 5 (now 4)")
    assert [message for *_, message in warned(*documents)] == [expected]


def test_free_units_that_no_pod_of_that_size_is_sure_of_are_no_room() -> None:
    documents = [environment("env", pool("p", acceleratorCount=6)), model("m", profile("x", gpusPerNode=4))]
    (warning,) = warned(*documents, deployment("d", "m"))
    assert warning[0] == "SW305"
    assert "reservedUnits: 4" in warning[2]


@pytest.mark.parametrize(
    ("counts", "made", "written"),
    [
        ({"nodeCount": 2}, {}, {"nodeCount": 3}),
        ({"nodeCount": 0, "maxNodeCount": 2}, {}, {"maxNodeCount": 3}),
        # GKE makes as many nodes in each zone.
        ({"nodeCount": 2}, {"zones": ["europe-west4-a", "europe-west4-b"]}, {"nodeCount": 4}),
    ],
)
def test_either_way_of_making_room_to_roll_works(
    counts: dict[str, int], made: dict[str, list[str]], written: dict[str, int]
) -> None:
    def warnings(replicas: int, **fields: object) -> list[tuple[str, str, str]]:
        cluster = environment("env", pool("p", acceleratorCount=1, **counts | made | fields))
        if made:
            cluster["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
            cluster["spec"]["nodePools"][0] |= {
                "machineType": "a3-highgpu-1g",
                "nodeSelector": {"cloud.google.com/gke-nodepool": "p"},
            }
        documents = [cluster, model("m"), deployment("d", "m", replicas=replicas)]
        assert plan_of(documents)["shortfalls"] == []
        return [each for each in warned(*documents) if each[0] == "SW305"]

    ((_, _, message),) = warnings(2)
    ((field, value),) = written.items()
    way = f"write reservedUnits: 1 in the pool, and make room for it: {field}: {value} (now 2), or fewer replicas there"
    assert message.endswith(way)
    assert warnings(2, reservedUnits=1, **written) == []
    assert warnings(1, reservedUnits=1) == []


def test_only_deployments_start_one_before_they_stop_one() -> None:
    documents = [
        environment("env", pool("p", nodeCount=2, multiNodeCapable=True)),
        model("m", profile("x", nodes=2, gpusPerNode=8)),
        deployment("d", "m"),
    ]
    plan = plan_of(documents)
    assert len(plan["placements"]) == 1
    assert plan["warnings"] == []


def test_advice_is_sorted_and_follows_that_of_the_documents() -> None:
    documents = [
        environment("b", pool("p", acceleratorCount=1)),
        environment("a", pool("q"), pool("p", acceleratorCount=1, memoryPerGpu="10Gi")),
        model("m"),
        deployment("d", "m", environments=2, replicas=1),
    ]
    assert [path for _, path, _ in warned(*documents)] == [
        "InferenceEnvironment a: spec.nodePools[1]",
        "InferenceEnvironment b: spec.nodePools[0]",
    ]


_RESERVE = re.compile(r"write reservedUnits: (\d+) in the pool, and make room for it: (nodeCount|maxNodeCount): (\d+) ")
_WHERE = re.compile(r"InferenceEnvironment (\S+): spec\.nodePools\[(\d+)\]")


@pytest.mark.long
@steady
@given(fleets())
def test_whoever_follows_the_warning_moves_nothing_and_updates_roll(documents: list[Document]) -> None:
    before = plan_of(documents)
    # Nothing waits for the room that is made.
    has = Counter((item["deployment"]["namespace"], item["deployment"]["name"]) for item in before["placements"])
    kept = []
    for document in documents:
        key = (document["metadata"].get("namespace"), document["metadata"]["name"])
        if document["kind"] != "ModelDeployment":
            kept.append(document)
        elif has[key]:
            kept.append(document | {"spec": document["spec"] | {"environments": has[key]}})
    for warning in before["warnings"]:
        if warning["code"] != "SW305":
            continue
        changed = deepcopy(kept)
        where, made = _WHERE.match(warning["path"]), _RESERVE.search(warning["message"])
        assert where
        assert made
        (declared,) = (each for each in changed if each["metadata"]["name"] == where[1])
        event(made[2])
        declared["spec"]["nodePools"][int(where[2])] |= {"reservedUnits": int(made[1]), made[2]: int(made[3])}
        after = plan_of(changed, before)
        assert all(item["retained"] for item in after["placements"])
        assert len(after["placements"]) == len(before["placements"])
        assert ("SW305", warning["path"]) not in [(item["code"], item["path"]) for item in after["warnings"]]
