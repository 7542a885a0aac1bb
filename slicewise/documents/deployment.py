"""ModelDeployment: which model is served, in how many environments, with how many replicas."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, StrictInt, StrictStr

from slicewise.diagnostics import Subject, named
from slicewise.documents.base import (
    DNS_1035,
    ApiVersion,
    Count,
    CountOrZero,
    DnsSubdomain,
    Frozen,
    NamespacedMetadata,
    Selector,
)
from slicewise.documents.pod import Annotations, PodSettings
from slicewise.documents.router import Router
from slicewise.documents.served_model import ServedModelName
from slicewise.kubernetes import MAX_COUNT


class ModelKind(StrEnum):
    """The kinds of document that a deployment may refer to."""

    CLUSTER_MODEL = "ClusterModel"
    MODEL = "Model"


class ModelReference(Frozen):
    """The model that a deployment serves."""

    kind: ModelKind = ModelKind.CLUSTER_MODEL
    """ClusterModel, or a Model in the deployment's own namespace."""
    name: DnsSubdomain
    """The model document's name."""


class Signal(StrEnum):
    """What determines the number of replicas."""

    FIXED = "Fixed"
    CONCURRENCY = "Concurrency"


# A member of an enumeration is looked up anew each time, in Python: of 10,000 deployments some 200,000 times.
_CONCURRENCY: Final = Signal.CONCURRENCY


class FixedScaling(Frozen):
    """A fixed number of replicas."""

    replicas: CountOrZero = 1
    """Replicas in each environment."""


class ConcurrencyScaling(Frozen):
    """A number of replicas that follows the number of requests in progress."""

    min_replicas: CountOrZero = 1
    """The minimum number of replicas."""
    max_replicas: Count
    """The maximum number of replicas: capacity is kept free for all of them."""
    target: Count
    """Requests in progress that one replica should have."""
    utilization: Annotated[StrictInt, Field(ge=1, le=100)] = 70
    """The percentage of the target at which another replica is added."""
    # The upper limit is that of a HorizontalPodAutoscaler's stabilizationWindowSeconds.
    scale_down_delay: Annotated[StrictInt, Field(ge=0, le=3600)] = 300
    """Seconds of lower load before a replica is removed."""


class Scaling(Frozen):
    """How many replicas each environment runs."""

    signal: Signal = Signal.FIXED
    """What determines it."""
    fixed: FixedScaling | None = None
    """For signal Fixed; one replica if omitted."""
    concurrency: ConcurrencyScaling | None = None
    """For signal Concurrency."""


class DeploymentSpec(Frozen):
    """What is served where, and how much of it."""

    model_ref: ModelReference
    """The model."""
    served_model_name: ServedModelName | None = None
    """The name in API requests, if it is not the model's spec.model.name."""
    environments: Annotated[StrictInt, Field(ge=1, le=10)]
    """How many environments serve it."""
    environment_selector: Selector = Selector()
    """Environments that may serve it."""
    node_pool_selector: Selector = Selector()
    """Node pools that may serve it."""
    priority: Annotated[StrictInt, Field(ge=-MAX_COUNT, le=MAX_COUNT)] = 0
    """Higher is placed first. It never evicts what is already placed."""
    scaling: Scaling = Scaling()
    """The number of replicas in each environment, or what determines it."""
    router: Router = Router()
    """Whether and how requests reach it through a Gateway."""
    pod: PodSettings | None = None
    """Settings of the deployment's pods besides what the plan decides; they override profile, model and pool."""


class DeploymentMetadata(NamespacedMetadata):
    """Name, namespace and labels; the name becomes a Service's, so it begins with a letter (DNS-1035)."""

    name: Annotated[StrictStr, DNS_1035.field(253)]
    """The deployment's name; shortened with a stable hash if KServe accepts fewer characters."""
    annotations: Annotations = Field(default_factory=dict)
    """Annotations; they and the labels reach the service and its pods."""


class DeploymentKey(NamedTuple):
    """Namespace and name of a deployment."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as people do."""
        return f"{named(self.namespace)}/{named(self.name)}"

    @property
    def subject(self) -> Subject:
        """The deployment, as diagnostics are about it."""
        return Subject("ModelDeployment", self.name, self.namespace)


class ModelDeployment(Frozen):
    """One model, served in some environments."""

    api_version: ApiVersion
    """The version of the document's format."""
    kind: Literal["ModelDeployment"]
    """The kind of document."""
    metadata: DeploymentMetadata
    """The document's name and labels."""
    spec: DeploymentSpec
    """What it declares."""

    @property
    def key(self) -> DeploymentKey:
        """What identifies it."""
        return DeploymentKey(self.metadata.namespace, self.metadata.name)

    @property
    def replicas(self) -> int:
        """Replicas that capacity is charged for in each environment: as many as there may ever be."""
        scaling = self.spec.scaling
        if self.autoscaled and scaling.concurrency:
            return scaling.concurrency.max_replicas
        return scaling.fixed.replicas if scaling.fixed else 1

    @property
    def autoscaled(self) -> bool:
        """Whether an autoscaler owns the number of replicas."""
        return self.spec.scaling.signal is _CONCURRENCY
