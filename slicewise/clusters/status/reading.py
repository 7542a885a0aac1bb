"""Reading the services of a cluster, or why they cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from slicewise.clusters.live import Unreadable, answer_or_refusal
from slicewise.clusters.readiness import ObservedServices, observe_all

_NO_KSERVE: Final = Unreadable("KServe is not installed there: LLMInferenceService is unknown", "install KServe")
_RIGHTS: Final = (
    "give its user get and list on llminferenceservices.serving.kserve.io, deployments, leaderworkersets and pods"
)


async def read_services(kubeconfig: str, namespaces: Iterable[str]) -> ObservedServices | Unreadable:
    """Return what a cluster has of services; else why that could not be read, with nothing of the kubeconfig in it.

    Args:
        kubeconfig: How it is reached, a text that has been checked.
        namespaces: Those of the plan: they are read one by one where this user may not list everywhere.
    """
    return await answer_or_refusal(kubeconfig, lambda client: observe_all(client, namespaces), _RIGHTS, _NO_KSERVE)
