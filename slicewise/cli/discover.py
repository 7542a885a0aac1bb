"""`slicewise discover`: from a kubeconfig to the environment that describes its cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from slicewise.cli.command_inputs import fail
from slicewise.cli.kubeconfigs import read_kubeconfig
from slicewise.cli.option_checks import LONGEST_NAME
from slicewise.cli.options import EnvironmentName, KubeconfigContext, KubeconfigFile, SecretName, StackOfCluster
from slicewise.cli.results import print_result
from slicewise.clusters.access import can_be_read, check_kubeconfig, not_a_file, unreachable
from slicewise.clusters.discover import NOT_DESCRIBED, NothingToDeclareError, describe_cluster, dns_label
from slicewise.clusters.live import THE_RIGHTS, Right, Unreadable, denials, read_or_refusal
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place
from slicewise.presentation import waiting_bar

if TYPE_CHECKING:
    from slicewise.clusters.live import LiveCluster

_AMBIENT: Final = "the kubeconfig that kubectl would use"


def discover(
    kubeconfig: KubeconfigFile = None,
    context: KubeconfigContext = None,
    name: EnvironmentName = None,
    secret_name: SecretName = None,
    stack: StackOfCluster = None,
) -> None:
    """Write the InferenceEnvironment that describes a live cluster: its node pools, as nodes and labels show them.

    Reads the cluster and changes nothing. What labels do not show is left out, or has a comment that says CHECK.

    Example: slicewise discover --kubeconfig mig-a.kubeconfig --name mig-a > stacks/prod/mig-a.yaml
    """
    try:
        written, unread = discover_environment(kubeconfig, context, name, secret_name, stack)
    except InvalidInputError as error:
        fail(error)
    print_result(written.removesuffix("\n"))
    if unread:
        where = str(kubeconfig) if kubeconfig else _AMBIENT
        message = f"this user may not {denials(unread)}, so what depends on that is not in the document"
        fail(_error(where, message, Code.CLUSTER_UNREADABLE, f"give it {THE_RIGHTS}, and discover again"))


def discover_environment(
    kubeconfig: Path | None, context: str | None, name: str | None, secret: str | None, stack: str | None = None
) -> tuple[str, list[Right]]:
    """Return the YAML that describes the cluster which a kubeconfig leads to, and what it may not read for that.

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
    where = str(kubeconfig) if kubeconfig else _AMBIENT
    if kubeconfig is not None and not can_be_read(kubeconfig):
        raise _error(where, not_a_file(kubeconfig), Code.KUBECONFIG_MISSING)
    text, current = read_kubeconfig(where, str(kubeconfig) if kubeconfig else None, context)
    chosen = name or dns_label(current, LONGEST_NAME) or "cluster"
    with waiting_bar("reading the cluster", 1):
        answer = asyncio.run(_ask(where, text))
    if isinstance(answer, Unreadable):
        raise _error(where, answer.reason, Code.CLUSTER_UNREADABLE, answer.remedy)
    try:
        written = describe_cluster(answer, chosen, secret or f"{chosen}-kubeconfig", current, stack)
    except NothingToDeclareError as error:
        raise _error(where, f"the cluster has nothing to declare: {error}", Code.NO_GPU_RESOURCE) from None
    return written, [each.right for each in answer.unread if each not in NOT_DESCRIBED]


async def _ask(where: str, text: str) -> LiveCluster | Unreadable:
    found = check_kubeconfig(text)
    reason = await unreachable(found.server) if found.server else None
    if reason:
        message = f"{found.address} does not answer ({reason})"
        raise _error(where, message, Code.CLUSTER_UNREACHABLE, "check the address, the VPN and the firewall")
    return await read_or_refusal(text)


def _error(where: str, message: str, code: Code, remedy: str = "") -> InvalidInputError:
    return InvalidInputError([Diagnostic.error(code, message, remedy, place=Place(where))])
