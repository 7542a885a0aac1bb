"""What decides whether an engine fits: its version and options by the model's document, and the unit by the pool's."""

from __future__ import annotations

from typing import Final

from slicewise.documents.architecture import ModelArchitecture
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.engine_judge import SizedEngine
from slicewise.documents.environment import NodePool
from slicewise.documents.image_parts import split_image
from slicewise.documents.served_model import Engine, JudgedProfile, ModelSpec, ServingProfile
from slicewise.kubernetes import GIB, Quantity
from slicewise.mig import programs_see
from slicewise.sizing import (
    KSERVE_PRESET,
    EngineOptions,
    Uncomputed,
    Unit,
    VllmVersion,
    memory_variables,
    parse_version,
    read_options,
)

_MIB: Final = 1024**2
# The vLLM in llm-d's images: release notes of llm-d v0.8.1 and v0.9.0, and llm-d pull request 1819.
_LLM_D: Final = {"v0.8": VllmVersion(0, 23), "v0.9": VllmVersion(0, 26)}


def engine_version(engine: Engine) -> VllmVersion | None:
    """Return the vLLM that an engine is: as the document says it, else its image's tag, else KServe's preset.

    None where an image does not say it.
    """
    if engine.version is not None:
        return parse_version(engine.version)
    if engine.image is None:
        return KSERVE_PRESET
    name, tag, _ = split_image(engine.image)
    repository = name.rpartition("/")[2]
    if repository.startswith("llm-d") and tag:
        return _LLM_D.get(".".join(tag.split(".")[:2]))
    return parse_version(tag) if tag and "vllm" in repository else None


def engine_options(profile: ServingProfile, *, adapters: bool) -> EngineOptions:
    """Return how the engine of a profile is started, as far as memory goes; `adapters` are those of its model.

    Raises:
        InvalidInputError: An argument has a value that vLLM does not take (`ENGINE_ARGUMENT`).
    """
    topology = profile.replica_topology
    sizes = topology.parallel_sizes
    engine = profile.engine
    own = [Uncomputed("the engine has a command of its own")] if engine.command else []
    start = EngineOptions(
        tensor=sizes.tensor,
        pipeline=sizes.pipeline,
        data=sizes.data,
        expert=topology.parallelism.expert,
        changing=(*own, *_by_variables(engine)),
    )
    # KServe adds the option itself, before these arguments.
    return read_options([*(["--enable-lora"] if adapters else []), *profile.engine.args], start)


def profile_engine(model: ModelSpec, profile: ServingProfile) -> SizedEngine | None:
    """Return the engine of a valid profile; None where nothing is known of what its model is made of."""
    if model.architecture is None:
        return None
    return engine_with(model.architecture, profile, adapters=model.lora is not None)


def engine_with(architecture: ModelArchitecture, profile: ServingProfile, *, adapters: bool) -> SizedEngine | None:
    """Return the engine of a profile; None where it is not known what the model's architecture means.

    Args:
        architecture: The model's.
        profile: How it is served.
        adapters: Whether the model has any.

    Raises:
        InvalidInputError: An argument has a value that vLLM does not take (`ENGINE_ARGUMENT`).
    """
    judged = profile.judged.get(adapters)
    if judged is not None and judged.profile is profile and judged.architecture is architecture:
        return judged.engine
    if architecture.known is None:
        return None
    engine, topology = profile.engine, profile.replica_topology
    said = (
        *(engine.version, engine.image, engine.args, engine.command, tuple(each.name for each in engine.env)),
        *(topology.nodes, topology.gpus_per_node, topology.parallelism, adapters),
    )
    engines = architecture.engines
    if said not in engines:
        options, version = engine_options(profile, adapters=adapters), engine_version(engine)
        sized = SizedEngine(architecture.known, options, version, architecture.contradiction)
        engines[said] = engines.setdefault((options, version), sized)
    profile.judged[adapters] = JudgedProfile(profile, architecture, engines[said])
    return engines[said]


def _by_variables(engine: Engine) -> tuple[Uncomputed, ...]:
    return memory_variables(each.name for each in engine.env)


def unit_of(pool: NodePool) -> Unit:
    """Return a unit of a pool by the memory that it really has.

    What the document has in MiB was read from a cluster (`discover` writes so) and counts. Whole GiB are what people
    round to, so that the catalogue's measurement counts where it has one: of a slice what the driver gives, of a whole
    GPU what programs see.
    """
    declared, is_exact = pool.unit_memory.bytes, _is_exact(pool.unit_memory)
    gpu = catalogued(pool)
    name = gpu.name if gpu else ""
    if pool.mig is None:
        seen = programs_see(name)
        return Unit(min(declared, seen * _MIB) if seen else declared, is_slice=False, gpu_model=name)
    profile = gpu.profile(pool.mig.profile) if gpu and pool.mig.profile else None
    if profile is None or profile.usable_mib is None or is_exact:
        return Unit(declared, is_slice=True, gpu_model=name)
    measured = profile.usable_mib * _MIB
    is_measured = measured <= declared <= (profile.most_mib or 0) * _MIB
    return Unit(declared if is_measured else measured, is_slice=True, gpu_model=name)


def _is_exact(declared: Quantity) -> bool:
    """Whether an amount was read from a cluster: 20480Mi is, though it is 20Gi, which people write of 19.62."""
    return bool(declared.bytes % GIB) or declared.text.endswith("Mi")
