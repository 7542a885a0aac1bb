"""`slicewise discover`: from a kubeconfig to the environment that describes its cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from slicewise.cli.kubeconfigs import read_kubeconfig
from slicewise.clusters.access import can_be_read, check_kubeconfig, not_a_file, unreachable
from slicewise.clusters.discover import NothingToDeclareError, describe_cluster, dns_label
from slicewise.clusters.live import Unreadable, read_or_refusal
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place
from slicewise.documents import DNS_LABEL, REFERENCE
from slicewise.presentation import waiting_bar

if TYPE_CHECKING:
    from slicewise.clusters.live import LiveCluster

_LONGEST_NAME: Final = 63


def checked_name(name: str | None) -> str | None:
    """Return `name` if a document can have it.

    Raises:
        typer.BadParameter: it cannot.
    """
    if name is not None and (len(name) > _LONGEST_NAME or not DNS_LABEL.fits(name)):
        raise typer.BadParameter("not a DNS label; expected lower-case letters, digits and dashes, at most 63")
    return name


def checked_secret(name: str | None) -> str | None:
    """Return `name` if a secret can be called so.

    Raises:
        typer.BadParameter: it cannot.
    """
    if name is not None and not REFERENCE.fits(name):
        raise typer.BadParameter("not a name that a secret can have; expected letters, digits and any of /_+=.@:-")
    return name


def discover_environment(
    kubeconfig: Path | None, context: str | None, name: str | None, secret: str | None, stack: str | None = None
) -> str:
    """Return the YAML that describes the cluster which a kubeconfig leads to.

    Args:
        kubeconfig: Its file; None for the one that kubectl would use.
        context: The context, if not the current one.
        name: The environment's name; made from the context's where None.
        secret: The name of the secret that holds the kubeconfig; the environment's with `-kubeconfig` where None.
        stack: The stack that the document is for: what services of others hold is reserved. None: it is not known.

    Raises:
        InvalidInputError: the kubeconfig cannot be used (SW402, SW403, SW407, SW408), the cluster cannot be read
            (SW404, SW621), or it has no GPUs (SW604).
    """
    where = str(kubeconfig) if kubeconfig else "the kubeconfig that kubectl would use"
    if kubeconfig is not None and not can_be_read(kubeconfig):
        raise _error(where, not_a_file(kubeconfig), Code.KUBECONFIG_MISSING)
    text, current = read_kubeconfig(where, str(kubeconfig) if kubeconfig else None, context)
    chosen = name or dns_label(current, _LONGEST_NAME) or "cluster"
    with waiting_bar("reading the cluster", 1):
        answer = asyncio.run(_ask(where, text))
    if isinstance(answer, Unreadable):
        raise _error(where, answer.reason, Code.CLUSTER_UNREADABLE, answer.remedy)
    try:
        return describe_cluster(answer, chosen, secret or f"{chosen}-kubeconfig", current, stack)
    except NothingToDeclareError as error:
        raise _error(where, f"the cluster has nothing to declare: {error}", Code.NO_GPU_RESOURCE) from None


async def _ask(where: str, text: str) -> LiveCluster | Unreadable:
    found = check_kubeconfig(text)
    reason = await unreachable(found.server) if found.server else None
    if reason:
        message = f"{found.address} does not answer ({reason})"
        raise _error(where, message, Code.CLUSTER_UNREACHABLE, "check the address, the VPN and the firewall")
    return await read_or_refusal(text)


def _error(where: str, message: str, code: Code, remedy: str = "") -> InvalidInputError:
    return InvalidInputError([Diagnostic.error(code, message, remedy, place=Place(where))])
