"""What to make in a cloud for an environment, as plain values. Checked documents go in; nothing here knows Pulumi."""

from slicewise.cloud_resources.eks import (
    CLUSTER_POLICIES,
    NODE_POLICIES,
    EksPool,
    assumed_by,
    eks_pool,
    gpu_operator_values,
    policy_arn,
)
from slicewise.cloud_resources.gke import GkePool, gke_pool

__all__ = [
    "CLUSTER_POLICIES",
    "NODE_POLICIES",
    "EksPool",
    "GkePool",
    "assumed_by",
    "eks_pool",
    "gke_pool",
    "gpu_operator_values",
    "policy_arn",
]
