"""The component of a GKE cluster that the stack makes. Previewed and tested with mocks, never run on a cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pulumi

from slicewise.cloud_resources import GkePool
from slicewise.clusters.access import gke_kubeconfig
from slicewise.documents import SYSTEM_POOL
from slicewise.documents import GkeCluster as Declared

from ..type_tokens import GKE_CLUSTER
from .provisioned import ProvisionedCluster

if TYPE_CHECKING:
    from pulumi_gcp import container

_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)


class ProvisionedGkeCluster(ProvisionedCluster):
    """A GKE cluster, a pool for its own controllers, and the environment's pools with GPUs that GKE cuts."""

    def __init__(
        self,
        name: str,
        *,
        cluster: Declared,
        pools: Sequence[GkePool],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(GKE_CLUSTER, name, None, opts)
        self._name, self._declared = name, cluster
        self._cluster = self._make_cluster()
        system = self._system_pool()
        # GKE keeps other pods off GPU nodes only where there was a pool without GPUs when theirs was made.
        self.ready = [self._gpu_pool(pool, after=system) for pool in pools]
        authority = self._cluster.master_auth.apply(lambda auth: auth.cluster_ca_certificate)
        self.kubeconfig = pulumi.Output.secret(
            pulumi.Output.all(self._cluster.endpoint, authority).apply(lambda told: gke_kubeconfig(name, *told))
        )
        self.register_outputs({})

    def _make_cluster(self) -> container.Cluster:
        # Imported here: it takes half a second, and only stacks that make clusters need it.
        from pulumi_gcp import container  # noqa: PLC0415

        declared = self._declared
        return container.Cluster(
            f"{self._name}-cluster",
            name=self._name,
            project=declared.project,
            location=declared.location,
            network=declared.network,
            subnetwork=declared.subnetwork,
            min_master_version=declared.kubernetes_version,
            release_channel=container.ClusterReleaseChannelArgs(channel="REGULAR"),
            workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
                workload_pool=f"{declared.project}.svc.id.goog"
            ),
            # The pool that comes with a cluster cannot be changed: it goes, and all pools are resources of their own.
            remove_default_node_pool=True,
            initial_node_count=1,
            deletion_protection=declared.deletion_protection,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _system_pool(self) -> container.NodePool:
        from pulumi_gcp import container  # noqa: PLC0415

        return container.NodePool(
            f"{self._name}-system",
            name=SYSTEM_POOL,
            project=self._declared.project,
            location=self._declared.location,
            cluster=self._cluster.name,
            # GKE counts nodes for each zone, of which a region has three.
            node_count=2 if self._declared.zonal else 1,
            node_config=container.NodePoolNodeConfigArgs(
                machine_type=self._declared.system_machine_type,
                oauth_scopes=_SCOPES,
                workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _gpu_pool(self, pool: GkePool, *, after: pulumi.Resource) -> container.NodePool:
        from pulumi_gcp import container  # noqa: PLC0415

        accelerator = container.NodePoolNodeConfigGuestAcceleratorArgs(
            type=pool.accelerator,
            count=pool.accelerators,
            gpu_partition_size=pool.partition_size,
            # Engines are built for CUDA versions that GKE's default driver is often too old for.
            gpu_driver_installation_config=(
                container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(gpu_driver_version="LATEST")
            ),
        )
        limits = pool.limits and container.NodePoolAutoscalingArgs(
            total_min_node_count=pool.limits[0], total_max_node_count=pool.limits[1], location_policy="ANY"
        )
        return container.NodePool(
            f"{self._name}/{pool.name}",
            name=pool.name,
            project=self._declared.project,
            location=self._declared.location,
            cluster=self._cluster.name,
            node_locations=pool.zones,
            node_count=None if limits else pool.nodes_per_zone,
            initial_node_count=pool.nodes_per_zone if limits else None,
            autoscaling=limits,
            # GKE upgrades by adding a node first, which fails where no more GPUs can be had.
            upgrade_settings=container.NodePoolUpgradeSettingsArgs(max_surge=0, max_unavailable=1),
            node_config=container.NodePoolNodeConfigArgs(
                machine_type=pool.machine_type,
                disk_size_gb=pool.disk_size_gb,
                guest_accelerators=[accelerator],
                labels=pool.labels,
                oauth_scopes=_SCOPES,
                workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
            ),
            # The pool's initial number of nodes: changing it would replace the pool.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after], ignore_changes=["initialNodeCount"]),
        )
