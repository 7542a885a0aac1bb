"""One conversation with a cluster before anything is declared: what it serves, and what this user may do there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from slicewise.clusters.access import Cause, Refusal, close_client, open_client, refusal_of
from slicewise.clusters.live import (
    THE_RIGHTS,
    ApiKind,
    ExistingObjects,
    Right,
    find_denied,
    find_unserved,
    read_existing_objects,
)
from slicewise.clusters.preflight.dry_runs import try_applying
from slicewise.clusters.preflight.missing_namespaces import absent, ending
from slicewise.clusters.preflight.needs import Needs

if TYPE_CHECKING:
    from lightkube import AsyncClient

# More than a credential plugin's time, and enough for the requests behind it.
CONVERSATION_SECONDS: Final = 60.0
_RIGHTS: Final = f"give its user {THE_RIGHTS}, or take another credential"


@dataclass(frozen=True, slots=True)
class ClusterAnswer:
    """What a cluster said.

    Attributes:
        unserved: The kinds that are needed and not served, each with the versions of its group that are.
        denied: The rights that are needed and missing; None where the user may not ask for them.
        existing: What there is already where the plan puts something, and which cluster it is.
        absent: The namespaces that must be there and are not.
        ending: The namespaces that are needed and are being deleted.
    """

    unserved: tuple[tuple[ApiKind, tuple[str, ...]], ...] = ()
    denied: frozenset[Right] | None = frozenset()
    existing: ExistingObjects = field(default_factory=ExistingObjects)
    absent: tuple[str, ...] = ()
    ending: tuple[str, ...] = ()


async def ask_or_refusal(kubeconfig: str, needs: Needs) -> ClusterAnswer | Refusal:
    """Ask the cluster of `kubeconfig`, a text that has been checked, for what is needed; else why it cannot be asked.

    One client is opened, and closed again; its credential plugin runs once.
    """
    try:
        client = open_client(kubeconfig)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        return _refused(error)
    try:
        async with asyncio.timeout(CONVERSATION_SECONDS):
            return await ask(client, needs)
    except Exception as error:  # noqa: BLE001 - the same
        return _refused(error)
    finally:
        await close_client(client)


def _refused(error: Exception) -> Refusal:
    why = refusal_of(error)
    return replace(why, remedy=_RIGHTS) if why.cause is Cause.RIGHTS else why


async def ask(client: AsyncClient, needs: Needs) -> ClusterAnswer:
    """Ask the cluster of `client`; nothing is changed.

    Raises:
        Exception: whatever the libraries raise; `refusal_of` says what may be shown of it.
    """
    # The first request alone: it makes the connection, and has the credential fetched, for all that follow.
    unserved = await find_unserved(client, needs.kinds)
    denied = await find_denied(client, needs.rights)
    spaces = needs.namespaces | needs.required
    existing = await read_existing_objects(client, needs.places, spaces)
    tried = await try_applying(client, existing, needs.applied)
    return ClusterAnswer(
        unserved,
        denied,
        replace(existing, tried=tried),
        absent(existing, needs.required),
        ending(existing, spaces),
    )
