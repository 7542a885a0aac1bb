"""Whose the services of an environment that leaves are: its cluster is asked with the kubeconfig that deletes them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from slicewise.clusters.access import Cause, KubeconfigError, Refusal, check_kubeconfig, read_context, unreachable
from slicewise.clusters.live import ExistingObjects
from slicewise.clusters.preflight import ClusterAnswer, Needs, ask_or_refusal, needs_of_leaving, rights_missing
from slicewise.diagnostics import Code

from ..clusters import SkipReason, skip_or_fail
from ..stack_config import KubeconfigSourceName, StackConfig
from ..state import KnownCluster, StackState
from .departures import Departures

# By which Pulumi's provider takes what it cannot reach for gone (provider.go, Configure); no other value counts.
_GONE: Final = ("PULUMI_K8S_DELETE_UNREACHABLE", "true")
_HEADING: Final = "environments that leave cannot be asked who owns their services"


@dataclass(frozen=True, slots=True)
class Silent:
    """An environment of which it is not known now who owns its services.

    Attributes:
        reason: Why.
        answers: Whether its cluster answers all the same, so that a deletion would have an effect.
        needs_plugin: Whether its credential comes from a plugin that gives none now.
    """

    reason: str
    answers: bool = False
    needs_plugin: bool = False


@dataclass(frozen=True, slots=True)
class LeavingAnswers:
    """What came of asking with the kubeconfigs of the stack's state, by environment.

    Attributes:
        existing: What exists in the clusters that were asked.
        silent: Those that could not be asked.
    """

    existing: Mapping[str, ExistingObjects] = field(default_factory=dict)
    silent: Mapping[str, Silent] = field(default_factory=dict)

    @property
    def without_plugin(self) -> frozenset[str]:
        """The environments whose credential comes from a plugin that gives none now."""
        return frozenset(name for name, each in self.silent.items() if each.needs_plugin)


async def ask_leaving(
    config: StackConfig,
    going: Departures,
    skipped: Collection[str],
    state: StackState,
    before: Mapping[str, KnownCluster],
) -> LeavingAnswers:
    """Ask the clusters of environments that leave, with the kubeconfigs of the stack's state.

    Of environments that stay as they are only plugins are tried: Pulumi's provider would run them without a limit of
    time. Clusters that the stack makes go with their environments, and are not asked; with the kubeconfig source
    `none`, no cluster is.

    Args:
        config: The stack's configuration.
        going: What becomes of environments that are no longer declared.
        skipped: Those that are declared and cannot be used now.
        state: What the stack has.
        before: What the stack remembers of the clusters.
    """
    if config.kubeconfig_source is KubeconfigSourceName.NONE:
        return LeavingAnswers()
    wanted = {name: Needs() for name in {*skipped, *going.held} if _runs_plugin(state.kubeconfigs.get(name))}
    for name in going.leaving - state.provisioned:
        if had := state.objects.get(name):
            wanted[name] = needs_of_leaving(had)
    texts = [state.kubeconfigs.get(provider_of(name, state, before) or "") for name in wanted]
    said = await asyncio.gather(*map(_ask, texts, wanted.values()))
    existing = {name: each.existing for name, each in zip(wanted, said, strict=True) if isinstance(each, ClusterAnswer)}
    return LeavingAnswers(
        existing, {name: each for name, each in zip(wanted, said, strict=True) if isinstance(each, Silent)}
    )


def provider_of(name: str, state: StackState, before: Mapping[str, KnownCluster]) -> str | None:
    """Return the environment whose provider has the objects of the environment `name`; None where nothing tells.

    It is another one only where a rename has broken off: the provider moves first.
    """
    if state.has_provider(name):
        return name
    uid = before[name].uid if name in before else None
    others = (other for other, known in before.items() if known.uid == uid and other in state.kubeconfigs)
    return next(others, None)


async def _ask(text: str | None, needs: Needs) -> ClusterAnswer | Silent:
    try:
        examination = check_kubeconfig(text)
    except KubeconfigError:
        return Silent("the stack's state has no kubeconfig of it any more")
    silence = await unreachable(examination.server) if examination.server else None
    if silence:
        return Silent(f"{examination.address} does not answer ({silence})")
    answer = await ask_or_refusal(str(text), needs)
    if isinstance(answer, Refusal):
        needs_plugin = answer.cause is Cause.CREDENTIAL and _runs_plugin(text)
        return Silent(f"{examination.address}: {answer.text}", needs_plugin=needs_plugin)
    if answer.denied:
        return Silent(rights_missing(answer.denied).text, answers=True)
    if answer.existing.unread:
        return Silent(rights_missing(place.right for place in answer.existing.unread).text, answers=True)
    return answer


def _runs_plugin(text: str | None) -> bool:
    try:
        return "exec" in read_context(text).user
    except KubeconfigError:
        return False


def hold_silent(
    config: StackConfig,
    declared: Iterable[str],
    going: Departures,
    asked: LeavingAnswers,
    state: StackState,
    before: Mapping[str, KnownCluster],
) -> Departures:
    """Return what becomes of the environments, of which those that cannot be asked stay for now.

    Where Pulumi is told that what it cannot reach is gone, they leave all the same, as far as their clusters do not
    answer.

    Raises:
        pulumi.RunError: there are such, and `onUnreachable` is fail (SW425).
    """
    silent = {name: each for name, each in asked.silent.items() if name in going.leaving}
    gone = os.environ.get(_GONE[0]) == _GONE[1]
    given_up = frozenset(name for name, each in silent.items() if gone and not each.answers)
    providers = {name: provider_of(name, state, before) or name for name in silent}
    urns = {name: state.provider_urns.get(provider, f"{provider}-provider") for name, provider in providers.items()}
    reasons = [
        SkipReason(name, _unasked(name, each, urns[name]), Code.LEAVING_NOT_ASKED)
        for name, each in sorted(silent.items())
        if name not in given_up
    ]
    held = skip_or_fail(config, {*declared, *going.leaving}, reasons, _HEADING)
    return going.hold({name: (providers[name], why[0].text) for name, why in held.items()}, given_up)


def _unasked(name: str, silent: Silent, provider: str) -> str:
    forget = (
        "to have the stack forget them, and leave what may run there: pulumi state delete --target-dependents "
        f"'{provider}'"
    )
    gone = "" if silent.answers else f"; if the cluster is gone for good: {'='.join(_GONE)} pulumi up"
    return (
        f"environment {name} is no longer declared, and it cannot be asked who owns its services, so they are not "
        f"deleted: {silent.reason}. `pulumi up` deletes them when it can be asked again, with the kubeconfig that the "
        "last `pulumi up` stored; if that has been renewed since: put the environment back with the new one, `pulumi "
        f"up`, and take it away again{gone}; {forget} [{Code.LEAVING_NOT_ASKED}]"
    )
