"""What this `pulumi up` would delete with an environment, and must not: what is another's, or declared elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet

from slicewise.clusters.live import ExistingObjects, LiveObject, ObjectName
from slicewise.diagnostics import Diagnostic, InvalidInputError
from slicewise.manifests import SERVICE_KIND

from ..environment_plan import EnvironmentPlan
from ..last_update import LastUpdate
from ..resource_names import dependence
from ..stack_config import StackConfig
from ..state import Applied, KnownCluster
from . import refusals
from .departures import Departures, find_departures
from .questions import LeavingAnswers, ask_leaving, hold_silent


async def settle_deletions(
    config: StackConfig,
    past: LastUpdate,
    declared: Mapping[str, EnvironmentPlan],
    skipped: Collection[str],
    existing: Mapping[str, ExistingObjects],
) -> tuple[Departures, LeavingAnswers]:
    """Return what becomes of environments that are no longer declared, after asking the clusters of those that leave.

    Args:
        config: The stack's configuration.
        past: What the stack has.
        declared: What the plan declares in each environment.
        skipped: The environments that are left as they are.
        existing: What exists in the clusters that are changed.

    Raises:
        pulumi.RunError: one of those clusters cannot be asked, and `onUnreachable` is fail (SW425).
        InvalidInputError: something would be deleted that must not be (SW423, SW424), or the documents take back a
            rename that an update which was killed has begun (SW426).
    """
    state, before = past.state, past.before.clusters
    going = find_departures(state, declared, past.renamed, skipped, before)
    asked = await ask_leaving(config, going, skipped, state, before)
    going = hold_silent(config, declared, going, asked, state, before)
    problems = broken_renames(going, past, declared) or wrong_deletions(going, past, declared, existing, asked.existing)
    if problems:
        raise InvalidInputError(problems)
    return going, asked


def broken_renames(going: Departures, past: LastUpdate, declared: Collection[str]) -> list[Diagnostic]:
    """Return the environments whose provider has moved to a name that the documents do not have any more.

    What has not moved with it would get another provider, and Pulumi makes anew, and then deletes, what does.
    """
    state = past.state
    return [
        refusals.renamed_halfway(name, old)
        for name in sorted(declared)
        for old in sorted(going.leaving)
        if state.objects.get(name)
        and not state.has_provider(name)
        and state.identifiers.get(old) == past.before.identifier(name)
    ]


def wrong_deletions(
    going: Departures,
    past: LastUpdate,
    declared: Mapping[str, EnvironmentPlan],
    existing: Mapping[str, ExistingObjects],
    asked: Mapping[str, ExistingObjects],
) -> list[Diagnostic]:
    """Return what is another stack's by now (SW423), and what the plan has in another environment (SW424).

    The stack's state alone says what would be deleted: outputs may be those of an update before one that was killed,
    and annotations say only who applied an object last.

    Args:
        going: What becomes of environments that are no longer declared.
        past: What the stack has.
        declared: What the plan declares in each environment.
        existing: What exists in the clusters that are changed.
        asked: What exists in the clusters of environments that leave, as far as they were asked.
    """
    problems: list[Diagnostic] = []
    for old in sorted(going.leaving | going.moving):
        now, had = past.renamed.now(old), dict(past.state.objects.get(old, {}))
        for item in declared[now].names if now in declared else ():
            # An alias moves it to the new name.
            had.pop(item, None)
        there = existing.get(now) if now != old else asked.get(old)
        if there:
            problems += _of_others(old, had, there, past.before.names)
        there = there or _remembered(had, past.before.clusters.get(old))
        for name, other in existing.items():
            if name != now:
                problems += _declared_elsewhere(old, name, had, set(declared[name].names), there, other)
    return problems


def _of_others(
    old: str, had: Mapping[ObjectName, Applied], there: ExistingObjects, stacks: Collection[str]
) -> Iterator[Diagnostic]:
    """Yield what another stack has taken over, or somebody has put in the place of what the stack made."""
    foreign = {
        name: live for name, live in there.objects.items() if name in had and _is_anothers(had[name], live, stacks)
    }
    for name, applied in _by_service({each: had[each] for each in foreign}):
        yield refusals.leaves_for_another(old, name, foreign[name].stack, applied.urn)


def _is_anothers(applied: Applied, live: LiveObject, stacks: Collection[str]) -> bool:
    """Return whether the object is not the stack's: one whose mark was taken off is, as long as it is the same one."""
    return live.stack not in stacks if live.stack else live.uid != applied.uid


def _declared_elsewhere(
    old: str,
    name: str,
    had: Mapping[ObjectName, Applied],
    declared: AbstractSet[ObjectName],
    there: ExistingObjects,
    other: ExistingObjects,
) -> Iterator[Diagnostic]:
    """Yield what is, or may be, one object under both names: applied under `name`, and then deleted with `old`."""
    for item, applied in _by_service({each: had[each] for each in had.keys() & declared}):
        one = _is_one(there.objects.get(item), other.objects.get(item), there.uid, other.uid)
        if one is not False:
            yield refusals.deleted_under(old, name, item, applied.urn, certain=one is True)


def _is_one(old: LiveObject | None, new: LiveObject | None, old_uid: str | None, new_uid: str | None) -> bool | None:
    """Return whether two objects of one name are, or would be, in one cluster; None where nothing tells.

    An object's uid is the same nowhere else. What is in one of two clusters only tells that they are two.
    """
    if old and new and old.uid and old.uid == new.uid:
        return True
    if old_uid and new_uid:
        return old_uid == new_uid
    if old and new:
        return False if old.uid and new.uid else None
    return None if old is new else False


def _by_service(had: Mapping[ObjectName, Applied]) -> Iterator[tuple[ObjectName, Applied]]:
    """Yield each service, and of its objects the one that the others depend on: the command for it takes all."""
    by_placement: dict[str, list[ObjectName]] = {}
    for name in sorted(had):
        by_placement.setdefault(had[name].urn.rpartition("::")[2].rpartition("-")[0], []).append(name)
    for names in by_placement.values():
        first = min(names, key=lambda name: dependence(had[name].urn))
        yield next((name for name in names if name.kind == SERVICE_KIND), names[0]), had[first]


def _remembered(had: Mapping[ObjectName, Applied], known: KnownCluster | None) -> ExistingObjects:
    """Return what the stack knows of a cluster that was not asked."""
    objects = {name: LiveObject("", "", {"metadata": {"uid": each.uid}}) for name, each in had.items()}
    return ExistingObjects(known.uid if known else None, objects)
