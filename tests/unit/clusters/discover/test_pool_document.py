"""A pool as a document has it: reserved units, autoscalers' bounds, and what a person should look at."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.live.facts import NodeGroupBounds, Readable
from slicewise.clusters.live.services import LiveService
from tests.unit.clusters.discover.describing import GPU, H100, POOL, cluster_of, described, gfd
from tests.unit.clusters.kubernetes_json import Json, node_json, pod_json

INVALID = (
    "slices do not fit strategy single (MIG-INVALID), so nothing is offered: a GPU in MIG mode has no slices, only "
    "some GPUs are in MIG mode, or slices differ"
)
SPLIT = (
    "a unit of nvidia.com/mig-1c.3g.40gb is a compute instance (1c.3g.40gb), several of which share the memory of a "
    "slice, so no pool can declare it: have MIG manager cut whole slices"
)


def test_a_balanced_layout_is_one_pool_of_what_is_there() -> None:
    node = gfd("n")
    node["status"]["allocatable"] |= {
        GPU: "0",
        "nvidia.com/mig-1g.10gb": "16",
        "nvidia.com/mig-2g.20gb": "8",
        "nvidia.com/mig-3g.40gb": "8",
    }
    pools, comments = described([node])
    assert set(pools) == {"h100-80gb-slices"}
    (pool,) = pools.values()
    assert (pool["acceleratorCount"], pool["allocatable"]) == (8, {"cpu": "64", "memory": "512Gi"})
    assert pool["capabilities"] == {
        "precisionSupport": ["fp32", "fp16", "bf16", "fp8", "int8"],
        "migConfiguration": {
            "enabled": True,
            "strategy": "mixed",
            "slices": {"1g.10gb": 16, "2g.20gb": 8, "3g.40gb": 8},
        },
    }
    assert "reservedUnits" not in pool
    assert not [each for each in comments if each.startswith("CHECK")]


def test_a_node_that_lost_slices_stays_in_its_pool() -> None:
    pools, comments = described([gfd("n-0", "1g.10gb", 56), gfd("n-1", "1g.10gb", 55)])
    (pool,) = pools.values()
    assert (pool["nodeCount"], pool["reservedUnits"]) == (2, 1)
    assert "reservedUnits: 1 slices that GPUs cut only into 1g.10gb would have, and these have not" in comments


def test_what_pods_of_others_hold_is_reserved() -> None:
    ours = pod_json(
        "ours", {GPU: 2}, annotations={"slicewise.dev/revision": "1"}, labels={"app.kubernetes.io/name": "x"}
    )
    pods = [ours, pod_json("theirs", {GPU: 3}), pod_json("waiting", {GPU: 1}, None)]
    pools, comments = described([gfd("n-0"), gfd("n-1")], pods)
    assert pools["h100-80gb"]["reservedUnits"] == 3
    assert "reservedUnits: pods of others hold 3" in comments


@pytest.mark.parametrize(
    ("stack", "reserved"), [(None, 3), ("acme/slicewise/live", 3 + 4 + 1), ("acme/slicewise/trial", 3 + 2 + 1)]
)
def test_what_services_of_other_stacks_hold_is_reserved(stack: str | None, reserved: int) -> None:
    """As `verify --stack` counts them: what the services of the stack do not hold, others hold."""

    def pod(service: str, units: int) -> Json:
        labels = {"app.kubernetes.io/name": service}
        return pod_json(f"{service}-0", {GPU: units}, annotations={"slicewise.dev/revision": "1"}, labels=labels)

    cluster = cluster_of([gfd("n-0"), gfd("n-1")], [pod("a", 2), pod("b", 4), pod("lost", 1), pod_json("c", {GPU: 3})])
    stacks = {"a": "acme/slicewise/live", "b": "acme/slicewise/trial"}
    namespace = cluster.pods[0].namespace
    marks = {name: {"slicewise.dev/stack": owner} for name, owner in stacks.items()}
    services = {(namespace, name): LiveService(namespace, name, mark, {}) for name, mark in marks.items()}
    text = describe_cluster(replace(cluster, services=services), "prod", "prod-kubeconfig", stack=stack)
    (pool,) = yaml.safe_load(text)["spec"]["nodePools"]
    assert pool["reservedUnits"] == reserved
    told = " ".join(line.strip().removeprefix("# ") for line in text.splitlines() if line.strip().startswith("#"))
    known = "services of Slicewise hold 7 units, by stack: acme/slicewise/live 2, acme/slicewise/trial 4, unknown 1;"
    assert (known in told) == (stack is None)
    # What the remedy promises is what the other cases show.
    remedy = (
        "Name the stack that is to apply this document with --stack ORGANIZATION/PROJECT/STACK and discover again: "
        "reservedUnits then has what other stacks hold"
    )
    assert (remedy in told) == (stack is None)


def test_autoscaler_bounds() -> None:
    nodes = [node_json(f"gke-c-small-0a1b2c3d-{end}", {POOL: "small"}, {GPU: 1}) for end in ("x1y2", "z3w4")]
    zones = "https://www.googleapis.com/compute/v1/projects/p/zones/europe-west4-{}/instanceGroups/gke-c-small-{}-grp"
    bounds = (
        NodeGroupBounds(zones.format("b", "0a1b2c3d"), 0, 5),
        NodeGroupBounds(zones.format("c", "ffffffff"), 0, 5),
    )
    pools, comments = described(nodes, bounds=bounds)
    assert (pools["small"]["nodeCount"], pools["small"]["maxNodeCount"]) == (2, 5)
    assert any("gke-c-small-ffffffff-grp" in comment for comment in comments)


@pytest.mark.parametrize(
    ("group", "name", "label"),
    [
        ("eks-ml-gpu-d2c5b1a0-1234-5678-9abc-def012345678", "ip-10-0-0-1", ("eks.amazonaws.com/nodegroup", "ml-gpu")),
        ("aks-gpu-12345678-vmss", "aks-gpu-12345678-vmss00000a", ("kubernetes.azure.com/agentpool", "gpu")),
        ("MachineDeployment/default/gpu", "any", ("node.cluster.x-k8s.io/pool", "gpu")),
    ],
)
def test_autoscaler_bounds_of_other_clouds(group: str, name: str, label: tuple[str, str]) -> None:
    node = node_json(name, dict([label]), {GPU: 1})
    pools, _ = described([node], bounds=(NodeGroupBounds(group, 0, 7), NodeGroupBounds("eks-other", 0, 9)))
    assert [pool["maxNodeCount"] for pool in pools.values()] == [7]


def test_a_group_of_two_pools_bounds_neither() -> None:
    nodes = [gfd("gpu-00000a", team="a"), gfd("gpu-00000b", units=4, team="b")]
    pools, _ = described(nodes, bounds=(NodeGroupBounds("gpu-", 0, 7),))
    assert ["maxNodeCount" in pool for pool in pools.values()] == [False, False]


def test_what_a_person_should_look_at() -> None:
    nodes = [
        node_json(
            "odd",
            {"nvidia.com/gpu.product": "NVIDIA-Z900", "nvidia.com/gpu.count": "8"},
            {GPU: 8},
            ready=False,
            cordoned=True,
        ),
        gfd("busy", "1g.10gb", 56, nvidia_com__mig_config="all-1g.10gb", nvidia_com__mig_config_state="pending"),
        node_json("invalid", {"nvidia.com/gpu.product": f"{H100}-MIG-INVALID", "nvidia.com/mig.strategy": "single"}),
        node_json("bare", {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8"}),
        node_json(
            "split", {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8"}, {"nvidia.com/mig-1c.3g.40gb": 4}
        ),
    ]
    _, comments = described(nodes, unread=(Readable.PODS,))
    checks = [comment.removeprefix("CHECK: ") for comment in comments if comment.startswith("CHECK")]
    assert sorted(checks) == sorted(
        [
            f"{INVALID}: invalid",
            "labels speak of GPUs, and the device plugin offers none: bare",
            f"{SPLIT}: split",
            "this user may not list pods, so what others hold is not in reservedUnits",
            "the catalogue does not know this GPU model, so nothing of it is checked",
            "memoryPerGpu is not known; 1Gi keeps models off, write what one unit has",
            "not Ready now: odd",
            "cordoned now: odd; scheduling: NoNew until they are back",
            "MIG manager says pending of busy: what they offer may change",
        ]
    )


@pytest.mark.parametrize(("cordoned", "expected"), [(2, "NoNew"), (1, None), (0, None)])
def test_a_pool_is_paused_where_all_of_its_nodes_are_cordoned(cordoned: int, expected: str | None) -> None:
    labels, offers = {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8"}, {GPU: 8}
    nodes = [node_json(f"n{number}", labels, offers, cordoned=number < cordoned) for number in range(2)]
    (pool,) = described(nodes)[0].values()
    assert (pool.get("scheduling"), pool["nodeCount"]) == (expected, 2)


def test_shared_units_are_kept_from_models() -> None:
    node = gfd("n", units=32, nvidia_com__gpu_replicas="4", nvidia_com__gpu_sharing_strategy="time-slicing")
    pools, comments = described([node])
    (pool,) = pools.values()
    assert (pool["acceleratorCount"], pool["reservedUnits"]) == (8, 8)
    assert any("a unit is a share" in comment for comment in comments)
