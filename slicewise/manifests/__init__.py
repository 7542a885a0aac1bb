"""Placements as Kubernetes objects: plain dicts, ready for a cluster, a file or a test.

`placement_objects` makes those of one placement, and `shared_objects` what the placements of one environment share;
`field_source` says which field of which document a field of them is made of.
The names of annotations and labels are here, too.
"""

from slicewise.manifests.namespaces import namespace_object
from slicewise.manifests.plan_objects import environment_objects, field_source, placement_objects, shared_objects
from slicewise.manifests.pod_template import GPU_TOLERATION, pod_tolerations
from slicewise.manifests.source_map import FieldSource, SourcePart
from slicewise.manifests.vocabulary import (
    COMPONENT_LABEL,
    CONFIG_KIND,
    DEPLOYMENT_SUFFIX,
    ENVIRONMENT_ANNOTATION,
    KEDA_API_VERSION,
    KSERVE_API_VERSION,
    LEADER_WORKER_SET_API_VERSION,
    LEADER_WORKER_SET_KIND,
    LEADER_WORKER_SET_SUFFIX,
    MAIN_CONTAINER,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    NAME_LABEL,
    NODE_POOL_ANNOTATION,
    PREFILL_COMPONENT,
    PREFILL_NODE_POOL_ANNOTATION,
    PROFILE_ANNOTATION,
    REQUIRED_MEMORY_ANNOTATION,
    RESTORED_ANNOTATION,
    RESTORED_OVER_ANNOTATION,
    REVISION_ANNOTATION,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
    STACK_ANNOTATION,
    STORAGE_INITIALIZER,
    KubernetesObject,
)

__all__ = [
    "COMPONENT_LABEL",
    "CONFIG_KIND",
    "DEPLOYMENT_SUFFIX",
    "ENVIRONMENT_ANNOTATION",
    "GPU_TOLERATION",
    "KEDA_API_VERSION",
    "KSERVE_API_VERSION",
    "LEADER_WORKER_SET_API_VERSION",
    "LEADER_WORKER_SET_KIND",
    "LEADER_WORKER_SET_SUFFIX",
    "MAIN_CONTAINER",
    "MANAGED_BY",
    "MANAGED_BY_LABEL",
    "NAME_LABEL",
    "NODE_POOL_ANNOTATION",
    "PREFILL_COMPONENT",
    "PREFILL_NODE_POOL_ANNOTATION",
    "PROFILE_ANNOTATION",
    "REQUIRED_MEMORY_ANNOTATION",
    "RESTORED_ANNOTATION",
    "RESTORED_OVER_ANNOTATION",
    "REVISION_ANNOTATION",
    "SCALED_OBJECT_KIND",
    "SERVICE_KIND",
    "STACK_ANNOTATION",
    "STORAGE_INITIALIZER",
    "FieldSource",
    "KubernetesObject",
    "SourcePart",
    "environment_objects",
    "field_source",
    "namespace_object",
    "placement_objects",
    "pod_tolerations",
    "shared_objects",
]
