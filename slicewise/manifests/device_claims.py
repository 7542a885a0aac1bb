"""The claims by which the pods of a pool with `allocation: claim` get their slices or GPUs from NVIDIA's DRA driver.

Each pod gets a ResourceClaim of its own from the ResourceClaimTemplate of its workload (resource.k8s.io/v1, from
Kubernetes 1.34). Kubernetes lets no template be changed, so its name has a digest of what it says: another request is
another template, and pods are replaced because they name it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from slicewise.documents import Allocation, NodePool
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import vocabulary
from slicewise.manifests.devices import (
    GPU_CLASS,
    OF_DRIVER,
    SLICE_CLASS,
    is_of_model,
    is_of_profile,
    profile_of_resource,
)
from slicewise.manifests.source_map import FieldSource, SourcePart
from slicewise.manifests.vocabulary import KubernetesObject
from slicewise.mig import kubernetes_spelling
from slicewise.planning import Placement

# What pods call their claim, and claims their request.
_NAME: Final = "gpu"
_DIGEST_LENGTH: Final = 8

CLAIM_SOURCES: Final = (
    FieldSource("spec.spec.devices.requests[].exactly.count", SourcePart.SERVING_PROFILE, ("replicaTopology",)),
    FieldSource("spec.spec", SourcePart.NODE_POOL, ("capabilities", "migConfiguration")),
)
"""What the fields of a ResourceClaimTemplate are made of."""


def uses_claims(pool: NodePool) -> bool:
    """Return whether the pods of `pool` get their slices or GPUs by claims."""
    return pool.allocation is Allocation.CLAIM


def claim_template(placement: Placement, pool: NodePool, service: str) -> KubernetesObject:
    """Return what the claims of the pods of one workload are made of.

    Args:
        placement: The placement, or the prefill workload of one.
        pool: Its pool, whose allocation is claim.
        service: The name of its service.
    """
    spec = {"spec": {"devices": {"requests": [_request(placement, pool)]}}}
    return {
        "apiVersion": vocabulary.DEVICES_API_VERSION,
        "kind": vocabulary.CLAIM_TEMPLATE_KIND,
        "metadata": {
            "name": _template_name(placement, service, spec),
            "namespace": placement.deployment.namespace,
            "labels": {
                vocabulary.MANAGED_BY_LABEL: vocabulary.MANAGED_BY,
                vocabulary.NAME_LABEL: service,
                vocabulary.COMPONENT_LABEL: _component(placement),
            },
            "annotations": {
                vocabulary.ENVIRONMENT_ANNOTATION: placement.environment,
                vocabulary.NODE_POOL_ANNOTATION: placement.node_pool,
                vocabulary.PROFILE_ANNOTATION: placement.profile,
            },
        },
        "spec": spec,
    }


def class_of_claim(resource: str) -> str:
    """Return the DeviceClass by which pods claim the slices or GPUs that `resource` names."""
    return SLICE_CLASS if profile_of_resource(resource) else GPU_CLASS


def claim_in_words(placement: Placement) -> str:
    """Return what a pod of one workload claims, as people read it: `claim: 1 x 3g.40gb (mig.nvidia.com)`."""
    unit = profile_of_resource(placement.resource) or "GPU"
    return f"claim: {placement.gpus_per_node} x {unit} ({class_of_claim(placement.resource)})"


def claims_of_pod(placement: Placement, pool: NodePool, service: str) -> list[KubernetesObject]:
    """Return the claims of a pod of one workload; none where its pool does not use them."""
    if not uses_claims(pool):
        return []
    name = claim_template(placement, pool, service)["metadata"]["name"]
    return [{"name": _NAME, "resourceClaimTemplateName": name}]


def claims_of_container() -> list[KubernetesObject]:
    """Return which claims of its pod the engine's container uses, where it has any."""
    return [{"name": _NAME}]


def named_templates(service: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the ResourceClaimTemplates that the pods of a service have claims of."""
    spec = mapping(service.get("spec"))
    pods = [mapping(part.get("template")) for part in (spec, mapping(spec.get("prefill")))]
    pods.append(mapping(spec.get("worker")))
    names = (text(each.get("resourceClaimTemplateName")) for pod in pods for each in items(pod.get("resourceClaims")))
    return frozenset(filter(None, names))


def claims_units(request: Mapping[str, Any], resource: str, count: int) -> bool:
    """Return whether the `exactly` of a claim's request is for `count` of the slices or GPUs that `resource` names."""
    profile = profile_of_resource(resource)
    selectors = [text(mapping(each.get("cel")).get("expression")) for each in items(request.get("selectors"))]
    is_right = not profile or any(is_of_profile(profile) in each for each in selectors)
    return is_right and (request.get("deviceClassName"), request.get("count")) == (class_of_claim(resource), count)


def is_of_prefill(template: KubernetesObject) -> bool:
    """Return whether a ResourceClaimTemplate is that of a prefill workload."""
    return bool(template["metadata"]["labels"][vocabulary.COMPONENT_LABEL] == vocabulary.PREFILL_COMPONENT)


def _request(placement: Placement, pool: NodePool) -> KubernetesObject:
    profile = profile_of_resource(placement.resource)
    conditions = (is_of_profile(profile) if profile else OF_DRIVER, is_of_model(pool.accelerator_type))
    return {
        "name": _NAME,
        "exactly": {
            "deviceClassName": class_of_claim(placement.resource),
            "selectors": [{"cel": {"expression": " && ".join(filter(None, conditions))}}],
            "allocationMode": "ExactCount",
            "count": placement.gpus_per_node,
        },
    }


def _template_name(placement: Placement, service: str, spec: KubernetesObject) -> str:
    profile = profile_of_resource(placement.resource)
    parts = [service, "prefill"] if placement.is_prefill else [service]
    said = json.dumps([parts, spec], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(said.encode()).hexdigest()[:_DIGEST_LENGTH]
    return "-".join((*parts, kubernetes_spelling(profile) if profile else _NAME, digest))


def _component(placement: Placement) -> str:
    return vocabulary.PREFILL_COMPONENT if placement.is_prefill else vocabulary.COMPONENT
