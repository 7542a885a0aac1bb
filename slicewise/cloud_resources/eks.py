"""The node groups of an EKS cluster, the roles they need, and the GPU Operator that cuts their GPUs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slicewise.cloud_resources.boot_disks import disk_size_gb
from slicewise.documents import EksCluster, NodePool, added_labels
from slicewise.mig import MigStrategy

CLUSTER_POLICIES: Final = ("AmazonEKSClusterPolicy",)
"""AWS managed policies of the cluster's role (EKS user guide, cluster IAM role)."""
NODE_POLICIES: Final = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
"""AWS managed policies of the nodes' role (EKS user guide, node IAM role)."""

# The accelerated Amazon Linux image has driver and container toolkit, and no device plugin (EKS user guide, accelerated
# AMIs). These families have Arm processors, and an image of their own.
_ARM_FAMILIES: Final = frozenset({"p6e-gb200", "p6e-gb300", "g5g"})
_PARTITIONS: Final = {"cn": "aws-cn", "us-gov": "aws-us-gov"}


@dataclass(frozen=True, slots=True)
class EksPool:
    """A node group of EKS.

    Attributes:
        name: Its name.
        instance_type: The EC2 instance type of its nodes.
        ami_type: EKS's name of the nodes' image.
        disk_size_gb: The boot disk of a node, in GB.
        labels: The labels that EKS does not set by itself, with the one that NVIDIA's MIG manager obeys.
        nodes: How many nodes it begins with, which is also the fewest.
        most_nodes: The most nodes, at least 1, as EKS wants it.
        autoscaled: Whether an autoscaler may change their number.
    """

    name: str
    instance_type: str
    ami_type: str
    disk_size_gb: int
    labels: Mapping[str, str]
    nodes: int
    most_nodes: int
    autoscaled: bool


def eks_pool(pool: NodePool, eks: EksCluster) -> EksPool:
    """Return what `pool`, of a document without errors, is made of on the cluster `eks`."""
    instance_type = pool.machine_type or ""
    arm = instance_type.partition(".")[0] in _ARM_FAMILIES
    return EksPool(
        name=pool.name,
        instance_type=instance_type,
        ami_type="AL2023_ARM_64_NVIDIA" if arm else "AL2023_x86_64_NVIDIA",
        disk_size_gb=disk_size_gb(pool),
        labels=added_labels(pool, eks),
        nodes=pool.node_count,
        most_nodes=max(pool.nodes, 1),
        autoscaled=pool.nodes > pool.node_count,
    )


def policy_arn(policy: str, region: str) -> str:
    """Return the ARN of the AWS managed policy called `policy`, in the partition of AWS that `region` belongs to."""
    partition = next((name for prefix, name in _PARTITIONS.items() if region.startswith(f"{prefix}-")), "aws")
    return f"arn:{partition}:iam::aws:policy/{policy}"


def assumed_by(service: str) -> str:
    """Return the policy document that lets an AWS service, `eks` or `ec2`, take on a role."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def gpu_operator_values(pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return the values of the GPU Operator's Helm chart (v26.7.0) for a cluster with these pools."""
    strategy = next((pool.mig.strategy for pool in pools if pool.mig), MigStrategy.SINGLE)
    return {
        # On the image already, where the operator must not install them (EKS user guide, accelerated AMIs).
        "driver": {"enabled": False},
        "toolkit": {"enabled": False},
        "mig": {"strategy": strategy.value},
        # A cloud's machine may take a new MIG mode only when it is started again (GPU Operator, MIG support).
        "migManager": {"enabled": True, "env": [{"name": "WITH_REBOOT", "value": "true"}]},
    }
