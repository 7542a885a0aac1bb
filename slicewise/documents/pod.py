"""What a platform says of the pods of its models beside what the plan decides, in Kubernetes' own shapes.

A closed list: what is not in it (nodes, GPUs, replicas, names, other containers) is decided elsewhere.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StrictInt, StrictStr

from slicewise.documents.amounts import Memory
from slicewise.documents.base import Count, CountOrZero, DnsSubdomain, Flag, Frozen, LabelKey, Labels
from slicewise.documents.environment_variables import EnvironmentVariable, VariablesFrom
from slicewise.documents.patterns import Pattern
from slicewise.documents.pod_volumes import SecretByName, Volume, VolumeMount
from slicewise.kubernetes import Quantity

CAPABILITY: Final = Pattern("^[A-Z][A-Z_]*$", "a Linux capability without CAP_, for example IPC_LOCK")
# The kernel's ids, as Kubernetes takes them (core validation, ValidateUserID).
Identity = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Annotations = dict[LabelKey, StrictStr]
ResourceAmounts = dict[LabelKey, Quantity]
Capability = Annotated[StrictStr, CAPABILITY.field(63)]


class SecurityProfile(Frozen):
    """A seccomp or AppArmor profile."""

    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    """Whose profile it is."""
    localhost_profile: Annotated[StrictStr, Field(min_length=1, max_length=4096)] | None = None
    """The profile on the node, for type Localhost."""


class SeLinuxOptions(Frozen):
    """An SELinux context."""

    user: StrictStr | None = None
    """Its user."""
    role: StrictStr | None = None
    """Its role."""
    type: StrictStr | None = None
    """Its type."""
    level: StrictStr | None = None
    """Its level."""


class Sysctl(Frozen):
    """A kernel parameter of the pod's namespaces."""

    name: Annotated[StrictStr, Field(min_length=1, max_length=253)]
    """The parameter, for example net.ipv4.ping_group_range."""
    value: StrictStr
    """Its value."""


class PodSecurityContext(Frozen):
    """Who the pod's processes are, and what is enforced on them (core/v1 PodSecurityContext)."""

    run_as_user: Identity | None = None
    """The user of the pod's processes."""
    run_as_group: Identity | None = None
    """Their group."""
    run_as_non_root: Flag | None = None
    """Whether the kubelet refuses to run them as root."""
    fs_group: Identity | None = None
    """The group that owns the files of volumes."""
    fs_group_change_policy: Literal["Always", "OnRootMismatch"] | None = None
    """When the group of files is changed."""
    supplemental_groups: tuple[Identity, ...] = ()
    """Further groups."""
    supplemental_groups_policy: Literal["Merge", "Strict"] | None = None
    """Whether groups of the image count too."""
    seccomp_profile: SecurityProfile | None = None
    """The seccomp profile."""
    app_armor_profile: SecurityProfile | None = None
    """The AppArmor profile."""
    se_linux_options: SeLinuxOptions | None = None
    """The SELinux context."""
    sysctls: tuple[Sysctl, ...] = ()
    """Kernel parameters."""


class LinuxCapabilities(Frozen):
    """Linux capabilities beside, or without, those of the container runtime."""

    add: tuple[Capability, ...] = ()
    """Those added, for example IPC_LOCK for RDMA."""
    drop: tuple[Capability, ...] = ()
    """Those taken away."""


class ContainerSecurityContext(Frozen):
    """Who the engine's process is, and what is enforced on it (core/v1 SecurityContext)."""

    run_as_user: Identity | None = None
    """The user of the process."""
    run_as_group: Identity | None = None
    """Its group."""
    run_as_non_root: Flag | None = None
    """Whether the kubelet refuses to run it as root."""
    read_only_root_filesystem: Flag | None = None
    """Whether it may write to volumes only."""
    allow_privilege_escalation: Flag | None = None
    """Whether it may get more rights than its parent."""
    capabilities: LinuxCapabilities | None = None
    """Linux capabilities."""
    seccomp_profile: SecurityProfile | None = None
    """The seccomp profile."""
    app_armor_profile: SecurityProfile | None = None
    """The AppArmor profile."""
    se_linux_options: SeLinuxOptions | None = None
    """The SELinux context."""


class Probe(Frozen):
    """When a probe begins, how often it asks, and what counts as failed; what it asks is KServe's."""

    initial_delay_seconds: CountOrZero | None = None
    """Seconds before the first."""
    period_seconds: Count | None = None
    """Seconds between two."""
    timeout_seconds: Count | None = None
    """Seconds until one counts as failed."""
    failure_threshold: Count | None = None
    """How many in a row fail the container."""
    termination_grace_period_seconds: Count | None = None
    """Seconds that a failed container has to end."""


class ReadinessProbe(Frozen):
    """When the probe that decides on requests begins, how often it asks, and what counts."""

    initial_delay_seconds: CountOrZero | None = None
    """Seconds before the first."""
    period_seconds: Count | None = None
    """Seconds between two."""
    timeout_seconds: Count | None = None
    """Seconds until one counts as failed."""
    failure_threshold: Count | None = None
    """How many in a row take the pod out of its Service."""
    success_threshold: Count | None = None
    """How many in a row bring it back."""


class ExtraResources(Frozen):
    """What the engine's container asks for beside GPUs, CPU and memory."""

    requests: ResourceAmounts | None = None
    """What the node must have."""
    limits: ResourceAmounts | None = None
    """What it gets at most; of devices, what it gets."""


class EngineContainer(Frozen):
    """The container that the engine runs in."""

    env_from: tuple[VariablesFrom, ...] = ()
    """ConfigMaps and Secrets whose keys become environment variables."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Where it sees the pod's volumes."""
    startup_probe: Probe | None = None
    """How long it may take to start: KServe gives ten minutes, failureThreshold 60 times periodSeconds 10."""
    liveness_probe: Probe | None = None
    """When it is restarted."""
    readiness_probe: ReadinessProbe | None = None
    """When requests are sent to it."""
    resources: ExtraResources | None = None
    """What it asks for beside GPUs, CPU and memory, for example rdma/ib or ephemeral-storage."""
    security_context: ContainerSecurityContext | None = None
    """Who its process is, and what is enforced on it."""


class PodSettings(Frozen):
    """Settings of pods besides what the plan decides."""

    labels: Labels | None = None
    """Labels of the pods."""
    annotations: Annotations | None = None
    """Annotations of the pods."""
    service_account_name: DnsSubdomain | None = None
    """The service account, which must be in the deployment's namespace."""
    image_pull_secrets: tuple[SecretByName, ...] = ()
    """The Secrets for registries of images, in the deployment's namespace."""
    priority_class_name: DnsSubdomain | None = None
    """The PriorityClass."""
    scheduler_name: DnsSubdomain | None = None
    """The scheduler; kube-scheduler if omitted."""
    runtime_class_name: DnsSubdomain | None = None
    """The RuntimeClass, for example nvidia."""
    security_context: PodSecurityContext | None = None
    """Who the pod's processes are, and what is enforced on them."""
    volumes: tuple[Volume, ...] = ()
    """Volumes beside KServe's own."""
    shm_size: Memory | None = None
    """The size of /dev/shm, which the ranks of one node share; KServe gives 1Gi on one node and 8Gi on several."""
    container: EngineContainer | None = None
    """The engine's container."""


class BaseReference(Frozen):
    """An LLMInferenceServiceConfig that KServe merges into the service."""

    name: DnsSubdomain
    """The config's name, in the deployment's namespace or in KServe's."""


class StorageInitializer(Frozen):
    """KServe's init container that fetches the weights."""

    enabled: Flag | None = None
    """Whether there is one; KServe's default is true."""
    env: tuple[EnvironmentVariable, ...] = ()
    """Environment variables, such as HTTPS_PROXY, HF_ENDPOINT or AWS_ENDPOINT_URL."""
    env_from: tuple[VariablesFrom, ...] = ()
    """ConfigMaps and Secrets whose keys become environment variables."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Where it sees the pod's volumes, for example one with a certificate authority."""
