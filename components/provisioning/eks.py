"""The component of an EKS cluster that the stack makes. Previewed and tested with mocks, never run on a cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pulumi
import pulumi_kubernetes as kubernetes

from slicewise.cloud_resources import CLUSTER_POLICIES, NODE_POLICIES, EksPool, assumed_by, policy_arn
from slicewise.clusters.access import eks_kubeconfig
from slicewise.documents import SYSTEM_POOL
from slicewise.documents import EksCluster as Declared

from ..kubernetes_provider import kubernetes_provider
from ..type_tokens import EKS_CLUSTER
from .provisioned import ProvisionedCluster

if TYPE_CHECKING:
    from pulumi_aws import eks, iam

# The GPU operator's images alone are some gigabytes, and Helm waits for its pods.
_OPERATOR_SECONDS: Final = 900
_SYSTEM_NODES: Final = 2


class ProvisionedEksCluster(ProvisionedCluster):
    """An EKS cluster with its roles, a node group for its own controllers, the environment's, and the GPU Operator."""

    def __init__(
        self,
        name: str,
        *,
        cluster: Declared,
        pools: Sequence[EksPool],
        operator_values: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(EKS_CLUSTER, name, None, opts)
        self._name, self._declared = name, cluster
        role, granted = self._role("cluster", "eks", CLUSTER_POLICIES)
        self._cluster = self._make_cluster(role, granted)
        node_role, node_granted = self._role("node", "ec2", NODE_POLICIES)
        system = self._system_group(node_role, node_granted)
        authority = self._cluster.certificate_authority.apply(lambda told: told.data)
        self.kubeconfig = pulumi.Output.secret(
            pulumi.Output.all(self._cluster.endpoint, authority).apply(
                lambda told: eks_kubeconfig(name, cluster.region, *told)
            )
        )
        # GPU nodes cost the most, and come when the cluster works.
        self.ready = [self._gpu_group(pool, node_role, after=[*node_granted, system]) for pool in pools]
        self.ready.append(self._gpu_operator(operator_values, after=system))
        self.register_outputs({})

    def _role(self, of: str, service: str, policies: Sequence[str]) -> tuple[iam.Role, list[pulumi.Resource]]:
        """Declare a role that an AWS service takes on; return it, and what gives it its rights."""
        # Imported here: it takes 0.2 s, and only stacks that make clusters need it.
        from pulumi_aws import iam  # noqa: PLC0415

        here = pulumi.ResourceOptions(parent=self)
        role = iam.Role(f"{self._name}-{of}-role", assume_role_policy=assumed_by(service), opts=here)
        granted: list[pulumi.Resource] = [
            iam.RolePolicyAttachment(
                f"{self._name}-{of}-role/{policy}",
                role=role.name,
                policy_arn=policy_arn(policy, self._declared.region),
                opts=here,
            )
            for policy in policies
        ]
        return role, granted

    def _make_cluster(self, role: iam.Role, granted: Sequence[pulumi.Resource]) -> eks.Cluster:
        from pulumi_aws import eks  # noqa: PLC0415

        declared = self._declared
        return eks.Cluster(
            f"{self._name}-cluster",
            name=self._name,
            region=declared.region,
            version=declared.kubernetes_version,
            role_arn=role.arn,
            vpc_config=eks.ClusterVpcConfigArgs(subnet_ids=sorted(declared.subnet_ids), endpoint_private_access=True),
            # The identity that creates the cluster may use it at once.
            access_config=eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
            ),
            deletion_protection=declared.deletion_protection,
            # Without its rights EKS could not clean up either: they go after it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(granted)),
        )

    def _system_group(self, role: iam.Role, granted: Sequence[pulumi.Resource]) -> eks.NodeGroup:
        from pulumi_aws import eks  # noqa: PLC0415

        return eks.NodeGroup(
            f"{self._name}-system",
            node_group_name=SYSTEM_POOL,
            region=self._declared.region,
            cluster_name=self._cluster.name,
            node_role_arn=role.arn,
            subnet_ids=sorted(self._declared.subnet_ids),
            instance_types=[self._declared.system_instance_type],
            ami_type="AL2023_x86_64_STANDARD",
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=_SYSTEM_NODES, desired_size=_SYSTEM_NODES, max_size=_SYSTEM_NODES
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(granted)),
        )

    def _gpu_group(self, pool: EksPool, role: iam.Role, *, after: Sequence[pulumi.Resource]) -> eks.NodeGroup:
        from pulumi_aws import eks  # noqa: PLC0415

        return eks.NodeGroup(
            f"{self._name}/{pool.name}",
            node_group_name=pool.name,
            region=self._declared.region,
            cluster_name=self._cluster.name,
            node_role_arn=role.arn,
            subnet_ids=sorted(self._declared.subnet_ids),
            instance_types=[pool.instance_type],
            ami_type=pool.ami_type,
            disk_size=pool.disk_size_gb,
            labels=pool.labels,
            # As GKE does it by itself: what asks for no GPU stays away.
            taints=[eks.NodeGroupTaintArgs(key="nvidia.com/gpu", value="present", effect="NO_SCHEDULE")],
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=pool.nodes, desired_size=pool.nodes, max_size=pool.most_nodes
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(after),
                ignore_changes=["scalingConfig.desiredSize"] if pool.autoscaled else None,
            ),
        )

    def _gpu_operator(self, values: Mapping[str, Any], *, after: pulumi.Resource) -> kubernetes.helm.v3.Release:
        provider = kubernetes_provider(
            f"{self._name}-system-provider",
            kubeconfig=self.kubeconfig,
            identifier=self._name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return kubernetes.helm.v3.Release(
            f"{self._name}-gpu-operator",
            name="gpu-operator",
            chart="gpu-operator",
            version="v26.7.0",
            repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo="https://helm.ngc.nvidia.com/nvidia"),
            namespace="gpu-operator",
            create_namespace=True,
            values=values,
            timeout=_OPERATOR_SECONDS,
            opts=pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[after]),
        )
