"""Where the cluster of an InferenceEnvironment comes from: it already exists, or the stack creates it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StrictStr

from slicewise.documents.base import Flag, Frozen, SecretKey
from slicewise.documents.patterns import Pattern

# A Kubernetes Secret's name, a Secret Manager id, or an AWS secret's name or ARN (Secrets Manager API, CreateSecret).
REFERENCE: Final = Pattern(
    r"^[A-Za-z0-9][A-Za-z0-9/_+=.@:-]*$",
    "a secret's name: letters, digits and any of /_+=.@:-, beginning with a letter or digit",
)
CLOUD_NAME: Final = Pattern(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "letters, digits, -, _ and ., beginning with a letter or digit"
)
PROJECT: Final = Pattern(
    r"^[a-z]([a-z0-9.:-]*[a-z0-9])?$",
    "a Google Cloud project's id: lower-case letters, digits and -, beginning with a letter",
)
VERSION: Final = Pattern(r"^1\.[0-9]{2}(\.[0-9A-Za-z.-]+)?$", "a Kubernetes version such as 1.34")
SUBNET: Final = Pattern(r"^subnet-[0-9a-f]+$", "a subnet's id, such as subnet-0123456789abcdef0")

CloudName = Annotated[StrictStr, CLOUD_NAME.field(100)]
Project = Annotated[StrictStr, PROJECT.field(63)]
KubernetesVersion = Annotated[StrictStr, VERSION.field(40)]
SubnetId = Annotated[StrictStr, SUBNET.field(32)]


class ClusterSource(StrEnum):
    """Where a cluster comes from."""

    EXISTING = "Existing"
    GKE = "GKE"
    EKS = "EKS"

    @property
    def block(self) -> str:
        """The name of the field that belongs to it."""
        return self.value.lower()


class KubeconfigReference(Frozen):
    """The secret that holds a cluster's kubeconfig."""

    name: Annotated[StrictStr, REFERENCE.field(512)]
    """The secret's name in the stack's kubeconfigSource."""
    key: SecretKey = "kubeconfig"
    """The key in the secret, if it holds several values."""


class GkeReference(Frozen):
    """An existing GKE cluster. Its kubeconfig is assembled from what Google Cloud reports about it."""

    project: Project
    """The Google Cloud project's id."""
    location: CloudName
    """The cluster's region or zone, for example europe-west4 or europe-west4-a."""
    cluster: CloudName
    """The cluster's name."""


class EksReference(Frozen):
    """An existing EKS cluster. Its kubeconfig is assembled from what AWS reports about it."""

    region: CloudName
    """The AWS region, for example eu-central-1."""
    cluster: CloudName
    """The cluster's name."""


class ExistingCluster(Frozen):
    """How to reach an existing cluster: exactly one of the three."""

    secret_ref: KubeconfigReference | None = None
    """The secret with its kubeconfig; the stack's kubeconfigSource determines where secrets are kept."""
    gke: GkeReference | None = None
    """A GKE cluster, by its name."""
    eks: EksReference | None = None
    """An EKS cluster, by its name."""


class GkeCluster(Frozen):
    """A GKE cluster that the stack creates, with the environment's node pools. Previewed, never run on a cloud."""

    project: Project
    """The Google Cloud project's id."""
    location: CloudName
    """The region or zone, for example europe-west4."""
    kubernetes_version: KubernetesVersion | None = None
    """The control plane's minimum version, for example 1.34; GKE's default if omitted."""
    network: CloudName | None = None
    """The VPC network; the project's default if omitted."""
    subnetwork: CloudName | None = None
    """The subnetwork of that network."""
    system_machine_type: CloudName = "e2-standard-4"
    """The machine type of the node pool that runs KServe's and the cluster's own controllers."""
    deletion_protection: Flag = True
    """Whether Google Cloud refuses to delete the cluster."""

    @property
    def zonal(self) -> bool:
        """Whether the location is one zone, `europe-west4-a`, and not a region."""
        return self.location.count("-") > 1

    @property
    def region(self) -> str:
        """The region that the cluster is in."""
        return self.location.rpartition("-")[0] if self.zonal else self.location


class EksCluster(Frozen):
    """An EKS cluster that the stack creates, with the environment's node pools. Previewed, never run on a cloud."""

    region: CloudName
    """The AWS region, for example eu-central-1."""
    subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=2, max_length=16)]
    """Subnets of one VPC in at least two availability zones; nodes run in them too."""
    kubernetes_version: KubernetesVersion | None = None
    """The control plane's version, for example 1.34; EKS's default if omitted."""
    system_instance_type: CloudName = "m7i.xlarge"
    """The instance type (x86) of the node group that runs KServe's and the cluster's own controllers."""
    deletion_protection: Flag = True
    """Whether AWS refuses to delete the cluster."""


class Cluster(Frozen):
    """Where the environment's cluster comes from: `source`, and the one block that belongs to it."""

    source: ClusterSource
    """Existing: a cluster that already exists. GKE, EKS: the stack creates it."""
    existing: ExistingCluster | None = None
    """For source Existing: how to reach it."""
    gke: GkeCluster | None = None
    """For source GKE: what to create."""
    eks: EksCluster | None = None
    """For source EKS: what to create."""

    @property
    def provisioned(self) -> GkeCluster | EksCluster | None:
        """What the stack creates; None if the cluster already exists."""
        blocks = {ClusterSource.GKE: self.gke, ClusterSource.EKS: self.eks}
        return blocks.get(self.source)
