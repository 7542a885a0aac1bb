"""The KEDA ScaledObject of a placement: replicas that follow the requests under way (KEDA v2.20)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from slicewise.addresses import SERVING_PORT, workload_service
from slicewise.documents import ConcurrencyScaling
from slicewise.manifests import vocabulary
from slicewise.manifests.source_map import FieldSource, SourcePart
from slicewise.manifests.vocabulary import KubernetesObject

# vLLM's gauges; their sum is what is under way, whether the engine has begun with it or not.
_GAUGES = {"running": "vllm:num_requests_running", "waiting": "vllm:num_requests_waiting"}
_CONCURRENCY = ("spec", "scaling", "concurrency")

SCALED_OBJECT_SOURCES: Final = (
    FieldSource("spec.minReplicaCount", SourcePart.DEPLOYMENT, (*_CONCURRENCY, "minReplicas")),
    FieldSource("spec.maxReplicaCount", SourcePart.DEPLOYMENT, (*_CONCURRENCY, "maxReplicas")),
    *(
        FieldSource(f"spec.{field}", SourcePart.DEPLOYMENT, _CONCURRENCY)
        for field in ("advanced", "triggers", "scaleTargetRef", "cooldownPeriod")
    ),
)
"""What the ScaledObject's fields are made of, beside those it shares with the service."""


def scaled_object(service: KubernetesObject, scaling: ConcurrencyScaling, engines: int) -> KubernetesObject:
    """Return what scales the workload that KServe makes of `service`; each replica runs `engines` vLLM engines."""
    metadata = service["metadata"]
    behavior = {"scaleDown": {"stabilizationWindowSeconds": scaling.scale_down_delay}}
    spec: KubernetesObject = {
        "scaleTargetRef": _target(service),
        "minReplicaCount": scaling.min_replicas,
        "maxReplicaCount": scaling.max_replicas,
        "advanced": {
            # What delays n -> n-1. KEDA's cooldownPeriod delays the step to 0, and nothing else.
            "horizontalPodAutoscalerConfig": {"behavior": behavior},
            "scalingModifiers": {
                "formula": _formula(engines),
                # Requests in all, divided by this, are the replicas.
                "metricType": "AverageValue",
                "target": f"{Decimal(scaling.target * scaling.utilization) / 100:f}",
            },
        },
        "triggers": [_trigger(service, name, gauge, engines) for name, gauge in _GAUGES.items()],
    }
    if scaling.min_replicas == 0:
        spec["cooldownPeriod"] = scaling.scale_down_delay
    return {
        "apiVersion": vocabulary.KEDA_API_VERSION,
        "kind": vocabulary.SCALED_OBJECT_KIND,
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": {vocabulary.MANAGED_BY_LABEL: vocabulary.MANAGED_BY},
        },
        "spec": spec,
    }


def _target(service: KubernetesObject) -> KubernetesObject:
    """Return the workload of `service`; the name of an autoscaled one is short enough for KServe not to cut these."""
    name = service["metadata"]["name"]
    if "worker" in service["spec"]:
        return {
            "apiVersion": vocabulary.LEADER_WORKER_SET_API_VERSION,
            "kind": vocabulary.LEADER_WORKER_SET_KIND,
            "name": f"{name}{vocabulary.LEADER_WORKER_SET_SUFFIX}",
        }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{name}{vocabulary.DEPLOYMENT_SUFFIX}"}


def _formula(engines: int) -> str:
    # A pod with several engines (data parallel) has a sample of each gauge for each of them, and a trigger reads one
    # sample of a pod. vLLM spreads requests evenly over its engines, so one engine's tell of all.
    return "running + waiting" if engines == 1 else f"(running + waiting) * {engines}"


def _trigger(service: KubernetesObject, name: str, gauge: str, engines: int) -> KubernetesObject:
    """Return a trigger that adds `gauge` up over all replicas.

    KEDA asks each pod behind the service that KServe makes (of several nodes: the leaders, which alone take requests),
    so that a cluster needs KEDA and nothing else. The prometheus trigger would need the address of a Prometheus in
    every cluster, one that scrapes these pods, and would know of a burst one scrape later.
    """
    metadata = service["metadata"]
    # KEDA v2.19 asks all pods behind any service of the namespace (kedacore/keda issue 7641, fixed in v2.20);
    # the name in API requests makes the sum right there too, unless another deployment has the same (SW330).
    labels = [f'model_name="{service["spec"]["model"]["name"]}"', *(['engine="0"'] if engines > 1 else [])]
    host = f"{workload_service(metadata['name'])}.{metadata['namespace']}.svc"
    return {
        "type": "metrics-api",
        "name": name,
        "metadata": {
            "url": f"http://{host}:{SERVING_PORT}/metrics",
            "format": "prometheus",
            "valueLocation": f"{gauge}{{{','.join(labels)}}}",
            "aggregateFromKubeServiceEndpoints": "true",
            "aggregationType": "sum",
        },
    }
