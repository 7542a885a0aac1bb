"""The LLMInferenceService of a placement (KServe v1alpha2)."""

from __future__ import annotations

import hashlib
from typing import Final

from slicewise.addresses import service_name
from slicewise.documents import (
    EnvironmentSpec,
    ModelDeployment,
    ModelSpec,
    NodePool,
    PodSettings,
    ServingProfile,
    effective_base_refs,
    effective_pod,
    prefill_workload,
    served_name,
)
from slicewise.kubernetes import canonical
from slicewise.manifests import vocabulary
from slicewise.manifests.engine_memory import engine_memory_annotations, prefill_annotation
from slicewise.manifests.made_once import Maker
from slicewise.manifests.model_source import MODEL_SOURCES, model_spec
from slicewise.manifests.pipeline_parallel import pipeline_parallel_spec
from slicewise.manifests.pod_fields import pod_annotations, pod_labels, service_annotations, service_labels
from slicewise.manifests.pod_template import POD_SOURCES, PREFILL_SOURCES, DeclaredPods, pod_template
from slicewise.manifests.router import ROUTER_SOURCES, router_spec
from slicewise.manifests.source_map import FieldSource, SourcePart, below
from slicewise.manifests.vocabulary import KubernetesObject
from slicewise.planning import Placement

_REVISION_LENGTH = 12

SERVICE_SOURCES: Final = (
    FieldSource("metadata.name", SourcePart.DEPLOYMENT, ("metadata", "name")),
    FieldSource("metadata.namespace", SourcePart.DEPLOYMENT, ("metadata", "namespace")),
    FieldSource(
        f'metadata.annotations["{vocabulary.ENGINE_MEMORY_ANNOTATION}', SourcePart.SERVING_PROFILE, ("engine",)
    ),
    FieldSource(
        f'metadata.annotations["{prefill_annotation(vocabulary.ENGINE_MEMORY_ANNOTATION)}',
        SourcePart.SERVING_PROFILE,
        ("prefill",),
    ),
    FieldSource("spec.replicas", SourcePart.DEPLOYMENT, ("spec", "scaling")),
    *MODEL_SOURCES,
    FieldSource("spec.prefill.replicas", SourcePart.SERVING_PROFILE, ("prefill", "replicas")),
    *below("spec.prefill.template", PREFILL_SOURCES),
    FieldSource("spec.prefill.labels", SourcePart.POD, ("labels",)),
    FieldSource("spec.prefill.annotations", SourcePart.POD, ("annotations",)),
    FieldSource("spec.prefill", SourcePart.SERVING_PROFILE, ("prefill",)),
    FieldSource("spec.parallelism", SourcePart.SERVING_PROFILE, ("replicaTopology", "parallelism")),
    FieldSource("spec.labels", SourcePart.POD, ("labels",)),
    FieldSource("spec.annotations", SourcePart.POD, ("annotations",)),
    FieldSource("spec.baseRefs", SourcePart.BASE_REFS),
    FieldSource("spec.storageInitializer", SourcePart.MODEL, ("spec", "storageInitializer")),
    *below("spec.template", POD_SOURCES),
    *below("spec.worker", POD_SOURCES),
    *below("spec.router", ROUTER_SOURCES),
)
"""What the service's fields are made of; the first that matches counts."""


def inference_service(
    placement: Placement,
    deployment: ModelDeployment,
    model: ModelSpec,
    profile: ServingProfile,
    pool: NodePool,
    environment: EnvironmentSpec,
    made: Maker,
) -> KubernetesObject:
    """Return the service: what `placement` decided, as KServe v0.20 reads it.

    Args:
        placement: Where it runs.
        deployment: The deployment that is placed.
        model: What it serves.
        profile: How.
        pool: The pool of the placement.
        environment: The environment's own, with the pools of it.
        made: Makes what many services have in common.
    """
    nodes = placement.nodes_per_replica
    pod = effective_pod(pool, model, profile, deployment)
    name = service_name(deployment.metadata.name, nodes=nodes, autoscaled=deployment.autoscaled)
    declared = DeclaredPods(model, profile, pool, pod)
    spec: KubernetesObject = {
        "model": made(model_spec, [model], served_name(deployment, model)),
        "template": pod_template(placement, declared, name, made),
    }
    if nodes > 1:
        # Leader and worker are merged with KServe's configs one by one, so both say everything.
        spec["worker"] = pod_template(placement, declared, name, made, is_worker=True)
        spec["parallelism"] = _parallelism(profile)
    if model.storage_initializer.enabled is not None:
        spec["storageInitializer"] = {"enabled": model.storage_initializer.enabled}
    if references := effective_base_refs(pool, model):
        spec["baseRefs"] = [{"name": each.name} for each in references]
    if labels := pod_labels(pod):
        spec["labels"] = labels
    prefill, prefill_pod = placement.prefill, pod
    judged = engine_memory_annotations(model, profile, pool, placement.resource, spec["template"]["containers"][0])
    if prefill:
        own_pool = next(each for each in environment.node_pools if each.name == prefill.node_pool)
        workload = made(prefill_workload, [profile]) or profile
        prefill_pod = effective_pod(own_pool, model, workload, deployment)
        of_prefill = DeclaredPods(model, workload, own_pool, prefill_pod)
        spec["prefill"] = {"template": pod_template(prefill, of_prefill, name, made)}
        if labels := pod_labels(prefill_pod):
            spec["prefill"]["labels"] = labels
        engine = spec["prefill"]["template"]["containers"][0]
        judged |= engine_memory_annotations(model, workload, own_pool, prefill.resource, engine, is_prefill=True)
    # KServe puts these on the pods and says of none of them which version of the service it is from.
    revision = {vocabulary.REVISION_ANNOTATION: _revision(made, spec, profile, pod, prefill_pod)}
    spec["annotations"] = {**pod_annotations(pod), **revision}
    # After the revision: a route or a weight replaces no pods.
    router = router_spec(deployment.spec.router, environment)
    if router is not None:
        spec["router"] = router
    if prefill:
        # Not in the revision: more of these pods, or fewer, are no reason to replace any.
        annotations = {**pod_annotations(prefill_pod), **revision}
        spec["prefill"] |= {"annotations": annotations, "replicas": prefill.replicas}
    if not deployment.autoscaled:
        # Left out where an autoscaler owns it, so that the next `pulumi up` does not take it back.
        spec["replicas"] = placement.replicas
    return {
        "apiVersion": vocabulary.KSERVE_API_VERSION,
        "kind": vocabulary.SERVICE_KIND,
        "metadata": {
            "name": name,
            "namespace": deployment.metadata.namespace,
            "labels": _labels(deployment, pod),
            "annotations": {
                **deployment.metadata.annotations,
                **service_annotations(pod),
                **_annotations(placement, profile),
                **judged,
            },
        },
        "spec": spec,
    }


def _labels(deployment: ModelDeployment, pod: PodSettings) -> dict[str, str]:
    return {**deployment.metadata.labels, **service_labels(pod), vocabulary.MANAGED_BY_LABEL: vocabulary.MANAGED_BY}


def _revision(made: Maker, spec: KubernetesObject, profile: ServingProfile, *pods: PodSettings) -> str:
    """Return what changes exactly when a change of `spec`, which has no replicas or router yet, replaces pods."""
    parts = [spec, *(said for pod in pods for said in (service_labels(pod), pod.annotations) if said)]
    if profile.replica_topology.pipelined:
        parts.append(pipeline_parallel_spec())
    text = f"[{','.join(map(made.json_of, parts))}]"
    return hashlib.sha256(text.encode()).hexdigest()[:_REVISION_LENGTH]


def _parallelism(profile: ServingProfile) -> KubernetesObject:
    topology = profile.replica_topology
    sizes = topology.parallel_sizes
    if topology.pipelined:
        expert = {"expert": True} if topology.parallelism.expert else {}
        return {"tensor": sizes.tensor, "pipeline": sizes.pipeline, **expert}
    # Without expert, KServe v0.20's leader gets " --tensor-parallel-size", with a blank, and vLLM refuses that. So it
    # is always said, and taken back by an argument where it is not meant.
    return {"tensor": sizes.tensor, "data": sizes.data, "dataLocal": sizes.data_local, "expert": True}


def _annotations(placement: Placement, profile: ServingProfile) -> dict[str, str]:
    annotations = {
        vocabulary.ENVIRONMENT_ANNOTATION: placement.environment,
        vocabulary.NODE_POOL_ANNOTATION: placement.node_pool,
        vocabulary.PROFILE_ANNOTATION: placement.profile,
    }
    if placement.prefill:
        annotations[vocabulary.PREFILL_NODE_POOL_ANNOTATION] = placement.prefill.node_pool
    required = profile.replica_topology.requires.memory_per_gpu
    if required:
        annotations[vocabulary.REQUIRED_MEMORY_ANNOTATION] = canonical(required)
    return annotations
