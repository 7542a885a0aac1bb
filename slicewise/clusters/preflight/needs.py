"""What a plan needs of one cluster before anything is declared there: kinds that are served, and rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from slicewise.clusters.live import (
    INFERENCE_POOLS,
    NODE_GROUPS,
    ROUTES,
    ApiKind,
    KindInNamespace,
    ObjectName,
    Right,
    group_of,
)
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    CONFIG_KIND,
    DEVICE_CLASS_KIND,
    DEVICES_API_VERSION,
    KEDA_API_VERSION,
    KSERVE_API_VERSION,
    LEADER_WORKER_SET_API_VERSION,
    LEADER_WORKER_SET_KIND,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
    KubernetesObject,
)
from slicewise.planning import PreviousPlacement

# Pulumi's provider applies with patch (create, where the object is new), reads with get, and waits for a deletion with
# list and watch: without these two it asks again and again, and takes three minutes to notice that an object is gone.
_DECLARING: Final = ("create", "delete", "get", "list", "patch", "watch")
# What stays in the cluster when it leaves the stack.
_RETAINING: Final = ("create", "get", "list", "patch")
_MAKING_NAMESPACES: Final = ("create", "get", "patch")
_LEAVING: Final = ("delete", "get", "list", "watch")
_NAMESPACES: Final = "namespaces"
# For services that leave, only the kind is known.
_VERSIONS: Final = {
    SERVICE_KIND: KSERVE_API_VERSION,
    SCALED_OBJECT_KIND: KEDA_API_VERSION,
    CLAIM_TEMPLATE_KIND: DEVICES_API_VERSION,
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a plan needs of one cluster."""

    kinds: frozenset[ApiKind] = frozenset()
    rights: frozenset[Right] = frozenset()
    places: frozenset[KindInNamespace] = frozenset()
    """Where there may be something already."""
    namespaces: frozenset[str] = frozenset()
    """The namespaces that are to be made where they are missing."""
    required: frozenset[str] = frozenset()
    """The namespaces that must be there: the stack does not make them."""
    applied: tuple[KubernetesObject, ...] = ()
    """The services that an earlier plan had, as they are declared now: what is not as it was applied is tried."""


def needs_of(
    objects: Iterable[KubernetesObject],
    *,
    leaves: Iterable[PreviousPlacement] = (),
    makes_namespaces: bool = False,
    waits: bool = False,
    verifies: bool = False,
) -> Needs:
    """Return what declaring `objects` in one cluster needs.

    Args:
        objects: The objects.
        leaves: What an earlier plan had there, and may have to be deleted.
        makes_namespaces: Whether the objects' namespaces are made, too.
        waits: Whether what is applied is waited for.
        verifies: Whether the cluster is compared with what is declared. What else that reads, it may miss.
    """
    objects = list(objects)
    rights = {right for item in objects for right in _declaring(item)}
    rights |= {right for placement in leaves for right in _leaving(placement)}
    if makes_namespaces and objects:
        rights |= {Right("", _NAMESPACES, verb, None) for verb in _MAKING_NAMESPACES}
    if waits:
        rights |= {right for item in objects if item["kind"] == SERVICE_KIND for right in _waiting(item)}
    if verifies:
        rights.add(Right("", "nodes", "list", None))
    return Needs(
        kinds=frozenset(kind for item in objects for kind in _kinds(item)),
        rights=frozenset(rights),
    )


def spans_nodes(service: KubernetesObject) -> bool:
    """Return whether KServe makes a LeaderWorkerSet of the service, and no Deployment."""
    return "worker" in service["spec"]


def is_autoscaled(service: KubernetesObject) -> bool:
    """Return whether another decides how many replicas the service has: the ScaledObject beside it."""
    return "replicas" not in service["spec"]


def _kinds(item: KubernetesObject) -> Iterator[ApiKind]:
    """Yield an object's own kind, and what KServe makes of it that is not in every cluster."""
    yield ApiKind(item["apiVersion"], item["kind"])
    if item["kind"] == SERVICE_KIND:
        yield from kinds_made_of(item)


def kinds_made_of(service: KubernetesObject) -> Iterator[ApiKind]:
    """Yield the kinds that KServe makes of a service and that are not in every cluster."""
    if spans_nodes(service):
        yield NODE_GROUPS
    router = service["spec"].get("router")
    if router is not None:
        yield ROUTES
        if "scheduler" in router:
            yield INFERENCE_POOLS


def _declaring(item: KubernetesObject) -> Iterator[Right]:
    for verb in _RETAINING if item["kind"] in (CONFIG_KIND, DEVICE_CLASS_KIND) else _DECLARING:
        yield _right(item["kind"], item["apiVersion"], verb, item["metadata"].get("namespace"))


def needs_of_leaving(names: Iterable[ObjectName]) -> Needs:
    """Return what deleting services, and what scales them, needs; where they are is looked at before."""
    names = [name for name in names if name.kind in _VERSIONS]
    return Needs(
        rights=frozenset(right for name in names for right in _deleting(name.kind, name.namespace)),
        places=frozenset(
            KindInNamespace(_VERSIONS[name.kind], name.kind, resource_of(name.kind), name.namespace) for name in names
        ),
    )


def _leaving(placement: PreviousPlacement) -> Iterator[Right]:
    """Yield what deleting a service needs, and what scales it and its claims are made of, where there is that."""
    kinds = [SERVICE_KIND]
    kinds += [SCALED_OBJECT_KIND] if placement.autoscaled else []
    kinds += [CLAIM_TEMPLATE_KIND] if placement.claims else []
    for kind in kinds:
        yield from _deleting(kind, placement.key.namespace)


def _deleting(kind: str, namespace: str) -> Iterator[Right]:
    for verb in _LEAVING:
        yield _right(kind, _VERSIONS[kind], verb, namespace)


def _waiting(service: KubernetesObject) -> Iterator[Right]:
    """Yield what looking at the workload of a service needs: KServe makes another one of several nodes."""
    namespace = service["metadata"]["namespace"]
    yield Right("", "pods", "list", namespace)
    if spans_nodes(service):
        yield _right(LEADER_WORKER_SET_KIND, LEADER_WORKER_SET_API_VERSION, "list", namespace)
    else:
        yield Right("apps", "deployments", "list", namespace)


def _right(kind: str, api_version: str, verb: str, namespace: str | None) -> Right:
    return Right(group_of(api_version), resource_of(kind), verb, namespace)


def resource_of(kind: str) -> str:
    """Return what the API calls objects of `kind`: all kinds here have the regular plural."""
    return f"{kind.lower()}{'es' if kind.endswith('s') else 's'}"
