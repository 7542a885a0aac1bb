"""What a rule of one document is: what it looks at, and what of that has to be right for it to be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from slicewise.diagnostics import Diagnostic, FieldPath
from slicewise.documents.architecture import ModelArchitecture
from slicewise.documents.cluster import Cluster
from slicewise.documents.deployment import DeploymentMetadata, Scaling
from slicewise.documents.environment import NodePool
from slicewise.documents.environment_variables import EnvironmentVariable
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import ModelSource, Weights
from slicewise.documents.pod import BaseReference, PodSettings, StorageInitializer
from slicewise.documents.prefill_profiles import prefill_workload
from slicewise.documents.router import Router
from slicewise.documents.rules.judged_document import JudgedDeployment, JudgedEnvironment, JudgedModel
from slicewise.documents.rules.judged_entry import EntryT, JudgedEntry
from slicewise.documents.served_model import Prefill, ServingProfile

JudgedT = TypeVar("JudgedT")
_Pools = Sequence[JudgedEntry[NodePool]]
_Profiles = Sequence[JudgedEntry[ServingProfile]]
_Found = Iterator[Diagnostic]
_POD: Final[FieldPath] = ("spec", "pod")


@dataclass(frozen=True, slots=True)
class Rule(Generic[JudgedT]):
    """One rule. A document that lacks the part which it is of (such as a cluster that is right) has none of it.

    Attributes:
        fields: The fields of each pool or profile that it looks at: an entry where one of them is wrong is left out.
        run: Yields what is wrong with, or advisable for, a document.
    """

    fields: tuple[str, ...]
    run: Callable[[JudgedT], _Found]


def of_cluster(check: Callable[[Cluster], _Found]) -> Rule[JudgedEnvironment]:
    """Return a rule of the cluster."""
    return Rule((), lambda document: check(document.cluster) if document.cluster else iter(()))


def of_name(check: Callable[[str, Cluster], _Found]) -> Rule[JudgedEnvironment]:
    """Return a rule of the environment's name and its cluster."""

    def run(document: JudgedEnvironment) -> _Found:
        if document.cluster and document.name is not None:
            yield from check(document.name, document.cluster)

    return Rule((), run)


def of_labels(check: Callable[[Mapping[str, str]], _Found]) -> Rule[JudgedEnvironment]:
    """Return a rule of an environment's labels."""
    return Rule((), lambda document: check(document.labels))


def of_each_pool(check: Callable[[NodePool, FieldPath], _Found], *fields: str) -> Rule[JudgedEnvironment]:
    """Return a rule of each pool alone."""

    def run(document: JudgedEnvironment) -> _Found:
        for entry in _fitting(document.pools, fields):
            yield from check(entry.value, entry.path)

    return Rule(fields, run)


def of_each_pool_and_versions(
    check: Callable[[NodePool, Sequence[str], FieldPath], _Found], *fields: str
) -> Rule[JudgedEnvironment]:
    """Return a rule of each pool and the versions of Kubernetes that the document says of the cluster."""

    def run(document: JudgedEnvironment) -> _Found:
        for entry in _fitting(document.pools, fields):
            yield from check(entry.value, document.versions, entry.path)

    return Rule(fields, run)


def of_each_pool_and_cluster(
    check: Callable[[NodePool, Cluster, FieldPath], _Found], *fields: str
) -> Rule[JudgedEnvironment]:
    """Return a rule of each pool and the cluster."""

    def run(document: JudgedEnvironment) -> _Found:
        if document.cluster:
            for entry in _fitting(document.pools, fields):
                yield from check(entry.value, document.cluster, entry.path)

    return Rule(fields, run)


def of_each_made_pool(check: Callable[[NodePool, Cluster, FieldPath], _Found], *fields: str) -> Rule[JudgedEnvironment]:
    """Return a rule of each pool and the cluster, where the stack makes both."""
    rule = of_each_pool_and_cluster(check, *fields)

    def run(document: JudgedEnvironment) -> _Found:
        return rule.run(document) if document.cluster and document.cluster.provisioned else iter(())

    return Rule(fields, run)


def of_pools(check: Callable[[_Pools], _Found], *fields: str) -> Rule[JudgedEnvironment]:
    """Return a rule of all pools together."""
    return Rule(fields, lambda document: check(_fitting(document.pools, fields)))


def of_pools_and_cluster(check: Callable[[_Pools, Cluster], _Found], *fields: str) -> Rule[JudgedEnvironment]:
    """Return a rule of all pools together and the cluster."""

    def run(document: JudgedEnvironment) -> _Found:
        if document.cluster:
            yield from check(_fitting(document.pools, fields), document.cluster)

    return Rule(fields, run)


def of_each_profile(check: Callable[[ServingProfile, FieldPath], _Found], *fields: str) -> Rule[JudgedModel]:
    """Return a rule of each serving profile alone."""

    def run(document: JudgedModel) -> _Found:
        for entry in _fitting(document.serving, fields):
            yield from check(entry.value, entry.path)

    return Rule(fields, run)


def of_each_prefill(check: Callable[[ServingProfile, FieldPath], _Found], *fields: str) -> Rule[JudgedModel]:
    """Return a rule of each prefill workload, for fields that it has of its own: others are judged in the profile."""

    def run(document: JudgedModel) -> _Found:
        for entry in _fitting(document.serving, (f"prefill.{field}" for field in fields)):
            workload = prefill_workload(entry.value)
            if workload and all(_is_own(entry.value.prefill, field) for field in fields):
                yield from check(workload, (*entry.path, "prefill"))

    return Rule((), run)


def of_each_profile_and_repository(
    check: Callable[[ServingProfile, str, FieldPath], _Found], *fields: str
) -> Rule[JudgedModel]:
    """Return a rule of each serving profile and the repository of the weights."""

    def run(document: JudgedModel) -> _Found:
        if document.repository is not None:
            for entry in _fitting(document.serving, fields):
                yield from check(entry.value, document.repository, entry.path)

    return Rule(fields, run)


def of_architecture(check: Callable[[ModelArchitecture], _Found]) -> Rule[JudgedModel]:
    """Return a rule of the model's architecture."""
    return Rule((), lambda document: check(document.architecture) if document.architecture else iter(()))


def of_each_profile_and_architecture(
    check: Callable[[ServingProfile, ModelArchitecture, bool, FieldPath], _Found], *fields: str
) -> Rule[JudgedModel]:
    """Return a rule of each serving profile, the model's architecture, and whether the model has adapters."""

    def run(document: JudgedModel) -> _Found:
        if document.architecture is not None:
            for entry in _fitting(document.serving, fields):
                yield from check(entry.value, document.architecture, document.lora is not None, entry.path)

    return Rule(fields, run)


def of_source(check: Callable[[ModelSource, AbstractSet[ModelSource]], _Found]) -> Rule[JudgedModel]:
    """Return a rule of where a model's weights come from, and of the blocks that it has."""
    return Rule((), lambda document: check(document.source, document.blocks) if document.source else iter(()))


def of_pods_and_download(
    check: Callable[[PodSettings, StorageInitializer, Weights | None, Lora | None, FieldPath], _Found],
) -> Rule[JudgedModel]:
    """Return a rule of all that a model says of its pods, and of what is fetched for them."""

    def run(document: JudgedModel) -> _Found:
        pods = [(document.pod, _POD)]
        for entry in _fitting(document.serving, ("pod", "prefill")):
            pods.append((entry.value.pod, (*entry.path, "pod")))
            if entry.value.prefill:
                pods.append((entry.value.prefill.pod, (*entry.path, "prefill", "pod")))
        if document.storage_initializer:
            for pod, path in pods:
                if pod:
                    yield from check(pod, document.storage_initializer, document.weights, document.lora, path)

    return Rule(("pod", "prefill"), run)


def of_engine_variables_and_download(
    check: Callable[
        [Sequence[EnvironmentVariable], StorageInitializer, Weights | None, Lora | None, FieldPath], _Found
    ],
) -> Rule[JudgedModel]:
    """Return a rule of the variables of each engine of a model, and of what is fetched for it."""

    def run(document: JudgedModel) -> _Found:
        storage = document.storage_initializer
        if storage is None:
            return
        for entry in _fitting(document.serving, ("engine.env", "prefill")):
            engines = [(entry.value.engine, (*entry.path, "engine"))]
            if entry.value.prefill and entry.value.prefill.engine:
                engines.append((entry.value.prefill.engine, (*entry.path, "prefill", "engine")))
            for engine, path in engines:
                yield from check(engine.env, storage, document.weights, document.lora, (*path, "env"))

    return Rule(("engine.env", "prefill"), run)


def of_lora(check: Callable[[Lora, str | None, Weights | None], _Found]) -> Rule[JudgedModel]:
    """Return a rule of a model's adapters, its name in API requests and its own weights."""
    return Rule(
        (), lambda document: check(document.lora, document.name, document.weights) if document.lora else iter(())
    )


def of_each_profile_with_adapters(
    check: Callable[[ServingProfile, FieldPath], _Found], *fields: str
) -> Rule[JudgedModel]:
    """Return a rule of each serving profile of a model that has adapters."""

    def run(document: JudgedModel) -> _Found:
        if document.lora is not None:
            for entry in _fitting(document.serving, fields):
                yield from check(entry.value, entry.path)

    return Rule(fields, run)


def of_profiles(check: Callable[[_Profiles], _Found], *fields: str) -> Rule[JudgedModel]:
    """Return a rule of all serving profiles together."""
    return Rule(fields, lambda document: check(_fitting(document.serving, fields)))


def of_namespace(check: Callable[[str], _Found]) -> Rule[JudgedDeployment]:
    """Return a rule of a deployment's namespace."""
    return Rule((), lambda document: check(document.metadata.namespace) if document.metadata else iter(()))


def of_metadata(check: Callable[[DeploymentMetadata], _Found]) -> Rule[JudgedDeployment]:
    """Return a rule of all that a deployment's metadata says."""
    return Rule((), lambda document: check(document.metadata) if document.metadata else iter(()))


def of_scaling(check: Callable[[Scaling], _Found]) -> Rule[JudgedDeployment]:
    """Return a rule of a deployment's scaling."""
    return Rule((), lambda document: check(document.scaling) if document.scaling else iter(()))


def of_pod_of_deployment(check: Callable[[PodSettings, FieldPath], _Found]) -> Rule[JudgedDeployment]:
    """Return a rule of what a deployment says of its pods."""
    return Rule((), lambda document: check(document.pod, _POD) if document.pod else iter(()))


def of_pod_of_model(check: Callable[[PodSettings, FieldPath], _Found]) -> Rule[JudgedModel]:
    """Return a rule of what a model says of its pods."""
    return Rule((), lambda document: check(document.pod, _POD) if document.pod else iter(()))


def of_storage_initializer(check: Callable[[StorageInitializer, FieldPath], _Found]) -> Rule[JudgedModel]:
    """Return a rule of what fetches a model's weights."""

    def run(document: JudgedModel) -> _Found:
        if document.storage_initializer:
            yield from check(document.storage_initializer, ("spec", "storageInitializer"))

    return Rule((), run)


def of_download(check: Callable[[StorageInitializer, Weights | None, Lora | None], _Found]) -> Rule[JudgedModel]:
    """Return a rule of what fetches a model's weights, and of what it fetches."""

    def run(document: JudgedModel) -> _Found:
        if document.storage_initializer:
            yield from check(document.storage_initializer, document.weights, document.lora)

    return Rule((), run)


def of_base_refs(check: Callable[[Sequence[BaseReference], FieldPath], _Found]) -> Rule[JudgedModel]:
    """Return a rule of the configs that a model names."""
    return Rule((), lambda document: check(document.base_refs, ("spec", "baseRefs")))


def of_each_prefill_and_architecture(
    check: Callable[[ServingProfile, ModelArchitecture, bool, FieldPath], _Found], *fields: str
) -> Rule[JudgedModel]:
    """Return a rule of each prefill workload and the architecture; what it takes over is said of the profile."""

    def run(document: JudgedModel) -> _Found:
        if document.architecture is None:
            return
        prefixed = [f"prefill.{field}" for field in fields]
        for entry in _fitting(document.serving, [*fields, *prefixed]):
            if workload := prefill_workload(entry.value):
                found = check(workload, document.architecture, document.lora is not None, (*entry.path, "prefill"))
                own_arguments = _is_own(entry.value.prefill, "engine.args")
                own_shape = _is_own(entry.value.prefill, "replicaTopology")
                yield from (each for each in found if own_arguments or (own_shape and not each.is_error))

    return Rule((), run)


def _is_own(prefill: Prefill | None, field: str) -> bool:
    """Return whether a prefill workload does not take a field, or what it is in, from its profile."""
    if prefill is None:
        return False
    if field.startswith("replicaTopology"):
        return prefill.replica_topology is not None
    return prefill.engine is not None and field.removeprefix("engine.") in prefill.engine.model_fields_set


def of_router(check: Callable[[Router], _Found]) -> Rule[JudgedDeployment]:
    """Return a rule of a deployment's router."""
    return Rule((), lambda document: check(document.router) if document.router else iter(()))


def _fitting(entries: Sequence[JudgedEntry[EntryT]], fields: Iterable[str]) -> list[JudgedEntry[EntryT]]:
    # Nearly all documents have nothing wrong.
    return [entry for entry in entries if not entry.wrong or entry.fits(*fields)]
