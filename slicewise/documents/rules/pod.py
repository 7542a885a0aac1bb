"""Rules of what is said of pods: it is nobody else's to decide, and Kubernetes and KServe take it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.diagnostics import Diagnostic, FieldPath
from slicewise.documents.environment import NodePool
from slicewise.documents.pod import BaseReference, EngineContainer, PodSettings, StorageInitializer
from slicewise.documents.rules.environment_variables import check_variables, check_variables_from
from slicewise.documents.rules.extra_resources import check_resources
from slicewise.documents.rules.listed_once import check_listed_once
from slicewise.documents.rules.owned_labels import check_owned
from slicewise.documents.rules.pod_strings import check_strings
from slicewise.documents.rules.pod_volumes import check_mounts, check_volumes
from slicewise.documents.rules.security_contexts import check_security_context
from slicewise.documents.served_model import ServingProfile


def check_pool_pod(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with what the pool at `path` says of its pods."""
    if pool.pod:
        yield from check_pod(pool.pod, (*path, "pod"))


def check_pool_base_refs(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the configs that the pool at `path` names twice."""
    yield from check_base_refs(pool.base_refs, (*path, "baseRefs"))


def check_profile_pod(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with what the profile at `path` says of its pods."""
    if profile.pod:
        yield from check_pod(profile.pod, (*path, "pod"))
    if profile.prefill and profile.prefill.pod:
        yield from check_pod(profile.prefill.pod, (*path, "prefill", "pod"))


def check_engine_variables(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the engine's environment variables of the profile at `path`."""
    yield from check_variables(profile.engine.env, (*path, "engine", "env"), of_engine=True)


def check_storage_initializer(said: StorageInitializer, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the variables and mounts of what fetches the weights, which is at `path`."""
    yield from check_variables(said.env, (*path, "env"), of_engine=False)
    yield from check_variables_from(said.env_from, (*path, "envFrom"))
    yield from check_mounts(said.volume_mounts, (*path, "volumeMounts"))


def check_base_refs(references: Sequence[BaseReference], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the configs at `path` that are named twice."""
    yield from check_listed_once((each.name for each in references), path)


def check_pod(pod: PodSettings, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with what is said of pods at `path`."""
    yield from check_strings(pod, path)
    yield from check_owned(pod.labels, pod.annotations, path)
    secrets = [each.name for each in pod.image_pull_secrets]
    yield from check_listed_once(secrets, (*path, "imagePullSecrets"))
    yield from check_volumes(pod.volumes, (*path, "volumes"))
    if pod.security_context:
        yield from check_security_context(pod.security_context, (*path, "securityContext"))
    if pod.container:
        yield from _check_container(pod.container, (*path, "container"))


def _check_container(container: EngineContainer, path: FieldPath) -> Iterator[Diagnostic]:
    yield from check_variables_from(container.env_from, (*path, "envFrom"))
    yield from check_mounts(container.volume_mounts, (*path, "volumeMounts"))
    if container.resources:
        yield from check_resources(container.resources, (*path, "resources"))
    if container.security_context:
        yield from check_security_context(container.security_context, (*path, "securityContext"))
