"""GPU nodes of no pool: told apart by what to do."""

from __future__ import annotations

from slicewise.clusters.live.gpus import Offer, UnitFlaw
from tests.documents import pool
from tests.unit.clusters.built_clusters import GPU, adding, cluster_of, gfd, node, only, verified
from tests.unit.clusters.verify.pools.as_declared import here
from tests.unit.clusters.verify.pools.labelled_nodes import declared, single


def test_labels_without_gpus_are_undeclared_nodes_too() -> None:
    documents, cluster = here(pool("whole"))
    cluster = adding(cluster, node("broken", gfd(8, offers=()), {}))
    assert only(documents, cluster).message == (
        "1 GPU node belongs to no declared pool: broken (no GPU resource is offered, though labels speak of GPUs)"
    )


def test_strays_are_told_apart_by_what_to_do() -> None:
    documents = declared(pool("whole"))
    shared = node("time-sliced", gfd(8, offers=(Offer(f"{GPU}.shared", 32, None, flaw=UnitFlaw.SHARED),)), {})
    strays = [
        *(node("good", gfd(8), {}), shared, node("no-driver", gfd(8, offers=()), {})),
        *(single("invalid", "INVALID", 0), node("waits", gfd(8, offers=(), mig_state="pending"), {})),
    ]
    result = verified(documents, adding(cluster_of(documents[0]), *strays))
    assert {each.code.value for each in result.differences} == {"SW617"}
    remedies = {name: each.remedy for each in result.differences for name in STRAYS if f": {name} (" in each.message}
    assert {name: STRAYS[name] in remedy for name, remedy in remedies.items()} == dict.fromkeys(STRAYS, True)
    assert [name for name, remedy in remedies.items() if "declare a pool" in remedy] == ["good"]


STRAYS = {
    "good": "slicewise discover",
    "time-sliced": "without time-slicing, MPS and renaming",
    "no-driver": "nvidia-device-plugin pod",
    "invalid": "cut all GPUs of a node alike",
    "waits": "wait until nvidia.com/mig.config.state is success",
}
