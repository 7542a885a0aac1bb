"""Clusters that the stack makes, with their node pools. Previewed and tested with mocks, never run on a cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi

from slicewise.cloud_resources import eks_pool, gke_pool, gpu_operator_values
from slicewise.documents import EksCluster as DeclaredEks
from slicewise.documents import GkeCluster as DeclaredGke
from slicewise.documents import InferenceEnvironment

from ..stack_config import KubeconfigSourceName
from .checkpoints import require_checkpoints
from .eks import ProvisionedEksCluster
from .gke import ProvisionedGkeCluster
from .provisioned import ProvisionedCluster

__all__ = ["ProvisionedCluster", "provision", "require_checkpoints"]


def provision(
    environments: Iterable[InferenceEnvironment], source: KubeconfigSourceName, parent: pulumi.Resource | None = None
) -> Mapping[str, ProvisionedCluster]:
    """Declare the clusters of the environments whose source is GKE or EKS, and say what people should know of them.

    With the kubeconfig source `none` nothing is declared: that is the preview which needs no cloud's credentials.

    Returns:
        The clusters by the environment's name.
    """
    made = {
        environment.metadata.name: (environment, declared)
        for environment in environments
        if (declared := environment.spec.cluster.provisioned) is not None
    }
    if not made:
        return {}
    names = ", ".join(made)
    if source is KubeconfigSourceName.NONE:
        pulumi.log.warn(
            f"kubeconfigSource is none, so the clusters of {names} and their node pools are left out of this preview"
        )
        return {}
    pulumi.log.warn(
        f"this stack makes the clusters of {names} (docs/provisioning.md). That part of Slicewise is previewed and "
        "tested with mocks, and has never been run on a cloud. It does not install KServe: the first `pulumi up` is "
        "without deployments there; install KServe in the new clusters, then add them"
    )
    return {name: _declare(environment, declared, parent) for name, (environment, declared) in made.items()}


def _declare(
    environment: InferenceEnvironment, declared: DeclaredGke | DeclaredEks, parent: pulumi.Resource | None
) -> ProvisionedCluster:
    # Stacks of before there was a `Fleet` have it at the top.
    opts = pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])
    name, pools = environment.metadata.name, environment.spec.node_pools
    if isinstance(declared, DeclaredGke):
        return ProvisionedGkeCluster(
            name, cluster=declared, pools=[gke_pool(pool, declared) for pool in pools], opts=opts
        )
    return ProvisionedEksCluster(
        name,
        cluster=declared,
        pools=[eks_pool(pool, declared) for pool in pools],
        operator_values=gpu_operator_values(pools),
        opts=opts,
    )
