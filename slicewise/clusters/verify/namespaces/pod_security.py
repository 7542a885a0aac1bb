"""Whether Pod Security lets a namespace have the pods that KServe makes of its services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.clusters.live import ENFORCE_LABEL
from slicewise.clusters.verify.namespaces.planned_pods import ADDED_CAPABILITIES, PlannedPods
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.manifests import STORAGE_INITIALIZER


def check_pod_security(namespace: str, enforced: str | None, pods: Sequence[PlannedPods]) -> Iterator[Found]:
    """Yield the services of a namespace of which its level refuses every pod; `privileged` and none refuse nothing."""
    if enforced in ("baseline", "restricted"):
        adding = [each for each in pods if each.adds_capabilities]
        if adding:
            added = ", ".join(f'"{name}"' for name in sorted(ADDED_CAPABILITIES))
            yield _refused(
                namespace,
                enforced,
                adding,
                f'non-default capabilities (container "main" must not include {added}), which KServe\'s preset for '
                "data parallelism over several nodes adds",
                "serve it on one node or with pipeline parallelism, or place it in a namespace that enforces "
                "privileged",
            )
    if enforced == "restricted":
        loose = [each for each in pods if not each.confined and not each.adds_capabilities]
        if loose:
            yield _refused(
                namespace,
                enforced,
                loose,
                f'container "{STORAGE_INITIALIZER}" does not set allowPrivilegeEscalation=false, runAsNonRoot=true, '
                "capabilities.drop=ALL and seccompProfile",
                f"kubectl label namespace {namespace} {ENFORCE_LABEL}=baseline --overwrite",
            )


def _refused(namespace: str, level: str, pods: Sequence[PlannedPods], why: str, remedy: str) -> Found:
    return Found(
        Code.POD_SECURITY,
        Severity.ERROR,
        f"namespace {namespace} enforces Pod Security {level}, which refuses every pod of "
        f"{some([str(each.deployment) for each in pods])}: {why}",
        remedy,
        facts={"level": level, "deployments": [str(each.deployment) for each in pods]},
    )
