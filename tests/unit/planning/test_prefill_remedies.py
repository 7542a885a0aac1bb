"""Remedies of deployments with a prefill workload, each followed to the letter."""

from __future__ import annotations

from slicewise.planning.remedies.remedy import Remedy, RemedyKind
from tests.documents import Document, deployment, environment, model, pool, profile, quota, slices
from tests.unit.planning.following import assert_true, remedies_of

SLICE: Document = {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}


def _pair(prefill: Document, gpus: int = 1) -> Document:
    own = profile("pair", gpusPerNode=gpus, memoryPerGpu="70Gi", mig="never")
    return model("m", own | {"prefill": prefill})


def _followed(*documents: Document) -> list[Remedy]:
    found = remedies_of([*documents], "new", limit=20)
    for remedy in found:
        assert_true(remedy, [*documents], "new")
    return [*found]


def _fewer(*documents: Document) -> list[tuple[str, object]]:
    return [(each.message, each.value) for each in _followed(*documents) if each.kind is RemedyKind.FEWER_REPLICAS]


def test_fewer_replicas_leave_room_for_the_prefill_workload_on_the_same_pool() -> None:
    """Eight GPUs, three of them for prefill: five replicas of one."""
    fewer = [("replicas 5 (now 8) would let it run on e/p", 5)]
    eight = deployment("new", "m", replicas=8)
    assert _fewer(environment("e", pool("p")), _pair({"replicas": 3}), eight) == fewer
    # Nine are more than the pool has even without prefill.
    fewer = [("replicas 5 (now 9) would let it run on e/p", 5)]
    nine = deployment("new", "m", replicas=9)
    assert _fewer(environment("e", pool("p")), _pair({"replicas": 3}), nine) == fewer


def test_fewer_replicas_beside_a_pool_of_its_own_for_prefill() -> None:
    pair = _pair({"replicas": 3, "replicaTopology": SLICE})
    both = environment("e", pool("p"), slices("cut", "3g.40gb"))
    fewer = [("replicas 8 (now 9) would let it run on e/p", 8)]
    assert _fewer(both, pair, deployment("new", "m", replicas=9)) == fewer
    # No number of its own replicas makes room on a pool that only prefill is on.
    pair = _pair({"replicas": 17, "replicaTopology": SLICE})
    assert _fewer(both, pair, deployment("new", "m", replicas=9)) == []


def test_a_quota_counts_both_workloads_of_fewer_replicas() -> None:
    """Six units, three of them for prefill."""
    six = quota("six", {"units": 6})
    fewer = [("replicas 3 (now 5) would let it run on e/p", 3)]
    assert _fewer(environment("e", pool("p")), _pair({"replicas": 3}), deployment("new", "m", replicas=5), six) == fewer


def test_fewer_prefill_replicas_of_all_that_have_the_profile() -> None:
    """Sixteen slices for two with twelve each: eight each, whichever of them is there already."""
    both = environment("e", pool("p", nodeCount=2), slices("cut", "3g.40gb"))
    pair = _pair({"replicas": 12, "replicaTopology": SLICE}, gpus=8)
    found = _followed(both, pair, deployment("new", "m"), deployment("old", "m", namespace="old", priority=9))
    assert [(each.field, each.value) for each in found if each.kind is RemedyKind.MODEL] == [
        ("spec.serving[pair].prefill.replicas", 8)
    ]


def _rivals(*documents: Document) -> set[str]:
    """Return whoever may take the room of more nodes first; "None" where nobody may."""
    return {str(each.rival) for each in _followed(*documents) if each.kind is RemedyKind.MORE_NODES}


def _two() -> list[Document]:
    return [deployment(name, "m", namespace=name) for name in ("new", "old")]


def test_a_pair_that_may_take_the_room_first_is_named() -> None:
    """Each takes half a node and as much again for prefill: of those that wait, one more node is for one."""
    running = deployment("running", "m", namespace="running", priority=9)
    documents = [environment("e", pool("p")), _pair({"replicas": 1}, gpus=4), running, *_two()]
    assert _rivals(*documents) == {"old/old"}
    documents[2] = deployment("running", "m", namespace="running")
    documents[3:] = [deployment(name, "m", namespace=f"z-{name}") for name in ("new", "old")]
    removed = [each for each in _followed(*documents) if each.kind is RemedyKind.OTHER_GOES]
    assert [str(each.rival) for each in removed] == ["z-old/old"]


def test_a_rival_for_the_pool_that_has_room_is_named() -> None:
    """A node has slices for both to prefill on, and the GPUs are there, but only for one of them."""
    both = environment("e", pool("p"), slices("cut", "3g.40gb", acceleratorCount=1, nodeCount=0))
    pair = _pair({"replicas": 1, "replicaTopology": SLICE}, gpus=8)
    assert _rivals(both, pair, *_two()) == {"old/old"}


def test_nobody_is_named_where_there_is_room_for_all() -> None:
    both = environment("e", pool("p"), slices("cut", "3g.40gb", acceleratorCount=1, nodeCount=0))
    pair = _pair({"replicas": 1, "replicaTopology": SLICE}, gpus=4)
    assert _rivals(both, pair, *_two()) == {"None"}
