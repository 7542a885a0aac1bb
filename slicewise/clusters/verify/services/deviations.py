"""What became of services that were applied: as they were, changed behind the plan's back, gone, or another's."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from slicewise.clusters.live import LiveService, ServiceKey
from slicewise.clusters.verify.services.additions import Addition, additions, removal, take_away
from slicewise.clusters.verify.services.planned_service import PlannedService
from slicewise.diagnostics import quoted, some
from slicewise.kubernetes import mapping
from slicewise.manifests import (
    NODE_POOL_ANNOTATION,
    PREFILL_NODE_POOL_ANNOTATION,
    PROFILE_ANNOTATION,
    REVISION_ANNOTATION,
    KubernetesObject,
)

REMEDY: Final = "pulumi up"
"""What makes it again and puts it back: the program reads the services before it declares any."""
_REPLICAS: Final = "replicas"
_PREFILL_REPLICAS: Final = "prefill.replicas"
_ROUTER: Final = "router"


class Drift(StrEnum):
    """What became of a service."""

    GONE = "gone"
    CHANGED = "changed"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Deviation:
    """What became of one service.

    Attributes:
        drift: Which of the kinds.
        expected: The service that was to be there.
        says: What is the matter, in a few words: `spec.replicas is 9, 3 was applied`.
        stack: Whose it is instead, where another stack says so.
        missing: How many replicas of the deployment are not there because of it.
        paths: The fields whose applied value is not there; applying it again puts them back, unless something in the
            cluster changes them whenever that is done.
        unexplained: Those of them without a known writer since: removed, or changed by a webhook.
        removal: How what was added goes, which applying leaves: the command, last; empty where nothing was.
        pending: Whether it may only be that the documents have changed, and have not been applied yet.
    """

    drift: Drift
    expected: PlannedService
    says: str
    stack: str | None = None
    missing: int = 0
    paths: frozenset[str] = frozenset()
    unexplained: frozenset[str] = frozenset()
    removal: str = ""
    pending: bool = False


def judge_services(
    expected: Iterable[PlannedService],
    live: Mapping[ServiceKey, LiveService],
    stacks: Collection[str] = (),
    taken: Collection[ServiceKey] = (),
) -> Iterator[Deviation]:
    """Yield what is not as it was applied.

    A service that the plan has and no earlier one had is yet to be applied: that it is not there is not a finding.

    Args:
        expected: The services of one environment.
        live: What its cluster has, by namespace and name.
        stacks: What the stack that applies them is called, and was: organization/project/stack; nothing where that is
            not known.
        taken: What it takes over now, whosever it was.
    """
    for each in expected:
        service = live.get(each.key)
        if service is None:
            if each.before is not None and each.declared is not None:
                missing = each.declared["spec"].get("replicas", 1)
                yield Deviation(Drift.GONE, each, "it was applied, and the cluster does not have it", missing=missing)
        elif each.key in taken:
            # A service that is taken over becomes what is declared, whatever it was.
            if each.declared is not None:
                yield from _deviations(each, each.declared, service, {})
        elif stacks and service.stack is not None and service.stack not in stacks:
            yield Deviation(Drift.FOREIGN, each, f"it belongs to the stack {quoted(str(service.stack))}", service.stack)
        elif stacks and service.stack is None and each.before is None:
            yield Deviation(Drift.FOREIGN, each, "it is there already, and no stack has made it")
        elif each.declared is not None:
            yield from _changes(each, each.declared, service)


def _changes(expected: PlannedService, declared: KubernetesObject, service: LiveService) -> Iterator[Deviation]:
    said, missing, pending = dict(_edits(expected, declared, service)), 0, False
    # What is declared may be there already: of an update that was killed before it could store what it had applied.
    if expected.replicas is not None and service.replicas not in (expected.replicas, declared["spec"]["replicas"]):
        # No earlier plan is known, and the number has no other writer: the documents may have changed since.
        pending = expected.before is None and _REPLICAS not in service.editors
        missing = 0 if pending else max(expected.replicas - service.replicas, 0)
        word = "declared" if expected.before is None else "applied"
        how = ": not applied yet, or changed since" if pending else _by(service, _REPLICAS)
        said = {_REPLICAS: f"spec.replicas is {service.replicas}, {expected.replicas} {word}{how}", **said}
    elif expected.replicas is None and _REPLICAS in service.editors and _differ(declared, service):
        # Scaled until now, with no number in the service: a writer of one keeps it from the documents'.
        said = {_REPLICAS: f"spec.replicas is {service.replicas}, none applied{_by(service, _REPLICAS)}", **said}
    for each in _deviations(expected, declared, service, said, missing):
        yield replace(each, pending=pending and each.paths == {_REPLICAS} and not each.removal)


def _deviations(
    expected: PlannedService,
    declared: KubernetesObject,
    service: LiveService,
    said: Mapping[str, str],
    missing: int = 0,
) -> Iterator[Deviation]:
    added = _added(declared, service)
    if said or added:
        fields = [*said.values(), *(each.says for each in added)]
        says = some(fields, between="; ")
        way = take_away(removal(service, added), written=all(each.written for each in added)) if added else ""
        paths = frozenset(said)
        yield Deviation(
            Drift.CHANGED,
            expected,
            says,
            missing=missing,
            paths=paths,
            unexplained=paths - service.editors.keys(),
            removal=way,
        )


def _added(declared: KubernetesObject, service: LiveService) -> list[Addition]:
    applied = service.revision == declared["spec"]["annotations"][REVISION_ANNOTATION]
    return additions(service, declared["spec"], applied=applied)


def _differ(declared: KubernetesObject, service: LiveService) -> bool:
    return declared["spec"].get("replicas") not in (None, service.replicas)


def _edits(expected: PlannedService, declared: KubernetesObject, service: LiveService) -> Iterator[tuple[str, str]]:
    """Yield path and words of what differs from what was applied, as far as that is known, beside the replicas.

    Where the revision is the plan's, the plan's manifest is what was applied, except for the router, which is not in
    the revision. Where it is another one, documents have changed since; then the annotations say what was applied, and
    their earlier plan what should have been.
    """
    yield from _prefill_replicas(expected, declared, service)
    yield from _router(expected, declared, service)
    if service.revision == declared["spec"]["annotations"][REVISION_ANNOTATION]:
        unrouted = {name: value for name, value in declared["spec"].items() if name != _ROUTER}
        yield from _differing(service, unrouted, service.spec)
    elif expected.before is not None:
        for annotation, applied in (
            (NODE_POOL_ANNOTATION, expected.before.node_pool),
            (PROFILE_ANNOTATION, expected.before.profile),
            (PREFILL_NODE_POOL_ANNOTATION, expected.before.prefill.node_pool if expected.before.prefill else None),
        ):
            found = service.annotations.get(annotation)
            if found not in (applied, declared["metadata"].get("annotations", {}).get(annotation)):
                told = (
                    f"annotation {annotation} is {quoted(found) if found else 'missing'}, {applied or 'none'} applied"
                )
                yield f"metadata.annotations.{annotation}", told


def _router(expected: PlannedService, declared: KubernetesObject, service: LiveService) -> Iterator[tuple[str, str]]:
    """Yield what somebody wrote into the router, or that it is gone and the earlier plan had one.

    A router that only differs is one that the documents have changed since: a new weight is no reason to replace pods.
    """
    wanted = declared["spec"].get(_ROUTER)
    if wanted is None:
        return
    if service.spec.get(_ROUTER) is None:
        if expected.before and expected.before.routed:
            yield _ROUTER, f"spec.{_ROUTER} is missing, {_shown(wanted)} applied"
        return
    for path, said in _differing(service, wanted, service.spec[_ROUTER], _ROUTER):
        if any(path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in service.editors):
            yield path, said


def _prefill_replicas(
    expected: PlannedService, declared: KubernetesObject, service: LiveService
) -> Iterator[tuple[str, str]]:
    """Yield that the prefill workload has another number of replicas than was applied, or is declared."""
    wanted = mapping(declared["spec"].get("prefill")).get(_REPLICAS)
    found = mapping(service.spec.get("prefill")).get(_REPLICAS)
    before = expected.before.prefill if expected.before else None
    applied = before.units // (before.gpus_per_node * before.nodes_per_replica) if before else wanted
    # Without an earlier plan the documents may have changed since, unless somebody else has written it.
    known = before is not None or _PREFILL_REPLICAS in service.editors
    if known and None not in (wanted, found) and found not in (wanted, applied):
        by = _by(service, _PREFILL_REPLICAS)
        yield _PREFILL_REPLICAS, f"spec.{_PREFILL_REPLICAS} is {found}, {applied} applied{by}"


def _differing(
    service: LiveService,
    declared: Any,  # noqa: ANN401 - JSON
    found: Any,  # noqa: ANN401 - JSON
    path: str = "",
) -> Iterator[tuple[str, str]]:
    if isinstance(declared, Mapping) and isinstance(found, Mapping):
        for key, value in declared.items():
            if key not in ("annotations", "replicas") or path not in ("", "prefill"):
                yield from _differing(service, value, found.get(key), f"{path}.{key}" if path else key)
    elif isinstance(declared, Sequence) and isinstance(found, Sequence) and _named(declared) and _named(found):
        there = {each["name"]: each for each in found}
        for each in declared:
            yield from _differing(service, each, there.get(each["name"]), f"{path}[{each['name']}]")
    elif declared != found:
        yield path, f"spec.{path} is {_shown(found)}, {_shown(declared)} applied{_by(service, path)}"


def _named(values: object) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(each, Mapping) and isinstance(each.get("name"), str) for each in values)
    )


def _shown(value: object) -> str:
    return "missing" if value is None else quoted(value if isinstance(value, str) else json.dumps(value))


def _by(service: LiveService, path: str) -> str:
    manager = service.editors.get(path)
    return f" (by {manager})" if manager else ""


def foreign_keys(deviations: Iterable[Deviation]) -> Collection[ServiceKey]:
    """Return the services that are somebody else's, so that their pods are, too."""
    return {each.expected.key for each in deviations if each.drift is Drift.FOREIGN}
