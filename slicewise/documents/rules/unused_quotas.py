"""Quotas beside the other documents: of deployments and pools that are there."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Subject, closest, some
from slicewise.documents.fleet import Fleet
from slicewise.documents.quota import Quota

_SHOWN = 5


def check_unused_quotas(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield the quotas of `fleet` that count nothing: what they name is not there."""
    namespaces = {deployment.metadata.namespace for deployment in fleet.deployments}
    for quota in fleet.quotas:
        if fleet.deployments:
            yield from _of_nobody(fleet, quota, namespaces)
        if fleet.environments and not any(
            quota.covers(environment, pool)
            for environment in fleet.environments
            for pool in environment.spec.node_pools
        ):
            message = "no node pool has these labels, so that it counts nothing"
            remedy = "correct the labels, or give them to the environments and pools that are meant"
            field = (
                "spec",
                "nodePoolSelector" if quota.spec.node_pool_selector.match_labels else "environmentSelector",
            )
            yield _warning(quota, Code.QUOTA_OF_NO_POOL, message, remedy, field)


def _of_nobody(fleet: Fleet, quota: Quota, there: set[str]) -> Iterator[Diagnostic]:
    """Yield the namespaces that nothing is in, or that no deployment at all is counted."""
    missing = [name for name in quota.spec.namespaces if name not in there]
    for name in missing:
        close = closest(name, there)
        remedy = f'did you mean "{close}"?' if close else f"there is {some(sorted(there), _SHOWN)}"
        message = f"no deployment is in namespace {name}"
        index = quota.spec.namespaces.index(name)
        yield _warning(quota, Code.QUOTA_OF_NOBODY, message, remedy, ("spec", "namespaces", index))
    if not missing and not any(map(quota.is_of, fleet.deployments)):
        message = "no deployment of its namespaces has these labels, so that it counts nothing"
        remedy = "correct the labels, or give them to the deployments that are meant (metadata.labels)"
        yield _warning(quota, Code.QUOTA_OF_NOBODY, message, remedy, ("spec", "deploymentSelector"))


def _warning(quota: Quota, code: Code, message: str, remedy: str, field: FieldPath) -> Diagnostic:
    return Diagnostic.warning(code, message, remedy, field=field, subject=Subject("Quota", quota.name))
