"""Rules of a pool's GPUs: the slices exist on that GPU model, and nothing is promised that a slice cannot do."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Statement, closest, counted, quoted
from slicewise.documents.allocation import Allocation
from slicewise.documents.declared_memory import in_gib, most_gib
from slicewise.documents.environment import MOST_SLICES, Interconnect, MigConfiguration, NodePool
from slicewise.documents.rules.decimal_memory import check_decimal_memory
from slicewise.documents.rules.slices import missing_memory
from slicewise.kubernetes import GIB, GKE_PARTITION_LABEL, Quantity, readable
from slicewise.mig import (
    AmbiguousAcceleratorError,
    GpuModel,
    MigProfile,
    MigStrategy,
    UnknownAcceleratorError,
    canonical_profile_name,
    find_gpu_model,
    known_gpu_model,
    parse_profile_name,
    resource_name,
)

_MIB: Final = 1 << 20
_OF_SLICES: Final = {
    "profile": "profile",
    "slicesPerGpu": "slices_per_gpu",
    "slices": "slices",
    "profiles": "profiles",
    "reservedSlices": "reserved_slices",
    "memoryPerSlice": "memory_per_slice",
}


@dataclass(frozen=True, slots=True)
class _Unit:
    """One allocation unit, as far as it is known: GiB that its name promises, and MiB that drivers report.

    Where drivers differ, a program surely has `usable_mib`, and may have `most_mib`.
    """

    what: str
    nominal_gib: int | None
    usable_mib: int | None = None
    most_mib: int | None = None


def check_gpu(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the GPUs of `pool`, which is at `path`."""
    if pool.mig:
        yield from _check_promises(pool, pool.mig, (*path, "capabilities"))
    yield from _check_not_in_force(pool, path)
    memory: FieldPath = (*path, "capabilities", "memoryPerGpu")
    if pool.capabilities.memory_per_gpu is not None:
        most = most_gib(known_gpu_model(pool.accelerator_type), pool.mig.profile if pool.mig else None)
        yield from check_decimal_memory(pool.capabilities.memory_per_gpu, memory, most)
    accelerator: FieldPath = (*path, "acceleratorType")
    gpu: GpuModel | None = None
    try:
        gpu = find_gpu_model(pool.accelerator_type)
    except AmbiguousAcceleratorError as error:
        message = f"{quoted(error.text)} may be any of {', '.join(error.candidates)}"
        remedy = "write which"
        yield Diagnostic.error(
            Code.UNKNOWN_ACCELERATOR, message, remedy, field=accelerator, proposals=list(error.candidates)
        )
        return
    except UnknownAcceleratorError as error:
        hint = f"did you mean {' or '.join(error.suggestions)}?" if error.suggestions else ""
        message = f"{quoted(error.text)} is not in the catalogue of GPU models"
        if pool.mig and _needs_catalogue(pool.mig):
            newer = f"if it is newer than the catalogue, {_of_newer_gpus(pool.mig)}"
            remedy = f"{hint} Otherwise, {newer}" if hint else newer
            yield Diagnostic.error(
                Code.UNKNOWN_ACCELERATOR, message, remedy, field=accelerator, proposals=list(error.suggestions)
            )
            return
        yield Diagnostic.warning(
            Code.ACCELERATOR_NOT_CHECKED,
            f"{message}, so its memory is not checked",
            hint,
            field=accelerator,
            proposals=list(error.suggestions),
        )
    unit: _Unit | None
    if pool.mig and pool.mig.several:
        yield from _check_slices_of_a_node(pool, pool.mig, gpu, path)
        unit = _whole(gpu) if pool.mig.whole_gpus else None
    elif pool.mig:
        unit = yield from _check_slices(pool, pool.mig, gpu, path)
    else:
        unit = _whole(gpu)
    if unit and pool.capabilities.memory_per_gpu is not None:
        yield from _check_memory(pool, pool.capabilities.memory_per_gpu, unit, memory)


def _check_not_in_force(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that `enabled: false` takes the effect of what says how the GPUs of the pool at `path` are cut."""
    configured = pool.capabilities.mig_configuration
    if configured is None or configured.enabled:
        return
    ignored = [name for name, field in _OF_SLICES.items() if getattr(configured, field) is not None]
    ignored += ["dynamic"] if configured.dynamic else []
    if ignored:
        message = "enabled is false, so the GPUs count as whole ones"
        memory_of_one = "" if configured.several else " and the memory of a slice"
        remedy = f"write enabled: true{memory_of_one}, or leave {' and '.join(ignored)} out"
        at = (*path, "capabilities", "migConfiguration", ignored[0])
        yield Diagnostic.warning(Code.PROFILE_NOT_IN_FORCE, message, remedy, field=at)


def _whole(gpu: GpuModel | None) -> _Unit | None:
    return _Unit(f"one {gpu.name} GPU", gpu.memory_gib) if gpu else None


def _needs_catalogue(mig: MigConfiguration) -> bool:
    """Return whether the document does not say by itself what the catalogue knows of its slices."""
    if mig.dynamic:
        return True
    return bool(missing_memory(mig, None)) if mig.several else mig.slices_per_gpu is None


def _of_newer_gpus(mig: MigConfiguration) -> str:
    """Return what makes up for a GPU that the catalogue does not know."""
    if mig.dynamic:
        return "declare how its nodes are cut, without dynamic"
    return f"set migConfiguration.{'memoryPerSlice of every profile' if mig.several else 'slicesPerGpu'}"


def _check_slices_of_a_node(
    pool: NodePool, mig: MigConfiguration, gpu: GpuModel | None, path: FieldPath
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the profiles that a node is cut into, and with the memory of their slices."""
    if gpu and not gpu.mig_capable:
        yield _not_mig_capable(gpu, path)
        return
    configuration: FieldPath = (*path, "capabilities", "migConfiguration")
    missing, memory = missing_memory(mig, gpu), mig.memory_per_slice or {}
    for number, profile in enumerate(mig.several):
        listed: FieldPath = ("slices", profile) if mig.slices else ("profiles", number)
        known, parsed = (gpu.profile(profile) if gpu else None), parse_profile_name(profile)
        if parsed is None or (gpu and known is None and (mig.dynamic or profile not in memory)):
            message, remedy, facts = _unknown_profile(profile, gpu)
            at = (*configuration, *listed)
            yield Diagnostic.error(Code.UNKNOWN_PROFILE, message, remedy, field=at, **facts)
        elif profile in missing:
            yield Diagnostic.error(
                Code.SLICE_MEMORY_UNKNOWN,
                f"the memory of a slice of {profile} on {pool.accelerator_type} {missing[profile]}",
                f"write memoryPerSlice: {{{profile}: ...}} as a node's label "
                f"{resource_name(profile, mig.strategy)}.memory has it",
                field=(*configuration, *listed),
            )
        elif profile in memory:
            unit = (
                _Unit(f"one {profile} slice", known.nominal_gib, known.usable_mib, known.most_mib)
                if known
                else _Unit(f"one {profile} slice", parsed.memory_gb or None)
            )
            at = (*configuration, "memoryPerSlice", profile)
            yield from check_decimal_memory(memory[profile], at, most_gib(gpu, profile))
            yield from _check_memory(pool, memory[profile], unit, at)


def _not_mig_capable(gpu: GpuModel, path: FieldPath) -> Diagnostic:
    message = f"{gpu.name} cannot be cut into slices (it is not among NVIDIA's MIG GPUs)"
    remedy = "remove migConfiguration, or correct the GPU model"
    return Diagnostic.error(Code.NOT_MIG_CAPABLE, message, remedy, field=(*path, "acceleratorType"))


def _check_slices(
    pool: NodePool, mig: MigConfiguration, gpu: GpuModel | None, path: FieldPath
) -> Generator[Diagnostic, None, _Unit | None]:
    """Yield what is wrong with the profile; return the slice, if it is one."""
    configuration: FieldPath = (*path, "capabilities", "migConfiguration")
    at: FieldPath = (*configuration, "profile")
    if gpu and not gpu.mig_capable:
        yield _not_mig_capable(gpu, path)
        return None
    if mig.dynamic or (mig.profile is None and mig.profiles is not None):
        # What is wrong with these is said of them.
        return None
    if mig.profile is None:
        yield Diagnostic.error(
            Code.MISSING_FIELD,
            '"profile" is required where MIG is enabled',
            _profiles(gpu, gpu.name) if gpu else "",
            field=at,
            allowed=[each.name for each in gpu.profiles] if gpu else [],
        )
        return None
    known = gpu.profile(mig.profile) if gpu else None
    parsed = parse_profile_name(mig.profile)
    if known is None and (mig.slices_per_gpu is None or parsed is None):
        message, remedy, facts = _unknown_profile(mig.profile, gpu)
        yield Diagnostic.error(Code.UNKNOWN_PROFILE, message, remedy, field=at, **facts)
        return None
    if known and mig.slices_per_gpu not in (None, known.per_gpu):
        slices = f"{counted(known.per_gpu, 'slice')} of {known.name}"
        message = f"{pool.accelerator_type} has {slices} a GPU, not {mig.slices_per_gpu}"
        remedy = f"leave slicesPerGpu out{_reserved(pool, known.per_gpu, mig.slices_per_gpu)}"
        yield Diagnostic.error(
            Code.SLICES_CONTRADICT_CATALOGUE,
            message,
            remedy,
            field=(*configuration, "slicesPerGpu"),
            declared=mig.slices_per_gpu,
            slicesPerGpu=known.per_gpu,
        )
    if known is None and parsed and mig.slices_per_gpu:
        compute = max((each.per_gpu for each in gpu.profiles), default=MOST_SLICES) if gpu else MOST_SLICES
        most = max(compute // max(parsed.compute, 1), 1)
        if mig.slices_per_gpu > most:
            what = f"one {gpu.name} GPU has" if gpu else "a GPU has at most"
            message = f"{what} {compute} compute slices, and each {mig.profile} takes {parsed.compute} of them"
            remedy = f"write {most}{' or less' if most > 1 else ''}, or correct the profile"
            yield Diagnostic.error(
                Code.SLICES_CONTRADICT_CATALOGUE,
                message,
                remedy,
                field=(*configuration, "slicesPerGpu"),
                declared=mig.slices_per_gpu,
                computeSlices=compute,
                computeSlicesOfEach=parsed.compute,
                most=most,
            )
    if known:
        return _Unit(f"one {known.name} slice", known.nominal_gib, known.usable_mib, known.most_mib)
    return _Unit(f"one {mig.profile} slice", parsed.memory_gb or None if parsed else None)


def _reserved(pool: NodePool, per_gpu: int, slices: int | None) -> str:
    """Say how slices that GPUs could have, and do not, are left alone."""
    lacking = (per_gpu - (slices or per_gpu)) * pool.accelerator_count * pool.nodes
    if lacking <= 0:
        return ""
    return f", and write reservedUnits: {pool.reserved_units + lacking} for those that are not there"


def _unknown_profile(profile: str, gpu: GpuModel | None) -> Statement:
    if gpu is None:
        remedy = "write it as NVIDIA's driver does, for example 3g.40gb"
        return Statement(f"{quoted(profile)} is not a MIG profile", remedy)
    spelled = canonical_profile_name(profile)
    names = [known.name for known in gpu.profiles]
    near = spelled if spelled in names else _of_that_size(spelled, gpu) or closest(profile, names)
    hint = f'; did you mean "{near}"?' if near else ""
    message = f"{quoted(profile)} is not a MIG profile of {gpu.name}"
    return Statement(message, f"{_profiles(gpu, 'it')}{hint}", {"allowed": names, "proposal": near})


def _of_that_size(spelled: str, gpu: GpuModel) -> str | None:
    """Return the profile with as many compute slices, and the memory that is nearest; None where there is none."""
    meant = parse_profile_name(spelled)
    parsed = ((known.name, parse_profile_name(known.name)) for known in gpu.profiles)
    near = [
        (each.suffix != meant.suffix, abs(each.memory_gb - meant.memory_gb), name)
        for name, each in parsed
        if each and meant and each.compute == meant.compute
    ]
    return min(near)[2] if near else None


def _profiles(gpu: GpuModel, what: str) -> str:
    names = [_with_count(profile) for profile in gpu.profiles]
    return f"{what} has {', '.join(names)}"


def _with_count(profile: MigProfile) -> str:
    return f"{profile.name} (x{profile.per_gpu})"


def _check_promises(pool: NodePool, mig: MigConfiguration, path: FieldPath) -> Iterator[Diagnostic]:
    if not mig.whole_gpus:
        yield from _check_reach(pool, path)
    # That such a node is not cut in several profiles is said of the label (SW326).
    by_plugin = pool.allocation is Allocation.DEVICE_PLUGIN and mig.strategy is MigStrategy.MIXED
    if GKE_PARTITION_LABEL in pool.node_selector and by_plugin and not mig.several:
        message = (
            f"the pool is selected by {GKE_PARTITION_LABEL}, and GKE's own device plugin advertises nvidia.com/gpu "
            f"whatever the profile, never {pool.resource}: pods would stay Pending. Write strategy: single, "
            f"unless the nodes advertise {pool.resource} (NVIDIA's device plugin runs there): `slicewise verify` says"
        )
        yield Diagnostic.warning(Code.GKE_ADVERTISES_GPU, message, field=(*path, "migConfiguration", "strategy"))


def _check_reach(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    if pool.capabilities.interconnect is Interconnect.NVLINK:
        message = "slices do not reach each other over NVLink"
        remedy = "leave it out"
        yield Diagnostic.error(Code.NOT_ON_A_SLICE, message, remedy, field=(*path, "interconnect"))
    if (pool.capabilities.nvlink_domain_size or 1) > 1:
        message = "slices do not reach each other over NVLink"
        remedy = "leave it out"
        yield Diagnostic.error(Code.NOT_ON_A_SLICE, message, remedy, field=(*path, "nvlinkDomainSize"))
    if pool.capabilities.multi_node_capable:
        message = "one replica runs in one slice and never spans nodes"
        remedy = "write false, or leave it out"
        yield Diagnostic.error(Code.NOT_ON_A_SLICE, message, remedy, field=(*path, "multiNodeCapable"))


def _check_memory(pool: NodePool, declared: Quantity, unit: _Unit, path: FieldPath) -> Iterator[Diagnostic]:
    field = "memoryPerGpu" if path[-1] == "memoryPerGpu" else "memoryPerSlice"
    if unit.nominal_gib is not None and declared.bytes > unit.nominal_gib * GIB:
        most = unit.nominal_gib if unit.usable_mib is None else min(unit.nominal_gib, in_gib(unit.usable_mib))
        message = f"{declared} is more than {unit.what} has, and {field} is for one allocation unit"
        remedy = f"write at most {most:g}Gi"
        yield Diagnostic.error(
            Code.MEMORY_ABOVE_UNIT,
            message,
            remedy,
            field=path,
            declared=str(declared),
            declaredBytes=declared.bytes,
            mostGib=most,
        )
    elif unit.usable_mib and unit.most_mib and declared.bytes > unit.most_mib * _MIB:
        message = (
            f"{unit.what} of {pool.accelerator_type} has {in_gib(unit.most_mib):g} GiB for programs, less than the "
            f"declared {readable(declared)}"
        )
        remedy = f"write {in_gib(unit.usable_mib):g}Gi, and require no more in models"
        yield Diagnostic.warning(
            Code.USABLE_MEMORY_BELOW_DECLARED,
            message,
            remedy,
            field=path,
            declared=readable(declared),
            declaredBytes=declared.bytes,
            mostGib=in_gib(unit.usable_mib),
        )
