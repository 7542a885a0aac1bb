"""Before anything is declared: whose the objects are that exist already, which cluster it is, what is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pulumi

from slicewise.clusters.live import NAMESPACE_KIND, ExistingObjects, ObjectName
from slicewise.clusters.preflight import StackClaim
from slicewise.clusters.verify import KeyPath, rewritten
from slicewise.diagnostics import Diagnostic, InvalidInputError, are, plural, printable, some
from slicewise.kubernetes import mapping
from slicewise.manifests import REVISION_ANNOTATION

from ..clusters import Reached
from ..environment_plan import EnvironmentPlan
from ..last_update import LastUpdate
from ..object_handling import Handling, name_of_object
from ..stack_config import StackConfig
from ..state import PreviousStack, read_state
from . import cluster_identity, device_classes, drift, left_behind, owners


@dataclass(frozen=True, slots=True)
class Note:
    """What people should know.

    Attributes:
        environment: Of which environment; None where it is of several, or of one that is no longer declared.
        says: A warning, or a text, which is not one.
    """

    environment: str | None
    says: Diagnostic | str


@dataclass(frozen=True, slots=True)
class Ownership:
    """What was settled before anything is declared.

    Attributes:
        handlings: How the objects of each environment are declared.
        notes: What people should know of what exists there.
    """

    handlings: Mapping[str, Handling]
    notes: tuple[Note, ...] = ()

    def tell(self, skipped: Collection[str]) -> None:
        """Log the notes, but not of environments that are `skipped`: what `pulumi up` does is not done there."""
        for note in self.notes:
            if note.environment not in skipped:
                log = pulumi.log.warn if isinstance(note.says, Diagnostic) else pulumi.log.info
                log(printable(str(note.says)))


async def settle_ownership(
    config: StackConfig, past: LastUpdate, declared: Mapping[str, EnvironmentPlan], reached: Reached
) -> Ownership:
    """Return how the objects of each environment are declared, from what exists in the clusters that were asked.

    Raises:
        InvalidInputError: something there is not the stack's, or a cluster is not the one that it was (SW420 to
            SW424); it has all that is wrong.
    """
    previous, existing = past.before, reached.existing
    if past.state.identifiers:
        # The state may know environments that the outputs do not: an update failed to remove them.
        previous = replace(previous, identifiers=past.state.identifiers)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    problems: list[Diagnostic] = []
    handlings: dict[str, Handling] = {}
    notes: list[Note] = []
    for name, here in declared.items():
        formerly = past.renamed.formerly.get(name)
        identifier = previous.identifier(formerly or name)
        handling = Handling(name, formerly, identifier, tuple(here.namespaces), here.split, here.kept, now=now)
        there = existing.get(name)
        if there is not None:
            handling, wrong, noted = await _settle_one(config, previous, set(declared), handling, here, there)
            problems += wrong
            notes += noted
        handlings[name] = handling
    problems += cluster_identity.declared_twice(declared, existing)
    if problems:
        raise InvalidInputError(problems)
    general = cluster_identity.one_cluster_twice(existing, reached.addresses)
    return Ownership(handlings, (*notes, *(Note(None, each) for each in general)))


async def _settle_one(
    config: StackConfig,
    previous: PreviousStack,
    environments: AbstractSet[str],
    handling: Handling,
    here: EnvironmentPlan,
    there: ExistingObjects,
) -> tuple[Handling, list[Diagnostic], list[Note]]:
    """Return how one environment's objects are declared, what is wrong there, and what people should know."""
    known = previous.clusters.get(handling.formerly or handling.environment)
    exchanged = cluster_identity.exchanged(config, previous.clusters, here, known, there)
    if exchanged:
        return handling, [exchanged], []
    here = replace(here, exchanged=known is not None and there.uid not in (known.uid, None))
    claim = StackClaim(previous.names, frozenset(environments - {handling.environment}), here.applied)
    taken, left, problems = owners.sort_by_owner(config, here, there, claim)
    classes, wrong_classes = device_classes.sort_classes(config, here, there, claim)
    left |= classes
    problems += wrong_classes
    problems += owners.unread(here, there)
    strangers = owners.strangers_leaving(here, there, claim)
    if strangers:
        # `pulumi state delete` changes the state and not the outputs, so only the state says what the stack still has.
        urns = (await read_state()).urns
        problems += owners.refuse_strangers(
            handling.environment, handling.formerly or handling.environment, strangers, urns
        )
    strays = left_behind.strays(here, there, claim, handling.formerly)
    gone = drift.gone_objects(here, there)
    changes, put_back = drift.changed(here, there, taken)
    told: list[str] = []
    resumed = sorted(str(name) for name in taken if there.objects[name].stack in previous.names)
    if resumed:
        told.append(
            f"{handling.environment} has {some(resumed)}, which carries this stack's name and is not in its outputs: "
            "the last update ended early, or the stack's state was lost; it is this stack's again"
        )
    used = [space for space in here.namespaces if ObjectName(NAMESPACE_KIND, "", space) in left]
    if used:
        them = "it" if len(used) == 1 else "them"
        told.append(
            f"createNamespaces: {plural(len(used), 'namespace')} {some(used)} {are(len(used))} already in "
            f"{handling.environment}, and this stack did not create {them}: used unchanged"
        )
    settled = replace(
        handling,
        namespaces=tuple(space for space in here.namespaces if space not in used),
        forced=taken | put_back,
        rewritten=await _rewritten(handling, here, there),
        left_alone=left,
        gone=gone,
        generations={name: live.generation for name, live in there.objects.items()},
    )
    advice = [
        *drift.missing(handling.environment, gone),
        *changes,
        *drift.shared(here, there, left),
        *cluster_identity.unidentified(handling.environment, there),
        *(left_behind.left_behind(handling.environment, strays, await read_state()) if strays else ()),
    ]
    notes = [
        *(Note(handling.environment, each) for each in told),
        *(Note(handling.environment, each) for each in advice),
    ]
    return settled, problems, notes


async def _rewritten(
    handling: Handling, here: EnvironmentPlan, there: ExistingObjects
) -> Mapping[ObjectName, Sequence[KeyPath]]:
    """Return the fields of services that applying does not make what is declared.

    Not where the state has another version of the service than is there, from an update that was killed before it
    could store what it had applied: Pulumi gives an ignored field the value that the state has.
    """
    if not there.tried:
        return {}
    applied = (await read_state()).objects.get(handling.formerly or handling.environment, {})
    return {
        name: [("spec", *path) for path in rewritten(item["spec"], mapping(there.tried[name].get("spec")))]
        for item in here.objects
        if (name := name_of_object(item)) in there.tried
        and name in applied
        and applied[name].revision == item["spec"]["annotations"][REVISION_ANNOTATION]
    }
