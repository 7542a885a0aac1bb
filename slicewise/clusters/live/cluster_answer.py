"""A cluster as far as its kubeconfig leads there: what was read, or why nothing could be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus

from slicewise.clusters.access import close_client, open_client, refusal_of
from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.reader import read_cluster


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing of a cluster could be read.

    Attributes:
        reason: Why; nothing of the kubeconfig is in it.
        remedy: What to do.
        forbidden: Whether it answers, and the credential may not read what everything else depends on.
    """

    reason: str
    remedy: str
    forbidden: bool = False

    @property
    def text(self) -> str:
        """The reason and what to do, in one sentence."""
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


async def read_or_refusal(kubeconfig: str, named: Collection[ObjectName] = ()) -> LiveCluster | Unreadable:
    """Return what a cluster has; else why it could not be read.

    Args:
        kubeconfig: How it is reached, a text that has been checked.
        named: The objects that are looked for by name.
    """
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return _unreadable(error)
    try:
        return await read_cluster(client, named)
    except Exception as error:  # noqa: BLE001 - the same
        return _unreadable(error)
    finally:
        await close_client(client)


def _unreadable(error: Exception) -> Unreadable:
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    refusal = refusal_of(error)
    forbidden = isinstance(error, httpx2.HTTPStatusError) and error.response.status_code == HTTPStatus.FORBIDDEN
    rights = "give its user get and list on nodes, pods and namespaces" if forbidden else ""
    return Unreadable(refusal.message, "; ".join(filter(None, (refusal.remedy, rights))), forbidden)
