"""Which shares KServe's routes give to the services of a group, and whether the gateway has read them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedded.gateway_api import HTTPRoute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lightkube import Client
    from lightkube.generic_resource import GenericNamespacedResource

# The one for chat completions at the address that the whole group has.
_RULE = "v1-chat-completions-publisher-path"
_QUIET_SECONDS = 2


def are_settled(client: Client, namespace: str, weights: Mapping[str, int]) -> bool:
    """Return whether the routes of all services in `weights` have had these weights for some seconds.

    KServe leaves a service out of the routes of its group while that service's own route is not accepted, as it is not
    whenever it was just written. So for some seconds after a change each route has, in turns, its own service only and
    all of them.
    """
    end = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < end:
        if not _all_say(client, namespace, weights):
            return False
        time.sleep(0.1)
    return True


def _all_say(client: Client, namespace: str, weights: Mapping[str, int]) -> bool:
    wanted = {f"{service}-kserve-route" for service in weights}
    found = client.list(HTTPRoute, namespace=namespace)
    routes = [route for route in found if route.metadata and route.metadata.name in wanted]
    return len(routes) == len(wanted) and all(_is_read(route) and _weights(route) == weights for route in routes)


def _weights(route: GenericNamespacedResource) -> dict[str, int]:
    (backends,) = (rule["backendRefs"] for rule in route["spec"]["rules"] if rule["name"] == _RULE)
    return {each["name"].removesuffix("-kserve-workload-svc"): each["weight"] for each in backends}


def _is_read(route: GenericNamespacedResource) -> bool:
    parents = (route.get("status") or {}).get("parents", [])
    conditions = [condition for parent in parents for condition in parent["conditions"]]
    generation = route.metadata and route.metadata.generation
    return bool(conditions) and {each["observedGeneration"] for each in conditions} == {generation}
