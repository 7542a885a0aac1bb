"""A cluster as far as its kubeconfig leads there: what was read, or why nothing could be."""

from __future__ import annotations

from slicewise.access.client import open_client, refusal
from slicewise.inventory.facts import LiveCluster
from slicewise.inventory.reading import read_cluster


async def read_or_refusal(kubeconfig: str) -> LiveCluster | str:
    """Return what the cluster of `kubeconfig`, a text that has been checked, has; else why it could not be read.

    The reason holds nothing of the kubeconfig.
    """
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return f"the kubeconfig leads to no client ({type(error).__name__})"
    try:
        return await read_cluster(client)
    except Exception as error:  # noqa: BLE001 - the same
        return refusal(error)
    finally:
        await client.close()
