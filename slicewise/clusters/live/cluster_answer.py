"""A cluster as far as its kubeconfig leads there: what was read, or why nothing could be."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from slicewise.clusters.access import close_client, open_client, refusal_of
from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.reader import read_cluster


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing of a cluster could be read.

    Attributes:
        reason: Why, and what to do; nothing of the kubeconfig is in it.
    """

    reason: str


async def read_or_refusal(kubeconfig: str) -> LiveCluster | Unreadable:
    """Return what the cluster of `kubeconfig`, a text that has been checked, has; else why it could not be read."""
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return Unreadable(refusal_of(error).message)
    try:
        return await read_cluster(client)
    except Exception as error:  # noqa: BLE001 - the same
        return Unreadable(f"{refusal_of(error).message}{_remedy(error)}")
    finally:
        await close_client(client)


def _remedy(error: Exception) -> str:
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    if isinstance(error, httpx2.HTTPStatusError) and error.response.status_code == HTTPStatus.FORBIDDEN:
        return "; give its user get and list on nodes, pods and namespaces"
    return ""
