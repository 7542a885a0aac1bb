"""Declared against real before anything is declared to Pulumi, unless `slicewise:verify` is false."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

import pulumi

from slicewise.clusters.live import LiveCluster, ObjectName, Unreadable, read_or_refusal
from slicewise.diagnostics import (
    Code,
    Diagnostic,
    difference_line,
    errors_first,
    fixed_by_update,
    lacks_rights,
    printable,
    printable_lines,
    stops_update,
)
from slicewise.documents import Fleet
from slicewise.planning import Plan, PreviousPlacement

from ..object_handling import Handling
from ..stack_config import KubeconfigSourceName, StackConfig
from .skipping import Skipped, SkipReason, skip_or_fail


async def verify_clusters(
    config: StackConfig,
    fleet: Fleet,
    plan: Plan,
    previous: Sequence[PreviousPlacement],
    kubeconfigs: Mapping[str, pulumi.Output[str]],
    *,
    stacks: AbstractSet[str],
    handlings: Mapping[str, Handling],
) -> Skipped:
    """Read every cluster that exists, and compare it with its environment; warnings are logged.

    Nothing is read where the stack does not want it. Where the stack does not say, it is only noted what the credential
    may not read.

    Args:
        config: The stack's configuration.
        fleet: What is declared.
        plan: The plan for it.
        previous: What the stack had before.
        kubeconfigs: How clusters are reached, by environment.
        stacks: What the stack is called, and was.
        handlings: How objects are declared, from which it is known what the stack takes over.

    Returns:
        The environments that are left as they are, because something must be fixed there before the plan can run, or
        they cannot be read; with the reasons.

    Raises:
        pulumi.RunError: there are such, and `onUnreachable` is fail; it has everything that was found.
    """
    if config.verify is False or (config.verify is None and config.kubeconfig_source is KubeconfigSourceName.NONE):
        return {}
    if config.kubeconfig_source is KubeconfigSourceName.NONE:
        verify, source = config.where("verify")[0], config.where("kubeconfigSource")[0]
        message = f"nothing is verified: {verify} is true, and {source} none leads to no cluster"
        pulumi.log.warn(f"{message} [{Code.NOT_VERIFIED.value}]")
        return {}
    from slicewise.clusters.verify import Creates, compare_clusters, objects_named  # noqa: PLC0415 - most previews verify nothing

    # Clusters that the stack makes have no kubeconfig here, and need no comparison.
    names = sorted(kubeconfigs)
    named = objects_named(fleet, plan)
    answers = await asyncio.gather(*(_read(kubeconfigs[name], named.get(name, ())) for name in names))
    read = {name: answer for name, answer in zip(names, answers, strict=True) if isinstance(answer, LiveCluster)}
    refused = {name: answer for name, answer in zip(names, answers, strict=True) if isinstance(answer, Unreadable)}
    unread = [
        SkipReason(name, f"{name}: {answer.text} [{Code.CLUSTER_UNREADABLE.value}]", Code.CLUSTER_UNREADABLE)
        for name, answer in refused.items()
        if config.verify or not answer.forbidden
    ]
    for name in refused.keys() - {reason.environment for reason in unread}:
        _note(f"{name}: not verified: {refused[name].text} [{Code.CLUSTER_UNREADABLE.value}]")
    taken = {name: handling.forced_services for name, handling in handlings.items()}
    verified = compare_clusters(
        fleet,
        plan,
        read,
        previous,
        creates=Creates(config.create_namespaces, config.create_device_classes),
        stacks=stacks,
        taken=taken,
    )
    # `settle` has refused services of other stacks already (SW420 to SW424).
    differences = [each for each in verified.differences if each.code is not Code.SERVICE_OF_ANOTHER]
    for each in differences:
        if not _stops(each, config) and not fixed_by_update(each):
            told = f"{difference_line(each)}; {each.remedy}"
            if each.code is Code.CLUSTER_UNREADABLE and config.verify is None:
                _note(told)
            else:
                pulumi.log.warn(printable(told))
    stopping = [each for each in errors_first(differences) if _stops(each, config)]
    errors = [
        SkipReason(each.subject.name, printable_lines(f"{difference_line(each)}\n    remedy: {each.remedy}"), each.code)
        for each in stopping
    ]
    differ = any(map(stops_update, stopping))
    found = "what is declared and what the clusters have differ" if differ else "clusters cannot be read"
    names_of_all = [environment.metadata.name for environment in fleet.environments]
    return skip_or_fail(config, names_of_all, [*unread, *errors], found)


def _stops(difference: Diagnostic, config: StackConfig) -> bool:
    """Return whether an update must not begin: where the stack asks for the comparison, all of it has to be made."""
    return stops_update(difference) or (config.verify is True and lacks_rights(difference))


def _note(text: str) -> None:
    pulumi.log.info(printable(text))


async def _read(kubeconfig: pulumi.Output[str], named: Collection[ObjectName]) -> LiveCluster | Unreadable:
    return await read_or_refusal(str(await kubeconfig.future()), named)
