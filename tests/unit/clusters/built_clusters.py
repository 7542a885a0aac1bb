"""Clusters that are what documents declare, built without the code under test; tests then change one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from slicewise.clusters.live.facts import GpuPod, LiveCluster, LiveNode
from slicewise.clusters.live.gpus import Gpus, LabelledBy, Offer, UnitFlaw
from slicewise.clusters.verify.verification import Creates, Verified, compare_clusters
from slicewise.diagnostics import Diagnostic
from slicewise.mig import MigStrategy, find_gpu_model
from slicewise.planning import PreviousPlacement, make_plan
from tests.documents import Document, fleet_of

ENVIRONMENT = "onprem"
GPU = "nvidia.com/gpu"
# NVIDIA MIG User Guide: slices a GPU and, as GPU feature discovery reports it, MiB of one on an H100 80GB.
H100_SLICES = {"1g.10gb": (7, 9984), "1g.20gb": (4, 20096), "2g.20gb": (3, 20096), "3g.40gb": (2, 40448)}
H100_MIB = 81559


def gfd(count: int, profile: str | None = None, strategy: str = "mixed", **more: object) -> Gpus:
    """Return `count` H100s as GPU feature discovery tells them, cut into slices of `profile`."""
    per_gpu, memory = H100_SLICES[profile] if profile else (1, H100_MIB)
    resource = GPU if strategy == "single" or not profile else f"nvidia.com/mig-{profile}"
    facts: dict[str, Any] = {
        "told_by": LabelledBy.GFD,
        "accelerator": "NVIDIA-H100-80GB-HBM3",
        "model": find_gpu_model("h100-80gb"),
        "physical": count,
        "strategy": MigStrategy(strategy) if profile else None,
        "offers": (Offer(resource, count * per_gpu, profile, memory),),
    }
    facts.update(more)
    return Gpus(**facts)


def node(name: str, gpus: Gpus | None, labels: Mapping[str, str], **more: object) -> LiveNode:
    """Return a node that is Ready and has neither taints nor limits that matter."""
    facts: dict[str, Any] = {"taints": (), "ready": True, "cordoned": False, "cpu": "224", "memory": "2Ti"}
    facts.update(more)
    return LiveNode(name=name, gpus=gpus, labels=labels, **facts)


def nodes_of(pool: Document) -> list[LiveNode]:
    """Return the nodes that a pool of H100s declares, called after it."""
    mig = pool["capabilities"].get("migConfiguration") or {}
    gpus = gfd(pool["acceleratorCount"], mig.get("profile"), mig.get("strategy", "mixed"))
    return [
        node(f"{pool['name']}-{number}", gpus, _labels(pool) | {"kubernetes.io/os": "linux"})
        for number in range(pool.get("nodeCount", 1))
    ]


def _labels(pool: Document) -> dict[str, str]:
    """Return labels that the pool's nodeSelector selects: of a list the first."""
    return {key: said if isinstance(said, str) else said[0] for key, said in pool["nodeSelector"].items()}


def cluster_of(environment: Document, *namespaces: str) -> LiveCluster:
    """Return the cluster that an environment declares, with a node without GPUs and KServe."""
    nodes = [each for pool in environment["spec"]["nodePools"] for each in nodes_of(pool)]
    nodes.append(node("control-plane", None, {"kubernetes.io/os": "linux"}))
    return LiveCluster(
        nodes=tuple(sorted(nodes, key=lambda each: each.name)),
        pods=(),
        bounds=(),
        serves_kserve=True,
        namespaces=frozenset({"default", "kube-system", "team", *namespaces}),
    )


def changed(cluster: LiveCluster, change: Callable[[LiveNode], LiveNode], *names: str) -> LiveCluster:
    """Return the cluster with some nodes changed; all that have GPUs where no name is given."""
    chosen = names or tuple(each.name for each in cluster.nodes if each.gpus)
    assert set(chosen) <= {each.name for each in cluster.nodes}
    return replace(cluster, nodes=tuple(change(each) if each.name in chosen else each for each in cluster.nodes))


def with_gpus(**facts: object) -> Callable[[LiveNode], LiveNode]:
    """Return a change of some facts of a node's GPUs."""
    changes: dict[str, Any] = facts
    return lambda each: replace(each, gpus=replace(each.gpus, **changes)) if each.gpus else each


def with_units(units: int) -> Callable[[LiveNode], LiveNode]:
    """Return a change of how many units a node offers of its one resource."""

    def change(each: LiveNode) -> LiveNode:
        assert each.gpus
        (offer,) = each.gpus.offers
        return replace(each, gpus=replace(each.gpus, offers=(replace(offer, units=units),)))

    return change


def with_flaw(flaw: UnitFlaw) -> Callable[[LiveNode], LiveNode]:
    """Return a change of what labels say against the units of a node."""

    def change(each: LiveNode) -> LiveNode:
        assert each.gpus
        offers = tuple(replace(offer, flaw=flaw) for offer in each.gpus.offers)
        return replace(each, gpus=replace(each.gpus, offers=offers))

    return change


def without(cluster: LiveCluster, *names: str) -> LiveCluster:
    """Return the cluster without some nodes."""
    return replace(cluster, nodes=tuple(each for each in cluster.nodes if each.name not in names))


def adding(cluster: LiveCluster, *nodes: LiveNode) -> LiveCluster:
    """Return the cluster with more nodes."""
    return replace(cluster, nodes=tuple(sorted((*cluster.nodes, *nodes), key=lambda each: each.name)))


def pod(name: str, on: str | None, units: int = 1, resource: str = GPU, service: str | None = None) -> GpuPod:
    """Return a pod in the namespace `team`."""
    return GpuPod("team", name, on, {resource: units}, service)


def with_pods(cluster: LiveCluster, *pods: GpuPod) -> LiveCluster:
    """Return the cluster with these pods."""
    return replace(cluster, pods=(*cluster.pods, *pods))


def verified(
    documents: Iterable[Document],
    cluster: LiveCluster,
    previous: Iterable[PreviousPlacement] = (),
    *,
    creates_namespaces: bool = False,
) -> Verified:
    """Return what verifying the one environment of `documents` against `cluster` gives."""
    fleet = fleet_of(documents)
    (environment,) = fleet.environments
    clusters = {environment.metadata.name: cluster}
    return compare_clusters(fleet, make_plan(fleet), clusters, previous, creates=Creates(namespaces=creates_namespaces))


def found(
    documents: Iterable[Document],
    cluster: LiveCluster,
    previous: Iterable[PreviousPlacement] = (),
    *,
    creates_namespaces: bool = False,
) -> list[tuple[str | None, str, str]]:
    """Return pool, code and severity of every difference."""
    result = verified(documents, cluster, previous, creates_namespaces=creates_namespaces)
    return [(each.subject.node_pool, each.code.value, each.severity.value) for each in result.differences]


def only(documents: Iterable[Document], cluster: LiveCluster) -> Diagnostic:
    """Return the one difference that there is."""
    (difference,) = verified(documents, cluster).differences
    return difference
