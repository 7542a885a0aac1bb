"""What a user may do in a cluster, as its API server says: its rules where they are all there is, else one by one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slicewise.clusters.access import post_object
from slicewise.diagnostics import some
from slicewise.kubernetes import items, mapping

if TYPE_CHECKING:
    from lightkube import AsyncClient

# Of one cluster at a time: a plan of many namespaces is not a reason to flood a server.
_AT_ONCE: Final = 4
_ANY: Final = "*"
THE_RIGHTS: Final = "the rights of docs/kubeconfigs.md (What the credential may do)"
"""Where the rights that are needed are documented."""
_REVIEW: Final = {"apiVersion": "authorization.k8s.io/v1"}
_PATH: Final = "/apis/authorization.k8s.io/v1"


class Right(NamedTuple):
    """What a user may do.

    Attributes:
        group: The API group; empty for the core's.
        resource: The kind, as the API calls it: `pods`.
        verb: What is done: `list`.
        namespace: Where; None for all namespaces, and for what is in none.
    """

    group: str
    resource: str
    verb: str
    namespace: str | None

    @property
    def kind(self) -> str:
        """The resource with its group, as `kubectl auth can-i` takes it: `deployments.apps`."""
        return f"{self.resource}.{self.group}".rstrip(".")


def denials(denied: Iterable[Right]) -> str:
    """Say which rights are missing, those of the same namespaces together: `get, list pods in namespace team`."""
    verbs: defaultdict[tuple[str, str | None], list[str]] = defaultdict(list)
    for right in sorted(denied, key=lambda each: (each.group, each.resource, each.namespace or "", each.verb)):
        verbs[right.kind, right.namespace].append(right.verb)
    places: defaultdict[tuple[str, tuple[str, ...]], list[str | None]] = defaultdict(list)
    for (kind, namespace), missing in verbs.items():
        places[kind, tuple(missing)].append(namespace)
    kinds: defaultdict[tuple[tuple[str, ...], tuple[str | None, ...]], list[str]] = defaultdict(list)
    for (kind, lacking), namespaces in places.items():
        kinds[lacking, tuple(namespaces)].append(kind)
    return "; ".join(
        f"{', '.join(lacking)} {', '.join(named)} {_where(namespaces)}"
        for (lacking, namespaces), named in kinds.items()
    )


def right_facts(missing: Iterable[Right]) -> dict[str, Any]:
    """Return missing rights as JSON data: what a finding has as facts."""
    return {"rights": [each._asdict() for each in missing]}


def _where(namespaces: Sequence[str | None]) -> str:
    named = [each for each in namespaces if each is not None]
    inside = f"in namespace{'s' if len(named) > 1 else ''} {some(named)}" if named else ""
    return " and ".join(filter(None, (inside, "in the whole cluster" if None in namespaces else "")))


async def find_denied(client: AsyncClient, rights: Iterable[Right]) -> frozenset[Right] | None:
    """Return those of `rights` that this user lacks; None where it may not even ask for its own.

    Every user may ask, unless somebody has taken `system:basic-user` away.

    Raises:
        httpx2.HTTPError: the API server fails, or does not answer.
    """
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    by_namespace: defaultdict[str | None, list[Right]] = defaultdict(list)
    for right in sorted(rights, key=lambda each: (each.namespace or "", each)):
        by_namespace[right.namespace].append(right)
    at_once = asyncio.Semaphore(_AT_ONCE)
    try:
        found = await asyncio.gather(
            *(_denied_in(client, namespace, wanted, at_once) for namespace, wanted in by_namespace.items())
        )
    except httpx2.HTTPStatusError as error:
        if error.response.status_code not in (httpx2.codes.FORBIDDEN, httpx2.codes.NOT_FOUND):
            raise
        return None
    return frozenset(right for denied in found for right in denied)


def is_granted(right: Right, rules: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether `rules` (authorization.k8s.io/v1, ResourceRule) grant `right`.

    A rule for single objects (`resourceNames`) counts as one for all: which objects there are to be is not known here.
    """
    return any(
        _has(rule, "verbs", right.verb)
        and _has(rule, "apiGroups", right.group)
        and _has(rule, "resources", right.resource)
        for rule in rules
    )


def _has(rule: Mapping[str, Any], field: str, value: str) -> bool:
    named = rule.get(field) or ()
    return value in named or _ANY in named


async def _denied_in(
    client: AsyncClient, namespace: str | None, rights: Sequence[Right], at_once: asyncio.Semaphore
) -> list[Right]:
    if namespace is None:
        return await _denied_singly(client, rights, at_once)
    async with at_once:
        status = await _rules(client, namespace)
    missing = [right for right in rights if not is_granted(right, items(status.get("resourceRules")))]
    # Where others than RBAC decide, too (a cloud's own IAM), the rules are not all there is.
    return await _denied_singly(client, missing, at_once) if status.get("incomplete") else missing


async def _denied_singly(client: AsyncClient, rights: Sequence[Right], at_once: asyncio.Semaphore) -> list[Right]:
    async def may(right: Right) -> bool:
        async with at_once:
            return await _may(client, right)

    return [
        right for right, allowed in zip(rights, await asyncio.gather(*map(may, rights)), strict=True) if not allowed
    ]


async def _rules(client: AsyncClient, namespace: str) -> Mapping[str, Any]:
    review = {**_REVIEW, "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    answer = await post_object(client, f"{_PATH}/selfsubjectrulesreviews", review)
    return mapping(answer.get("status"))


async def _may(client: AsyncClient, right: Right) -> bool:
    asked = {"group": right.group, "resource": right.resource, "verb": right.verb, "namespace": right.namespace or ""}
    review = {**_REVIEW, "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": asked}}
    answer = await post_object(client, f"{_PATH}/selfsubjectaccessreviews", review)
    return mapping(answer.get("status")).get("allowed") is True
