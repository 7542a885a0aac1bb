"""Whether a cluster has what every service of the plan needs: rights to look, KServe, namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from slicewise.clusters.live import (
    INFERENCE_POOLS,
    NODE_GROUPS,
    ROUTES,
    SCALED_OBJECTS,
    SERVICES,
    THE_RIGHTS,
    ApiKind,
    LiveCluster,
    Readable,
    Right,
    denials,
    group_of,
    right_facts,
)
from slicewise.clusters.preflight import (
    LET_THE_STACK,
    creating,
    installing,
    is_autoscaled,
    kinds_made_of,
    unserved_kinds,
)
from slicewise.clusters.verify.gateways import gateway_of
from slicewise.clusters.verify.services import REMEDY, PlannedService
from slicewise.diagnostics import Code, Found, Severity, are, counted, some
from slicewise.documents import Allocation, NodePool

_PURPOSES: Final = {
    NODE_GROUPS: "of which KServe makes replicas that span several nodes",
    SCALED_OBJECTS: "by which these are scaled",
    ROUTES: "by which these are routed",
    INFERENCE_POOLS: "without which KServe makes no route for these, whose router has a scheduler",
}
_GATEWAY_API: Final = group_of(ROUTES.api_version)


def check_service_needs(
    cluster: LiveCluster, expected: Sequence[PlannedService], pools: Sequence[NodePool], *, creates_namespaces: bool
) -> Iterator[Found]:
    """Yield what keeps services from being applied, or from being looked at.

    Args:
        cluster: The cluster.
        expected: The services that are to be there.
        pools: The environment's node pools, which say what must be read.
        creates_namespaces: Whether the stack makes missing namespaces.
    """
    placed = [each for each in expected if each.declared is not None]
    if unread := sorted(_unread(cluster, expected, pools)):
        yield Found(
            Code.CLUSTER_UNREADABLE,
            Severity.WARNING,
            f"this user may not {denials(unread)}, so what depends on that is not verified",
            f"give it {THE_RIGHTS}",
            facts=right_facts(unread),
        )
    if not cluster.serves_kserve and Readable.SERVICES not in cluster.unread:
        yield _no_kserve(placed, cluster.unserved.get(SERVICES, ()))
    yield from _not_served(cluster, placed)
    yield from _no_namespace(cluster, placed, creates_namespaces=creates_namespaces)


def _unread(cluster: LiveCluster, expected: Iterable[PlannedService], pools: Sequence[NodePool]) -> Iterator[Right]:
    """Yield the rights that are missing to read what something declared depends on."""
    irrelevant = set()
    # Where the device plugin offers all GPUs, nothing depends on what a DRA driver publishes.
    uses_driver = any(pool.allocation is not Allocation.DEVICE_PLUGIN for pool in pools)
    if not uses_driver and all(node.gpus.offers for node in cluster.nodes if node.gpus):
        irrelevant.add(Readable.RESOURCE_SLICES)
    if all(pool.max_node_count is None for pool in pools):
        irrelevant.add(Readable.CONFIG_MAPS)
    yield from (kind.right for kind in cluster.unread if kind not in irrelevant)
    if ROUTES not in cluster.unserved and any(gateway_of(each) for each in expected):
        if cluster.gateways is None:
            yield Right(_GATEWAY_API, "gateways", "list", None)
        if cluster.routes is None:
            yield Right(_GATEWAY_API, "httproutes", "list", None)


def _no_kserve(placed: Sequence[PlannedService], versions: Sequence[str]) -> Found:
    whose = f": {_deployments(placed)}" if placed else ""
    missing = [(SERVICES, versions)]
    return Found(
        Code.NO_KSERVE,
        Severity.ERROR if placed else Severity.WARNING,
        f"the API server does not serve {unserved_kinds(missing)}, and "
        f"{counted(len(placed), 'placement')} of the plan {are(len(placed))} in this environment{whose}",
        f"{installing(missing)}{_and_update(placed)}",
        facts={"placements": len(placed)},
    )


def _not_served(cluster: LiveCluster, placed: Iterable[PlannedService]) -> Iterator[Found]:
    """Yield the other kinds that services need: what KServe makes of them, and what scales them."""
    needing: dict[ApiKind, list[PlannedService]] = {kind: [] for kind in _PURPOSES}
    for each in placed:
        if each.declared is not None:
            scaled = [SCALED_OBJECTS] if is_autoscaled(each.declared) else []
            for kind in (*kinds_made_of(each.declared), *scaled):
                needing[kind].append(each)
    for kind, services in needing.items():
        if services and kind in cluster.unserved:
            missing = [(kind, cluster.unserved[kind])]
            yield Found(
                Code.NO_KSERVE,
                Severity.ERROR,
                f"the API server does not serve {unserved_kinds(missing)}, {_PURPOSES[kind]}: {_deployments(services)}",
                installing(missing),
            )


def _no_namespace(
    cluster: LiveCluster, placed: Sequence[PlannedService], *, creates_namespaces: bool
) -> Iterator[Found]:
    if creates_namespaces:
        return
    without = [each for each in placed if cluster.lacks_namespace(each.key[0])]
    missing = sorted({each.key[0] for each in without})
    again = f" && {REMEDY}" if any(each.before for each in without) else ""
    if missing:
        yield Found(
            Code.NO_NAMESPACE,
            Severity.ERROR,
            f"{counted(len(missing), 'namespace')} of the plan's deployments {are(len(missing))} "
            f"not there: {', '.join(missing)} ({_deployments(without)})",
            f"{creating(missing)}{again}; or let the stack make what is missing: {LET_THE_STACK}",
            facts={"namespaces": len(missing)},
        )


def _deployments(expected: Sequence[PlannedService]) -> str:
    return some(sorted({str(each.deployment) for each in expected}))


def _and_update(expected: Sequence[PlannedService]) -> str:
    """Return what to do besides where services were there once: the stack takes them for being there still."""
    return f", then {REMEDY}" if any(each.before for each in expected) else ""
