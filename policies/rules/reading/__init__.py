"""What rules read in resources: fields, the pods that they make, what these ask for and require, services."""

from policies.rules.reading.argument_variables import expanded, unknown_in, variables
from policies.rules.reading.fields import Field, NotKnownError, properties
from policies.rules.reading.node_labels import NodeLabels, required_labels
from policies.rules.reading.pod_gpus import (
    GpuRequest,
    gpu_requests,
    is_asked_for,
    is_gpu_name,
    is_slice,
    is_slice_name,
    pod_requests,
    profiles_of,
)
from policies.rules.reading.pod_specs import (
    Pod,
    group_and_kind,
    is_config,
    is_service,
    makes_pods,
    pods,
    pods_of_workload,
    prefill_of,
    workloads,
)
from policies.rules.reading.stack_services import (
    STACK,
    Autoscaler,
    NameInCluster,
    autoscaler_of,
    autoscalers,
    name_in_cluster,
    outputs,
    pod_units,
    services,
)

__all__ = [
    "STACK",
    "Autoscaler",
    "Field",
    "GpuRequest",
    "NameInCluster",
    "NodeLabels",
    "NotKnownError",
    "Pod",
    "autoscaler_of",
    "autoscalers",
    "expanded",
    "gpu_requests",
    "group_and_kind",
    "is_asked_for",
    "is_config",
    "is_gpu_name",
    "is_service",
    "is_slice",
    "is_slice_name",
    "makes_pods",
    "name_in_cluster",
    "outputs",
    "pod_requests",
    "pod_units",
    "pods",
    "pods_of_workload",
    "prefill_of",
    "profiles_of",
    "properties",
    "required_labels",
    "services",
    "unknown_in",
    "variables",
    "workloads",
]
