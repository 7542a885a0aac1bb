"""Whether each environment is the cluster that it was, and whether two environments are one cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final

from slicewise.clusters.live import ExistingObjects
from slicewise.clusters.verify import led_elsewhere
from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.manifests import (
    SERVICE_KIND,
)

from ..environment_plan import EnvironmentPlan
from ..stack_config import StackConfig
from ..state import KnownCluster

_ROLE: Final = "docs/kubeconfigs.md (What the credential may do)"


def exchanged(
    config: StackConfig,
    before: Mapping[str, KnownCluster],
    here: EnvironmentPlan,
    known: KnownCluster | None,
    there: ExistingObjects,
) -> Diagnostic | None:
    """Return what is wrong where an environment leads to another cluster than the one that has its services."""
    name, uid = here.environment, there.uid
    if known is None or uid is None or uid in (known.uid, config.accept_clusters.get(name)) or not here.before:
        return None
    others = [other for other, cluster in before.items() if cluster.uid == uid]
    told = f", and that is the cluster of environment {others[0]}" if others else ""
    message = (
        f"{led_elsewhere(name, uid, known.uid, told)}. Put the right kubeconfig back; or, if this cluster takes the "
        "other's place, let `pulumi up` make all services in it and leave what the old cluster has: "
        f"{config.how_to_set('acceptClusters', uid, name)}"
    )
    return Diagnostic.error(
        Code.OTHER_CLUSTER, message, field="spec.cluster", subject=Subject("InferenceEnvironment", name)
    )


def unidentified(environment: str, there: ExistingObjects) -> Iterator[Diagnostic]:
    """Yield that it would not be noticed if the environment's kubeconfig led to another cluster."""
    if there.uid is None:
        message = (
            "the uid of namespace kube-system, which is the cluster's identity, is unreadable: a cluster that is "
            "rebuilt or exchanged would not be noticed"
        )
        remedy = f"let the credential get that namespace, as {_ROLE} has it"
        yield Diagnostic.warning(
            Code.CLUSTER_NOT_IDENTIFIED, message, remedy, subject=Subject("InferenceEnvironment", environment)
        )


def declared_twice(
    declared: Mapping[str, EnvironmentPlan], existing: Mapping[str, ExistingObjects]
) -> Iterator[Diagnostic]:
    """Yield what two environments that are one cluster would both apply."""
    for one, other in _same_clusters(existing):
        both = set(declared[one].names) & set(declared[other].names)
        for name in sorted(each for each in both if each.kind == SERVICE_KIND):
            message = f"environments {one} and {other} are one cluster, and the plan has it in both"
            remedy = "describe the cluster in one environment"
            subject = Subject("ModelDeployment", name.name, name.namespace)
            yield Diagnostic.error(Code.ONE_OBJECT_TWICE, message, remedy, field="spec.environments", subject=subject)


def one_cluster_twice(existing: Mapping[str, ExistingObjects], addresses: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield environments that are one cluster though their kubeconfigs have different servers."""
    for one, other in _same_clusters(existing):
        if addresses.get(one) != addresses.get(other):
            message = (
                f"leads to the cluster {existing[one].uid}, as environment {one} does; what both describe is counted "
                "twice: describe it in one environment"
            )
            yield Diagnostic.warning(
                Code.ONE_SERVER_TWICE, message, field="spec.cluster", subject=Subject("InferenceEnvironment", other)
            )


def _same_clusters(existing: Mapping[str, ExistingObjects]) -> Iterator[tuple[str, str]]:
    for one, other in combinations(sorted(existing), 2):
        if existing[one].uid is not None and existing[one].uid == existing[other].uid:
            yield one, other
