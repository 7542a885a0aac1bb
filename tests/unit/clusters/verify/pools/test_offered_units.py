"""Whether nodes offer the units that their pool declares, and what is said where they are cut otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.gpus import LabelledBy, Offer
from slicewise.mig import MigStrategy
from tests.documents import deployment, environment, pool, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    GPU,
    changed,
    cluster_of,
    found,
    gfd,
    node,
    only,
    verified,
    with_gpus,
    with_units,
)
from tests.unit.clusters.verify.pools.as_declared import ERROR, NODE, SMALL, WARNING, here, mig, two_pools
from tests.unit.clusters.verify.pools.labelled_nodes import cluster, declared, gke


@pytest.mark.parametrize(
    ("units", "reserved", "clean"),
    [(14, 2, False), (14, 4, True), (15, 1, False), (15, 2, True), (16, 0, True)],
)
def test_reserved_units_cover_what_two_nodes_lack(units: int, reserved: int, clean: bool) -> None:
    documents, cluster = here(slices("cut", "3g.40gb", nodeCount=2, memoryPerGpu="39Gi", reservedUnits=reserved))
    expected = [] if clean else [("cut", "SW605", WARNING)]
    assert found(documents, changed(cluster, with_units(units))) == expected


@pytest.mark.parametrize(("reserved", "clean"), [(2, False), (15, False), (16, True)])
def test_a_node_with_one_gpu_less_takes_no_pod_of_eight(reserved: int, clean: bool) -> None:
    documents, cluster = here(
        pool("whole", nodeCount=4, reservedUnits=reserved), more=(NODE, deployment("huge", "node"))
    )
    cluster = changed(cluster, with_units(7), "whole-0", "whole-1")
    assert found(documents, cluster) == ([] if clean else [("whole", "SW605", WARNING)])


@pytest.mark.parametrize(
    ("units", "code"),
    # No label tells what a unit is: as many as slices, they are slices; as many as GPUs, they are GPUs.
    [(16, "SW607"), (8, "SW606"), (12, "SW606")],
)
def test_without_labels_the_number_tells_slices_from_gpus(units: int, code: str) -> None:
    documents, cluster = two_pools()
    silent = with_gpus(
        told_by=LabelledBy.ALLOCATABLE, accelerator=None, model=None, physical=None, strategy=None,
        offers=(Offer(GPU, units, None),),
    )  # fmt: skip
    assert only(documents, changed(cluster, silent, "cut-0", "cut-1")).code == code


@pytest.mark.parametrize(("units", "expected"), [(16, []), (8, ["SW606"]), (14, ["SW605"])])
def test_without_labels_slices_of_the_single_strategy_are_counted(units: int, expected: list[str]) -> None:
    documents, cluster = here(slices("cut", "3g.40gb", strategy="single", memoryPerGpu="39Gi"))
    silent = with_gpus(told_by=LabelledBy.ALLOCATABLE, model=None, physical=None, offers=(Offer(GPU, units, None),))
    assert [code for _, code, _ in found(documents, changed(cluster, silent))] == expected


def test_the_demos_own_pool_on_gke() -> None:
    """GKE cuts the GPUs, and its device plugin offers nvidia.com/gpu: what SW302 warns of, seen."""
    selector = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
    declared = slices("mig", "3g.40gb", nodeSelector=selector, maxNodeCount=8, nodeCount=0)
    documents = (environment(ENVIRONMENT, declared), SMALL, deployment("chat", "small"))
    gke = gfd(8, "3g.40gb", "single", told_by=LabelledBy.GKE, offers=(Offer(GPU, 16, "3g.40gb"),))
    cluster = LiveCluster((node("gke", gke, selector),), (), (), serves_kserve=True, namespaces=frozenset({"team"}))
    told = only(documents, cluster)
    assert (told.subject.node_pool, told.code, told.severity) == ("mig", "SW607", ERROR)
    assert "GKE's device plugin offers them as nvidia.com/gpu: 16" in told.message
    assert told.remedy == "write strategy: single in migConfiguration"
    declared["capabilities"]["migConfiguration"]["strategy"] = "single"
    assert found(documents, cluster) == []


def test_single_is_declared_and_mixed_is_there() -> None:
    documents, cluster = here(slices("cut", "3g.40gb", strategy="single", memoryPerGpu="39Gi"))
    told = only(documents, changed(cluster, mig("3g.40gb", "mixed")))
    assert (told.code, told.remedy) == ("SW607", "write strategy: mixed in migConfiguration")


def test_another_profile_under_the_same_name() -> None:
    """Strategy single: the resource is right, and a pod would get a slice of another size."""
    documents, cluster = here(slices("cut", "3g.40gb", strategy="single", memoryPerGpu="39Gi"))
    told = only(documents, changed(cluster, mig("1g.10gb", "single")))
    assert (told.code, told.severity) == ("SW606", WARNING)
    assert "but slices of 1g.10gb (nvidia.com/gpu: 56) are offered" in told.message
    (told,) = verified(
        (*documents, SMALL, deployment("chat", "small")), changed(cluster, mig("1g.10gb", "single"))
    ).differences
    assert (told.severity, told.message.partition("; ")[2]) == (ERROR, "pods of team/chat may get one")


def test_the_strategy_of_whole_gpus_does_not_matter() -> None:
    documents, cluster = here(pool("whole"))
    assert found(documents, changed(cluster, with_gpus(strategy=MigStrategy.MIXED, mig_state="success"))) == []


def test_whole_gpus_where_slices_are_declared() -> None:
    documents = declared(slices("cut", "3g.40gb", memoryPerGpu="39Gi"))
    nodes = changed(cluster_of(documents[0]), lambda each: replace(each, gpus=gfd(8)))
    told = only(documents, nodes)
    declare = "remove migConfiguration and write the memory of a whole GPU as memoryPerGpu"
    assert (told.code, told.remedy) == ("SW606", f"{declare}, or cut the GPUs into 3g.40gb")
    managed = changed(nodes, with_gpus(mig_config="all-disabled"))
    layout = "kubectl label node NODE nvidia.com/mig.config=all-3g.40gb --overwrite"
    assert only(documents, managed).remedy == f"{declare}, or have MIG manager cut the GPUs as declared: {layout}"
    # The label is there already: what is wrong is between MIG manager and the GPUs.
    asked = changed(nodes, with_gpus(mig_config="all-3g.40gb"))
    assert only(documents, asked).remedy == (
        f"{declare}, or see why MIG manager has not applied all-3g.40gb, which the node asks for: look at the node's "
        "nvidia.com/mig.config.state, and read the logs of the node's nvidia-mig-manager pod, if there is one"
    )


def test_a_layout_that_no_node_has_beside_whole_gpus() -> None:
    """That there are whole GPUs in the cluster is not a reason to declare them in the place of slices."""
    cut = slices("cut", "1g.10gb", nodeSelector={"nvidia.com/mig.config": "all-1g.10gb"})
    whole = node("whole-0", gfd(8, mig_config="all-disabled"), {"nvidia.com/mig.config": "all-disabled"})
    told = only(declared(cut), cluster(whole))
    assert (told.code, "the node is not cut into slices (whole-0)" in told.message) == ("SW601", True)
    assert told.remedy == (
        "have MIG manager cut the GPUs as declared: kubectl label node NODE nvidia.com/mig.config=all-1g.10gb "
        "--overwrite, or remove the pool"
    )


def test_slices_where_whole_gpus_are_declared() -> None:
    documents = declared(pool("whole"))
    nodes = changed(cluster_of(documents[0]), lambda each: replace(each, gpus=gfd(8, "3g.40gb")))
    told = only(documents, nodes)
    assert told.remedy.endswith("as memoryPerGpu, or switch MIG off on these GPUs")


def test_gke_cuts_gpus_by_node_pool() -> None:
    ours = replace(gke("g-0", "3g.40gb", 16), labels={"pool": "whole"})
    told = only(declared(pool("whole")), cluster(ours))
    assert told.remedy.endswith("or make a GKE node pool without a partition size")
