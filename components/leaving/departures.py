"""Environments that the stack has and the documents do not: which leave, move to another name, or stay for now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import pulumi

from slicewise.diagnostics import Code, printable, some

from ..environment_plan import EnvironmentPlan
from ..state import KnownCluster, Renamed, StackState
from . import refusals

_KNOWN: Final = "is the same cluster under another name"
_UNKNOWN: Final = "may be the same cluster under another name"


@dataclass(frozen=True, slots=True)
class Departures:
    """What becomes of environments that the stack's state has and the documents do not.

    Attributes:
        held: Those of which nothing is deleted now, each with the skipped environments that are or may be the same
            cluster under another name; of one that cannot be asked itself, with the environment that has its provider.
        leaving: Those whose services this `pulumi up` deletes.
        moving: Those whose objects move to the name that the environment has now.
        unasked: Why those of `held` are held that cannot be asked, or wait for another stack.
        given_up: Those of `leaving` whose clusters do not answer, and are taken for gone.
    """

    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()
    unasked: Mapping[str, str] = field(default_factory=dict)
    given_up: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return self.leaving | self.moving | self.held.keys()

    def hold(self, unasked: Mapping[str, tuple[str, str]], given_up: frozenset[str]) -> Departures:
        """Return it with environments that stay because they cannot be asked, each with its provider's and why."""
        return replace(
            self,
            held={**self.held, **{name: (provider,) for name, (provider, _) in unasked.items()}},
            leaving=self.leaving - unasked.keys(),
            unasked={name: reason for name, (_, reason) in unasked.items()},
            given_up=given_up,
        )

    def wait(self, reasons: Mapping[str, str]) -> Departures:
        """Return it with environments that stay, for a reason, until what moves out of them is served elsewhere."""
        waiting = {name: reason for name, reason in reasons.items() if name in self.leaving}
        return replace(
            self,
            held={**self.held, **{name: (name,) for name in waiting}},
            leaving=self.leaving - waiting.keys(),
            unasked={**self.unasked, **waiting},
        )


def find_departures(
    state: StackState,
    declared: Mapping[str, EnvironmentPlan],
    renamed: Renamed,
    skipped: Collection[str],
    before: Mapping[str, KnownCluster],
) -> Departures:
    """Return what becomes of environments that the stack's state has and the documents do not.

    An environment that the state does not know, and whose cluster cannot be used now, may be any of them. One that it
    knows may be the same cluster, and then a service that the plan has there must not be deleted here.

    Args:
        state: What the stack has.
        declared: What the plan declares in each environment that the documents have.
        renamed: Which of those have another name now.
        skipped: Which of those cannot be used now.
        before: What the stack remembers of the clusters.
    """
    strangers = tuple(name for name in sorted(skipped) if name not in renamed.formerly and not state.has_provider(name))
    held: dict[str, tuple[str, ...]] = {}
    moving: set[str] = set()
    gone = state.environments.keys() - declared.keys()
    for name in sorted(gone):
        now = renamed.now(name)
        heirs = strangers or tuple(
            each for each in sorted(skipped) if _may_share(name, each, state, declared[each], before)
        )
        if now in skipped:
            held[name] = (now,)
        elif now != name:
            moving.add(name)
        elif heirs:
            held[name] = heirs
    return Departures(held, frozenset(gone - held.keys() - moving), frozenset(moving))


def _may_share(
    old: str, skipped: str, state: StackState, declared: EnvironmentPlan, before: Mapping[str, KnownCluster]
) -> bool:
    """Return whether a service of `old` may be the one that the plan has in an environment that cannot be used now."""
    both = state.objects.get(old, {}).keys() & set(declared.names)
    if old in before and skipped in before:
        return bool(both) and before[old].uid == before[skipped].uid
    return bool(both - state.objects.get(skipped, {}).keys())


def tell_departures(going: Departures, renamed: Renamed, state: StackState, asked: Collection[str]) -> None:
    """Log what becomes of environments that the documents do not have any more.

    Args:
        going: What becomes of them.
        renamed: Which environments have another name now.
        state: What the stack has.
        asked: The environments whose clusters were asked who owns their services.
    """
    for name in sorted(going.moving):
        pulumi.log.info(
            f"environment {renamed.now(name)} is the cluster that was called {name}: what runs there moves with the "
            "name"
        )
    for name in sorted(going.leaving):
        if state.objects.get(name):
            advice = refusals.given_up(name) if name in going.given_up else refusals.leaves(name, asked=name in asked)
            pulumi.log.warn(printable(str(advice)))
    for name, heirs in going.held.items():
        pulumi.log.warn(printable(going.unasked.get(name) or _waits_for(name, heirs, renamed, state)))


def _waits_for(name: str, heirs: Collection[str], renamed: Renamed, state: StackState) -> str:
    """Return why an environment stays that is no longer declared, and may be one that is skipped."""
    now = some(sorted(heirs))
    there = some(sorted(state.environments[name].placements)) or "no placement"
    return (
        f"environment {name} is no longer declared, and stays as it is ({there}): {now} cannot be used now, and "
        f"{_KNOWN if name in renamed.formerly.values() else _UNKNOWN}. When `pulumi up` can use {now}, what is "
        f"there moves to the new name, or goes if it is another cluster. To let {name} go before that, take {now} "
        f"out of the documents, too [{Code.ENVIRONMENT_SKIPPED}]"
    )
