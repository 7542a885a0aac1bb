"""Whether a cluster is another one than an earlier plan was applied to."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.clusters.live import LiveCluster
from slicewise.diagnostics import Code, Found, Severity


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


def check_other_cluster(environment: str, cluster: LiveCluster) -> Iterator[Found]:
    """Yield that this is another cluster than the one that an earlier plan was applied to."""
    if cluster.known_uid is not None and cluster.uid not in (None, cluster.known_uid):
        yield Found(
            Code.OTHER_CLUSTER,
            Severity.ERROR,
            led_elsewhere(environment, str(cluster.uid), cluster.known_uid),
            "give the kubeconfig of the right cluster; if this one takes its place, `pulumi up` says how to accept it",
        )
