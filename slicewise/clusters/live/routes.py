"""HTTPRoutes that KServe made (gateway.networking.k8s.io/v1), and what Gateways say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slicewise.clusters.live.services import ServiceKey
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import SERVICE_KIND

# What KServe v0.20 waits for (pkg/controller/v1alpha2/llmisvc/router_discovery.go, areGatewayConditionsReady).
_WANTED: Final = ("Accepted", "ResolvedRefs")


@dataclass(frozen=True, slots=True)
class RouteParent:
    """What the controller of a Gateway says of a route.

    Attributes:
        gateway: The Gateway's namespace and name.
        refused: The condition that keeps requests out, and what is wrong with it, in the controller's words; None where
            there is none.
    """

    gateway: tuple[str, str]
    refused: str | None


@dataclass(frozen=True, slots=True)
class LiveRoute:
    """A route that is there.

    Attributes:
        name: Its name.
        service: The LLMInferenceService whose route it is; None for anybody else's.
        parents: What is said of it, by those that say whether they accept it.
    """

    name: str
    service: ServiceKey | None
    parents: tuple[RouteParent, ...]


def live_route(route: Mapping[str, Any]) -> LiveRoute:
    """Read an HTTPRoute as the API server writes it (JSON)."""
    metadata = mapping(route.get("metadata"))
    namespace = text(metadata.get("namespace"))
    owners = [each for each in items(metadata.get("ownerReferences")) if each.get("kind") == SERVICE_KIND]
    generation = metadata.get("generation")
    return LiveRoute(
        text(metadata.get("name")),
        (namespace, text(owners[0].get("name"))) if owners else None,
        tuple(
            _parent(each, namespace, generation)
            for each in items(mapping(route.get("status")).get("parents"))
            # Controllers of policies write of a route, too, and do not say whether it is accepted.
            if any(said.get("type") == "Accepted" for said in items(each.get("conditions")))
        ),
    )


def _parent(parent: Mapping[str, Any], namespace: str, generation: object) -> RouteParent:
    reference = mapping(parent.get("parentRef"))
    conditions = {text(each.get("type")): each for each in items(parent.get("conditions"))}
    refused = next((why for name in _WANTED if (why := _missing(name, conditions.get(name), generation))), None)
    return RouteParent((text(reference.get("namespace")) or namespace, text(reference.get("name"))), refused)


def _missing(name: str, condition: Mapping[str, Any] | None, generation: object) -> str | None:
    """Return why a condition is not true of this generation of the route; None where it is."""
    if condition is None:
        return f"{name} is not said yet"
    if condition.get("status") != "True":
        said = [text(condition.get(key)) for key in ("reason", "message")]
        return f"{name} is not True: {', '.join(filter(None, said)) or 'no reason is given'}"
    observed = condition.get("observedGeneration")
    if isinstance(observed, int) and isinstance(generation, int) and 0 < observed < generation:
        return f"{name} is said of an earlier version of the route"
    return None
