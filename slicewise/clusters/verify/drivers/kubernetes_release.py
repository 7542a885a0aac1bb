"""Whether the cluster's Kubernetes has what the allocation of its pools needs, and is what its document says."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.clusters.live import LiveCluster
from slicewise.diagnostics import Code, Found, Severity, are, some
from slicewise.documents import OLDEST_RELEASE, Allocation, InferenceEnvironment, is_before_release

_WHY = {
    Allocation.EXTENDED_RESOURCE: (
        "up to 1.35 its scheduler gives no devices to pods that ask for a resource of a DeviceClass, unless the "
        "feature gate DRAExtendedResource is on"
    ),
    Allocation.CLAIM: "resource.k8s.io/v1, which has claims, is there from 1.34",
}


def check_kubernetes(cluster: LiveCluster, environment: InferenceEnvironment) -> Iterator[Found]:
    """Yield that the cluster's Kubernetes is too old for its pools, or is another than its document says."""
    version = cluster.version
    if version is None:
        return
    pools = environment.spec.node_pools
    too_old = {
        each: [pool.name for pool in pools if pool.allocation is each]
        for each, oldest in OLDEST_RELEASE.items()
        if is_before_release(version, oldest)
    }
    for allocation, names in too_old.items():
        if names:
            oldest = OLDEST_RELEASE[allocation]
            yield Found(
                Code.OLD_KUBERNETES,
                Severity.ERROR,
                f"the cluster has Kubernetes {version}, and {some(names)} {are(len(names))} declared with allocation: "
                f"{allocation.value}, which needs {oldest}: {_WHY[allocation]}",
                f"upgrade the cluster to {oldest}, or write {_instead(allocation, version)}",
                facts={"version": version, "oldest": oldest, "allocation": allocation.value},
            )
    declared = environment.spec.kubernetes_version
    if declared and not any(too_old.values()) and _release(declared) != _release(version):
        yield Found(
            Code.OTHER_KUBERNETES,
            Severity.WARNING,
            f"the cluster has Kubernetes {version}, kubernetesVersion: {declared} is declared",
            f"write kubernetesVersion: {_release(version)}",
            facts={"version": version, "declared": declared},
        )


def _instead(allocation: Allocation, version: str) -> str:
    newer = not is_before_release(version, OLDEST_RELEASE[Allocation.CLAIM])
    has_claims = allocation is Allocation.EXTENDED_RESOURCE and newer
    return "allocation: claim" if has_claims else "allocation: devicePlugin and run the device plugin on these nodes"


def _release(version: str) -> str:
    return ".".join(version.split(".")[:2])
