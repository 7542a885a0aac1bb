"""A cluster as far as its kubeconfig leads there: what was read, or why nothing could be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

from slicewise.clusters.access import close_client, open_client, refusal_of
from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.reader import read_cluster
from slicewise.clusters.live.rights import THE_RIGHTS

if TYPE_CHECKING:
    from lightkube import AsyncClient

_RIGHTS: Final = f"let its user list nodes: give it {THE_RIGHTS}"
_Answer = TypeVar("_Answer")


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
    return await answer_or_refusal(kubeconfig, lambda client: read_cluster(client, named), _RIGHTS)


async def answer_or_refusal(
    kubeconfig: str, ask: Callable[[AsyncClient], Awaitable[_Answer]], rights: str, unknown: Unreadable | None = None
) -> _Answer | Unreadable:
    """Return what a cluster answers; else why it did not, with nothing of the kubeconfig in it.

    Args:
        kubeconfig: How it is reached, a text that has been checked.
        ask: What asks it.
        rights: What to do if its user may not ask that.
        unknown: What is said if it does not serve what is asked for; the error itself if omitted.
    """
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return _unreadable(error, rights, unknown)
    try:
        return await ask(client)
    except Exception as error:  # noqa: BLE001 - the same
        return _unreadable(error, rights, unknown)
    finally:
        await close_client(client)


def _unreadable(error: Exception, rights: str, unknown: Unreadable | None) -> Unreadable:
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    code = error.response.status_code if isinstance(error, httpx2.HTTPStatusError) else None
    if unknown is not None and code == HTTPStatus.NOT_FOUND:
        return unknown
    refusal = refusal_of(error)
    forbidden = code == HTTPStatus.FORBIDDEN
    remedy = "; ".join(filter(None, (refusal.remedy, rights if forbidden else "")))
    return Unreadable(refusal.message, remedy, forbidden)
