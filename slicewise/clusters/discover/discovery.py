"""From a live cluster to the InferenceEnvironment that describes it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.clusters.discover.cluster_identity import cloud_reference
from slicewise.clusters.discover.driver_pools import allocation_of, serves_claims
from slicewise.clusters.discover.environment_text import environment_text
from slicewise.clusters.discover.grouping import group_nodes, usable_offers
from slicewise.clusters.discover.joining import join_alike
from slicewise.clusters.discover.node_selectors import LeftOut, Selected, select
from slicewise.clusters.discover.pool_document import PoolDocument, pool_document
from slicewise.clusters.discover.pool_facts import MOST_NAMED, accelerator_of
from slicewise.clusters.discover.pool_names import pool_names
from slicewise.clusters.live import (
    GpuPod,
    Gpus,
    LiveCluster,
    LiveNode,
    NoOffer,
    Readable,
    UnitFlaw,
    belongs,
    by_whoever_offers,
    most_nodes,
)
from slicewise.diagnostics import are, counted, some
from slicewise.documents import MAX_POOLS
from slicewise.kubernetes import DEVICE_PLUGIN_LABEL

_INTRODUCTION: Final = (
    "Written by `slicewise discover`. What deserves a look says CHECK.",
    "No label says interconnect, interNodeBandwidth, nvlinkDomainSize, multiNodeCapable: write what models require.",
)


_NOTHING: Final = {
    NoOffer.INVALID: (
        "slices do not fit strategy single (MIG-INVALID), so nothing is offered: a GPU in MIG mode has no slices, only "
        "some GPUs are in MIG mode, or slices differ"
    ),
    NoOffer.NOT_CUT: "all GPUs are in MIG mode and none has slices, so the device plugin has nothing to offer",
    NoOffer.SPLIT: "slices are split into compute instances, which the device plugin refuses to offer (from 0.20.0)",
    NoOffer.DRA: "no device plugin offers GPUs: NVIDIA's DRA driver has them (ResourceSlices of gpu.nvidia.com)",
    NoOffer.SWITCHED_OFF: (
        f"the label {DEVICE_PLUGIN_LABEL} keeps the device plugin away, and nothing else offers GPUs"
    ),
    NoOffer.NO_DRIVER: "no device plugin offers GPUs, and NVIDIA's DRA driver publishes none",
    NoOffer.NOTHING_PUBLISHED: "NVIDIA's DRA driver publishes no device: are GPUs in MIG mode without slices?",
    NoOffer.INCOMPLETE: "ResourceSlices of NVIDIA's DRA driver are missing, so that no pod gets any of its devices",
    NoOffer.ALL_TAINTED: "all devices of NVIDIA's DRA driver have taints",
    NoOffer.NO_PLUGIN: "labels speak of GPUs, and the device plugin offers none",
    NoOffer.SINGLE: (
        "labels speak of slices, and the device plugin, which runs with strategy single, offers none: are they of GPUs "
        "of several models?"
    ),
}


_UNREAD: Final = {
    Readable.RESOURCE_CLAIMS: "what others hold by claims is not reserved",
    Readable.DEVICE_CLASSES: "pools of NVIDIA's DRA driver have allocation: claim, whatever class answers a resource",
    Readable.TAINT_RULES: "devices with taints of these are counted",
}

NOT_DESCRIBED: Final = frozenset(
    {Readable.NAMESPACES, Readable.LIMIT_RANGES, Readable.RESOURCE_QUOTAS, Readable.PRIORITY_CLASSES}
)
"""What is read of every cluster and no document has anything of."""


class NothingToDeclareError(Exception):
    """No node offers GPUs that a pool could declare; the message says what was looked for, and what was found."""


def describe_cluster(cluster: LiveCluster, name: str, secret: str, context: str = "", stack: str | None = None) -> str:
    """Return the YAML of the InferenceEnvironment that describes `cluster`; the same bytes for the same cluster.

    It loads without edits. What labels do not say is left out, or written with a comment.

    Args:
        cluster: What was read.
        name: The environment's name, a DNS label.
        secret: The name of the secret that holds the kubeconfig.
        context: The name of the kubeconfig's context, which for GKE and EKS says what cluster it is.
        stack: The stack that the document is for, organization/project/stack: pods of all others are others'. Where it
            is None, pods of Slicewise's services belong to no stack, and a CHECK says so.

    Raises:
        NothingToDeclareError: no pool can be declared.
    """
    seen = map(by_whoever_offers, cluster.nodes) if serves_claims(cluster) else cluster.nodes
    nodes = sorted(seen, key=lambda node: node.name)
    selected, left_out = select(join_alike(group_nodes(nodes)), nodes)
    if not selected:
        raise NothingToDeclareError(_nothing(nodes, *_unseen_devices(cluster)))
    selected, surplus = _as_many_as_fit(selected)
    pools = sorted(_pools(selected, cluster, stack), key=lambda pool: str(pool.data["name"]))
    return environment_text(
        name,
        secret,
        pools,
        version=cluster.version if any("allocation" in pool.data for pool in pools) else None,
        instead=cloud_reference(nodes, context),
        remarks=_INTRODUCTION,
        checks=[*_unusable(nodes), *_left_out(left_out), *surplus, *_not_seen(cluster), *_of_stacks(cluster, stack)],
    )


def _as_many_as_fit(selected: Sequence[Selected]) -> tuple[list[Selected], list[str]]:
    by_size = sorted(selected, key=lambda each: (-each.group.units, each.group.resource, each.group.names))
    kept, surplus = by_size[:MAX_POOLS], by_size[MAX_POOLS:]
    text = [
        f"an environment has at most {MAX_POOLS} pools; not here: {' and '.join(each.group.resources)} of "
        f"{some(each.group.names, MOST_NAMED)}"
        for each in surplus
    ]
    return sorted(kept, key=lambda each: (each.group.resource, each.group.names)), text


def _pools(selected: Sequence[Selected], cluster: LiveCluster, stack: str | None) -> Iterator[PoolDocument]:
    accelerators = [accelerator_of(each.group) for each in selected]
    models = [each.model.name if each.model else each.name for each in accelerators]
    names = pool_names([each.group for each in selected], models)
    held = _held_by_others(cluster, stack)
    for each, accelerator, name in zip(selected, accelerators, names, strict=True):
        rivals = [
            node for other in selected if other.group.shares_resource_with(each.group) for node in other.group.nodes
        ]
        own = set(each.group.names)
        others = [node for node in rivals if node.name not in own]
        most = most_nodes(each.group.nodes, others, cluster.bounds)
        yield pool_document(name, each, accelerator, held, most, allocation_of(each.group, cluster))


def _held_by_others(cluster: LiveCluster, stack: str | None) -> defaultdict[str, Counter[str]]:
    """Return how many units pods of others than `stack` hold, by resource and node."""
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pod in cluster.pods:
        whose = pod.service is not None and (stack is None or _stack_of(pod, cluster) == stack)
        if not whose and pod.node is not None:
            for resource, units in pod.requests.items():
                held[resource][pod.node] += units
    return held


def _stack_of(pod: GpuPod, cluster: LiveCluster) -> str | None:
    """Return the stack that has a pod's service; None where no service says it."""
    service = cluster.services.get((pod.namespace, pod.service or ""))
    return service.stack if service else None


def _of_stacks(cluster: LiveCluster, stack: str | None) -> Iterator[str]:
    """Yield how many units pods of Slicewise's services hold, where it is not said which stack is the document's."""
    held: Counter[str] = Counter()
    for pod in cluster.pods:
        if pod.service is not None and pod.node is not None and stack is None:
            held[_stack_of(pod, cluster) or "unknown"] += sum(pod.requests.values())
    names = [f"{name} {units}" for name, units in sorted(held.items()) if units]
    if names:
        yield (
            f"services of Slicewise hold {counted(sum(held.values()), 'unit')}, by stack: {', '.join(names)}; "
            "reservedUnits has none of these. Name the stack that is to apply this document with --stack "
            "ORGANIZATION/PROJECT/STACK and discover again: reservedUnits then has what other stacks hold"
        )


def _unusable(nodes: Sequence[LiveNode]) -> Iterator[str]:
    """Yield why nodes with GPUs are in no pool, or not with all they offer."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for node in nodes:
        if node.gpus is None:
            continue
        if not node.gpus.offers:
            reasons[_why_nothing(node.gpus)].append(node.name)
        strange = {offer.resource for offer in node.gpus.offers} - {offer.resource for offer in usable_offers(node)}
        # Of GPUs that are cut on demand, what is not declared is the same GPUs again, cut otherwise.
        for resource in sorted(strange if not node.gpus.on_demand or not usable_offers(node) else ()):
            reasons[_why_strange(node.gpus, resource)].append(node.name)
    for reason, names in sorted(reasons.items()):
        yield f"{reason}: {some(names, MOST_NAMED)}"


def _why_strange(gpus: Gpus, resource: str) -> str:
    offer = gpus.offer(resource)
    if offer and offer.flaw is UnitFlaw.SPLIT:
        return (
            f"a unit of {resource} is a compute instance ({offer.profile}), several of which share the memory of a "
            "slice, so no pool can declare it: have MIG manager cut whole slices"
        )
    if offer and offer.flaw is UnitFlaw.OVERLAPPING:
        return (
            "NVIDIA's DRA driver cuts GPUs on demand, and the API server keeps no counters with its devices, so that "
            "pods may get slices that overlap (feature gate DRAPartitionableDevices, on from Kubernetes 1.36)"
        )
    return f"{resource} is not a resource that a pool can declare"


def _why_nothing(gpus: Gpus) -> str:
    if not gpus.invalid and gpus.mig_state and gpus.mig_state != "success":
        return f"nothing is offered, MIG manager says {gpus.mig_state}"
    silence = gpus.silence
    layout = silence.impossible_layout
    asked = f"; MIG manager was asked for {layout.name}, and {layout.model} has no {layout.profile}" if layout else ""
    return _NOTHING[silence.reason] + asked


def _left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    for each in sorted(left_out, key=lambda each: (each.group.resource, each.group.names)):
        these, those = some(each.group.names, MOST_NAMED), some(each.like.names, MOST_NAMED)
        yield (
            f"no one label has different values on {these} and on {those}, which offer different GPUs as "
            f"{each.group.resource}, so {these} {are(len(each.group.names))} in no "
            "pool: label both, each with a value of its own (kubectl label node NODE slicewise.dev/pool=NAME), and "
            "discover again"
        )


def _not_seen(cluster: LiveCluster) -> Iterator[str]:
    empty = [
        each.group.rpartition("/")[2]
        for each in cluster.bounds
        if each.largest and not any(belongs(node, each) for node in cluster.nodes)
    ]
    if empty:
        named = some(empty, MOST_NAMED)
        yield f"cluster-autoscaler has groups without nodes now, which labels cannot describe: {named}"
    for kind, unknown in _UNREAD.items():
        if kind in cluster.unread:
            yield f"this user may not list {kind} (resource.k8s.io), so {unknown}"
    if Readable.PODS in cluster.unread:
        yield "this user may not list pods, so what others hold is not in reservedUnits"


def _unseen_devices(cluster: LiveCluster) -> Iterator[str]:
    if Readable.RESOURCE_SLICES in cluster.unread:
        yield "this user may not list resourceslices (resource.k8s.io), so what NVIDIA's DRA driver has is not known"


def _nothing(nodes: Sequence[LiveNode], *unseen: str) -> str:
    looked = (
        f"{counted(len(nodes), 'node')} read, and none offers nvidia.com/gpu or nvidia.com/mig-... (status.allocatable)"
    )
    reasons = "; ".join((*_unusable(nodes), *unseen))
    return f"{looked}: {reasons}" if reasons else f"{looked} or has a GPU label: is NVIDIA's device plugin installed?"
