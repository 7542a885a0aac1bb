"""Every kind of difference, at its boundary: found, named by code and pool, and nothing else said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.facts import GpuPod, LabelledBy, LiveCluster, LiveNode, NodeGroupBounds, Offer, Taint
from slicewise.diagnostics import difference_line, difference_to_dict
from slicewise.mig import MigStrategy, find_gpu_model
from slicewise.planning import parse_previous
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    GPU,
    H100_SLICES,
    adding,
    changed,
    cluster_of,
    found,
    gfd,
    node,
    only,
    pod,
    verified,
    with_gpus,
    with_pods,
    with_units,
    without,
)

SLICE = "nvidia.com/mig-3g.40gb"
ERROR, WARNING = "error", "warning"
SMALL = model("small", profile("slice", memoryPerGpu="30Gi", mig="only"))
LARGE = model("large", profile("whole", memoryPerGpu="70Gi", mig="never"))
NODE = model("node", profile("node", memoryPerGpu="70Gi", mig="never", gpusPerNode=8))

Change = Callable[[LiveCluster], LiveCluster]


def here(*pools: Document, more: tuple[Document, ...] = ()) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return documents with these pools, and the cluster that they declare."""
    declared = environment(ENVIRONMENT, *pools)
    return (declared, *more), cluster_of(declared)


def two_pools(**fields: object) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return two nodes of slices, with these fields, and two of whole GPUs; both are in use."""
    return here(
        slices("cut", "3g.40gb", **({"nodeCount": 2, "memoryPerGpu": "39Gi", "allocatable": {"cpu": "64"}} | fields)),
        pool("whole", nodeCount=2),
        more=(SMALL, LARGE, deployment("chat", "small", replicas=4), deployment("big", "large", replicas=2)),
    )


def mig(profile_name: str, strategy: str = "mixed", **more: object) -> Callable[[LiveNode], LiveNode]:
    """Return a change of a node's GPUs: eight H100s cut otherwise."""
    return lambda each: replace(each, gpus=gfd(8, profile_name, strategy, **more))


def other_board(name: str, memory_mib: int) -> Callable[[LiveNode], LiveNode]:
    """Return a change of a node's GPUs: as many of another board."""
    return with_gpus(model=find_gpu_model(name), accelerator=name, offers=(Offer(GPU, 8, None, memory_mib),))


def test_a_cluster_as_declared_is_clean() -> None:
    documents, cluster = two_pools()
    result = verified(documents, cluster)
    assert result.differences == ()
    assert not result.has_errors
    assert [
        (each.node_pool, each.nodes_declared, each.nodes, each.units_declared, each.units, each.free)
        for each in result.pools
    ] == [("cut", 2, 2, 32, 32, 32), ("whole", 2, 2, 16, 16, 16)]
    assert [each.profiles for each in result.pools] == [("3g.40gb",), (None,)]


# One lie each about the nodes of `two_pools`: pool, code, severity where the plan needs little and where it needs all.
LIES: dict[str, tuple[Change, tuple[str | None, str, str, str]]] = {
    "a label is missing": (
        lambda c: changed(c, lambda n: replace(n, labels={}), "cut-0", "cut-1"),
        ("cut", "SW601", ERROR, ERROR),
    ),
    "a label is missing on one node": (
        lambda c: changed(c, lambda n: replace(n, labels={}), "whole-1"),
        ("whole", "SW602", WARNING, ERROR),
    ),
    "a node is gone": (lambda c: without(c, "cut-1"), ("cut", "SW602", WARNING, ERROR)),
    "all nodes are gone": (lambda c: without(c, "cut-0", "cut-1"), ("cut", "SW601", ERROR, ERROR)),
    "a node more": (
        lambda c: adding(c, node("cut-2", gfd(8, "3g.40gb"), {"pool": "cut"})),
        ("cut", "SW603", WARNING, WARNING),
    ),
    "more GPUs in a node": (lambda c: changed(c, with_units(32), "cut-0"), ("cut", "SW603", WARNING, WARNING)),
    "no device plugin": (lambda c: changed(c, with_gpus(offers=()), "cut-0"), ("cut", "SW604", WARNING, ERROR)),
    "the device plugin offers nothing": (
        lambda c: changed(c, with_units(0), "whole-0"),
        ("whole", "SW604", WARNING, ERROR),
    ),
    "no driver": (lambda c: changed(c, lambda n: replace(n, gpus=None), "whole-0"), ("whole", "SW604", WARNING, ERROR)),
    "one slice less": (lambda c: changed(c, with_units(15), "cut-1"), ("cut", "SW605", WARNING, ERROR)),
    "one GPU less": (lambda c: changed(c, with_units(7), "whole-1"), ("whole", "SW605", WARNING, ERROR)),
    "another profile": (lambda c: changed(c, mig("1g.10gb"), "cut-0", "cut-1"), ("cut", "SW606", ERROR, ERROR)),
    "another profile on one node": (lambda c: changed(c, mig("1g.10gb"), "cut-1"), ("cut", "SW606", WARNING, ERROR)),
    "whole GPUs for slices": (
        lambda c: changed(c, lambda n: replace(n, gpus=gfd(8)), "cut-0", "cut-1"),
        ("cut", "SW606", ERROR, ERROR),
    ),
    "slices for whole GPUs": (
        lambda c: changed(c, mig("3g.40gb"), "whole-0", "whole-1"),
        ("whole", "SW606", ERROR, ERROR),
    ),
    "slices for whole GPUs, named alike": (
        lambda c: changed(c, mig("3g.40gb", "single"), "whole-0", "whole-1"),
        ("whole", "SW606", ERROR, ERROR),
    ),
    "single instead of mixed": (
        lambda c: changed(c, mig("3g.40gb", "single"), "cut-0", "cut-1"),
        ("cut", "SW607", ERROR, ERROR),
    ),
    "a taint": (
        lambda c: changed(c, lambda n: replace(n, taints=(Taint("team", "x", "NoSchedule"),)), "cut-0"),
        ("cut", "SW608", WARNING, ERROR),
    ),
    "a taint that only asks": (
        lambda c: changed(c, lambda n: replace(n, taints=(Taint("team", "x", "PreferNoSchedule"),)), "cut-0"),
        ("cut", "SW608", WARNING, WARNING),
    ),
    "mixed models": (
        lambda c: changed(c, with_gpus(model=find_gpu_model("a100-80gb"), accelerator="A100"), "whole-0"),
        ("whole", "SW609", WARNING, WARNING),
    ),
    "another model": (
        lambda c: changed(c, with_gpus(model=find_gpu_model("h200"), accelerator="H200"), "whole-0", "whole-1"),
        ("whole", "SW610", WARNING, WARNING),
    ),
    "another model with other slices": (
        lambda c: changed(
            c, mig("1g.10gb", model=find_gpu_model("a100-80gb"), accelerator="NVIDIA-A100-SXM4-80GB"), "cut-0", "cut-1"
        ),
        ("cut", "SW610", ERROR, ERROR),
    ),
    "the layout failed": (
        lambda c: changed(c, with_gpus(mig_state="failed", mig_config="all-3g.40gb", offers=()), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "the layout failed and the old one is there": (
        lambda c: changed(c, mig("1g.10gb", mig_state="failed"), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "the layout is pending": (
        lambda c: changed(c, with_gpus(mig_state="pending", offers=()), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "the node restarts for its layout": (
        lambda c: changed(c, with_gpus(mig_state="rebooting"), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "slices that do not fit the strategy": (
        lambda c: changed(c, with_gpus(invalid=True, offers=()), "cut-0", "cut-1"),
        ("cut", "SW611", ERROR, ERROR),
    ),
    "shared units": (
        lambda c: changed(c, with_gpus(shared=True, offers=(Offer(GPU, 32, None, 81559),)), "whole-0"),
        ("whole", "SW612", ERROR, ERROR),
    ),
    "others hold units": (
        lambda c: with_pods(c, pod("notebook", "whole-0"), pod("train", "whole-1", 2)),
        ("whole", "SW613", WARNING, ERROR),
    ),
    "others hold what the plan wants": (
        lambda c: with_pods(c, pod("a", "whole-0", 8), pod("b", "whole-1", 7)),
        ("whole", "SW613", ERROR, ERROR),
    ),
    "less memory in a unit": (
        lambda c: changed(c, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", 38 * 1024),)), "cut-0"),
        ("cut", "SW614", WARNING, WARNING),
    ),
    "less memory than a model needs": (
        lambda c: changed(c, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", 29 * 1024),)), "cut-0"),
        ("cut", "SW614", ERROR, ERROR),
    ),
    "cordoned": (
        lambda c: changed(c, lambda n: replace(n, cordoned=True), "cut-0"),
        ("cut", "SW615", WARNING, ERROR),
    ),
    "not ready, and its device plugin is gone": (
        lambda c: changed(c, lambda n: replace(with_units(0)(n), ready=False), "cut-0"),
        ("cut", "SW615", WARNING, ERROR),
    ),
    "being removed": (
        lambda c: changed(
            c, lambda n: replace(n, taints=(Taint("ToBeDeletedByClusterAutoscaler", "1", "NoSchedule"),)), "cut-0"
        ),
        ("cut", "SW615", WARNING, ERROR),
    ),
    "unexplained GPUs": (
        lambda c: adding(c, node("spare", gfd(8), {"pool": "spare"})),
        (None, "SW617", WARNING, WARNING),
    ),
    "no KServe": (lambda c: replace(c, serves_kserve=False), (None, "SW618", ERROR, ERROR)),
    "no namespace": (lambda c: replace(c, namespaces=frozenset({"default"})), (None, "SW619", ERROR, ERROR)),
    "mixed models, one too small": (
        lambda c: changed(c, other_board("a100-40gb", 40960), "whole-0"),
        ("whole", "SW609", ERROR, ERROR),
    ),
    "another model, too small": (
        lambda c: changed(c, other_board("a100-40gb", 40960), "whole-0", "whole-1"),
        ("whole", "SW610", ERROR, ERROR),
    ),
    "less CPU in a node": (
        lambda c: changed(c, lambda n: replace(n, cpu="63"), "cut-0"),
        ("cut", "SW616", WARNING, ERROR),
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_and_nothing_else_said(lie: str) -> None:
    documents, cluster = two_pools()
    change, (name, code, roomy, _) = LIES[lie]
    assert found(documents, change(cluster)) == [(name, code, roomy)]


@pytest.mark.parametrize("lie", LIES)
def test_the_same_lie_where_the_plan_needs_every_unit(lie: str) -> None:
    """What takes room is an error then, and says whose pods would wait."""
    documents, cluster = two_pools()
    documents = (*documents[:-2], deployment("chat", "small", replicas=32), deployment("big", "large", replicas=16))
    change, (name, code, roomy, full) = LIES[lie]
    (told,) = verified(documents, change(cluster)).differences
    assert (told.subject.node_pool, told.code, told.severity) == (name, code, full)
    if (roomy, full) == (WARNING, ERROR):
        assert ("; team/chat lacks room for " if name == "cut" else "; team/big lacks room for ") in told.message
    elif full == ERROR and name:
        assert "team/chat" in told.message or "team/big" in told.message


def test_a_difference_reads_and_says_what_to_do() -> None:
    documents, cluster = two_pools()
    told = only(documents, changed(cluster, with_units(15), "cut-1"))
    assert difference_line(told) == f"onprem/cut: on 1 of 2 nodes (cut-1): 15 units of {SLICE}, 16 declared [SW605]"
    assert told.remedy.startswith("write reservedUnits: 1, ")
    assert difference_to_dict(told) == {
        "environment": "onprem",
        "nodePool": "cut",
        "code": "SW605",
        "severity": "warning",
        "message": f"on 1 of 2 nodes (cut-1): 15 units of {SLICE}, 16 declared",
        "remedy": told.remedy,
    }
    assert told.facts == {"unitsOfANode": [15], "declared": 16, "lost": 1, "reserved": 0}


def test_of_many_nodes_few_are_named() -> None:
    documents, cluster = here(slices("cut", "3g.40gb", nodeCount=8, memoryPerGpu="39Gi"))
    told = only(documents, changed(cluster, with_units(14)))
    assert "on 8 of 8 nodes (cut-0, cut-1, cut-2 and 5 more): 14 units" in told.message


# Selectors.


def selecting(selector: dict[str, str], **fields: object) -> tuple[Document, ...]:
    return (environment(ENVIRONMENT, pool("whole", nodeSelector=selector, **fields)),)


def labelled(*labels: dict[str, str]) -> LiveCluster:
    nodes = tuple(node(f"n-{number}", gfd(8), each) for number, each in enumerate(labels))
    return LiveCluster(nodes, (), (), serves_kserve=True, namespaces=frozenset())


@pytest.mark.parametrize(
    ("selector", "labels", "said"),
    [
        ({"pool": "left"}, [{"pool": "right"}, {"pool": "right"}], "no node has pool=left; nodes have right (2)"),
        ({"pool": "left"}, [{"team": "x"}], "no node has a label pool"),
        ({"gpu-product": "h100"}, [{"gpu.product": "h100"}], 'label gpu-product; did you mean "gpu.product"?'),
        ({"a": "1", "b": "2"}, [{"a": "1", "b": "3"}], "no node has b=2; nodes have 3 (1)"),
        ({"a": "1", "b": "2"}, [{"a": "1"}, {"b": "2"}], "all of them on none: n-0 lacks b=2"),
        ({"a": "1"}, [{"a": ""}], "nodes have the empty value (1)"),
    ],
)
def test_what_no_node_has_and_what_nodes_have(selector: dict[str, str], labels: list[Any], said: str) -> None:
    told = only(selecting(selector), labelled(*labels))
    assert (told.subject.node_pool, told.code) == ("whole", "SW601")
    assert said in told.message


def test_an_empty_cluster() -> None:
    assert "the cluster has no nodes" in only(selecting({"a": "1"}), labelled()).message


@pytest.mark.parametrize(
    ("count", "maximum", "real", "expected"),
    [
        (0, None, 0, []),
        (0, 4, 0, [("whole", "SW601", WARNING)]),
        (0, 4, 4, []),
        (0, 4, 5, [("whole", "SW603", WARNING)]),
        (2, 4, 0, [("whole", "SW601", WARNING)]),
        (2, 4, 1, [("whole", "SW602", WARNING)]),
        (2, 4, 2, []),
        (2, None, 1, [("whole", "SW602", WARNING)]),
        (2, None, 3, [("whole", "SW603", WARNING)]),
    ],
)
def test_the_number_of_nodes(count: int, maximum: int | None, real: int, expected: list[Any]) -> None:
    scaled = {} if maximum is None else {"maxNodeCount": maximum}
    documents = selecting({"pool": "whole"}, nodeCount=count, **scaled)
    assert found(documents, labelled(*[{"pool": "whole"}] * real)) == expected


# EKS names the Auto Scaling group of a node group so.
EKS_GROUP = "eks-whole-0a1b2c3d-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("maximum", "replicas", "bounds", "expected"),
    [
        (8, 8, [NodeGroupBounds(EKS_GROUP, 1, 8)], []),
        (8, 8, [NodeGroupBounds(EKS_GROUP, 1, 9)], []),
        (8, 8, [], []),
        (8, 8, [NodeGroupBounds("eks-other-0a1b2c3d-1111-2222-3333-444455556666", 1, 4)], []),
        (8, 32, [NodeGroupBounds(EKS_GROUP, 1, 4)], [("whole", "SW622", WARNING)]),
        (8, 33, [NodeGroupBounds(EKS_GROUP, 1, 4)], [("whole", "SW622", ERROR)]),
        (None, 8, [NodeGroupBounds(EKS_GROUP, 1, 4)], []),
    ],
)
def test_what_an_autoscaler_may_add(
    maximum: int | None, replicas: int, bounds: list[NodeGroupBounds], expected: list[Any]
) -> None:
    labels = {"eks.amazonaws.com/nodegroup": "whole"}
    scaled = {} if maximum is None else {"maxNodeCount": maximum}
    documents, cluster = here(
        pool("whole", nodeSelector=labels, nodeCount=1, **scaled),
        more=(LARGE, deployment("big", "large", replicas=replicas)),
    )
    assert found(documents, replace(cluster, bounds=tuple(bounds))) == expected


def test_the_autoscalers_limit_and_the_units_that_it_leaves() -> None:
    documents, cluster = here(
        pool("whole", nodeSelector={"eks.amazonaws.com/nodegroup": "whole"}, nodeCount=1, maxNodeCount=8),
        more=(LARGE, deployment("big", "large", replicas=40)),
    )
    told = only(documents, replace(cluster, bounds=(NodeGroupBounds(EKS_GROUP, 1, 4),)))
    expected = (
        "cluster-autoscaler adds nodes up to 4, maxNodeCount is 8, and the plan needs 40 units of 32; "
        "team/big lacks room for 8 of 40 replicas"
    )
    assert (told.message, told.remedy) == (expected, "write maxNodeCount: 4, or raise the node group's limit")


def test_the_node_that_is_meant_is_named_once() -> None:
    documents = selecting({"pool": "whole", "zone": "a"}, nodeCount=2)
    told = only(documents, labelled({"pool": "whole", "zone": "a"}, {"pool": "whole", "zone": "b"}))
    assert told.code == "SW602"
    assert "n-1 lacks zone=a (it is b)" in told.message


def test_a_node_that_lacks_one_label_of_several_is_meant_whatever_it_offers() -> None:
    """The selector has a label that changes with the layout: the cut is the cause, and is all that is said."""
    selector = {"pool": "cut", "nvidia.com/mig.config": "all-3g.40gb"}
    documents = (environment(ENVIRONMENT, slices("cut", "3g.40gb", nodeSelector=selector, memoryPerGpu="39Gi")),)
    now = {"pool": "cut", "nvidia.com/mig.config": "all-1g.10gb"}
    cluster = LiveCluster((node("n", gfd(8, "1g.10gb"), now),), (), (), serves_kserve=True, namespaces=frozenset())
    told = only(documents, cluster)
    assert (told.subject.node_pool, told.code) == ("cut", "SW601")
    assert told.message.endswith("nodes have all-1g.10gb (1): the node is cut into 1g.10gb (n)")


@pytest.mark.parametrize(("change", "severity"), [(mig("1g.10gb"), ERROR), (with_gpus(offers=()), WARNING)])
def test_an_autoscaled_pool_of_only_wrong_nodes(change: Callable[[LiveNode], LiveNode], severity: str) -> None:
    """Its next nodes will be as these are, unless they have only just begun."""
    autoscaled = slices("cut", "3g.40gb", nodeCount=0, maxNodeCount=2, memoryPerGpu="39Gi")
    documents = (environment(ENVIRONMENT, autoscaled), SMALL, deployment("chat", "small"))
    cluster = adding(cluster_of(documents[0]), node("n", gfd(8, "3g.40gb"), {"pool": "cut"}))
    ((_, _, found_severity),) = found(documents, changed(cluster, change, "n"))
    assert found_severity == severity
    # With one right node beside it, it stops nothing.
    cluster = adding(cluster, node("right", gfd(8, "3g.40gb"), {"pool": "cut"}))
    ((_, _, found_severity),) = found(documents, changed(cluster, change, "n"))
    assert found_severity == WARNING


def test_a_selector_of_nothing_means_the_nodes_with_the_resource() -> None:
    documents = selecting({}, nodeCount=1)
    cluster = adding(labelled({}), node("cpu", None, {}), node("cut", gfd(8, "3g.40gb"), {}))
    assert found(documents, without(cluster, "cut")) == []
    # Enough of the right nodes: one that no pod can go to does not stop anything.
    assert found(documents, cluster) == [("whole", "SW606", WARNING)]


def test_two_resources_on_one_node_are_two_pools() -> None:
    """MIG manager's all-balanced on eight GPUs: 16 of 1g.10gb, 8 of 2g.20gb and 8 of 3g.40gb."""
    balanced = (("1g.10gb", 56, 16), ("2g.20gb", 24, 8), ("3g.40gb", 16, 8))
    pools = [
        slices(
            name.replace(".", "-"),
            name,
            nodeSelector={"all": "balanced"},
            reservedUnits=full - units,
            memoryPerGpu="9Gi",
        )
        for name, full, units in balanced
    ]
    offers = tuple(Offer(f"nvidia.com/mig-{name}", units, name, H100_SLICES[name][1]) for name, _, units in balanced)
    documents, _ = here(*pools)
    cluster = LiveCluster(
        (node("n", gfd(8, "3g.40gb", offers=offers), {"all": "balanced"}),),
        (),
        (),
        serves_kserve=True,
        namespaces=frozenset(),
    )
    assert found(documents, cluster) == []


def test_one_selector_and_two_resources_split_the_nodes() -> None:
    same = {"nodeSelector": {"gpu": "h100"}}
    documents, _ = here(pool("whole", **same), slices("cut", "3g.40gb", memoryPerGpu="39Gi", **same))
    cluster = LiveCluster(
        (node("a", gfd(8), {"gpu": "h100"}), node("b", gfd(8, "3g.40gb"), {"gpu": "h100"})),
        (),
        (),
        serves_kserve=True,
        namespaces=frozenset(),
    )
    result = verified(documents, cluster)
    assert result.differences == ()
    assert [(each.node_pool, each.nodes) for each in result.pools] == [("cut", 1), ("whole", 1)]


# Units.


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
    assert "found slices of 1g.10gb (nvidia.com/gpu: 56)" in told.message
    (told,) = verified(
        (*documents, SMALL, deployment("chat", "small")), changed(cluster, mig("1g.10gb", "single"))
    ).differences
    assert (told.severity, told.message.partition("; ")[2]) == (ERROR, "pods of team/chat may get one")


# Taints.


def tainted(taint: Taint, *tolerations: Document) -> list[tuple[str | None, str, str]]:
    documents, cluster = here(pool("whole", tolerations=list(tolerations)))
    return found(documents, changed(cluster, lambda each: replace(each, taints=(taint,))))


@pytest.mark.parametrize(
    ("taint", "tolerations", "tolerated"),
    [
        # Slicewise's own: every value of nvidia.com/gpu, NoSchedule.
        (Taint(GPU, "present", "NoSchedule"), [], True),
        (Taint(GPU, "", "NoSchedule"), [], True),
        (Taint(GPU, "present", "NoExecute"), [], False),
        (Taint("other", "", "NoSchedule"), [], False),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "operator": "Exists"}], True),
        (Taint("k", "v", "NoExecute"), [{"key": "k", "operator": "Exists"}], True),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "operator": "Exists", "effect": "NoExecute"}], False),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "value": "v"}], True),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "value": "w"}], False),
        (Taint("k", "v", "NoSchedule"), [{"key": "k"}], False),
        (Taint("k", "", "NoSchedule"), [{"key": "k"}], True),
        (Taint("k", "v", "NoSchedule"), [{"key": "j", "value": "v"}, {"key": "k", "value": "v"}], True),
        (Taint("k", "v", "NoExecute"), [{"operator": "Exists"}], True),
        (Taint("k", "v", "NoExecute"), [{"operator": "Exists", "effect": "NoSchedule"}], False),
        (Taint("DeletionCandidateOfClusterAutoscaler", "1", "PreferNoSchedule"), [], True),
    ],
)
def test_tolerations_are_matched_as_kubernetes_does(taint: Taint, tolerations: list[Any], tolerated: bool) -> None:
    assert tainted(taint, *tolerations) == ([] if tolerated else [("whole", "SW608", WARNING)])


# What sets these takes them away again: api core/v1 well_known_taints.go, cluster-autoscaler's FAQ, Karpenter's v1
# taints, and the documentation of Cilium, the EBS CSI driver, GKE, Cluster API and AWS's node termination handler.
@pytest.mark.parametrize(
    "taint",
    [
        Taint("node.kubernetes.io/disk-pressure", "", "NoSchedule"),
        Taint("node.kubernetes.io/memory-pressure", "", "NoSchedule"),
        Taint("node.kubernetes.io/pid-pressure", "", "NoSchedule"),
        Taint("node.kubernetes.io/network-unavailable", "", "NoSchedule"),
        Taint("node.kubernetes.io/out-of-service", "nodeshutdown", "NoExecute"),
        Taint("node.kubernetes.io/not-ready", "", "NoSchedule"),
        Taint("node.cloudprovider.kubernetes.io/shutdown", "", "NoSchedule"),
        Taint("startup-taint.cluster-autoscaler.kubernetes.io/driver", "", "NoSchedule"),
        Taint("karpenter.sh/disrupted", "", "NoSchedule"),
        Taint("karpenter.sh/unregistered", "", "NoExecute"),
        Taint("node.cluster.x-k8s.io/uninitialized", "", "NoSchedule"),
        Taint("cloud.google.com/impending-node-termination", "", "NoSchedule"),
        Taint("aws-node-termination-handler/spot-itn", "x", "NoSchedule"),
        Taint("node.cilium.io/agent-not-ready", "true", "NoExecute"),
        Taint("ebs.csi.aws.com/agent-not-ready", "", "NoExecute"),
    ],
    ids=lambda taint: taint.key,
)
def test_a_taint_that_goes_by_itself_keeps_pods_out_for_now_and_is_not_to_be_tolerated(taint: Taint) -> None:
    nine = (model("any"), deployment("nine", "any", replicas=9))
    documents, cluster = here(pool("whole", nodeCount=2), more=nine)
    gone = changed(cluster, lambda each: replace(each, taints=(taint,)), "whole-1")
    told = only(documents, gone)
    assert (told.code, told.severity) == ("SW615", ERROR)
    assert told.message.startswith(f"whole-1 is tainted {taint.key} for now: 8 of 16 units cannot be used now")
    assert "tolerat" not in told.remedy
    tolerating = [{"key": taint.key, "operator": "Exists"}]
    documents, cluster = here(pool("whole", nodeCount=2, tolerations=tolerating), more=nine)
    assert found(documents, changed(cluster, lambda each: replace(each, taints=(taint,)), "whole-1")) == []


def test_the_remedy_of_a_taint_is_the_toleration() -> None:
    documents, cluster = here(pool("whole"))
    told = only(documents, changed(cluster, lambda each: replace(each, taints=(Taint("sku", "gpu", "NoSchedule"),))))
    assert "the taint sku=gpu:NoSchedule" in told.message
    assert told.remedy.endswith('{key: sku, operator: Equal, value: "gpu", effect: NoSchedule}')
    assert tainted(
        Taint("sku", "gpu", "NoSchedule"), {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}
    ) == []  # fmt: skip


# GPU models, memory, machines.


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (("h100-80gb", "H"), ("h100-80gb", "H PCIe"), None),
        (("h100-80gb", "H"), (None, "unknown"), None),
        ((None, "X100"), (None, "X200"), "SW609"),
        ((None, "X100"), (None, "X100"), None),
        ((None, None), (None, "X100"), None),
        (("a100-80gb", "A"), ("h200", "B"), "SW609"),
        (("a100-80gb", "A"), ("a100-80gb", "A"), "SW610"),
        (("a100-80gb", "A"), (None, "unknown"), "SW610"),
    ],
)
def test_models_are_compared_where_they_are_known(
    first: tuple[str | None, str | None], second: tuple[str | None, str | None], code: str | None
) -> None:
    documents, cluster = here(pool("whole", nodeCount=2))
    for name, (known, accelerator) in (("whole-0", first), ("whole-1", second)):
        facts = with_gpus(model=find_gpu_model(known) if known else None, accelerator=accelerator)
        cluster = changed(cluster, facts, name)
    assert [each for _, each, _ in found(documents, cluster)] == ([code] if code else [])


def test_a_declared_model_that_the_catalogue_does_not_know_is_not_compared() -> None:
    documents, cluster = here(pool("whole", acceleratorType="nvidia-x999"))
    assert found(documents, cluster) == []


@pytest.mark.parametrize(
    ("declared", "needed", "mib", "expected"),
    [
        ("39Gi", "39Gi", 40448, []),
        # The driver leaves 39.5 GiB of 3g.40gb, and SW301 says so; a model that needs 40 is another matter.
        ("40Gi", "39.5Gi", 40448, []),
        ("40Gi", "40Gi", 40448, ERROR),
        ("39Gi", "30Gi", 39 * 1024, []),
        ("39Gi", "30Gi", 39 * 1024 - 1, []),
        # Less than any driver leaves.
        ("38Gi", "30Gi", 38 * 1024, []),
        ("39Gi", "30Gi", 38 * 1024, WARNING),
        ("39Gi", "38Gi", 38 * 1024, WARNING),
        ("39Gi", "39Gi", 38 * 1024, ERROR),
        ("39Gi", "39Gi", None, []),
    ],
)
def test_memory_of_a_slice(declared: str, needed: str, mib: int | None, expected: str | list[Any]) -> None:
    asks = model("small", profile("slice", memoryPerGpu=needed, mig="only"))
    documents, cluster = here(slices("cut", "3g.40gb", memoryPerGpu=declared), more=(asks, deployment("chat", "small")))
    cluster = changed(cluster, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", mib),)))
    assert found(documents, cluster) == ([("cut", "SW614", expected)] if expected else [])


@pytest.mark.parametrize(
    ("mib", "expected"),
    # A GPU that is sold with 80 GB reports 81559 MiB: that is not a difference. 75 GiB are.
    [(81559, []), (75 * 1024, ERROR)],
)
def test_memory_of_a_gpu_is_compared_with_what_it_is_sold_with(mib: int, expected: str | list[Any]) -> None:
    asks = model("large", profile("whole", memoryPerGpu="80Gi", mig="never"))
    documents, cluster = here(pool("whole"), more=(asks, deployment("big", "large")))
    cluster = changed(cluster, with_gpus(offers=(Offer(GPU, 8, None, mib),)))
    assert found(documents, cluster) == ([("whole", "SW614", expected)] if expected else [])


@pytest.mark.parametrize(
    ("declared", "cpu", "memory", "expected"),
    [
        ({}, "4", "8Gi", []),
        ({"cpu": "188"}, "188", "8Gi", []),
        ({"cpu": "188"}, "187990m", "8Gi", ["SW616"]),
        ({"cpu": "188", "memory": "1900Gi"}, "188", "2040109466k", []),
        ({"cpu": "188", "memory": "1900Gi"}, "188", "1900Gi", []),
        ({"cpu": "188", "memory": "1900Gi"}, "188", "1992294399Ki", ["SW616"]),
        ({"cpu": "188", "memory": "1900Gi"}, "100", "1Gi", ["SW616", "SW616"]),
        ({"cpu": "188"}, "0", "1Gi", ["SW616"]),
    ],
)
def test_allocatable(declared: Document, cpu: str, memory: str, expected: list[str]) -> None:
    documents, cluster = here(pool("whole", allocatable=declared))
    cluster = changed(cluster, lambda each: replace(each, cpu=cpu, memory=memory))
    assert [code for _, code, _ in found(documents, cluster)] == expected


def test_the_remedy_of_little_cpu_is_what_the_smallest_node_has() -> None:
    documents, cluster = here(pool("whole", nodeCount=2, allocatable={"cpu": "188"}))
    cluster = changed(cluster, lambda each: replace(each, cpu="95"), "whole-0")
    told = only(documents, changed(cluster, lambda each: replace(each, cpu="94"), "whole-1"))
    assert "2 nodes (whole-0, whole-1) have less: 94 on whole-1" in told.message
    assert told.remedy == "write allocatable.cpu: 94"


# Who holds what.


def shared_pool(reserved: int = 0, replicas: int = 2) -> tuple[tuple[Document, ...], LiveCluster]:
    return here(
        pool("whole", nodeCount=2, reservedUnits=reserved),
        more=(LARGE, deployment("big", "large", replicas=replicas)),
    )


@pytest.mark.parametrize(
    ("reserved", "replicas", "held", "expected"),
    [
        (0, 2, 1, WARNING),
        (1, 2, 1, []),
        (1, 2, 2, WARNING),
        (0, 2, 14, WARNING),
        (0, 2, 15, ERROR),
        (4, 12, 4, []),
        (4, 12, 5, ERROR),
        (4, 11, 5, WARNING),
    ],
)
def test_units_that_others_hold(reserved: int, replicas: int, held: int, expected: str | list[Any]) -> None:
    documents, cluster = shared_pool(reserved, replicas)
    cluster = with_pods(cluster, *(pod(f"p{number:02}", f"whole-{number % 2}") for number in range(held)))
    assert found(documents, cluster) == ([("whole", "SW613", expected)] if expected else [])


@pytest.mark.parametrize(("held", "clean"), [(1, True), (2, False)])
def test_reserved_units_are_for_what_nodes_lack_first(held: int, clean: bool) -> None:
    documents, cluster = shared_pool(reserved=4)
    cluster = with_pods(changed(cluster, with_units(5), "whole-0"), pod("notebook", "whole-1", held))
    assert found(documents, cluster) == ([] if clean else [("whole", "SW613", WARNING)])
    if not clean:
        assert only(documents, cluster).remedy.startswith("write reservedUnits: 6 (5 for what is held or missing, 1 ")


def test_the_remedy_of_held_units_is_their_number() -> None:
    documents, cluster = shared_pool(reserved=1)
    told = only(documents, with_pods(cluster, pod("notebook", "whole-0"), pod("train", "whole-1", 3)))
    assert "others hold 4 of 16 units (team/train, team/notebook), reservedUnits is 1" in told.message
    assert told.remedy == (
        "write reservedUnits: 5 (4 for what is held or missing, 1 for rolling updates), or move these pods "
        "to other nodes"
    )


def test_what_the_plan_itself_runs_is_not_others() -> None:
    documents, cluster = shared_pool()
    own = [pod(f"big-{number}", "whole-0", service="big") for number in range(2)]
    result = verified(documents, with_pods(cluster, *own))
    assert result.differences == ()
    (whole,) = result.pools
    assert (whole.held_by_plan, whole.held_by_others, whole.free) == (2, 0, 14)


@pytest.mark.parametrize(
    ("those", "counts"),
    [
        (pod("waits", None), False),
        (pod("elsewhere", "control-plane"), False),
        (pod("other", "whole-0", 1, SLICE), False),
        # A service that this plan does not have is somebody else's.
        (pod("old-0", "whole-0", service="old"), True),
        (pod("mine", "whole-0"), True),
    ],
)
def test_whose_pods_count(those: GpuPod, counts: bool) -> None:
    documents, cluster = shared_pool()
    assert found(documents, with_pods(cluster, those)) == ([("whole", "SW613", WARNING)] if counts else [])


def test_what_an_earlier_plan_had_makes_room() -> None:
    documents, cluster = shared_pool(replicas=16)
    full = with_pods(cluster, *(pod(f"old-{number}", "whole-0", 8, service="old") for number in range(1)))
    assert found(documents, full) == [("whole", "SW613", ERROR)]
    entry = {
        "deployment": {"namespace": "team", "name": "old"},
        "environment": ENVIRONMENT,
        "nodePool": "whole",
        "profile": "whole",
        "units": 8,
        "gpusPerNode": 8,
    }
    assert found(documents, full, previous=parse_previous([entry], "test")) == []
    elsewhere = parse_previous([entry | {"environment": "other"}], "test")
    assert found(documents, full, previous=elsewhere) == [("whole", "SW613", ERROR)]


@pytest.mark.parametrize(("on", "expected"), [("whole-0", []), ("whole-1", ERROR)])
def test_one_pod_of_others_keeps_a_pod_of_eight_away(on: str, expected: str | list[Any]) -> None:
    """Reserved are eight units, a whole node; the others' two are on one node, or on both."""
    documents, cluster = here(pool("whole", nodeCount=2, reservedUnits=8), more=(NODE, deployment("huge", "node")))
    cluster = with_pods(cluster, pod("a", "whole-0"), pod("b", on))
    assert found(documents, cluster) == ([("whole", "SW613", expected)] if expected else [])


@pytest.mark.parametrize(("replicas", "severity"), [(8, WARNING), (9, ERROR)])
def test_an_autoscaler_makes_room(replicas: int, severity: str) -> None:
    scaled = pool("whole", nodeCount=1, maxNodeCount=2)
    documents, cluster = here(scaled, more=(LARGE, deployment("big", "large", replicas=replicas)))
    assert found(documents, with_pods(cluster, pod("other", "whole-0", 8))) == [("whole", "SW613", severity)]


# The cluster.


def test_kserve_matters_where_something_is_placed() -> None:
    documents, cluster = here(pool("whole"))
    assert found(documents, replace(cluster, serves_kserve=False)) == [(None, "SW618", WARNING)]


def test_node_groups_matter_where_a_replica_spans_nodes() -> None:
    whole = pool("whole", nodeCount=2, multiNodeCapable=True)
    documents, cluster = here(whole, more=(LARGE, deployment("big", "large")))
    assert found(documents, replace(cluster, serves_node_groups=False)) == []
    several = model("several", profile("nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
    documents, cluster = here(whole, more=(several, deployment("wide", "several")))
    assert found(documents, cluster) == []
    told = only(documents, replace(cluster, serves_node_groups=False))
    assert (told.code, told.severity.value) == ("SW618", ERROR)
    assert "knows no LeaderWorkerSet (leaderworkerset.x-k8s.io/v1)" in told.message
    assert "team/wide" in told.message
    assert told.remedy.startswith("install in the cluster: LeaderWorkerSet (https://lws.sigs.k8s.io)")


def test_namespaces_that_the_stack_makes_need_not_be_there() -> None:
    documents, cluster = shared_pool()
    cluster = replace(cluster, namespaces=frozenset())
    assert found(documents, cluster, creates_namespaces=True) == []
    assert "kubectl create namespace team" in only(documents, cluster).remedy


def test_labels_without_gpus_are_undeclared_nodes_too() -> None:
    documents, cluster = here(pool("whole"))
    cluster = adding(cluster, node("broken", gfd(8, offers=()), {}))
    assert only(documents, cluster).message == (
        "1 GPU node belongs to no declared pool: broken (no GPU resource is offered)"
    )


def test_the_strategy_of_whole_gpus_does_not_matter() -> None:
    documents, cluster = here(pool("whole"))
    assert found(documents, changed(cluster, with_gpus(strategy=MigStrategy.MIXED, mig_state="success"))) == []
