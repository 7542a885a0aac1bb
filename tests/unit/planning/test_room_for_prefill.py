"""Room for a prefill workload, made by moving others of the same plan that fit elsewhere too."""

from __future__ import annotations

from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, pool, profile, slices
from tests.unit.planning.checker import findings

SLICE: Document = {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}
SMALL = model("small", profile("one", memoryPerGpu="30Gi", mig="only"))


def _pair(prefill: int) -> Document:
    """Return a model of four whole GPUs, with prefill on slices."""
    four = profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never")
    return model("pair", four | {"prefill": {"replicas": prefill, "replicaTopology": SLICE}})


def _all_placed(*documents: Document) -> Document:
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    assert plan["shortfalls"] == []
    return plan


def _where(plan: Document, name: str) -> list[tuple[str, str]]:
    return [
        (each["environment"], each["nodePool"]) for each in plan["placements"] if each["deployment"]["name"] == name
    ]


def test_what_is_on_the_pool_of_the_prefill_workload_makes_way() -> None:
    """40 GPUs could take the pair and 32 slices the small one, so that comes first, where the pair must prefill."""
    plan = _all_placed(
        environment("a", pool("whole", nodeCount=5), slices("cut", "3g.40gb")),
        environment("b", slices("cut", "3g.40gb")),
        *[_pair(10), SMALL, deployment("pair", "pair"), deployment("small", "small", replicas=10)],
    )
    assert _where(plan, "small") == [("b", "cut")]
    assert plan["placements"][0]["prefill"]["nodePool"] == "cut"


def test_several_make_way_for_a_prefill_workload() -> None:
    """Twelve slices are needed and each of the four that are in the way has four."""
    plan = _all_placed(
        environment("a", pool("whole", nodeCount=5), slices("cut", "3g.40gb")),
        environment("b", slices("cut", "3g.40gb")),
        *[_pair(12), SMALL, deployment("pair", "pair")],
        *[deployment(f"s{n}", "small", namespace=f"n{n}", replicas=4) for n in range(4)],
    )
    assert sorted(_where(plan, f"s{n}")[0][0] for n in range(4)).count("b") >= 3


def test_way_is_made_on_both_pools() -> None:
    """The GPUs and the slices of `a` are both taken by what fits in `b`, and only there both are together."""
    one = model("one", profile("one", gpusPerNode=8, memoryPerGpu="70Gi", mig="never"))
    plan = _all_placed(
        environment("a", pool("whole"), slices("cut", "3g.40gb")),
        environment("b", pool("whole"), labels={"only": "b"}),
        environment("c", slices("cut", "3g.40gb")),
        *[_pair(10), SMALL, one],
        deployment("pair", "pair"),
        deployment("one", "one"),
        deployment("small", "small", replicas=10),
    )
    assert _where(plan, "pair") == [("a", "whole")]


def test_a_pair_that_prefills_on_the_pool_makes_way() -> None:
    """Sixteen linked GPUs could take the first pair, and 48 GPUs of `a` the second: both prefill on slices of `a`."""
    first = _pair(10)
    first["metadata"]["name"] = "first"
    first["spec"]["serving"][0]["replicaTopology"]["requires"]["interconnect"] = "nvlink"
    plan = _all_placed(
        environment("a", pool("nv", interconnect="nvlink"), pool("pcie", nodeCount=5), slices("cut", "3g.40gb")),
        environment("b", pool("nv", interconnect="nvlink"), slices("cut", "3g.40gb")),
        *[_pair(10), first, deployment("first", "first")],
        deployment("second", "pair", environmentSelector={"slicewise.dev/environment": "a"}),
    )
    assert _where(plan, "first") == [("b", "nv")]
    assert _where(plan, "second")[0][0] == "a"
