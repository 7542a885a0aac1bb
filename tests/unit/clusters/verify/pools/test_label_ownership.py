"""Labels that people may write, and remedies that ask for no others."""

from __future__ import annotations

import pytest

from slicewise.clusters.live.nodes import live_node
from slicewise.clusters.verify.pools.label_ownership import is_written_by_hand
from tests.documents import pool, slices
from tests.unit.clusters.built_clusters import GPU, gfd, node, only
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.verify.pools.labelled_nodes import H100, PARTITION, PRODUCT, cluster, declared, gke, single


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
    assert told.message.endswith(f" Nodes that may belong to it: n lacks {PARTITION}=3g.40gb")
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
