"""Clusters that the stack makes: what their clouds cannot make is said before anything is made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slicewise.documents.cluster import GkeCluster
from tests.unit.documents.made_clusters import EKS, EXISTING, GKE, H100, P5, REGIONAL, environment, pool, sliced

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    ("cluster", "pools"),
    [
        (GKE, [pool(H100, mig=sliced("3g.40gb"))]),
        (REGIONAL, [pool(H100, "zones: [europe-west4-a, europe-west4-c]", "nodeCount: 4", "maxNodeCount: 5")]),
        # Whole GPUs and slices beside each other; every label of GKE's that is known beforehand.
        (
            GKE,
            [
                pool(
                    H100,
                    mig=sliced("3g.40gb"),
                    selector=(
                        "nodeSelector: {cloud.google.com/gke-nodepool: slices, topology.kubernetes.io/region: "
                        "europe-west4, topology.kubernetes.io/zone: europe-west4-b, cloud.google.com/gke-accelerator: "
                        "nvidia-h100-80gb, cloud.google.com/gke-gpu-partition-size: 3g.40gb, "
                        "node.kubernetes.io/instance-type: a3-highgpu-8g}"
                    ),
                ),
                pool(
                    "machineType: a3-megagpu-8g",
                    name="whole",
                    selector=(
                        "nodeSelector: {cloud.google.com/gke-nodepool: whole, cloud.google.com/gke-accelerator: "
                        "nvidia-h100-mega-80gb}"
                    ),
                ),
            ],
        ),
        (
            GKE,
            [
                pool(
                    "machineType: g4-standard-48",
                    gpu="rtx-pro-6000",
                    count="1",
                    mig=sliced("1g.24gb+me"),
                    selector="nodeSelector: {cloud.google.com/gke-gpu-partition-size: 1g.24gb.me}",
                )
            ],
        ),
        (
            EKS,
            [
                pool(
                    P5,
                    mig=sliced("3g.40gb", "mixed"),
                    selector=(
                        "nodeSelector: {eks.amazonaws.com/nodegroup: slices, nvidia.com/mig.config: all-3g.40gb, "
                        "topology.kubernetes.io/region: eu-central-1, acme.example/team: a}"
                    ),
                ),
                pool(
                    P5,
                    mig=sliced("1g.10gb+me", "mixed"),
                    memory="9Gi",
                    name="media",
                    selector="nodeSelector: {pool: media}",
                ),
                # Not in the catalogue, and of a machine whose name says nothing: there is no better source.
                pool("machineType: p9.large", gpu="z900", name="new", selector="nodeSelector: {pool: new}"),
            ],
        ),
        # 4g exists wherever NVIDIA's own software cuts the GPUs.
        (EKS, [pool(P5, mig=sliced("4g.40gb"))]),
        (EXISTING, [pool()]),
    ],
)
def test_what_a_cloud_can_make(loader: Loader, cluster: str, pools: list[str]) -> None:
    fleet = loader.load(environment(cluster, *pools))
    assert {advice.code for advice in fleet.advice} <= {"SW303"}, fleet.advice


@pytest.mark.parametrize("field", [H100, "diskSizeGb: 100", "zones: [europe-west4-a]"])
def test_what_only_a_made_cluster_has(loader: Loader, field: str) -> None:
    name, value = field.split(": ")
    message = loader.refuse_at(environment(EXISTING, pool(f"{name}: §{value}")))
    assert message == (
        f"spec.nodePools[0].{name}: it is for clusters that the stack makes, and source is Existing; "
        "leave it out [SW221]"
    )


def test_zones_on_eks(loader: Loader) -> None:
    message = loader.refuse_at(environment(EKS, pool(P5, "zones: §[eu-central-1a]")))
    assert message == (
        "spec.nodePools[0].zones: on EKS nodes run in the subnets of spec.cluster.eks.subnetIds; leave zones out "
        "[SW221]"
    )


@pytest.mark.parametrize(("cluster", "source"), [(GKE, "GKE"), (EKS, "EKS")])
def test_a_made_pool_says_of_which_machines(loader: Loader, cluster: str, source: str) -> None:
    message = loader.refuse_at(environment(cluster, f"§{pool()}"))
    assert message == (
        'spec.nodePools[0].machineType: "machineType" is required where the stack makes the cluster '
        f"(source {source}); add it [SW202]"
    )


@pytest.mark.parametrize(
    ("cluster", "machine", "label"),
    [(GKE, H100, "cloud.google.com/gke-nodepool"), (EKS, P5, "eks.amazonaws.com/nodegroup")],
)
def test_a_made_pool_is_found_by_labels(loader: Loader, cluster: str, machine: str, label: str) -> None:
    message = loader.refuse_at(environment(cluster, f"§{pool(machine, selector='')}"))
    assert message == (
        "spec.nodePools[0].nodeSelector: it says by which labels the pool's nodes are found; "
        f"write {label}: slices [SW222]"
    )


@pytest.mark.parametrize(
    ("cluster", "machine", "label", "written", "given"),
    [
        (GKE, H100, "cloud.google.com/gke-nodepool", "other", "slices"),
        (GKE, H100, "cloud.google.com/gke-gpu-partition-size", "1g.10gb", "3g.40gb"),
        (GKE, H100, "cloud.google.com/gke-accelerator", "nvidia-h100-mega-80gb", "nvidia-h100-80gb"),
        (GKE, H100, "topology.kubernetes.io/zone", "europe-west4-a", "europe-west4-b"),
        (GKE, H100, "node.kubernetes.io/instance-type", "a3-megagpu-8g", "a3-highgpu-8g"),
        (EKS, P5, "eks.amazonaws.com/nodegroup", "other", "slices"),
        (EKS, P5, "nvidia.com/mig.config", "all-1g.10gb", "all-3g.40gb"),
        (EKS, P5, "topology.kubernetes.io/region", "eu-west-1", "eu-central-1"),
    ],
)
def test_a_label_of_the_cloud_with_another_value(
    loader: Loader, cluster: str, machine: str, label: str, written: str, given: str
) -> None:
    selector = f"nodeSelector: {{{label}: §{written}}}"
    message = loader.refuse_at(environment(cluster, pool(machine, mig=sliced("3g.40gb"), selector=selector)))
    assert message == (
        f'spec.nodePools[0].nodeSelector["{label}"]: the pool\'s nodes get "{given}" here, so none would be found; '
        f'write "{given}" [SW222]'
    )


@pytest.mark.parametrize(
    ("cluster", "machine", "label", "certain"),
    [
        (GKE, H100, "cloud.google.com/gke-spot", "cloud.google.com/gke-nodepool: slices"),
        # Without slices there is no such label, though GKE has it on others.
        (GKE, H100, "cloud.google.com/gke-gpu-partition-size", "cloud.google.com/gke-nodepool: slices"),
        (GKE, H100, "nvidia.com/gpu.product", "cloud.google.com/gke-nodepool: slices"),
        (GKE, H100, "node-role.kubernetes.io/gpu", "cloud.google.com/gke-nodepool: slices"),
        (EKS, P5, "nvidia.com/gpu.product", "eks.amazonaws.com/nodegroup: slices"),
        (EKS, P5, "nvidia.com/mig.config", "eks.amazonaws.com/nodegroup: slices"),
        (EKS, P5, "k8s.io/pool", "eks.amazonaws.com/nodegroup: slices"),
        (EKS, P5, "eks.amazonaws.com/sku", "eks.amazonaws.com/nodegroup: slices"),
        (EKS, P5, "cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup: slices"),
    ],
)
def test_a_label_that_no_pool_can_be_given(
    loader: Loader, cluster: str, machine: str, label: str, certain: str
) -> None:
    selector = f"nodeSelector: {{{label}: §slices}}"
    message = loader.refuse_at(environment(cluster, pool(machine, selector=selector)))
    assert message == (
        f'spec.nodePools[0].nodeSelector["{label}"]: a node pool cannot be given this label: the cloud, Kubernetes or '
        "NVIDIA's software sets it, or nothing does; use a key of your own, which the nodes then get, or "
        f"{certain} [SW222]"
    )


@pytest.mark.parametrize("label", ["mykubernetes.io/pool", "nvidia.com.acme.example/pool", "pool", "kubernetes.io"])
def test_keys_of_ones_own(loader: Loader, label: str) -> None:
    assert not loader.load(environment(GKE, pool(H100, selector=f"nodeSelector: {{{label}: a}}"))).advice


@pytest.mark.parametrize(("cluster", "machine"), [(GKE, H100), (EKS, P5)])
def test_names_of_clusters(loader: Loader, cluster: str, machine: str) -> None:
    loader.load(environment(cluster, pool(machine), name="m" * 40))
    source = "GKE" if cluster is GKE else "EKS"
    message = loader.refuse_at(environment(cluster, pool(machine), name=f"§{'m' * 41}"))
    assert message == (
        f"metadata.name: the cluster gets this name, and {source} takes at most 40 characters (it has 41); "
        "choose a shorter one [SW226]"
    )
    loader.load(environment(EXISTING, pool(), name="m" * 63))


def test_names_that_begin_with_a_digit(loader: Loader) -> None:
    digits = [pool(P5, name="1st")]
    loader.load(environment(EKS, *digits, name="2-frankfurt"))
    assert loader.refuse_at(environment(GKE, pool(H100), name="§2-frankfurt")) == (
        "metadata.name: the cluster gets this name, which must begin with a letter on GKE; choose another [SW226]"
    )
    assert loader.refuse_at(environment(GKE, pool(H100, name="§1st"))) == (
        "spec.nodePools[0].name: on GKE the name of a node pool must begin with a letter; choose another [SW226]"
    )


@pytest.mark.parametrize(("cluster", "machine"), [(GKE, H100), (EKS, P5)])
def test_the_name_of_the_system_pool(loader: Loader, cluster: str, machine: str) -> None:
    message = loader.refuse_at(environment(cluster, pool(machine, name="§slicewise-system")))
    assert message == (
        'spec.nodePools[0].name: "slicewise-system" is the pool of the cluster\'s own controllers, which is made too; '
        "choose another name [SW226]"
    )
    loader.load(environment(EXISTING, pool(name="slicewise-system")))


def test_zones_of_a_region_are_named(loader: Loader) -> None:
    message = loader.refuse_at(environment(REGIONAL, f"§{pool(H100)}"))
    assert message == (
        'spec.nodePools[0].zones: "zones" is required where location is a region: its zones do not all have these '
        "GPUs; write one or more, for example [europe-west4-a] [SW202]"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            "zones: [europe-west4-a, §us-east1-b]",
            (
                'spec.nodePools[0].zones[1]: "us-east1-b" is not a zone of europe-west4, where the cluster is; '
                "write one such as europe-west4-a [SW227]"
            ),
        ),
        (
            "nodeCount: 2, zones: [europe-west4-a, §europe-west4-a]",
            'spec.nodePools[0].zones[1]: "europe-west4-a" is there already; leave it out [SW227]',
        ),
        (
            "nodeCount: §3, zones: [europe-west4-a, europe-west4-b]",
            (
                "spec.nodePools[0].nodeCount: GKE makes as many nodes in each zone, and 3 cannot be shared out evenly "
                "over 2; write 2 or 4, or change the zones [SW227]"
            ),
        ),
    ],
)
@pytest.mark.parametrize("cluster", [GKE, REGIONAL])
def test_zones_that_do_not_fit(loader: Loader, cluster: str, fields: str, message: str) -> None:
    if "nodeCount" not in fields:
        fields = f"nodeCount: 2, {fields}"
    assert loader.refuse_at(environment(cluster, pool(H100, fields))) == message


@pytest.mark.parametrize(
    ("location", "zonal", "region"),
    [
        ("europe-west4", False, "europe-west4"),
        ("europe-west4-a", True, "europe-west4"),
        ("northamerica-northeast1-b", True, "northamerica-northeast1"),
        ("us-east1", False, "us-east1"),
    ],
)
def test_regions_and_zones(location: str, zonal: bool, region: str) -> None:
    cluster = GkeCluster(project="acme", location=location)
    assert (cluster.zonal, cluster.region) == (zonal, region)


def test_nothing_adds_nodes_on_eks(loader: Loader) -> None:
    growing = "nodeCount: 0, maxNodeCount: 4"
    (advice,) = loader.load(environment(EKS, pool(P5, growing))).advice
    assert (advice.code, advice.path) == ("SW311", "InferenceEnvironment mig-a: spec.nodePools[0].maxNodeCount")
    assert advice.text == (
        "Slicewise installs no autoscaler on EKS, and until one runs the pool stays at 0 nodes while capacity counts "
        "4; install one as docs/provisioning.md says, or leave maxNodeCount out"
    )
    assert not loader.load(environment(EKS, pool(P5, "nodeCount: 4, maxNodeCount: 4"))).advice
    assert not loader.load(environment(GKE, pool(H100, growing))).advice


def test_without_its_block_a_cluster_is_not_judged_further(loader: Loader) -> None:
    assert "[SW202]" in loader.refuse_at(environment("§{source: GKE}", pool(selector="")))


def test_the_examples_on_the_page(loader: Loader) -> None:
    page = (Path(__file__).parents[3] / "docs" / "provisioning.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    fleet = loader.load(*examples)
    assert [(each.metadata.name, each.spec.cluster.source) for each in fleet.environments] == [
        ("eks-a", "EKS"),
        ("gke-a", "GKE"),
    ]
    assert fleet.advice == ()
