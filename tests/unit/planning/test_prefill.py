"""Two workloads of one placement: placed and charged together, kept together, moved as little as can be."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.planning import DecisionLog, Rejections, Remedies, candidates, make_plan, prospects
from tests.documents import (
    Document,
    deployment,
    each_rejection,
    environment,
    fleet_of,
    model,
    plan_of,
    pool,
    profile,
    slices,
)
from tests.unit.sizing.configs import PUBLISHED

SLICE: Document = {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}


def split(replicas: int = 1, shape: Document | None = None) -> Document:
    prefill: Document = {"replicas": replicas} | ({"replicaTopology": shape} if shape else {})
    return profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never") | {"prefill": prefill}


def where(plan: Document) -> list[tuple[str, str, str | None]]:
    return [
        (item["environment"], item["nodePool"], item.get("prefill", {}).get("nodePool")) for item in plan["placements"]
    ]


def allocated(plan: Document) -> dict[str, int]:
    return {each["nodePool"]: each["allocated"] for each in plan["nodePools"]}


def fleet(*pools: Document, serving: Document | None = None, **fields: Any) -> list[Document]:  # noqa: ANN401
    return [environment("env", *pools), model("m", serving or split(2, SLICE)), deployment("chat", "m", **fields)]


def test_each_workload_has_its_pool_and_is_charged_there() -> None:
    plan = plan_of(fleet(pool("whole"), slices("cut", "3g.40gb"), replicas=2))
    assert where(plan) == [("env", "whole", "cut")]
    assert allocated(plan) == {"whole": 8, "cut": 2}
    assert plan["placements"][0]["units"] == 8
    assert plan["placements"][0]["prefill"] == {
        "nodePool": "cut",
        "replicas": 2,
        "nodesPerReplica": 1,
        "gpusPerNode": 1,
        "units": 2,
        "resource": {"name": "nvidia.com/mig-3g.40gb", "count": 1},
        "migProfile": "3g.40gb",
        "nodes": "#56be14d7",
    }


def test_both_may_be_on_one_pool_and_need_room_there_together() -> None:
    roomy = plan_of(fleet(pool("whole", nodeCount=2), serving=split(2), replicas=2))
    assert where(roomy) == [("env", "whole", "whole")]
    assert allocated(roomy) == {"whole": 16}
    assert where(plan_of(fleet(pool("whole", nodeCount=1), serving=split(2), replicas=2))) == []


def test_the_environment_that_has_room_for_both_is_taken() -> None:
    """The first environment has no slices, the second no whole GPUs."""
    plan = plan_of(
        [
            environment("a", pool("whole", nodeCount=9)),
            environment("b", slices("cut", "3g.40gb", nodeCount=9)),
            environment("c", pool("whole"), slices("cut", "3g.40gb")),
            model("m", split(2, SLICE)),
            deployment("chat", "m"),
        ]
    )
    assert where(plan) == [("c", "whole", "cut")]


def test_a_pool_beside_which_there_is_no_room_is_passed_over() -> None:
    """`first` would be taken by name, and leaves nothing for the prefill workload, which only fits there."""
    first = pool("first", nodeCount=1, labels={"is": "both"})
    second = pool("second", nodeCount=1, interconnect="nvlink")
    serving = split(2, {"gpusPerNode": 4, "requires": {"memoryPerGpu": "70Gi", "nvlinkDomainSize": 8}})
    first["capabilities"]["nvlinkDomainSize"] = 8
    plan = plan_of(fleet(first, second, serving=serving))
    assert where(plan) == [("env", "second", "first")]


def test_a_refusal_says_which_pool_comes_nearest_for_the_prefill_workload() -> None:
    plan = plan_of(fleet(pool("whole"), slices("cut", "3g.40gb"), serving=split(17, SLICE)))
    reasons = {item["nodePool"]: (item["code"], item["message"]) for item in each_rejection(plan)}
    nearest = "cut comes nearest: 16 of 16 units free, needs 17"
    assert reasons["whole"] == (
        "prefill",
        f"no pool of the environment takes its prefill workload beside it; {nearest}",
    )


def test_a_remedy_is_found_on_the_pool_of_the_prefill_workload_and_works() -> None:
    documents = fleet(pool("whole"), slices("cut", "3g.40gb"), serving=split(17, SLICE))
    declared = fleet_of(documents)
    plan = make_plan(declared)
    found = Remedies(declared, plan, Rejections(declared, plan)).of(plan.shortfalls[0])
    assert [remedy.message for remedy in found] == [
        "nodeCount 2 on env/cut (now 1) would let it run",
        (
            "prefill.replicas 16 (now 17) in the profile tp4 of ClusterModel m, if they are enough, would let it "
            "run on env/cut"
        ),
    ]
    documents[0]["spec"]["nodePools"][1]["nodeCount"] = 2
    assert where(plan_of(documents)) == [("env", "whole", "cut")]


def test_no_remedy_is_given_on_a_pool_that_leaves_the_prefill_workload_without_one() -> None:
    """More nodes of `whole` are not enough: no slice is there."""
    declared = fleet_of(fleet(pool("whole"), replicas=3))
    plan = make_plan(declared)
    assert Remedies(declared, plan, Rejections(declared, plan)).of(plan.shortfalls[0]) == ()


def test_explain_says_where_both_are() -> None:
    declared = fleet_of(fleet(pool("whole"), slices("cut", "3g.40gb")))
    log = DecisionLog(declared.deployments[0].key)
    plan = make_plan(declared, log=log)
    placed = candidates(declared, plan, log)[0]
    assert placed.message == "1 replica, 4 units, with 2 prefill replicas, 2 units, on cut, new"


def test_explain_has_the_memory_of_both_engines() -> None:
    documents = fleet(pool("whole"), slices("cut", "3g.40gb"))
    architecture = {"config": PUBLISHED["Qwen/Qwen3-0.6B"]}
    next(each for each in documents if each["kind"] == "ClusterModel")["spec"]["architecture"] = architecture
    declared = fleet_of(documents)
    log = DecisionLog(declared.deployments[0].key)
    facts = candidates(declared, make_plan(declared, log=log), log)[0].facts
    data: dict[str, Any] = dict(facts)
    sizes = [data[name]["unitBytes"] / 2**30 for name in ("engineMemory", "prefillEngineMemory")]
    # Startup logs print 79.1 to 79.2 GiB for an H100 of 80 GB; its 3g.40gb has 39.50.
    assert sizes == pytest.approx([79.15, 39.50], abs=0.05)


def test_both_stay_though_a_better_pool_appears() -> None:
    documents = fleet(pool("whole"), slices("cut", "3g.40gb"))
    before = plan_of(documents)
    documents[0]["spec"]["nodePools"] += [slices("another", "3g.40gb", nodeCount=9), pool("a", nodeCount=9)]
    after = plan_of(documents, before)
    assert where(after) == where(before)
    assert after["placements"][0]["retained"]
    assert after["moved"] == []


def test_only_the_prefill_workload_moves_where_only_its_pool_is_lost() -> None:
    documents = fleet(pool("whole"), pool("z-whole"), slices("cut", "3g.40gb"))
    before = plan_of(documents)
    documents[0]["spec"]["nodePools"][2] = slices("renamed", "3g.40gb")
    after = plan_of(documents, before)
    assert where(after) == [("env", "whole", "renamed")]
    (move,) = after["moved"]
    assert (move["code"], move["message"]) == ("node-pool-gone", "environment env has no pool cut any more")
    place = {"environment": "env", "nodePool": "whole", "profile": "tp4"}
    assert move["from"] == place | {"prefill": {"nodePool": "cut"}}
    assert move["to"] == place | {"prefill": {"nodePool": "renamed"}}


def test_the_prefill_workload_stays_where_only_the_other_pool_is_lost() -> None:
    documents = fleet(pool("whole"), slices("cut", "3g.40gb"), slices("a-cut", "3g.40gb"))
    before = plan_of(documents[:1] + documents[1:])
    kept = before["placements"][0]["prefill"]["nodePool"]
    documents[0]["spec"]["nodePools"][0] = pool("renamed")
    assert where(plan_of(documents, before)) == [("env", "renamed", kept)]


def test_growth_of_the_prefill_workload_pushes_nobody_out() -> None:
    """It finds no room beside a neighbour that did not change, and goes where there is some."""
    small = deployment("small", "s", replicas=12, namespace="other")
    pools = (pool("whole"), slices("cut", "3g.40gb"), slices("z", "3g.40gb", nodeCount=2))
    others = [model("s", profile("one", memoryPerGpu="30Gi", mig="only")), small]
    before = plan_of([*fleet(*pools, serving=split(2, SLICE)), *others])
    after = plan_of([*fleet(*pools, serving=split(30, SLICE)), *others], before)
    by_name = {item["deployment"]["name"]: item for item in after["placements"]}
    assert by_name["small"]["retained"]
    assert by_name["chat"]["nodePool"] == "whole"
    assert by_name["chat"]["prefill"]["nodePool"] == "z"


def test_prefill_that_is_added_leaves_the_placement_where_it_is() -> None:
    pools = (pool("whole"), pool("z-whole", nodeCount=3), slices("cut", "3g.40gb"))
    plain = profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never")
    before = plan_of(fleet(*pools, serving=plain))
    after = plan_of(fleet(*pools), before)
    assert [place[:2] for place in where(after)] == [place[:2] for place in where(before)]
    assert after["placements"][0]["retained"]
    assert "prefill" not in plan_of(fleet(*pools, serving=plain), after)["placements"][0]


def test_a_prefill_workload_that_fits_no_pool_is_said_without_a_plan() -> None:
    (told,) = [each for each in prospects(fleet_of(fleet(pool("whole")))) if each.code == "SW322"]
    assert "env/whole with the prefill workload of tp4 comes nearest: " in told.message
    assert not [
        each for each in prospects(fleet_of(fleet(pool("whole"), slices("cut", "3g.40gb")))) if each.code == "SW322"
    ]
