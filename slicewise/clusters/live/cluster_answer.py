"""A cluster as far as its kubeconfig leads there: what was read, or why nothing could be."""

from __future__ import annotations

from typing import Final

from slicewise.clusters.access import close_client, open_client, refusal
from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.reader import read_cluster

_FORBIDDEN: Final = 403


async def read_or_refusal(kubeconfig: str) -> LiveCluster | str:
    """Return what the cluster of `kubeconfig`, a text that has been checked, has; else why it could not be read.

    The reason holds nothing of the kubeconfig.
    """
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return refusal(error)
    try:
        return await read_cluster(client)
    except Exception as error:  # noqa: BLE001 - the same
        return f"{refusal(error)}{_remedy(error)}"
    finally:
        await close_client(client)


def _remedy(error: Exception) -> str:
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    if isinstance(error, httpx2.HTTPStatusError) and error.response.status_code == _FORBIDDEN:
        return "; give its user get and list on nodes, pods and namespaces"
    return ""
