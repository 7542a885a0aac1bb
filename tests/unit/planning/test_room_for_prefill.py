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


def _named_pair(name: str, gpus: int, slices_: int) -> list[Document]:
    """Return a model and its deployment: so many replicas of one whole GPU, that prefill on so many slices."""
    one = profile("one", memoryPerGpu="70Gi", mig="never")
    return [
        model(name, one | {"prefill": {"replicas": slices_, "replicaTopology": SLICE}}),
        deployment(name, name, replicas=gpus),
    ]


def _others(mig: str, *sizes: int, only: str = "") -> list[Document]:
    """Return deployments of so many replicas each, on slices alone or on whole GPUs alone."""
    of = model(mig, profile("one", memoryPerGpu="30Gi", mig=mig))
    selector = {"for": only} if only else {}
    named = ((f"{mig}-{number}", size) for number, size in enumerate(sizes))
    return [of, *(deployment(name, mig, replicas=size, nodePoolSelector=selector) for name, size in named)]


def _served(*documents: Document) -> int:
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    return len(plan["placements"])


def test_a_large_pair_gives_way_to_two_that_need_the_pools_of_its_two_workloads() -> None:
    """3 and 8, 4 and 3 of 8 GPUs and 16 slices leave 5 slices; without the first, 6 and another pair fit."""
    whole, cut = pool("whole"), slices("cut", "3g.40gb")
    pairs = [*_named_pair("a", 3, 8), *_named_pair("b", 4, 3), *_named_pair("c", 2, 3)]
    assert _served(environment("e", whole, cut), *pairs, *_others("only", 6)) == 3


def test_what_is_alone_gives_way_to_two_pairs() -> None:
    """10 of 16 slices leave no room for 8 and for 5."""
    pairs = [*_named_pair("a", 4, 3), *_named_pair("b", 3, 8), *_named_pair("c", 2, 5)]
    assert (
        _served(environment("e", pool("w1"), pool("w2"), slices("cut", "3g.40gb")), *pairs, *_others("only", 10)) == 3
    )
    # 8 GPUs are less than either of these pairs takes together, and each needs only 4 of them.
    pairs = [*_named_pair("a", 4, 8), *_named_pair("b", 4, 5)]
    assert _served(environment("e", pool("whole"), slices("cut", "3g.40gb")), *pairs, *_others("never", 8)) == 2
    # With 6 GPUs for one that is alone, 2 are left; with 4 for each pair, none.
    assert _served(environment("e", pool("whole"), slices("cut", "3g.40gb")), *pairs, *_others("never", 8, 6, 6)) == 2


def test_a_prefill_workload_moves_to_another_pool_of_its_environment() -> None:
    """Nothing else is on the slices that the last one must have, and the other slices have room."""
    pairs = [*_named_pair("a", 4, 3), *_named_pair("b", 2, 8), *_named_pair("c", 2, 8)]
    own = slices("own", "3g.40gb", labels={"for": "six"})
    alone = _others("only", 6, only="six")
    assert _served(environment("e", own, pool("whole"), slices("rest", "3g.40gb")), *pairs, *alone) == 4
