"""An engine that was judged starts on its unit, and is still the one that was judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies.rules.reading import Field, is_service, properties
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule
from slicewise.manifests import (
    ENGINE_MEMORY_ANNOTATION,
    ENGINE_MEMORY_ENOUGH_ANNOTATION,
    JUDGED_ENGINE_ANNOTATION,
    MAIN_CONTAINER,
    UNIT_MEMORY_ANNOTATION,
    engine_digest,
    prefill_annotation,
)
from slicewise.sizing import FitVerdict

_FIT: Final = {FitVerdict.DOES_NOT_FIT: "does not start", FitVerdict.CANNOT_SAY: "may not start"}
_REMEDY: Final = "slicewise size says what would make it fit"


def _check(resource: Resource, _: Config) -> Iterator[Outcome]:
    annotations = properties(resource)["metadata"]["annotations"]
    spec = properties(resource)["spec"]
    yield from _of_workload("the engine", annotations, str, spec)
    yield from _of_workload("the prefill engine", annotations, prefill_annotation, spec["prefill"])


def _of_workload(engine: str, annotations: Field, named: Callable[[str], str], workload: Field) -> Iterator[Outcome]:
    yield from _of_verdict(engine, annotations, named)
    digest = annotations[named(JUDGED_ENGINE_ANNOTATION)].text()
    containers = workload["template"]["containers"].elements()
    main = next((each for each in containers if each["name"].text() == MAIN_CONTAINER), None)
    if not digest or main is None:
        return
    arguments = [each.text() or "" for each in main["args"].elements()]
    if engine_digest(main["image"].text(), arguments) != digest:
        problem = "image or arguments are others than those that the plan compared with the unit's memory"
        remedy = "change the model's document, not the service, so that they are compared again"
        yield Finding(main["args"].path, problem, remedy)


def _of_verdict(engine: str, annotations: Field, named: Callable[[str], str]) -> Iterator[Outcome]:
    verdict = annotations[named(ENGINE_MEMORY_ANNOTATION)]
    what = next((words for fit, words in _FIT.items() if verdict.text() == fit.value), None)
    if what is None:
        return
    names = (UNIT_MEMORY_ANNOTATION, ENGINE_MEMORY_ENOUGH_ANNOTATION)
    unit, enough = (annotations[named(name)].text() for name in names)
    on = f" on a unit of {unit}" if unit else ""
    surely = f", where {enough} are surely enough" if enough else ""
    yield Finding(verdict.path, f"{engine} {what}{on}{surely}", _REMEDY)


ENGINE_MEMORY: Final = ResourceRule(
    name="engine-memory",
    description="The engine starts in its unit's memory, and its image and arguments are those that were judged.",
    remedy="Make the model fit, or give it a larger unit; then let the plan write the service.",
    severity=PolicySeverity.MEDIUM,
    level=Level.ADVISORY,
    applies=is_service,
    check=_check,
)
