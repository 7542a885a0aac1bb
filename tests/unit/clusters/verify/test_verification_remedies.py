"""What verifying says of one cause: once, with its name, and with a remedy that a person can carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.facts import LiveCluster, LiveNode, Offer, Readable, Taint
from slicewise.clusters.live.nodes import live_node
from slicewise.clusters.verify.pools.label_ownership import is_written_by_hand
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    GPU,
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
from tests.unit.clusters.kubernetes_json import node_json

PRODUCT = "nvidia.com/gpu.product"
PARTITION = "cloud.google.com/gke-gpu-partition-size"
H100 = "NVIDIA-H100-80GB-HBM3"
LARGE = model("large", profile("whole", memoryPerGpu="70Gi", mig="never"))


def cluster(*nodes: LiveNode) -> LiveCluster:
    return LiveCluster(nodes, (), (), serves_kserve=True, namespaces=frozenset({"team"}))


def declared(*pools: Document) -> tuple[Document, ...]:
    return (environment(ENVIRONMENT, *pools),)


def single(name: str, cut: str, units: int, **labels: str) -> LiveNode:
    """Return eight H100s under strategy single, as GPU feature discovery v0.20 labels them."""
    suffix = f"-MIG-{cut}" if cut else ""
    gfd_labels = {PRODUCT: f"{H100}{suffix}", "nvidia.com/gpu.count": "8", "nvidia.com/mig.strategy": "single"}
    return live_node(node_json(name, gfd_labels | labels, {GPU: units} if units else {}))


def gke(name: str, partition: str, units: int) -> LiveNode:
    """Return eight H100s as GKE labels them, which calls every slice nvidia.com/gpu."""
    labels = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb", "cloud.google.com/gke-accelerator-count": "8"}
    return live_node(node_json(name, labels | {PARTITION: partition}, {GPU: units}))


# Labels that may not be written by hand.


@pytest.mark.parametrize("key", ["pool", "slicewise.dev/pool", "example.com/gpu", "node-role.kubernetes.io/gpu"])
def test_people_write_these_labels(key: str) -> None:
    assert is_written_by_hand(key)


@pytest.mark.parametrize(
    "key",
    [
        *(PRODUCT, "nvidia.com/gpu.count", "nvidia.com/mig-3g.40gb.count", PARTITION),
        *("cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name"),
        *("karpenter.sh/nodepool", "kubernetes.azure.com/agentpool", "node.cluster.x-k8s.io/pool"),
        *("node.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "kubernetes.io/hostname"),
        *("feature.node.kubernetes.io/pci-10de.present", "lke.linode.com/pool-id"),
    ],
)
def test_clouds_and_tools_write_these_labels(key: str) -> None:
    assert not is_written_by_hand(key)


@pytest.mark.parametrize("strategy", ["single", "mixed"])
def test_gke_nodes_that_are_cut_otherwise(strategy: str) -> None:
    documents = declared(slices("mig", "3g.40gb", strategy=strategy, nodeCount=2, nodeSelector={PARTITION: "3g.40gb"}))
    told = only(documents, cluster(gke("g-0", "1g.10gb", 56), gke("g-1", "1g.10gb", 56)))
    assert (told.subject.node_pool, told.code) == ("mig", "SW601")
    assert told.message.endswith("nodes have 1g.10gb (2): the nodes are cut into 1g.10gb (g-0, g-1)")
    assert told.remedy == (
        "declare profile: 1g.10gb with strategy: single and the memory of that slice as memoryPerGpu, "
        f"select {PARTITION}: 1g.10gb, or make a GKE node pool with the declared partition size"
    )


def test_nodes_that_were_cut_again_after_discovery() -> None:
    documents = declared(
        slices("cut", "3g.40gb", strategy="single", nodeSelector={PRODUCT: f"{H100}-MIG-3g.40gb"}, memoryPerGpu="39Gi")
    )
    told = only(documents, cluster(single("s-0", "1g.10gb", 56)))
    assert "the node is cut into 1g.10gb (s-0)" in told.message
    assert "label" not in told.remedy
    assert told.remedy.endswith(f"select {PRODUCT}: {H100}-MIG-1g.10gb, or cut the GPUs into 3g.40gb")
    whole = only(documents, cluster(single("s-0", "", 8)))
    assert "the node is not cut into slices (s-0)" in whole.message
    managed = only(documents, cluster(single("s-0", "1g.10gb", 56, **{"nvidia.com/mig.config": "all-1g.10gb"})))
    assert managed.remedy.endswith("kubectl label node NODE nvidia.com/mig.config=all-3g.40gb --overwrite")


def test_nodes_that_no_cut_gives_the_label_of_gke() -> None:
    """As with the kubeconfig of another cluster, whose GPUs MIG manager cuts: only GKE writes that label."""
    documents = declared(slices("mig", "3g.40gb", strategy="single", nodeSelector={PARTITION: "3g.40gb"}))
    told = only(documents, cluster(single("s-0", "1g.10gb", 56, **{"nvidia.com/mig.config": "all-1g.10gb"})))
    assert told.code == "SW601"
    assert "kubectl label" not in told.remedy
    assert told.remedy == (
        f"correct the nodeSelector ({PARTITION} is not for people to write: the cloud or NVIDIA's tools do)"
    )


@pytest.mark.parametrize(
    ("labels", "units"),
    [
        # Eight H100s of EC2 without GPU feature discovery: whole GPUs, or slices under strategy single.
        ({"node.kubernetes.io/instance-type": "p5.48xlarge"}, 8),
        # More units than GPUs, and no label that says what they are.
        ({"cloud.google.com/gke-accelerator": "nvidia-h100-80gb", "cloud.google.com/gke-accelerator-count": "8"}, 56),
    ],
)
def test_how_gpus_are_cut_is_told_where_something_says_it(labels: dict[str, str], units: int) -> None:
    documents = declared(slices("cut", "3g.40gb", nodeSelector={PARTITION: "3g.40gb"}, memoryPerGpu="39Gi"))
    told = only(documents, cluster(live_node(node_json("n", labels, {GPU: units}))))
    assert told.message.endswith(f" Nodes that may be meant: n lacks {PARTITION}=3g.40gb")
    assert "?." not in told.message
    assert "not for people to write" in told.remedy


@pytest.mark.parametrize(
    ("selector", "labels", "offered"),
    [
        ({"pool": "a"}, {"pool": "b"}, True),
        ({"slicewise.dev/pool": "a"}, {}, True),
        ({"cloud.google.com/gke-nodepool": "a"}, {"cloud.google.com/gke-nodepool": "b"}, False),
        ({"eks.amazonaws.com/nodegroup": "a"}, {}, False),
        ({"pool": "a", "eks.amazonaws.com/nodegroup": "a"}, {}, False),
        ({"pool": "a", "eks.amazonaws.com/nodegroup": "a"}, {"eks.amazonaws.com/nodegroup": "a"}, True),
        ({PRODUCT: "NVIDIA-A100-SXM4-80GB"}, {PRODUCT: H100}, False),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_labelling_is_offered_where_a_person_may_write_all_that_is_missing(
    selector: dict[str, str], labels: dict[str, str], offered: bool, count: int
) -> None:
    """For a pool without a node, and for one that has one of two."""
    documents = declared(pool("whole", nodeSelector=selector, nodeCount=count))
    nodes = [node("stray", gfd(8), labels), *[node("own", gfd(8), selector)][: count - 1]]
    told = only(documents, cluster(*nodes))
    assert told.code == ("SW601" if count == 1 else "SW602")
    assert ("label the nodes" in told.remedy) == offered
    assert ("not for people to write" in told.remedy) != offered


# One cause of a node that is missing.


def three_singles(last: LiveNode, **fields: object) -> tuple[tuple[Document, ...], LiveCluster]:
    selector = {PRODUCT: f"{H100}-MIG-3g.40gb"}
    ours = slices(
        "cut",
        "3g.40gb",
        strategy="single",
        memoryPerGpu="39Gi",
        **({"nodeCount": 3, "nodeSelector": selector} | fields),
    )
    return declared(ours), cluster(single("s-0", "3g.40gb", 16), single("s-1", "3g.40gb", 16), last)


def test_a_node_of_three_turns_invalid() -> None:
    told = only(*three_singles(single("s-2", "INVALID", 0)))
    assert (told.subject.node_pool, told.code, told.severity) == ("cut", "SW602", "warning")
    assert "2 nodes of 3 declared. Nodes that may be meant: s-2 is MIG-INVALID: the slices do not fit" in told.message
    assert told.remedy == (
        "write nodeCount: 2, or cut all GPUs of a node alike, or run the device plugin with the mixed strategy"
    )


def test_a_node_of_three_is_cut_otherwise() -> None:
    told = only(*three_singles(single("s-2", "1g.10gb", 56)))
    assert told.message.endswith("Nodes that may be meant: s-2 is cut into 1g.10gb")
    assert told.remedy == "write nodeCount: 2 and declare another pool, or cut the GPUs into 3g.40gb"


def test_another_gpu_model_is_no_near_miss() -> None:
    other = live_node(node_json("a", {PRODUCT: "NVIDIA-A100-SXM4-80GB-MIG-INVALID"}))
    documents, nodes = three_singles(other)
    assert found(documents, nodes) == [(None, "SW617", "warning"), ("cut", "SW602", "warning")]


def test_an_invalid_node_that_nobody_misses_is_told_for_itself() -> None:
    documents, nodes = three_singles(single("s-2", "INVALID", 0), nodeCount=2)
    told = only(documents, nodes)
    assert (told.subject.node_pool, told.code) == (None, "SW617")
    assert "1 GPU node belongs to no declared pool: s-2 (MIG-INVALID: " in told.message
    assert told.remedy.startswith("cut all GPUs of a node alike")


@pytest.mark.parametrize(
    ("stray", "claimed"),
    [
        (single("s-2", "INVALID", 0), True),
        (single("s-2", "3g.40gb", 16, pool="other"), True),
        (single("s-2", "1g.10gb", 56), False),
    ],
)
def test_what_an_autoscaled_pool_lacks_may_come(stray: LiveNode, claimed: bool) -> None:
    """Another value of all that it selects by is another pool, and somebody should hear of it."""
    documents, nodes = three_singles(stray, maxNodeCount=5)
    if stray.labels.get("pool"):
        documents, nodes = three_singles(stray, maxNodeCount=5, nodeSelector={"slicewise.dev/pool": "cut"})
        own = [replace(each, labels={"slicewise.dev/pool": "cut"}) for each in nodes.nodes[:2]]
        nodes = replace(nodes, nodes=(*own, stray))
    expected = [("cut", "SW602", "warning")]
    assert found(documents, nodes) == (expected if claimed else [(None, "SW617", "warning"), *expected])


def test_a_scaled_pool_does_not_claim_another_pools_nodes() -> None:
    documents = declared(pool("whole", nodeSelector={"pool": "whole"}, nodeCount=3, maxNodeCount=5))
    own = [node(f"n-{number}", gfd(8), {"pool": "whole"}) for number in range(2)]
    codes = found(documents, cluster(*own, node("x", gfd(8), {"pool": "training"})))
    assert codes == [(None, "SW617", "warning"), ("whole", "SW602", "warning")]


# Nodes that are not declared.


def test_strays_are_told_apart_by_what_to_do() -> None:
    documents = declared(pool("whole"))
    shared = node("time-sliced", gfd(8, shared=True, offers=(Offer(f"{GPU}.shared", 32, None),)), {})
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


# Nodes that take no pods.


def cordoned(each: LiveNode) -> LiveNode:
    return replace(each, cordoned=True)


def not_ready(each: LiveNode) -> LiveNode:
    return replace(each, ready=False)


def removed(each: LiveNode) -> LiveNode:
    return replace(each, taints=(Taint("ToBeDeletedByClusterAutoscaler", "1", "NoSchedule"),))


@pytest.mark.parametrize("out", [cordoned, not_ready, removed])
@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [(1, None, None), (2, None, "SW615"), (1, 2, "SW615"), (1, 1, None), (0, 1, None)],
)
def test_a_node_that_takes_no_pods_is_neither_missing_nor_too_many(
    out: Callable[[LiveNode], LiveNode], count: int, most: int | None, expected: str | None
) -> None:
    scaled = {} if most is None else {"maxNodeCount": most}
    documents = declared(pool("whole", nodeCount=count, **scaled))
    nodes = changed(cluster_of(declared(pool("whole", nodeCount=2))[0]), out, "whole-0")
    assert [code for _, code, _ in found(documents, nodes)] == ([expected] if expected else [])
    if expected:
        # Where the others are as many as are declared to be there at least, there is nothing to lower.
        assert ("lower nodeCount" in only(documents, nodes).remedy) == (count == 2)


# What is not known.


def test_of_pods_that_may_not_be_read_no_number_is_told() -> None:
    documents = declared(pool("whole"))
    result = verified(documents, replace(cluster_of(documents[0]), unread=(Readable.PODS,)))
    (reality,) = result.pools
    numbers = reality.to_dict()
    assert (numbers["heldByOthers"], numbers["heldByPlan"], numbers["free"]) == (None, None, None)
    (told,) = result.differences
    assert (told.code, told.remedy) == ("SW621", "let the user of the kubeconfig list pods in all namespaces")


# Remedies that can be carried out.


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
        f"{declare}, or see why MIG manager has not applied all-3g.40gb, which the node asks for: read the logs of the "
        "node's nvidia-mig-manager pod"
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


@pytest.mark.parametrize(
    ("lost", "reserved", "held", "said", "enough"),
    [
        (4, 4, 3, "reservedUnits is 4, of which 4 are for units that are not there", 7),
        (1, 2, 2, "reservedUnits is 2, of which 1 is for units that are not there", 3),
        (0, 2, 3, "reservedUnits is 2", 3),
    ],
)
def test_units_that_are_held_beside_units_that_are_not_there(
    lost: int, reserved: int, held: int, said: str, enough: int
) -> None:
    documents = declared(slices("cut", "3g.40gb", nodeCount=2, reservedUnits=reserved, memoryPerGpu="39Gi"))
    nodes = changed(cluster_of(documents[0]), with_units(16 - lost), "cut-0")
    told = only(documents, with_pods(nodes, pod("other", "cut-1", held, "nvidia.com/mig-3g.40gb")))
    assert told.message == f"others hold {held} of {32 - lost} units (team/other), {said}"
    assert told.remedy.startswith(f"write reservedUnits: {enough}, ")


def test_no_more_of_the_reserved_units_than_there_are_stand_for_others() -> None:
    documents = declared(slices("cut", "3g.40gb", nodeCount=2, reservedUnits=2, memoryPerGpu="39Gi"))
    nodes = changed(cluster_of(documents[0]), with_units(12), "cut-0")
    result = verified(documents, with_pods(nodes, pod("other", "cut-1", 1, "nvidia.com/mig-3g.40gb")))
    told = {each.code.value: each for each in result.differences}
    assert sorted(told) == ["SW605", "SW613"]
    assert told["SW613"].message.endswith("reservedUnits is 2, of which 2 are for units that are not there")
    assert told["SW613"].remedy.startswith("write reservedUnits: 5, ")


def test_planned_units_beside_units_that_are_not_there() -> None:
    documents = (
        *declared(pool("whole", nodeCount=2, reservedUnits=4)),
        *(LARGE, deployment("big", "large", replicas=12)),
    )
    nodes = changed(cluster_of(documents[0]), with_units(4), "whole-0")
    told = only(documents, with_pods(nodes, pod("other", "whole-1", 1)))
    assert "12 planned and 1 held of 12 units, reservedUnits is 4, of which 4 are for units" in told.message
    assert told.severity == "error"


# Pools that share nodes.

# NVIDIA's mig-parted, all-balanced on eight H100s: units, and what eight GPUs of that profile alone would have.
BALANCED = {"1g.10gb": (16, 56), "2g.20gb": (8, 24), "3g.40gb": (8, 16)}


def balanced(changes: Mapping[str, Any]) -> tuple[tuple[Document, ...], LiveCluster]:
    pools = [
        slices(f"p{name[0]}", name, nodeSelector={"all": "b"}, reservedUnits=full - units, memoryPerGpu="9Gi")
        for name, (units, full) in BALANCED.items()
    ]
    offers = tuple(Offer(f"nvidia.com/mig-{name}", units, name, None) for name, (units, _) in BALANCED.items())
    facts = {key: value for key, value in changes.items() if key in GPU_FACTS}
    gpus = gfd(8, "3g.40gb", **{"offers": offers, **facts})
    others = {key: value for key, value in changes.items() if key not in GPU_FACTS}
    return declared(*pools), cluster(node("n", gpus, {"all": "b"}, **others))


GPU_FACTS = {"offers", "mig_state", "shared"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offers": ()}, "SW604"),
        ({"cordoned": True}, "SW615"),
        ({"ready": False}, "SW615"),
        ({"mig_state": "failed"}, "SW611"),
        ({"shared": True}, "SW612"),
        ({"taints": (Taint("team", "x", "NoSchedule"),)}, "SW608"),
    ],
)
def test_what_a_node_has_is_told_once_for_all_its_pools(changes: dict[str, object], code: str) -> None:
    told = only(*balanced(changes))
    assert (told.subject.node_pool, told.code) == ("p1", code)
    assert told.message.endswith(". The same holds for the node pools p2, p3")


def test_reserved_units_are_not_declared_to_be_there() -> None:
    told = only(*balanced({"offers": ()}))
    assert "nvidia.com/mig-1g.10gb: 56 is declared, less the pool's reservedUnits (40). The same" in told.message


def test_the_node_of_all_pools_is_gone() -> None:
    documents, nodes = balanced({})
    told = only(documents, adding(without(nodes, "n"), node("cpu", None, {})))
    assert (told.subject.node_pool, told.code) == ("p1", "SW601")
    assert told.message.endswith("no node has a label all. The same holds for the node pools p2, p3")


def test_the_worst_of_what_pools_say_counts() -> None:
    """One pool must have the node, the other may."""
    same = {"nodeSelector": {"all": "b"}}
    documents = (
        *declared(pool("a", **same, nodeCount=0, maxNodeCount=1), slices("b", "3g.40gb", **same)),
        *(model("small", profile("slice", memoryPerGpu="30Gi", mig="only")), deployment("chat", "small")),
    )
    told = only(documents, cluster(node("n", gfd(8, offers=()), {"all": "b"})))
    assert (told.subject.node_pool, told.code, told.severity) == ("a", "SW604", "error")


def test_nodes_that_only_some_of_the_pools_have_are_told_apart() -> None:
    documents = declared(
        pool("a", nodeSelector={"all": "b"}, nodeCount=2), slices("b", "3g.40gb", nodeSelector={"rack": "1"})
    )
    cut = node("n-1", gfd(8, "3g.40gb"), {"all": "b", "rack": "1"})
    nodes = cluster(node("n-0", gfd(8), {"all": "b"}), node("n-2", gfd(8), {"all": "b"}), cut)
    assert found(documents, changed(nodes, cordoned)) == [("a", "SW615", "warning"), ("b", "SW615", "warning")]


def test_a_node_of_several_pools_is_cut_for_one() -> None:
    """Its other pools have no node, and not for want of a label."""
    documents, nodes = balanced({})
    nodes = changed(nodes, lambda each: replace(each, gpus=gfd(8, "1g.10gb")))
    told = only(documents, nodes)
    assert (told.subject.node_pool, told.code) == ("p2", "SW601")
    assert "(n) are other pools': n is cut into 1g.10gb. The same holds for the node pool p3" in told.message
    assert "label the nodes" not in told.remedy


# Small clusters, and selectors that select nothing in particular.


def test_an_empty_cluster_has_nothing_to_label() -> None:
    told = only(declared(pool("whole")), cluster())
    assert told.message == "the cluster has no nodes, 1 declared"
    assert told.remedy == "add the nodes, or see whether the kubeconfig is of the cluster that is meant"


def test_an_empty_selector_counts_gpu_nodes() -> None:
    documents = declared(pool("whole", nodeSelector={}, nodeCount=2))
    cpus = [node(f"cpu-{number}", None, {}, cordoned=True) for number in range(3)]
    (reality,) = verified(documents, cluster(node("n-0", gfd(8), {}), node("n-1", gfd(8), {}), *cpus)).pools
    assert reality.nodes == 2
    assert found(documents, cluster(node("n-0", gfd(8), {}), node("n-1", gfd(8), {}), *cpus)) == []
    told = only(documents, cluster(node("n-0", gfd(8), {}), *cpus))
    assert (told.code, told.message) == ("SW602", "1 node of 2 declared")
    nothing = only(documents, cluster(*cpus))
    assert nothing.message == "none of 3 nodes has GPUs or a GPU label, 2 declared"
    assert nothing.remedy.startswith("install NVIDIA's driver")


def test_nodes_that_are_gone_can_be_added() -> None:
    """As for a pool that has some left: whether its nodes are gone or the selector is wrong is not known here."""
    documents = declared(pool("whole", nodeCount=2))
    told = only(documents, without(cluster_of(documents[0]), "whole-0", "whole-1"))
    assert (told.code, told.remedy.endswith("; or add the nodes, where they are gone")) == ("SW601", True)
    labelled_otherwise = cluster(node("n", gfd(8), {"pool": "b"}))
    assert "add the nodes" not in only(documents, labelled_otherwise).remedy
