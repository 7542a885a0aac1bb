"""Whether a cluster has what every service of the plan needs: rights to look, KServe, namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.clusters.live import LiveCluster, Readable, spans_nodes
from slicewise.clusters.preflight import INSTALL, LET_THE_STACK, creating
from slicewise.clusters.verify.services import REMEDY, Expected
from slicewise.diagnostics import Code, Found, Severity, are, counted, some
from slicewise.manifests import KSERVE_API_VERSION, LEADER_WORKER_SET_API_VERSION, LEADER_WORKER_SET_KIND, SERVICE_KIND

# What is read for other commands, and not needed here.
_IRRELEVANT: Final = frozenset({Readable.CONFIG_MAPS})


def led_elsewhere(environment: str, uid: str, known: str, told: str = "") -> str:
    """Say that an environment leads to another cluster than the one that has its services.

    Args:
        environment: Its name.
        uid: The cluster that it leads to.
        known: The cluster that has the services.
        told: What else is known of the first.
    """
    return (
        f"environment {environment} leads to the cluster {uid}{told}; the last `pulumi up` applied its services to "
        f"the cluster {known} (uids of namespace kube-system)"
    )


def check_identity(environment: str, cluster: LiveCluster) -> Iterator[Found]:
    """Yield that this is another cluster than the one that an earlier plan was applied to."""
    if cluster.known_uid is not None and cluster.uid not in (None, cluster.known_uid):
        yield Found(
            Code.OTHER_CLUSTER,
            Severity.ERROR,
            led_elsewhere(environment, str(cluster.uid), cluster.known_uid),
            "give the kubeconfig of the right cluster; if this one takes its place, `pulumi up` says how to accept it",
        )


def check_cluster(cluster: LiveCluster, expected: Sequence[Expected], *, creates_namespaces: bool) -> Iterator[Found]:
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
    yield from _no_namespace(cluster, placed, creates_namespaces=creates_namespaces)


def _no_kserve(placed: Sequence[Expected]) -> Found:
    whose = f": {_deployments(placed)}" if placed else ""
    return Found(
        Code.NO_KSERVE,
        Severity.ERROR if placed else Severity.WARNING,
        f"the API server knows no {SERVICE_KIND} ({KSERVE_API_VERSION}), {counted(len(placed), 'placement')} "
        f"of the plan in this environment{whose}",
        f"install in the cluster: {INSTALL[SERVICE_KIND]}{_and_update(placed)}",
    )


def _no_node_groups(spanning: Sequence[Expected]) -> Found:
    return Found(
        Code.NO_KSERVE,
        Severity.ERROR,
        f"the API server knows no {LEADER_WORKER_SET_KIND} ({LEADER_WORKER_SET_API_VERSION}), of which KServe makes "
        f"replicas that span several nodes: {_deployments(spanning)}",
        f"install in the cluster: {INSTALL[LEADER_WORKER_SET_KIND]}",
    )


def _no_namespace(cluster: LiveCluster, placed: Sequence[Expected], *, creates_namespaces: bool) -> Iterator[Found]:
    if creates_namespaces or Readable.NAMESPACES in cluster.unread:
        return
    without = [each for each in placed if each.key[0] not in cluster.namespaces]
    missing = sorted({each.key[0] for each in without})
    again = f" && {REMEDY}" if any(each.before for each in without) else ""
    if missing:
        yield Found(
            Code.NO_NAMESPACE,
            Severity.ERROR,
            f"{counted(len(missing), 'namespace')} of the plan's deployments {are(len(missing))} "
            f"not there: {', '.join(missing)} ({_deployments(without)})",
            f"{creating(missing)}{again}; or let the stack make what is missing: {LET_THE_STACK}",
        )


def _deployments(expected: Sequence[Expected]) -> str:
    return some(sorted({str(each.deployment) for each in expected}))


def _and_update(expected: Sequence[Expected]) -> str:
    """Return what to do besides where services were there once: the stack takes them for being there still."""
    return f", then {REMEDY}" if any(each.before for each in expected) else ""
