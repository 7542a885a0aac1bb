"""Whether a cluster has what every service of the plan needs: rights to look, KServe, namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.clusters.live import LiveCluster, Readable
from slicewise.clusters.preflight import INSTALL, LET_THE_STACK, creating, is_autoscaled, spans_nodes
from slicewise.clusters.verify.services import REMEDY, PlannedService
from slicewise.diagnostics import Code, Found, Severity, are, counted, some
from slicewise.manifests import (
    KEDA_API_VERSION,
    KSERVE_API_VERSION,
    LEADER_WORKER_SET_API_VERSION,
    LEADER_WORKER_SET_KIND,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
)

# What is read for other commands, and not needed here.
_IRRELEVANT: Final = frozenset({Readable.CONFIG_MAPS})


def check_service_needs(
    cluster: LiveCluster, expected: Sequence[PlannedService], *, creates_namespaces: bool
) -> Iterator[Found]:
    """Yield what keeps services from being applied, or from being looked at."""
    placed = [each for each in expected if each.declared is not None]
    unread = [kind for kind in cluster.unread if kind not in _IRRELEVANT]
    if unread:
        yield Found(
            Code.CLUSTER_UNREADABLE,
            Severity.WARNING,
            f"this user may not read {', '.join(unread)}, so what depends on that is not verified",
            f"let the user of the kubeconfig list {', '.join(unread)} in all namespaces",
        )
    if not cluster.serves_kserve and Readable.SERVICES not in cluster.unread:
        yield _no_kserve(placed)
    spanning = [each for each in placed if each.declared and spans_nodes(each.declared)]
    if spanning and not cluster.serves_node_groups:
        yield _no_node_groups(spanning)
    scaled = [each for each in placed if each.declared and is_autoscaled(each.declared)]
    if scaled and not cluster.serves_scaled_objects:
        yield _no_scaled_objects(scaled)
    yield from _no_namespace(cluster, placed, creates_namespaces=creates_namespaces)


def _no_kserve(placed: Sequence[PlannedService]) -> Found:
    whose = f": {_deployments(placed)}" if placed else ""
    return Found(
        Code.NO_KSERVE,
        Severity.ERROR if placed else Severity.WARNING,
        f"the API server does not serve {SERVICE_KIND} ({KSERVE_API_VERSION}), and "
        f"{counted(len(placed), 'placement')} of the plan {are(len(placed))} in this environment{whose}",
        f"install in the cluster: {INSTALL[SERVICE_KIND]}{_and_update(placed)}",
        facts={"placements": len(placed)},
    )


def _no_scaled_objects(scaled: Sequence[PlannedService]) -> Found:
    return Found(
        Code.NO_KSERVE,
        Severity.ERROR,
        f"the API server does not serve {SCALED_OBJECT_KIND} ({KEDA_API_VERSION}), by which these are scaled: "
        f"{_deployments(scaled)}",
        f"install in the cluster: {INSTALL[SCALED_OBJECT_KIND]}",
    )


def _no_node_groups(spanning: Sequence[PlannedService]) -> Found:
    return Found(
        Code.NO_KSERVE,
        Severity.ERROR,
        f"the API server does not serve {LEADER_WORKER_SET_KIND} ({LEADER_WORKER_SET_API_VERSION}), of which KServe "
        f"makes replicas that span several nodes: {_deployments(spanning)}",
        f"install in the cluster: {INSTALL[LEADER_WORKER_SET_KIND]}",
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
