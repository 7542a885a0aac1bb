"""What `discover` writes of a cluster, `verify` finds true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from embedded.fake_nodes import FakePool
from embedded.labelled_nodes import bare_metal, eks_cluster, gke_cluster, single_strategy
from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.verify.verification import compare_clusters
from slicewise.mig import find_gpu_model
from slicewise.planning import make_plan
from tests.documents import environment, fleet_of, pool, slices
from tests.unit.clusters.discover.describing import cluster_of, loaded
from tests.unit.clusters.kubernetes_json import Json, node_json, pod_json


@pytest.mark.parametrize("pools", [bare_metal, single_strategy, gke_cluster, eks_cluster])
def test_nothing_differs(pools: Callable[[], list[FakePool]]) -> None:
    nodes = [
        node_json(name, pool.labels, pool.resources, taints=pool.taints)
        for pool in pools()
        for name in pool.node_names()
    ]
    # Somebody holds one unit of everything.
    held = [
        pod_json(f"{resource}-{name}", {resource: 1}, name)
        for pool in pools()
        for name in pool.node_names()[:1]
        for resource, units in pool.resources.items()
        if units
    ]
    cluster = cluster_of(nodes, held)
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    result = compare_clusters(fleet, make_plan(fleet), {"prod": cluster})
    assert result.differences == ()
    assert sum(pool.units for pool in result.pools) == sum(
        int(units) for pool in pools() for units in pool.resources.values() for _ in pool.node_names()
    )


MACHINE = "node.kubernetes.io/instance-type"
GROUP = {"eks.amazonaws.com/nodegroup": "br"}
P4D = GROUP | {MACHINE: "p4d.24xlarge"}
SCALEWAY = GROUP | {MACHINE: "H100-1-80G"}
A100 = {"nodeSelector": GROUP, "acceleratorType": "a100-40gb"}


def differences(declared: Json, node: Json) -> list[tuple[str, str, str]]:
    """Return code, severity and message of what verifying a pool against one node says, but of KServe."""
    fleet = fleet_of((environment("prod", declared),))
    result = compare_clusters(fleet, make_plan(fleet), {"prod": cluster_of([node])})
    return [(each.code.value, each.severity.value, each.message) for each in result.differences]


@pytest.mark.parametrize("units", [56, 32, 24, 16, 9, 8])
def test_what_is_supposed_of_units_without_labels_verifies(units: int) -> None:
    cluster = cluster_of([node_json("n", P4D, {"nvidia.com/gpu": units})])
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    result = compare_clusters(fleet, make_plan(fleet), {"prod": cluster})
    # Units that no label explains stay a finding: what is declared of them is no more than a place to start.
    assert [each.code.value for each in result.differences] == (["SW606"] if units == 9 else [])


@pytest.mark.parametrize(
    ("labels", "declared", "units"),
    [
        (P4D, slices("cut", "1g.5gb", strategy="single", memoryPerGpu="4864Mi", acceleratorCount=8, **A100), 56),
        (P4D, slices("cut", "3g.20gb", strategy="single", memoryPerGpu="19Gi", acceleratorCount=8, **A100), 16),
        (
            SCALEWAY,
            slices(
                "cut",
                "1g.12gb",
                strategy="single",
                memoryPerGpu="10Gi",
                acceleratorCount=1,
                nodeSelector=GROUP,
                acceleratorType="h100-nvl",
            ),
            7,
        ),
        (P4D, slices("cut", "7g.40gb", strategy="single", memoryPerGpu="39Gi", acceleratorCount=8, **A100), 8),
        (P4D, pool("whole", acceleratorCount=8, memoryPerGpu="40Gi", **A100), 8),
        (SCALEWAY, pool("whole", acceleratorCount=2, nodeSelector=GROUP), 2),
    ],
)
def test_the_right_declaration_of_units_without_labels_is_clean(
    labels: dict[str, str], declared: Json, units: int
) -> None:
    assert differences(declared, node_json("n", labels, {"nvidia.com/gpu": units})) == []


@pytest.mark.parametrize(
    ("labels", "declared", "units", "said"),
    [
        (
            P4D,
            pool("whole", acceleratorCount=8, memoryPerGpu="40Gi", **A100),
            56,
            "56 is offered on 8 GPUs: a unit is a slice or",
        ),
        (
            P4D,
            pool("whole", acceleratorCount=56, memoryPerGpu="40Gi", **A100),
            56,
            "56 is offered on 8 GPUs: a unit is a slice",
        ),
        (
            P4D,
            pool("whole", acceleratorCount=8, memoryPerGpu="40Gi", **A100),
            9,
            "9 is offered on 8 GPUs: a unit is a slice or a",
        ),
        (
            P4D,
            slices("cut", "3g.20gb", strategy="single", memoryPerGpu="19Gi", acceleratorCount=8, **A100),
            56,
            "56 is offered on 8 GPUs: a unit is a slice or a share",
        ),
        (
            # It would say of slices that they are some (k8s-device-plugin, internal/lm/mig-strategy.go).
            GROUP | {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count": "8"},
            pool("whole", acceleratorCount=8, memoryPerGpu="40Gi", **A100),
            56,
            "GPU feature discovery counts 8 GPUs, which cannot be nvidia.com/gpu: 56: units are shares",
        ),
        (
            SCALEWAY,
            pool("whole", acceleratorCount=1, nodeSelector=GROUP),
            7,
            "no label says whether a unit is a GPU",
        ),
    ],
)
def test_slices_that_no_label_tells_are_not_taken_for_gpus(
    labels: dict[str, str], declared: Json, units: int, said: str
) -> None:
    ((code, severity, message),) = differences(declared, node_json("n", labels, {"nvidia.com/gpu": units}))
    assert (code, severity) == ("SW606", "warning")
    assert said in message


def test_more_gpus_than_declared_are_more_and_no_slices() -> None:
    declared = pool("whole", acceleratorCount=4, memoryPerGpu="40Gi", **A100)
    found = differences(declared, node_json("n", P4D, {"nvidia.com/gpu": 8}))
    assert [(code, severity) for code, severity, _ in found] == [("SW603", "warning")]


def test_strategy_mixed_is_declared_of_slices_without_labels() -> None:
    declared = slices("cut", "1g.5gb", memoryPerGpu="4864Mi", acceleratorCount=8, **A100)
    node = node_json("n", P4D, {"nvidia.com/gpu": 56})
    assert [code for code, _, _ in differences(declared, node)] == ["SW607"]
    declared = slices("cut", "3g.20gb", memoryPerGpu="19Gi", acceleratorCount=8, **A100)
    ((code, _, message),) = differences(declared, node)
    assert code == "SW606"
    assert "nvidia.com/gpu: 56 is offered on 8 GPUs: a unit is a slice or a share" in message


@pytest.mark.parametrize(
    ("profile", "accelerator", "codes"),
    [
        ("1g.5gb", "nvidia-h100-80gb", ["SW610"]),
        ("1g.5gb", "a100-40gb", []),
        ("3g.40gb", "nvidia-h100-80gb", []),
        ("3g.40gb", "a100-40gb", ["SW610"]),
        ("1g.10gb", "a100-40gb", ["SW606"]),
    ],
)
def test_slices_in_a_node_of_two_gpu_models_are_of_the_model_that_their_own_label_says(
    profile: str, accelerator: str, codes: list[str]
) -> None:
    labels = GROUP | {
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
        "nvidia.com/gpu.count": "8",
        "nvidia.com/mig.strategy": "mixed",
        "nvidia.com/mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
        "nvidia.com/mig-3g.40gb.product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb",
    }
    node = node_json("n", labels, {"nvidia.com/mig-3g.40gb": 16, "nvidia.com/mig-1g.5gb": 56})
    declared = slices("cut", profile, memoryPerGpu="4864Mi", nodeSelector=GROUP, acceleratorType=accelerator)
    if find_gpu_model(accelerator).profile(profile) is None:
        declared["capabilities"]["migConfiguration"]["slicesPerGpu"] = 7 // int(profile[0])
    assert [code for code, _, _ in differences(declared, node)] == codes


def test_what_nodes_have_besides_is_written_and_verifies() -> None:
    has = {
        "nvidia.com/gpu": 8,
        "ephemeral-storage": "470559055872",
        "rdma/ib": 8,
        "hugepages-2Mi": "4Gi",
        "hugepages-1Gi": 0,
        "attachable-volumes-aws-ebs": 25,
        "vpc.amazonaws.com/efa": 0,
        "pods": 250,
    }
    cluster = cluster_of([node_json("n", P4D, has), node_json("m", P4D, has | {"rdma/ib": 4})])
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    (declared,) = fleet.environments[0].spec.node_pools
    assert {name: int(each.value) for name, each in declared.allocatable.extended_resources.items()} == {
        "rdma/ib": 4,
        "hugepages-2Mi": 4 * 2**30,
    }
    assert declared.allocatable.ephemeral_storage is not None
    assert declared.allocatable.ephemeral_storage.bytes == 470559055872
    assert declared.allocatable.pods == 250
    assert compare_clusters(fleet, make_plan(fleet), {"prod": cluster}).differences == ()


@pytest.mark.parametrize(("pods", "daemons", "written"), [(110, 9, 110), (110, 60, 50), (64, 9, 55), (30, 4, 26)])
def test_pods_are_written_where_they_are_few_or_another_number(pods: int, daemons: int, written: int) -> None:
    cluster = cluster_of([node_json("n", P4D, {"nvidia.com/gpu": 56, "pods": pods})])
    cluster = replace(cluster, nodes=tuple(replace(node, daemons=daemons) for node in cluster.nodes))
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    (declared,) = fleet.environments[0].spec.node_pools
    assert declared.allocatable.pods == written
    assert compare_clusters(fleet, make_plan(fleet), {"prod": cluster}).differences == ()
