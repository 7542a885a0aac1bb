"""Volumes of pods, in Kubernetes' own shape."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from slicewise.documents.base import DATA_KEY, DnsLabel, DnsSubdomain, Flag, Frozen
from slicewise.documents.environment_variables import FieldReference
from slicewise.documents.patterns import Pattern
from slicewise.kubernetes import Quantity
from slicewise.sources import EXPECTED

ABSOLUTE_PATH: Final = Pattern(r"^/[^:]*$", "a path that begins with / and has no colon")
RELATIVE_PATH: Final = Pattern("^[^/].*$", "a path inside of the volume, which does not begin with /")


def _inside(path: str) -> str:
    """Refuse a path that leads out of its volume."""
    if ".." in path.split("/"):
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": "a path inside of the volume, without .."})
    return path


AbsolutePath = Annotated[StrictStr, ABSOLUTE_PATH.field(4096)]
RelativePath = Annotated[StrictStr, RELATIVE_PATH.field(4096), AfterValidator(_inside)]
FileMode = Annotated[StrictInt, Field(ge=0, le=0o777)]


class KeyToPath(Frozen):
    """A key of a Secret or ConfigMap as a file."""

    key: Annotated[StrictStr, DATA_KEY.field(253)]
    """The key."""
    path: RelativePath
    """The file."""
    mode: FileMode | None = None
    """The file's mode."""


class ConfigMapVolume(Frozen):
    """The keys of a ConfigMap as files."""

    name: DnsSubdomain
    """The ConfigMap's name."""
    items: tuple[KeyToPath, ...] = ()
    """The keys that become files; all if omitted."""
    default_mode: FileMode | None = None
    """The files' mode."""
    optional: Flag | None = None
    """Whether the pod starts without it."""


class SecretVolume(Frozen):
    """The keys of a Secret as files."""

    secret_name: DnsSubdomain
    """The Secret's name."""
    items: tuple[KeyToPath, ...] = ()
    """The keys that become files; all if omitted."""
    default_mode: FileMode | None = None
    """The files' mode."""
    optional: Flag | None = None
    """Whether the pod starts without it."""


class EmptyDirVolume(Frozen):
    """A directory that lives as long as the pod."""

    medium: Literal["", "Memory", "HugePages"] | None = None
    """Memory for main memory; the node's disk if omitted."""
    size_limit: Quantity | None = None
    """The most that it may hold."""


class PersistentVolumeClaimVolume(Frozen):
    """A PersistentVolumeClaim in the pod's namespace."""

    claim_name: DnsSubdomain
    """The claim's name."""
    read_only: Flag | None = None
    """Whether every mount of it is read-only."""


class HostPathVolume(Frozen):
    """A directory or file of the node."""

    path: AbsolutePath
    """The path on the node."""
    type: (
        Literal["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"]
        | None
    ) = None
    """What must be there; not checked if omitted."""


class NfsVolume(Frozen):
    """A directory of an NFS server."""

    server: Annotated[StrictStr, Field(min_length=1, max_length=253)]
    """The server."""
    path: AbsolutePath
    """The directory that it exports."""
    read_only: Flag | None = None
    """Whether it is mounted read-only."""


class SecretByName(Frozen):
    """A Secret in the pod's namespace."""

    name: DnsSubdomain
    """The Secret's name."""


class CsiVolume(Frozen):
    """A volume that a CSI driver makes for the pod."""

    driver: DnsSubdomain
    """The driver."""
    read_only: Flag | None = None
    """Whether it is mounted read-only."""
    fs_type: Annotated[StrictStr, Field(min_length=1, max_length=63)] | None = None
    """The file system."""
    volume_attributes: dict[StrictStr, StrictStr] | None = None
    """Parameters for the driver."""
    node_publish_secret_ref: SecretByName | None = None
    """The Secret with the driver's credentials."""


class ServiceAccountToken(Frozen):
    """A token of the pod's service account, for workload identity."""

    path: RelativePath
    """The file."""
    audience: Annotated[StrictStr, Field(min_length=1, max_length=253)] | None = None
    """Whom the token is for; the API server if omitted."""
    expiration_seconds: Annotated[StrictInt, Field(ge=600, le=2**32)] | None = None
    """How long it is valid; an hour if omitted."""


class DownwardFile(Frozen):
    """A field of the pod as a file."""

    path: RelativePath
    """The file."""
    field_ref: FieldReference
    """The field."""


class DownwardVolume(Frozen):
    """Fields of the pod as files."""

    items: tuple[DownwardFile, ...] = Field(min_length=1)
    """The files."""


class ProjectedConfigMap(Frozen):
    """The keys of a ConfigMap, as a part of a volume."""

    name: DnsSubdomain
    """The ConfigMap's name."""
    items: tuple[KeyToPath, ...] = ()
    """The keys that become files; all if omitted."""
    optional: Flag | None = None
    """Whether the pod starts without it."""


class ProjectedSecret(Frozen):
    """The keys of a Secret, as a part of a volume."""

    name: DnsSubdomain
    """The Secret's name."""
    items: tuple[KeyToPath, ...] = ()
    """The keys that become files; all if omitted."""
    optional: Flag | None = None
    """Whether the pod starts without it."""


class ProjectedSource(Frozen):
    """A part of a projected volume: one of these."""

    config_map: ProjectedConfigMap | None = None
    """The keys of a ConfigMap."""
    secret: ProjectedSecret | None = None
    """The keys of a Secret."""
    service_account_token: ServiceAccountToken | None = None
    """A token of the pod's service account."""
    downward_api: Annotated[DownwardVolume | None, Field(alias="downwardAPI")] = None
    """Fields of the pod."""


class ProjectedVolume(Frozen):
    """Several sources in one directory."""

    sources: tuple[ProjectedSource, ...] = Field(min_length=1)
    """The sources."""
    default_mode: FileMode | None = None
    """The files' mode."""


class ClaimResources(Frozen):
    """How large a claim is."""

    requests: dict[Literal["storage"], Quantity]
    """The storage that it asks for."""


class ClaimSpec(Frozen):
    """What a claim asks for."""

    access_modes: tuple[Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"], ...] = Field(
        min_length=1
    )
    """How it is used."""
    storage_class_name: DnsSubdomain | None = None
    """The storage class; the cluster's default if omitted."""
    resources: ClaimResources
    """How large it is."""


class ClaimTemplate(Frozen):
    """The claim that is made for each pod."""

    spec: ClaimSpec
    """What it asks for."""


class EphemeralVolume(Frozen):
    """A volume of a storage class that lives as long as the pod."""

    volume_claim_template: ClaimTemplate
    """The claim that is made for each pod."""


class ImageVolume(Frozen):
    """The files of an OCI image or artifact."""

    reference: Annotated[StrictStr, Field(min_length=1, max_length=1024)]
    """The image."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When it is pulled."""


class Volume(Frozen):
    """A volume (core/v1 Volume): a name, and one of the other fields."""

    name: DnsLabel
    """The volume's name, unique in its list."""
    config_map: ConfigMapVolume | None = None
    """The keys of a ConfigMap as files."""
    secret: SecretVolume | None = None
    """The keys of a Secret as files."""
    empty_dir: EmptyDirVolume | None = None
    """A directory that lives as long as the pod."""
    persistent_volume_claim: PersistentVolumeClaimVolume | None = None
    """A PersistentVolumeClaim in the pod's namespace."""
    ephemeral: EphemeralVolume | None = None
    """A volume of a storage class that lives as long as the pod."""
    projected: ProjectedVolume | None = None
    """Several sources in one directory, tokens for workload identity among them."""
    downward_api: Annotated[DownwardVolume | None, Field(alias="downwardAPI")] = None
    """Fields of the pod as files."""
    csi: CsiVolume | None = None
    """A volume that a CSI driver makes for the pod."""
    nfs: NfsVolume | None = None
    """A directory of an NFS server."""
    host_path: HostPathVolume | None = None
    """A directory or file of the node."""
    image: ImageVolume | None = None
    """The files of an OCI image (Kubernetes 1.35 and later by default)."""

    @property
    def sources(self) -> list[str]:
        """The fields beside the name that are written, as documents call them."""
        others: dict[str, Any] = self.model_dump(by_alias=True, exclude_none=True, exclude={"name"})
        return list(others)


class VolumeMount(Frozen):
    """Where a container sees a volume (core/v1 VolumeMount)."""

    name: DnsLabel
    """The volume's name."""
    mount_path: AbsolutePath
    """The path in the container, unique in its list."""
    sub_path: RelativePath | None = None
    """The part of the volume; all of it if omitted."""
    read_only: Flag | None = None
    """Whether the container may only read it."""
    mount_propagation: Literal["None", "HostToContainer"] | None = None
    """Whether later mounts of the node show in the container."""
