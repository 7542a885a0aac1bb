"""Environments that the stack has and the documents do not: which leave, move to another name, or stay for now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi

from components import verdicts
from components.cluster_outputs import KnownCluster, Renamed
from components.declared import Declared
from components.stack_state import EnvironmentState, StackState
from slicewise.inventory.differences import some
from slicewise.inventory.standing import Standing
from slicewise.printable import printable
from slicewise.spec import Code, InvalidInputError, Problem

_KNOWN: Final = "is the same cluster under another name"
_UNKNOWN: Final = "may be the same cluster under another name"


@dataclass(frozen=True, slots=True)
class Departing:
    """What becomes of environments that the stack's state has and the documents do not.

    Attributes:
        held: Those of which nothing is deleted now, each with the skipped environments that are or may be the same
            cluster under another name.
        leaving: Those whose services this `pulumi up` deletes.
        moving: Those whose objects move to the name that the environment has now.
    """

    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return self.leaving | self.moving | self.held.keys()


def departing(
    state: Mapping[str, EnvironmentState], declared: Collection[str], renamed: Renamed, skipped: Collection[str]
) -> Departing:
    """Return what becomes of environments that the stack's state has and the documents do not.

    An environment that the state does not know, and whose cluster cannot be used now, may be any of them.

    Args:
        state: What the stack has of each environment.
        declared: The environments that the documents have.
        renamed: Which of those have another name now.
        skipped: Which of those cannot be used now.
    """
    strangers = tuple(
        name for name in sorted(skipped) if name not in renamed.formerly and not _has_provider(state, name)
    )
    held: dict[str, tuple[str, ...]] = {}
    moving: set[str] = set()
    for name in sorted(state.keys() - set(declared)):
        now = renamed.now(name)
        if now in skipped:
            held[name] = (now,)
        elif now != name:
            moving.add(name)
        elif strangers:
            held[name] = strangers
    return Departing(held, frozenset(state.keys() - set(declared) - held.keys() - moving), frozenset(moving))


def _has_provider(state: Mapping[str, EnvironmentState], name: str) -> bool:
    return state.get(name, EnvironmentState()).has_provider


def tell_departing(going: Departing, renamed: Renamed, state: StackState) -> None:
    """Log what becomes of environments that the documents do not have any more."""
    for name in sorted(going.moving):
        pulumi.log.info(
            f"environment {renamed.now(name)} is the cluster that was called {name}: what runs there moves with the "
            "name"
        )
    served = (name for name in sorted(going.leaving) if state.environments[name].placements)
    for each in verdicts.leaves_with_old_credential(served):
        pulumi.log.warn(printable(str(each)))
    for name, heirs in going.held.items():
        now = some(heirs)
        there = some(sorted(state.environments[name].placements)) or "no placement"
        message = (
            f"environment {name} is declared no more, and stays as it is ({there}): {now} cannot be used now, and "
            f"{_KNOWN if name in renamed.formerly.values() else _UNKNOWN}. When `pulumi up` can use {now}, what is "
            f"there moves to the new name, or goes if it is another cluster. To let {name} go before that, take {now} "
            f"out of the documents, too [{Code.ENVIRONMENT_SKIPPED}]"
        )
        pulumi.log.warn(printable(message))


def refuse_deleting_elsewhere(
    going: Departing,
    renamed: Renamed,
    state: StackState,
    declared: Mapping[str, Declared],
    standing: Mapping[str, Standing],
    before: Mapping[str, KnownCluster],
) -> None:
    """Refuse to apply an object under one environment that is deleted as another's, where both may be one cluster.

    That they are two is known where their uids are known and differ, where the state has the object of each, or where
    the cluster does not have the object yet.

    Args:
        going: What becomes of environments that are declared no more.
        renamed: Which environments have another name now.
        state: What the stack has.
        declared: What the plan declares in each environment.
        standing: What stands in the clusters that are changed.
        before: What the stack remembers of the clusters.

    Raises:
        InvalidInputError: there are such objects (SW424).
    """
    problems: list[Problem] = []
    for old in sorted(going.leaving | going.moving):
        now, known, had = renamed.now(old), before.get(old), state.objects.get(old, {})
        kept = set(declared[now].names) if now in declared else set()
        for name, there in standing.items():
            twice = had.keys() & set(declared[name].names) & there.objects.keys()
            if name == now or (there.uid and known and there.uid != known.uid):
                continue
            if not (there.uid and known):
                twice -= state.objects.get(name, {}).keys()
            problems += [verdicts.deleted_under(old, name, each, had[each]) for each in sorted(twice - kept)]
    if problems:
        raise InvalidInputError(problems)
