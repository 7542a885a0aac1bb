"""Reading the services of a cluster, or why they cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from slicewise.clusters.live import (
    THE_RIGHTS,
    LiveService,
    ServiceKey,
    Unreadable,
    answer_or_refusal,
    live_service,
)
from slicewise.clusters.readiness import ObservedServices, list_services, observe_all

_NO_KSERVE: Final = Unreadable("KServe is not installed there: LLMInferenceService is unknown", "install KServe")
_RIGHTS: Final = f"let its user list llminferenceservices.serving.kserve.io: give it {THE_RIGHTS}"


async def read_services(kubeconfig: str, namespaces: Iterable[str]) -> ObservedServices | Unreadable:
    """Return what a cluster has of services; else why that could not be read, with nothing of the kubeconfig in it.

    Args:
        kubeconfig: How it is reached, a text that has been checked.
        namespaces: Those of the plan: they are read one by one where this user may not list everywhere.
    """
    return await answer_or_refusal(kubeconfig, lambda client: observe_all(client, namespaces), _RIGHTS, _NO_KSERVE)


async def read_services_alone(kubeconfig: str, namespaces: Iterable[str]) -> dict[ServiceKey, LiveService] | Unreadable:
    """Return the services of a cluster without what KServe made of them, with the same arguments."""
    found = await answer_or_refusal(kubeconfig, lambda client: list_services(client, namespaces), _RIGHTS, _NO_KSERVE)
    return found if isinstance(found, Unreadable) else {each.key: each for each in map(live_service, found)}
