"""Rules of a model's architecture: its config can be read, and what profiles say agrees with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from slicewise import sizing
from slicewise.diagnostics import Code, Diagnostic, FieldPath, InvalidInputError, Severity
from slicewise.documents.architecture import ModelArchitecture
from slicewise.documents.served_model import ServingProfile
from slicewise.documents.sized_engine import engine_options, engine_with
from slicewise.kubernetes import GIB, readable
from slicewise.sizing import Unit

ARCHITECTURE: Final[FieldPath] = ("spec", "architecture")
# What another argument mends, and no memory: a length above the model's, a budget that leaves nothing of any unit.
_WHATEVER_MEMORY: Final = frozenset({Code.LENGTH_ABOVE_MODEL, Code.NO_ROOM_FOR_CONTEXT})


def check_architecture(architecture: ModelArchitecture) -> Iterator[Diagnostic]:
    """Yield what is wrong with a model's config: a type that is not known is advice, as the model runs all the same."""
    at = (*ARCHITECTURE, "config")
    if architecture.config is None and architecture.config_file is None:
        message, remedy = '"config" or "configFile" is required', "write one of them, or leave architecture out"
        yield Diagnostic.error(Code.MISSING_FIELD, message, remedy, field=ARCHITECTURE)
    elif architecture.config is not None and architecture.known is None:
        for problem in architecture.found if isinstance(architecture.found, tuple) else ():
            path = problem.field
            found = replace(problem, field=(*at, *((path,) if isinstance(path, str) else path)))
            unknown = problem.code is Code.MODEL_TYPE_UNKNOWN
            yield replace(found, severity=Severity.WARNING) if unknown else found
    elif differs := architecture.contradiction:
        remedy = "take the config.json that belongs to the checkpoint, with its quantization_config"
        field = (*ARCHITECTURE, "checkpointBytes")
        yield Diagnostic.warning(Code.CHECKPOINT_DIFFERS, differs, remedy, field=field)


def check_sized_profile(
    profile: ServingProfile,
    architecture: ModelArchitecture,
    adapters: bool,
    path: FieldPath,
) -> Iterator[Diagnostic]:
    """Yield what of the profile at `path` vLLM would refuse, or does not agree with the model's architecture.

    Args:
        profile: The profile.
        architecture: The model's.
        adapters: Whether the model has any.
        path: Where the profile is.
    """
    if profile.engine.command is not None:
        return
    try:
        engine = engine_with(architecture, profile, adapters=adapters)
        if engine is None:
            engine_options(profile, adapters=adapters)
    except InvalidInputError as error:
        for problem in error.problems:
            message = f"{problem.field_name}: {problem.message}"
            remedy = "correct the value, or leave the argument out"
            yield replace(problem, message=message, remedy=remedy, field=(*path, "engine", "args"))
        return
    required = profile.replica_topology.requires.memory_per_gpu
    if required is None or engine is None or engine.contradicted:
        return
    unit = Unit(required.bytes)
    reasons = [each for each in engine.judge.reasons(unit) if each.code not in _WHATEVER_MEMORY]
    if engine.judge.verdict(unit) is not sizing.FitVerdict.DOES_NOT_FIT or not reasons:
        return
    enough, reason = sizing.sure_memory(engine.judge, unit), reasons[0]
    message = f"on a unit of {readable(required)} the engine does not start: {reason.message}"
    remedy = "leave it out: the architecture decides"
    if enough is not None:
        remedy = f"{remedy}; or write {-(-enough // GIB)}Gi, with which it surely starts"
    yield Diagnostic.warning(
        Code.MEMORY_CONTRADICTS,
        message,
        remedy,
        field=(*path, "replicaTopology", "requires", "memoryPerGpu"),
        requiredBytes=required.bytes,
        enoughBytes=enough,
    )
