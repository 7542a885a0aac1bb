"""From nodes to the document that describes them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from slicewise.clusters.discover.discovery import NothingToDeclareError, describe_cluster
from slicewise.clusters.live.facts import LiveCluster, NodeGroupBounds, Readable
from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.nodes import live_node
from slicewise.clusters.live.services import LiveService
from slicewise.documents import Fleet, load_fleet
from tests.unit.clusters.kubernetes_json import Json, node_json, pod_json

GPU = "nvidia.com/gpu"
H100 = "NVIDIA-H100-80GB-HBM3"
POOL = "cloud.google.com/gke-nodepool"


def cluster_of(nodes: Sequence[Json], pods: Sequence[Json] = (), bounds: Sequence[NodeGroupBounds] = ()) -> LiveCluster:
    live = tuple(map(live_node, nodes))
    return LiveCluster(live, gpu_pods(pods), tuple(bounds), serves_kserve=True, namespaces=frozenset())


def loaded(text: str) -> Fleet:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "environment.yaml")
        file.write_text(text, encoding="utf-8")
        return load_fleet([str(file)])


def described(
    nodes: Sequence[Json],
    pods: Sequence[Json] = (),
    bounds: Sequence[NodeGroupBounds] = (),
    unread: tuple[Readable, ...] = (),
) -> tuple[dict[str, Json], list[str]]:
    """Return the pools by name, and the comments; the text loads."""
    cluster = replace(cluster_of(nodes, pods, bounds), unread=unread)
    text = describe_cluster(cluster, "prod", "prod-kubeconfig")
    loaded(text)
    comments = [line.strip().removeprefix("# ") for line in text.splitlines() if line.strip().startswith("#")]
    return {pool["name"]: pool for pool in yaml.safe_load(text)["spec"]["nodePools"]}, comments


def gfd(name: str, profile: str | None = None, units: int = 8, **labels: str) -> Json:
    """Return a node with eight H100s, cut into slices of a profile under strategy mixed."""
    product = {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8", "nvidia.com/gpu.memory": "81559"}
    resource = f"nvidia.com/mig-{profile}" if profile else GPU
    renamed = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return node_json(name, product | renamed, {resource: units})


def test_the_whole_document() -> None:
    nodes = [
        node_json(
            f"n-{number}",
            {
                POOL: "small",
                "cloud.google.com/gke-accelerator": "nvidia-h100-80gb",
                "cloud.google.com/gke-gpu-partition-size": "3g.40gb",
            },
            {GPU: 16},
            taints=[
                {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
                {"key": "team", "value": "ml", "effect": "NoSchedule"},
            ],
            provider_id=f"gce://proj/europe-west4-b/n-{number}",
        )
        for number in range(2)
    ]
    text = describe_cluster(cluster_of(nodes), "mig-a", "vault/mig-a", "gke_proj_europe-west4_mig-a")
    assert (
        text
        == """\
# Written by `python -m slicewise discover`. What deserves a look says CHECK.
# No label says interconnect, interNodeBandwidth, nvlinkDomainSize, multiNodeCapable: write what models require.
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata:
  name: mig-a
spec:
  cluster:
    source: Existing
    existing:
      # the secret with this cluster's kubeconfig; the stack's kubeconfigSource says where it is
      secretRef:
        name: vault/mig-a
      # in place of secretRef: gke: {project: proj, location: europe-west4, cluster: mig-a}
  nodePools:
    - name: small
      nodeSelector:
        cloud.google.com/gke-nodepool: small
      tolerations:
      - {key: team, operator: Equal, value: ml, effect: NoSchedule}
      acceleratorType: nvidia-h100-80gb
      acceleratorCount: 8
      nodeCount: 2
      allocatable:
        cpu: '64'
        memory: 512Gi
      capabilities:
        memoryPerGpu: 40448Mi
        precisionSupport: [fp32, fp16, bf16, fp8, int8]
        migConfiguration:
          enabled: true
          profile: 3g.40gb
          strategy: single
"""
    )
    assert loaded(text).advice == ()


def test_the_page_shows_what_is_written() -> None:
    page = (Path(__file__).parents[4] / "docs" / "discover.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    kinds = {
        "slices": (2, "nvidia-h100-80gb", {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}, 16, "1890Gi"),
        "whole": (1, "nvidia-h200-141gb", {}, 8, "2850Gi"),
    }
    nodes = []
    for name, (count, gpu, more, units, memory) in kinds.items():
        for number in range(count):
            labels = {POOL: name, "cloud.google.com/gke-accelerator": gpu} | more
            node = node_json(
                f"gke-mig-a-{name}-0a1b2c3d-000{number}", labels, {GPU: units}, provider_id="gce://proj/z/n"
            )
            node["status"]["allocatable"] |= {"cpu": "206850m", "memory": memory}
            nodes.append(node)
    bounds = [NodeGroupBounds("https://x/zones/z/instanceGroups/gke-mig-a-slices-0a1b2c3d-grp", 0, 5)]
    context = "gke_proj_europe-west4_mig-a"
    assert describe_cluster(cluster_of(nodes, bounds=bounds), "mig-a", "mig-a-kubeconfig", context) == example


@pytest.mark.parametrize(
    ("context", "labels", "provider", "expected"),
    [
        (
            "arn:aws:eks:eu-central-1:123456789012:cluster/ml",
            {},
            "aws:///eu-central-1a/i-0",
            "eks: {region: eu-central-1, cluster: ml}",
        ),
        (
            "admin",
            {"alpha.eksctl.io/cluster-name": "ml", "topology.kubernetes.io/region": "eu-central-1"},
            "aws:///eu-central-1a/i-0",
            "eks: {region: eu-central-1, cluster: ml}",
        ),
        ("admin", {}, "aws:///eu-central-1a/i-0", None),
        ("gke_proj_europe-west4_ml", {}, "gce://other/europe-west4-b/n", None),
        ("gke_proj_europe-west4_ml", {}, "", None),
        ("admin", {}, "gce://proj/europe-west4-b/n", None),
    ],
)
def test_what_the_cloud_calls_the_cluster(
    context: str, labels: dict[str, str], provider: str, expected: str | None
) -> None:
    node = node_json("n", labels, {GPU: 1}, provider_id=provider)
    text = describe_cluster(cluster_of([node]), "prod", "prod-kubeconfig", context)
    assert (f"# in place of secretRef: {expected}" in text) == (expected is not None)
    assert ("in place of" in text) == (expected is not None)
    loaded(text)


def test_slices_that_gke_does_not_advertise_are_what_the_nodes_show() -> None:
    labels = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
    partitions = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
    nodes = [
        node_json("a", labels | partitions, {"nvidia.com/mig-3g.40gb": 16}),
        node_json("b", labels, {GPU: 8}),
    ]
    pools, comments = described(nodes)
    (cut,) = [each for each in pools.values() if "migConfiguration" in each["capabilities"]]
    assert cut["nodeSelector"] == partitions
    assert cut["capabilities"]["migConfiguration"]["strategy"] == "mixed"
    (check,) = [each for each in comments if "SW302" in each]
    assert check.startswith("CHECK: these nodes advertise nvidia.com/mig-3g.40gb, which GKE's own device plugin never")


def test_whole_gpus_beside_slices_on_one_node() -> None:
    node = gfd("n", "3g.40gb", 12)
    node["status"]["allocatable"][GPU] = "2"
    pools, comments = described([node])
    slices, whole = pools["h100-80gb-3g-40gb"], pools["h100-80gb-whole"]
    assert (slices["acceleratorCount"], slices["reservedUnits"]) == (8, 4)
    assert (whole["acceleratorCount"], whole["nodeCount"]) == (2, 1)
    assert "CHECK: a node has 8 GPUs and offers 2 of them whole" in comments
    # By compute slices: 12 x 3 and 2 x 7 of 50.
    assert (slices["allocatable"], whole["allocatable"]) == (
        {"cpu": "46080m", "memory": "377487Mi"},
        {"cpu": "17920m", "memory": "146800Mi"},
    )


def test_what_a_balanced_layout_lacks_is_reserved() -> None:
    node = gfd("n")
    node["status"]["allocatable"] |= {
        GPU: "0",
        "nvidia.com/mig-1g.10gb": "16",
        "nvidia.com/mig-2g.20gb": "8",
        "nvidia.com/mig-3g.40gb": "8",
    }
    pools, _ = described([node])
    assert {name: pool["reservedUnits"] for name, pool in pools.items()} == {
        "h100-80gb-1g-10gb": 56 - 16,
        "h100-80gb-2g-20gb": 24 - 8,
        "h100-80gb-3g-40gb": 16 - 8,
    }


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


def test_the_fewest_labels_that_tell_pools_apart() -> None:
    nodes = [
        gfd("a", nvidia_com__mig_config="all-disabled", zone="x", rack="1"),
        gfd("b", nvidia_com__mig_config="all-disabled", zone="x", rack="1", team="ml"),
        gfd("c", "3g.40gb", 16, nvidia_com__mig_config="all-3g.40gb", zone="x", rack="1"),
        node_json("d", {"zone": "x"}),
    ]
    pools, _ = described(nodes)
    assert {name: pool["nodeSelector"] for name, pool in pools.items()} == {
        "h100-80gb-whole": {"nvidia.com/mig.config": "all-disabled"},
        "h100-80gb-3g-40gb": {"nvidia.com/mig.config": "all-3g.40gb"},
    }
    pools, _ = described(nodes[:2])
    assert pools["h100-80gb"]["nodeSelector"] == {"nvidia.com/gpu.product": H100}


def test_nodes_that_no_label_tells_apart_are_one_pool() -> None:
    nodes = [gfd("a-0", units=8), gfd("a-1", units=8), gfd("b-0", units=4), gfd("b-1", units=4)]
    nodes[2]["spec"]["taints"] = [{"key": "team", "value": "ml", "effect": "NoSchedule"}]
    pools, comments = described(nodes)
    (pool,) = pools.values()
    assert (pool["nodeCount"], pool["acceleratorCount"]) == (4, 4)
    assert pool["tolerations"] == [{"key": "team", "operator": "Equal", "value": "ml", "effect": "NoSchedule"}]
    assert any(comment.startswith("CHECK: no label tells a-0, a-1, b-0, b-1 apart") for comment in comments)


def test_single_nodes_go_by_their_names() -> None:
    pools, _ = described([gfd("a", units=8), gfd("b", units=4)])
    assert {pool["nodeSelector"]["kubernetes.io/hostname"]: pool["acceleratorCount"] for pool in pools.values()} == {
        "a": 8,
        "b": 4,
    }


def test_other_gpus_that_no_label_tells_apart_are_left_out() -> None:
    nodes = [gfd("a-0"), gfd("a-1"), node_json("b-0", {}, {GPU: 4}), node_json("b-1", {}, {GPU: 4})]
    pools, comments = described(nodes)
    assert [(pool["acceleratorType"], pool["nodeSelector"]) for pool in pools.values()] == [
        (H100, {"nvidia.com/gpu.product": H100})
    ]
    (check,) = (comment for comment in comments if comment.startswith("CHECK: no one label"))
    assert check.startswith("CHECK: no one label has different values on b-0, b-1 and on a-0, a-1, which offer")
    assert "so b-0, b-1 are in no pool: label both, each with a value of its own" in check


@pytest.mark.parametrize("labelled", ["none", "those", "the others", "both"])
def test_a_label_that_only_some_nodes_have_tells_nothing_until_both_are_labelled(labelled: str) -> None:
    """Of GKE's slices beside slices without labels: the remedy of the CHECK is followed, in part and wholly."""
    size = {"cloud.google.com/gke-gpu-partition-size": "1g.10gb"}
    theirs = {"slicewise.dev/pool": "cut"} if labelled in ("those", "both") else {}
    others = {"slicewise.dev/pool": "whole"} if labelled in ("the others", "both") else {}
    product = {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8", "nvidia.com/gpu.memory": "81559"}
    nodes = [node_json(name, product | others, {GPU: 8}) for name in ("a-0", "a-1")]
    nodes += [node_json(name, size | theirs, {GPU: 4}) for name in ("b-0", "b-1")]
    pools, comments = described(nodes)
    assert len(pools) == (2 if labelled == "both" else 1)
    assert any("label both" in comment for comment in comments) == (labelled != "both")


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
            "slices do not fit strategy single (MIG-INVALID), so nothing is offered: invalid",
            "labels speak of GPUs, and the device plugin offers none: bare",
            "nvidia.com/mig-1c.3g.40gb is not a resource that a pool can declare: split",
            "this user may not list pods, so what others hold is not in reservedUnits",
            "the catalogue does not know this GPU model, so nothing of it is checked",
            "memoryPerGpu is not known; 1Gi keeps models off, write what one unit has",
            "not Ready now: odd",
            "cordoned now: odd",
            "MIG manager says pending of busy: what they offer may change",
        ]
    )


def test_shared_units_are_kept_from_models() -> None:
    node = gfd("n", units=32, nvidia_com__gpu_replicas="4", nvidia_com__gpu_sharing_strategy="time-slicing")
    pools, comments = described([node])
    (pool,) = pools.values()
    assert (pool["acceleratorCount"], pool["reservedUnits"]) == (8, 8)
    assert any("a unit is a share" in comment for comment in comments)


def eks(name: str, machine: str, units: int, **labels: str) -> Json:
    """Return a node of an EKS node group without GPU feature discovery."""
    own = {"node.kubernetes.io/instance-type": machine, "eks.amazonaws.com/nodegroup": "br"}
    return node_json(name, own | labels, {GPU: units})


def checks_of(comments: list[str]) -> list[str]:
    return [comment.removeprefix("CHECK: ") for comment in comments if comment.startswith("CHECK: ")]


def test_slices_that_no_label_tells_are_no_gpus() -> None:
    pools, comments = described([eks("n-0", "p4d.24xlarge", 56), eks("n-1", "p4d.24xlarge", 56)])
    pool = pools["br"]
    assert (pool["acceleratorCount"], pool.get("reservedUnits", 0)) == (8, 0)
    assert pool["capabilities"]["migConfiguration"] == {"enabled": True, "profile": "1g.5gb", "strategy": "single"}
    assert pool["capabilities"]["memoryPerGpu"] == "4864Mi"  # nvidia-smi mig -lgip: 4.75 GiB
    assert checks_of(comments) == [
        "no label says what a unit is: 56 units on 8 GPUs would be slices of 1g.5gb, unless GPUs are shared"
    ]


@pytest.mark.parametrize("units", [9, 55, 80])
def test_units_that_fit_no_profile_are_kept_from_models(units: int) -> None:
    pools, comments = described([eks("n-0", "p4d.24xlarge", units), eks("n-1", "p4d.24xlarge", units)])
    pool = pools["br"]
    assert (pool["acceleratorCount"], pool["reservedUnits"]) == (8, 16)
    assert "migConfiguration" not in pool["capabilities"]
    (check,) = [each for each in checks_of(comments) if "slices or shares" in each]
    assert check.startswith(f"a node has 8 GPUs and offers {units} units, ")


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_shares_among_gpus_keep_models_off_both(order: tuple[str, str]) -> None:
    """No label tells the nodes apart, so a pod for a GPU may get a share."""
    whole, cut = order
    nodes = [
        eks(f"{name}-{number}", "p4d.24xlarge", units) for name, units in ((whole, 8), (cut, 20)) for number in "01"
    ]
    pools, _ = described(nodes)
    assert [(pool["nodeCount"], pool["acceleratorCount"], pool["reservedUnits"]) for pool in pools.values()] == [
        (4, 8, 32)
    ]


@pytest.mark.parametrize(
    ("labels", "units", "told"),
    [
        (
            {"node.kubernetes.io/instance-type": "Standard_NC40ads_H100_v5", "kubernetes.azure.com/agentpool": "p"},
            7,
            "whether a unit is a GPU or a slice; acceleratorCount 7 is a guess",
        ),
        ({}, 7, "whether a unit is a GPU or a slice; acceleratorCount 7 is a guess"),
        # An A10G cannot be cut.
        (
            {"node.kubernetes.io/instance-type": "g5.12xlarge"},
            4,
            "how many GPUs a node has; acceleratorCount 4 is a guess",
        ),
    ],
)
def test_units_of_which_nothing_is_known(labels: dict[str, str], units: int, told: str) -> None:
    _, comments = described([node_json("n", labels, {GPU: units})])
    assert f"CHECK: no label says {told}" in comments


def test_a_node_of_two_gpu_models() -> None:
    node = gfd("n", "3g.40gb", 8)
    node["metadata"]["labels"]["nvidia.com/mig-1g.5gb.product"] = "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb"
    node["status"]["allocatable"]["nvidia.com/mig-1g.5gb"] = "28"
    pools, comments = described([node])
    assert set(pools) == {"h100-80gb-3g-40gb", "h100-80gb-1g-5gb"}
    (check,) = [each for each in checks_of(comments) if "label says" in each and "h100" in each]
    assert check.startswith("the node's label says h100-80gb, that of nvidia.com/mig-1g.5gb a100-40gb: write ")


def test_a_profile_that_the_model_lacks() -> None:
    _, comments = described([gfd("n", "1g.5gb", 28)])
    assert "CHECK: the catalogue knows no 1g.5gb of h100-80gb: is it another GPU model?" in comments
    _, comments = described([gfd("n", "1g.10gb", 56)])
    assert checks_of(comments) == []


def test_resources_that_time_slicing_renames_are_in_no_pool() -> None:
    nodes = [gfd("whole", zone="a"), gfd("renamed", zone="b", nvidia_com__gpu_replicas="4")]
    nodes[1]["status"]["allocatable"] = {"nvidia.com/gpu.shared": "32"}
    pools, comments = described(nodes)
    assert [pool["nodeCount"] for pool in pools.values()] == [1]
    assert "CHECK: nvidia.com/gpu.shared is not a resource that a pool can declare: renamed" in comments


@pytest.mark.parametrize(
    ("labels", "resources", "type_", "count", "slices"),
    [
        ({}, {"nvidia.com/mig-3g.40gb": 4}, "unknown", 2, 2),
        (
            {"nvidia.com/gpu.product": "NVIDIA-Z900", "nvidia.com/gpu.count": "2"},
            {"nvidia.com/mig-1g.99gb": 14},
            "NVIDIA-Z900",
            2,
            7,
        ),
        ({"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "2"}, {"nvidia.com/mig-1g.99gb": 14}, H100, 2, 7),
        (
            {"nvidia.com/gpu.product": "NVIDIA-H20", "nvidia.com/gpu.count": "1"},
            {"nvidia.com/mig-1g.18gb": 7},
            "h20-141gb",
            1,
            None,
        ),
    ],
)
def test_slices_that_the_catalogue_does_not_know(
    labels: dict[str, str], resources: dict[str, int], type_: str, count: int, slices: int | None
) -> None:
    pools, _ = described([node_json("n", labels, resources)])
    (pool,) = pools.values()
    assert (pool["acceleratorType"], pool["acceleratorCount"]) == (type_, count)
    assert pool["capabilities"]["migConfiguration"].get("slicesPerGpu") == slices


@pytest.mark.parametrize(
    ("reported", "profile", "declared"),
    [
        ("20096", "2g.20gb", "20090Mi"),  # nvidia-smi rounds 19.625 GiB to 19.62: no more than the catalogue has
        ("9984", "1g.10gb", "9984Mi"),
        ("16384", "1g.10gb", "9984Mi"),  # never above what is known of the profile
        ("", "3g.40gb", "40448Mi"),
    ],
)
def test_memory_of_a_slice(reported: str, profile: str, declared: str) -> None:
    labels = {f"nvidia.com/mig-{profile}.memory": reported, "nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "1"}
    (pool,) = described([node_json("n", labels, {f"nvidia.com/mig-{profile}": 1})])[0].values()
    assert pool["capabilities"]["memoryPerGpu"] == declared


def test_a_cluster_without_gpus() -> None:
    with pytest.raises(NothingToDeclareError, match="1 node read, and none offers nvidia"):
        describe_cluster(cluster_of([node_json("n")]), "prod", "s")
    with pytest.raises(NothingToDeclareError, match="the device plugin offers none: n"):
        describe_cluster(cluster_of([gfd("n", units=0)]), "prod", "s")


def test_names_of_pools_are_valid_and_unique() -> None:
    labels = ["Pool_One", "pool-one", "x" * 63, "x" * 62 + "y"]
    nodes = [
        node_json(f"n-{number}", {"karpenter.sh/nodepool": label}, {GPU: 1}) for number, label in enumerate(labels)
    ]
    pools, _ = described(nodes)
    assert sorted(pools) == ["pool-one", "pool-one-2", "x" * 38 + "-2", "x" * 40]


def test_more_pools_than_a_document_holds() -> None:
    nodes = [node_json(f"n-{number}", {POOL: f"p-{number}"}, {GPU: 1 + number}) for number in range(70)]
    pools, comments = described(nodes)
    assert set(pools) == {f"p-{number}" for number in range(6, 70)}
    assert sum(comment.startswith("CHECK: an environment has at most 64 pools") for comment in comments) == 6
