"""Reading the services of a cluster, or why they cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from slicewise.clusters.access import close_client, open_client, refusal_of
from slicewise.clusters.live import Unreadable
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
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return _unreadable(error)
    try:
        return await observe_all(client, namespaces)
    except Exception as error:  # noqa: BLE001 - the same
        return _unreadable(error)
    finally:
        await close_client(client)


def _unreadable(error: Exception) -> Unreadable:
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    code = error.response.status_code if isinstance(error, httpx2.HTTPStatusError) else None
    if code == HTTPStatus.NOT_FOUND:
        return _NO_KSERVE
    refusal = refusal_of(error)
    rights = _RIGHTS if code == HTTPStatus.FORBIDDEN else ""
    return Unreadable(refusal.message, "; ".join(filter(None, (refusal.remedy, rights))))
