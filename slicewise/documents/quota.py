"""Quota: how much of the fleet some deployments may take together."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field

from slicewise.documents.base import ApiVersion, ClusterMetadata, CountOrZero, DnsLabel, Frozen, Selector
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment, NodePool
from slicewise.kubernetes import MAX_COUNT, Quantity
from slicewise.sources import UnusableTextError

_GIB: Final = 1024**3
MOST_NAMESPACES: Final = 1000
"""The most namespaces that one quota names."""


class Measure(StrEnum):
    """What a quota limits, as its document calls it."""

    UNITS = "units"
    MEMORY = "memory"
    GPU_EQUIVALENTS = "gpuEquivalents"


def _gpus(amount: Quantity) -> Quantity:
    """Refuse more GPUs than any count may have; `4Gi` is not a number of GPUs."""
    if amount.value > MAX_COUNT:
        remedy = "write a number of GPUs, for example 8"
        raise UnusableTextError(f"is more than {MAX_COUNT} GPUs", remedy, most=MAX_COUNT).for_pydantic()
    return amount


def _memory_of_units(amount: Quantity) -> Quantity:
    """Refuse what is less than any GPU or slice has: `480` would be 480 bytes."""
    if amount.value < _GIB:
        raise UnusableTextError("is less than any GPU or slice has", "write for example 480Gi").for_pydantic()
    return amount


QuotaMemory = Annotated[Quantity, AfterValidator(_memory_of_units)]
"""At least 1Gi."""
GpuEquivalents = Annotated[Quantity, AfterValidator(_gpus)]
"""A number of GPUs, which need not be whole: a slice counts as a part of one."""


class QuotaLimits(Frozen):
    """How much may be taken at most; what is left out is not limited."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    units: CountOrZero | None = None
    """Units: slices and whole GPUs, each as one."""
    memory: QuotaMemory | None = None
    """GPU memory of these units, as programs see it."""
    gpu_equivalents: GpuEquivalents | None = None
    """GPUs: a slice counts as one GPU divided by the slices of its profile that a GPU has."""

    def given(self) -> Iterator[tuple[Measure, int | Quantity]]:
        """Yield what is limited, and to how much."""
        if self.units is not None:
            yield Measure.UNITS, self.units
        if self.memory is not None:
            yield Measure.MEMORY, self.memory
        if self.gpu_equivalents is not None:
            yield Measure.GPU_EQUIVALENTS, self.gpu_equivalents


class QuotaSpec(Frozen):
    """Whose, where, and how much."""

    namespaces: Annotated[tuple[DnsLabel, ...], Field(max_length=MOST_NAMESPACES)] = ()
    """The namespaces whose deployments share the quota; those of every namespace if omitted."""
    deployment_selector: Selector = Selector()
    """Labels of the deployments that share it."""
    environment_selector: Selector = Selector()
    """Environments where it counts."""
    node_pool_selector: Selector = Selector()
    """Node pools on which it counts."""
    limits: QuotaLimits
    """How much these deployments may take there together."""


class Quota(Frozen):
    """A limit on what some deployments take together, in all environments."""

    api_version: ApiVersion
    """The version of the document's format."""
    kind: Literal["Quota"]
    """The kind of document."""
    metadata: ClusterMetadata
    """The document's name and labels."""
    spec: QuotaSpec
    """What it declares."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.metadata.name

    def is_of(self, deployment: ModelDeployment) -> bool:
        """Return whether what `deployment` takes counts."""
        spec, metadata = self.spec, deployment.metadata
        return (not spec.namespaces or metadata.namespace in spec.namespaces) and spec.deployment_selector.selects(
            metadata.labels
        )

    def covers(self, environment: InferenceEnvironment, pool: NodePool) -> bool:
        """Return whether it counts what is taken of `pool` of `environment`."""
        return self.spec.environment_selector.selects(environment.labels) and self.spec.node_pool_selector.selects(
            pool.labels
        )
