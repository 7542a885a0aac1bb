"""`slicewise size`: which engine is judged on which unit, with documents and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import typer

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, closest_few, quoted, some
from slicewise.documents import (
    Fleet,
    ModelArchitecture,
    ModelKey,
    ServingProfile,
    engine_options,
    engine_version,
    prefill_workload,
    unit_of,
)
from slicewise.kubernetes import Quantity
from slicewise.mig import (
    AmbiguousAcceleratorError,
    GpuModel,
    UnknownAcceleratorError,
    find_gpu_model,
    programs_see,
)
from slicewise.planning import offered_pools, offered_units
from slicewise.sizing import (
    KSERVE_PRESET,
    FitVerdict,
    OfferedUnit,
    Sizing,
    SizingReason,
    Unit,
    VllmVersion,
    misspelt_option,
    parse_version,
    read_architecture,
    read_options,
    size,
    slice_of,
    split_arguments,
)
from slicewise.sources import JsonObject, UnusableTextError

_MIB = 1024**2
_MOST_MEANT = 3
_MODEL_AND_PATH = 2


@dataclass(frozen=True, slots=True)
class SizedUnit:
    """A unit, and what it is called.

    Attributes:
        unit: What is judged.
        mig_profile: The slice's profile; None for a whole GPU, or where only the memory is said.
    """

    unit: Unit
    mig_profile: str | None = None

    def __str__(self) -> str:
        """Write it as on the command line: `h100-80gb/3g.40gb`."""
        return "/".join(part for part in (self.unit.gpu_model, self.mig_profile) if part)


@dataclass(frozen=True, slots=True)
class SizedProfile:
    """One engine on one unit.

    Attributes:
        profile: The serving profile; None without documents.
        on: The unit.
        version: vLLM's version; None where it is not known.
        sizing: What was found; None where the model's type is not known.
        reasons: Why.
    """

    profile: str | None
    on: SizedUnit
    version: VllmVersion | None
    sizing: Sizing | None
    reasons: tuple[SizingReason, ...]

    @property
    def verdict(self) -> FitVerdict:
        """Whether it fits."""
        return self.sizing.verdict if self.sizing else FitVerdict.NOT_JUDGED


def find_model(fleet: Fleet, written: str) -> ModelKey:
    """Return the model that `written` means: a name that only one has, or namespace/name.

    Raises:
        typer.BadParameter: there is no such model, or more than one; the message says what could be meant.
    """
    names = {key: f"{key.namespace}/{key.name}" if key.namespace else key.name for key in fleet.models}
    named = [key for key, name in names.items() if written in (name, key.name)]
    if len(named) == 1:
        return named[0]
    if named:
        raise typer.BadParameter(f"{quoted(written)} may be {' or '.join(str(key.subject) for key in named)}")
    close = closest_few(written, names.values(), _MOST_MEANT)
    hint = (
        f"did you mean {' or '.join(close)}?" if close else f"the documents declare {some([*names.values()]) or 'none'}"
    )
    raise typer.BadParameter(f"there is no model {quoted(written)}; {hint}")


def size_model(fleet: Fleet, key: ModelKey) -> list[SizedProfile]:
    """Judge every profile of a model on every unit that is declared and has what the profile requires.

    Raises:
        InvalidInputError: The model has no architecture, or an argument is not one that vLLM takes.
    """
    model = fleet.models[key]
    architecture = model.architecture
    if architecture is None:
        message = "the model has no architecture, from which memory is computed"
        remedy = "add spec.architecture with its config.json: docs/sizing.md says how"
        field = ("spec", "architecture")
        raise InvalidInputError(
            [Diagnostic.error(Code.NO_ARCHITECTURE, message, remedy, field=field, subject=key.subject)]
        )
    workloads = [each for profile in model.serving for each in _workloads(profile)]
    adapters = model.lora is not None
    return [
        _sized(workload, on, architecture, offers, adapters=adapters)
        for workload in workloads
        for offers in [offered_units(fleet, workload)]
        for on in _units(fleet, workload)
    ]


def _workloads(profile: ServingProfile) -> Iterator[ServingProfile]:
    """Yield a profile, and its prefill workload under a name of its own."""
    yield profile
    if prefill := prefill_workload(profile):
        yield prefill.model_copy(update={"name": f"{profile.name} prefill"})


def _units(fleet: Fleet, profile: ServingProfile) -> list[SizedUnit]:
    """Return the units that a profile may get, the smallest first: each once."""
    pools = (pool for _, pool in offered_pools(fleet, profile))
    found = {SizedUnit(unit_of(pool), pool.mig.profile if pool.mig else None) for pool in pools}
    return sorted(found, key=lambda on: (on.unit.memory, str(on)))


def _sized(
    profile: ServingProfile,
    on: SizedUnit,
    architecture: ModelArchitecture,
    offers: Sequence[OfferedUnit],
    *,
    adapters: bool,
) -> SizedProfile:
    version = engine_version(profile.engine)
    if isinstance(architecture.found, tuple):
        return SizedProfile(profile.name, on, version, None, tuple(map(_reason, architecture.found)))
    options = engine_options(profile, adapters=adapters)
    found = size(architecture.found, options, on.unit, version, architecture.checkpoint_bytes, offers)
    return SizedProfile(profile.name, on, version, found, found.reasons)


def _reason(diagnostic: Diagnostic) -> SizingReason:
    return SizingReason(diagnostic.code, diagnostic.message, diagnostic.remedy)


def size_config(
    config: JsonObject, checkpoint: int | None, version: VllmVersion | None, arguments: str, on: SizedUnit
) -> SizedProfile:
    """Judge one engine on one unit.

    Raises:
        InvalidInputError: The config cannot be read, at its line, or an argument is not one that vLLM takes.
    """
    options = read_options(split_arguments(arguments))
    try:
        architecture = read_architecture(config.data)
    except InvalidInputError as error:
        if any(problem.code is not Code.MODEL_TYPE_UNKNOWN for problem in error.problems):
            raise InvalidInputError([config.placed(problem) for problem in error.problems]) from None
        return SizedProfile(None, on, version, None, tuple(map(_reason, error.problems)))
    found = size(architecture, options, on.unit, version, checkpoint, _units_of(on.unit.gpu_model))
    return SizedProfile(None, on, version, found, found.reasons)


def _units_of(name: str) -> tuple[OfferedUnit, ...]:
    """Return the slices of a GPU model, and all of it, as `--on` names them; none where it is not said."""
    if not name:
        return ()
    gpu = find_gpu_model(name)
    slices = (OfferedUnit(unit, f"take {name}/{each.name}") for each in gpu.profiles if (unit := slice_of(gpu, each)))
    seen = programs_see(name)
    whole = [OfferedUnit(Unit(seen * _MIB, is_slice=False, gpu_model=name), f"take {name}")] if seen else []
    return (*slices, *whole)


def misspelt_options(arguments: str) -> Iterator[Diagnostic]:
    """Yield the options in a line of arguments that vLLM ends at, as they are only nearly its own.

    Raises:
        InvalidInputError: A quote is not closed.
    """
    options = (each.partition("=")[0] for each in split_arguments(arguments) if each.startswith("-"))
    yield from filter(None, (misspelt_option(option, ("--engine-args",)) for option in options))


def read_version(text: str | None) -> VllmVersion | None:
    """Return the version that `--vllm` names; without it that of KServe's preset.

    Raises:
        typer.BadParameter: It is not a version.
    """
    if text is None:
        return KSERVE_PRESET
    version = parse_version(text)
    if version is None:
        raise typer.BadParameter(f"--vllm: {quoted(text)} is not a version of vLLM; write for example 0.23.0")
    return version


def check_documents_alone(words: Sequence[str] | None, others: Mapping[str, object]) -> None:
    """Refuse what goes without documents only, and less than a model and a path.

    Args:
        words: The model and the paths.
        others: The options that go without documents only, by their names; None for those that are not given.

    Raises:
        typer.BadParameter: That is so.
    """
    if given := [name for name, value in others.items() if value is not None]:
        options = " and ".join(given)
        if words:
            raise typer.BadParameter(f"documents say what {options} would say; leave that out, or the documents")
        raise typer.BadParameter(f"{options} needs --config: write --config FILE, the model's config.json, as well")
    if len(words or ()) < _MODEL_AND_PATH:
        raise typer.BadParameter("write a MODEL and the PATH of its documents, or --config with --on or --memory")


def one_unit(words: Sequence[str] | None, on: str | None, memory: str | None) -> SizedUnit:
    """Return the unit that is asked about without documents.

    Raises:
        typer.BadParameter: There is none, or more than one, or it is not one.
    """
    if words:
        raise typer.BadParameter("--config and documents exclude each other")
    if (on is None) == (memory is None):
        raise typer.BadParameter("write one of --on and --memory")
    return unit_on(on) if on is not None else unit_with(memory or "")


def unit_on(text: str) -> SizedUnit:
    """Return the unit that `--on` names: `h100-80gb/3g.40gb`, or `h100-80gb` for the whole GPU.

    Raises:
        typer.BadParameter: The catalogue has no such GPU, no such profile, or no measurement of it.
    """
    name, slash, profile = text.partition("/")
    try:
        gpu = find_gpu_model(name)
    except (UnknownAcceleratorError, AmbiguousAcceleratorError) as error:
        raise typer.BadParameter(f"--on: {error}") from None
    if not slash:
        seen = programs_see(gpu.name)
        if seen is None:
            raise typer.BadParameter(f"--on: what programs see of a {gpu.name} is not known; write --memory")
        return SizedUnit(Unit(seen * _MIB, is_slice=False, gpu_model=gpu.name))
    return _slice_of(gpu, profile)


def _slice_of(gpu: GpuModel, written: str) -> SizedUnit:
    known = gpu.profile(written)
    if known is None:
        names = [each.name for each in gpu.profiles]
        close = closest_few(written, names, _MOST_MEANT)
        hint = f"did you mean {' or '.join(close)}?" if close else f"it has {some(names) or 'none'}"
        raise typer.BadParameter(f"--on: a {gpu.name} has no MIG profile {quoted(written)}; {hint}")
    if known.usable_mib is None:
        raise typer.BadParameter(f"--on: the memory of {written} of a {gpu.name} was not measured; write --memory")
    return SizedUnit(Unit(known.usable_mib * _MIB, is_slice=True, gpu_model=gpu.name), known.name)


def unit_with(text: str) -> SizedUnit:
    """Return the unit that `--memory` describes.

    Raises:
        typer.BadParameter: It is not an amount that a GPU or slice has.
    """
    try:
        amount = Quantity.parse(text)
    except UnusableTextError as error:
        raise typer.BadParameter(f"--memory: {quoted(text)} {error}") from None
    if not 1024**3 <= amount.bytes <= 4096 * 1024**3:
        raise typer.BadParameter(f"--memory: {quoted(text)} is not the memory of a GPU; write for example 39.5Gi")
    return SizedUnit(Unit(amount.bytes))
