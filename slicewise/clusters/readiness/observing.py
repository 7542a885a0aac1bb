"""What a cluster has of services: the LLMInferenceService, the workload that KServe made of it, and its pods."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from slicewise.clusters.live import Right, ServiceKey
from slicewise.clusters.readiness.pods import ExpectedService, Observed
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import (
    COMPONENT_LABEL,
    KSERVE_API_VERSION,
    LEADER_WORKER_SET_API_VERSION,
    LEADER_WORKER_SET_KIND,
    NAME_LABEL,
    PREFILL_COMPONENT,
    SERVICE_KIND,
    KubernetesObject,
)

if TYPE_CHECKING:
    from lightkube import AsyncClient

# KServe cuts long names its own way; these labels it sets on everything, NAME_LABEL to the name of the service.
_OURS: Final = {"app.kubernetes.io/part-of": "llminferenceservice"}
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class ObservedServices:
    """The services of a cluster.

    Attributes:
        services: All that are there, whoever made them.
        unread: The rights that this user lacks to list workloads and pods: what is judged by them is not known.
    """

    services: Mapping[ServiceKey, Observed]
    unread: tuple[Right, ...] = ()


async def observe(client: AsyncClient, expected: ExpectedService) -> Observed:
    """Return what the cluster has of one service.

    Raises:
        httpx2.HTTPError: the API server refuses (lightkube.ApiError), fails, or does not answer.
    """
    services, groups, deployments, pods = _kinds()
    labels = {NAME_LABEL: expected.service, **_OURS}
    where = {"namespace": expected.namespace}
    service, made, running = await asyncio.gather(
        _list(client, services, fields={"metadata.name": expected.service}, **where),
        _list(client, groups if expected.multi_node else deployments, labels=labels, **where),
        _list(client, pods, labels=labels, **where),
    )
    observed = _observed(service[0] if service else None, made, running)
    return observed if expected.prefill else replace(observed, prefill=None)


async def observe_all(client: AsyncClient, namespaces: Iterable[str]) -> ObservedServices:
    """Return all services of a cluster; where this user may list them in no more than some namespaces, those of these.

    Raises:
        httpx2.HTTPError: the API server refuses to list services (lightkube.ApiError), fails, or does not answer.
    """
    _, groups, deployments, pods = _kinds()
    chosen = sorted(set(namespaces))
    # Without services nothing can be said; the first question also shows whether the kind is known.
    there = await list_services(client, chosen)
    of_deployments, no_deployments = await _list_where_allowed(client, deployments, chosen, labels=_OURS)
    of_groups, no_groups = await _list_where_allowed(client, groups, chosen, labels=_OURS)
    running, no_pods = await _list_where_allowed(client, pods, chosen, labels=_OURS)
    made_of, pods_of = _by_service(of_deployments + of_groups), _by_service(running)
    # Without a service that spans nodes, KServe makes no groups of them.
    spanning = {_key(each)[0] for each in there if "worker" in mapping(each.get("spec"))}
    no_groups = [each for each in no_groups if spanning and each.namespace in (None, *spanning)]
    return ObservedServices(
        {key: _observed(each, made_of.get(key, ()), pods_of.get(key, ())) for each in there for key in [_key(each)]},
        (*no_deployments, *no_groups, *no_pods),
    )


async def list_services(client: AsyncClient, namespaces: Iterable[str]) -> list[KubernetesObject]:
    """Return the LLMInferenceServices of a cluster, or where this user may not list all, those of some namespaces.

    Raises:
        httpx2.HTTPError: the API server refuses to list services (lightkube.ApiError), fails, or does not answer.
    """
    services, *_ = _kinds()
    found, _ = await _list_where_allowed(client, services, sorted(set(namespaces)), needed=True)
    return found


def _key(item: KubernetesObject) -> ServiceKey:
    metadata = mapping(item.get("metadata"))
    return text(metadata.get("namespace")), text(metadata.get("name"))


def _kinds() -> tuple[Any, Any, Any, Any]:
    # Imported here: it takes 0.1 s, and plans without clusters do not need it.
    from lightkube.generic_resource import create_namespaced_resource  # noqa: PLC0415
    from lightkube.resources.apps_v1 import Deployment  # noqa: PLC0415
    from lightkube.resources.core_v1 import Pod  # noqa: PLC0415

    group, _, version = KSERVE_API_VERSION.partition("/")
    services = create_namespaced_resource(group, version, SERVICE_KIND, "llminferenceservices")
    group, _, version = LEADER_WORKER_SET_API_VERSION.partition("/")
    groups = create_namespaced_resource(group, version, LEADER_WORKER_SET_KIND, "leaderworkersets")
    return services, groups, Deployment, Pod


async def _list(client: AsyncClient, kind: Any, **query: Any) -> list[KubernetesObject]:  # noqa: ANN401 - lightkube's
    found: list[KubernetesObject] = [item.to_dict() async for item in client.list(kind, chunk_size=_PAGE, **query)]
    return found


async def _list_where_allowed(
    client: AsyncClient,
    kind: Any,  # noqa: ANN401 - lightkube makes these classes
    namespaces: Sequence[str],
    *,
    needed: bool = False,
    **query: Any,  # noqa: ANN401 - the same
) -> tuple[list[KubernetesObject], list[Right]]:
    """Return the objects of a kind, everywhere or else in the namespaces that matter, and the rights that it lacks."""
    import httpx2  # noqa: PLC0415

    found: list[KubernetesObject] = []
    missing: list[Right] = []
    for namespace in ("*", *namespaces):
        try:
            found += await _list(client, kind, namespace=namespace, **query)
        except httpx2.HTTPStatusError as error:
            code = error.response.status_code
            if code == HTTPStatus.NOT_FOUND and not needed:
                return [], []
            last = namespace != "*" or not namespaces
            if code != HTTPStatus.FORBIDDEN or (needed and last):
                raise
            if last:
                missing.append(_listing(kind, None if namespace == "*" else namespace))
        else:
            if namespace == "*":
                return found, []
    return found, missing


def _listing(kind: Any, namespace: str | None) -> Right:  # noqa: ANN401 - lightkube's
    from lightkube.core.resource import api_info  # noqa: PLC0415

    info = api_info(kind)
    return Right(info.resource.group, info.plural, "list", namespace)


def _by_service(objects: Iterable[KubernetesObject]) -> Mapping[ServiceKey, list[KubernetesObject]]:
    found: dict[ServiceKey, list[KubernetesObject]] = defaultdict(list)
    for each in objects:
        metadata = mapping(each.get("metadata"))
        found[text(metadata.get("namespace")), text(mapping(metadata.get("labels")).get(NAME_LABEL))].append(each)
    return found


def _observed(
    service: KubernetesObject | None, made: Sequence[KubernetesObject], pods: Sequence[KubernetesObject]
) -> Observed:
    """Return a service with what was made of it, its prefill workload apart if there is any of one."""
    uid = mapping(service.get("metadata")).get("uid") if service else None
    own = [item for item in made if _is_workload(item, uid)]
    main, prefill = (
        Observed(
            service,
            next((item for item in own if _is_of_prefill(item) == is_prefill), None),
            [pod for pod in pods if _is_of_prefill(pod) == is_prefill],
        )
        for is_prefill in (False, True)
    )
    return replace(main, prefill=prefill)


def _is_of_prefill(item: KubernetesObject) -> bool:
    return mapping(mapping(item.get("metadata")).get("labels")).get(COMPONENT_LABEL) == PREFILL_COMPONENT


def _is_workload(item: KubernetesObject, uid: str | None) -> bool:
    """Return whether `item` runs the model of the service with `uid`: KServe makes a scheduler's Deployment, too."""
    metadata = mapping(item.get("metadata"))
    component = text(mapping(metadata.get("labels")).get(COMPONENT_LABEL))
    owned = any(owner.get("uid") == uid for owner in items(metadata.get("ownerReferences")))
    return component.startswith("llminferenceservice-workload") and owned
