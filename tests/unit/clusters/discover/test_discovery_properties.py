"""Whatever nodes there are: the document loads, counts what they offer, and selects them."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slicewise.clusters.discover.discovery import describe_cluster
from tests.unit.clusters.discover.describing import cluster_of, loaded
from tests.unit.clusters.kubernetes_json import Json, node_json

pytestmark = pytest.mark.long

GPU = "nvidia.com/gpu"
steady = settings(deadline=None, derandomize=True)
# MIG User Guide: GFD's product, GKE's name, EC2's machine, and slices on a GPU.
MODELS = (
    (
        "NVIDIA-H100-80GB-HBM3",
        "nvidia-h100-80gb",
        "p5.48xlarge",
        {"1g.10gb": 7, "2g.20gb": 3, "3g.40gb": 2, "7g.80gb": 1},
    ),
    ("NVIDIA-A100-SXM4-40GB", "nvidia-tesla-a100", "p4d.24xlarge", {"1g.5gb": 7, "2g.10gb": 3, "3g.20gb": 2}),
    ("NVIDIA-H200", "nvidia-h200-141gb", "p5en.48xlarge", {"1g.18gb": 7, "3g.71gb": 2}),
)
PER_GPU = {profile: count for *_, slices in MODELS for profile, count in slices.items()}
POOL_LABELS = ("cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup", "team", None)


@st.composite
def nodes_of_a_pool(draw: st.DrawFn, number: int) -> list[Json]:
    """Return a few nodes with eight GPUs each, labelled by one of those who do; some lack slices."""
    product, accelerator, machine, slices = draw(st.sampled_from(MODELS))
    labels, offered = draw(_labelling(product, accelerator, machine, slices))
    pool_label = draw(st.sampled_from(POOL_LABELS))
    if pool_label:
        labels[pool_label] = draw(st.sampled_from(["a", "b", f"pool-{number}"]))
    taints = draw(st.sampled_from([(), ({"key": "team", "value": "ml", "effect": "NoSchedule"},)]))
    found = []
    for index in range(draw(st.integers(1, 3))):
        lost = draw(st.sampled_from([0, 0, 0, 1]))
        resources = {name: units - lost if units > 1 and name != GPU else units for name, units in offered.items()}
        ready = draw(st.booleans())
        found.append(node_json(f"n-{number}-{index}", labels, resources, taints=taints, ready=ready))
    return found


@st.composite
def _labelling(
    draw: st.DrawFn, product: str, accelerator: str, machine: str, slices: dict[str, int]
) -> tuple[dict[str, str], dict[str, int]]:
    profile = draw(st.sampled_from(sorted(slices)))
    units = 8 * slices[profile]
    gfd = {"nvidia.com/gpu.product": product, "nvidia.com/gpu.count": "8"}
    gke = {"cloud.google.com/gke-accelerator": accelerator}
    single = {"nvidia.com/gpu.product": f"{product}-MIG-{profile}", "nvidia.com/gpu.count": str(units)}
    # Half of the GPUs cut in two ways, the other half whole: two resources and more on a node.
    several = {f"nvidia.com/mig-{each}": 4 * count for each, count in list(slices.items())[:2]}
    return draw(
        st.sampled_from(
            [
                (gfd, {GPU: 8}),
                (gfd | {"nvidia.com/mig.strategy": "mixed"}, {f"nvidia.com/mig-{profile}": units, GPU: 0}),
                (gfd | {"nvidia.com/mig.config": "custom"}, several),
                (gfd, {f"nvidia.com/mig-{profile}": units // 2, GPU: 4}),
                (single | {"nvidia.com/mig.strategy": "single"}, {GPU: units}),
                (gke, {GPU: 8}),
                (gke | {"cloud.google.com/gke-gpu-partition-size": profile}, {GPU: units}),
                ({"node.kubernetes.io/instance-type": machine}, {GPU: 8}),
                ({"node.kubernetes.io/instance-type": machine}, {GPU: units}),
                ({}, {GPU: 8}),
                ({}, {f"nvidia.com/mig-{profile}": units}),
            ]
        )
    )


CLUSTERS = st.integers(1, 6).flatmap(lambda count: st.tuples(*(nodes_of_a_pool(number) for number in range(count))))


@steady
@given(CLUSTERS, st.randoms(use_true_random=False))
def test_every_cluster(pools: tuple[list[Json], ...], shuffled: random.Random) -> None:
    nodes = [node for pool in pools for node in pool] + [node_json("system")]
    text = describe_cluster(cluster_of(nodes), "prod", "prod-kubeconfig")
    loaded(text)
    shuffled.shuffle(nodes)
    assert describe_cluster(cluster_of(nodes), "prod", "prod-kubeconfig") == text

    by_resource: Counter[str] = Counter()
    merged = "no label tells" in text or "no one label has" in text
    declared = yaml.safe_load(text)["spec"]["nodePools"]
    counted_pools = [(each, counted) for each in declared for counted in _counted(each)]
    for pool, (resource, per_node, reserved) in counted_pools:
        selected = [node for node in nodes if _selects(pool, node) and _units(node, resource)]
        by_resource[resource] += pool["nodeCount"]
        offered = [_units(node, resource) for node in selected]
        capacity = pool["nodeCount"] * per_node - reserved
        if "too, and no label can prevent it" in text and len(selected) > pool["nodeCount"]:
            continue
        assert len(selected) == pool["nodeCount"]
        if "migConfiguration" in pool["capabilities"] or len(set(offered)) == 1:
            assert capacity == sum(offered)
        else:
            assert merged
            assert capacity == len(offered) * min(offered)
        # Every taint but the one that Slicewise tolerates for all.
        assert {taint["key"] for node in selected for taint in node["spec"]["taints"]} == {
            toleration["key"] for toleration in pool.get("tolerations", [])
        }
    for resource, count in by_resource.items():
        there = sum(bool(_units(node, resource)) for node in nodes)
        assert count == there or ("in no pool: label both" in text and count < there)


def _selects(pool: Json, node: Json) -> bool:
    labels = node["metadata"]["labels"]
    wanted = pool.get("nodeSelector", {}).items()
    return all(labels.get(key) in ([said] if isinstance(said, str) else said) for key, said in wanted)


def _units(node: Json, resource: str) -> int:
    return int(node["status"]["allocatable"].get(resource, 0))


def _counted(pool: Json) -> list[tuple[str, int, int]]:
    """Return the pool's resources, each with the units of a node, from the guide's numbers, and what is reserved."""
    mig = pool["capabilities"].get("migConfiguration")
    count, reserved = pool["acceleratorCount"], pool.get("reservedUnits", 0)
    if not mig:
        return [(GPU, count, reserved)]
    if "slices" in mig:
        kept = mig.get("reservedSlices", {})
        cut = [(f"nvidia.com/mig-{name}", units, kept.get(name, 0)) for name, units in mig["slices"].items()]
        return [*cut, *([(GPU, mig["wholeGpus"], 0)] if "wholeGpus" in mig else [])]
    resource = GPU if mig["strategy"] == "single" else f"nvidia.com/mig-{mig['profile']}"
    return [(resource, count * mig.get("slicesPerGpu", PER_GPU[mig["profile"]]), reserved)]


@steady
@example(["", "", ":"], "")
@given(st.lists(st.text(max_size=70), min_size=1, max_size=4), st.text(max_size=20))
def test_labels_with_anything_in_them(values: list[str], key: str) -> None:
    nodes = [
        node_json(
            f"n-{number}", {"karpenter.sh/nodepool": value, key: value, "nvidia.com/gpu.product": value}, {GPU: 1}
        )
        for number, value in enumerate(values)
    ]
    written = describe_cluster(cluster_of(nodes), "prod", "prod-kubeconfig")
    (environment,) = loaded(written).environments
    counted = sum(pool.nodes for pool in environment.spec.node_pools)
    # Nodes that differ, and that no label which a selector may have tells apart, are in no pool, which is said.
    assert counted == len(nodes) or (0 < counted < len(nodes) and "in no pool: label both" in written)
