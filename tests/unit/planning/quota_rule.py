"""Quotas by docs/placement.md and the documents alone: a reading that shares no code with planning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from slicewise.documents import Fleet, InferenceEnvironment, ModelDeployment, NodePool, Quota
from tests.documents import Document
from tests.unit.planning.matching_rule import has_labels, labels_of
from tests.unit.planning.sizes_by_documents import SLICES

# MiB as `nvidia-smi mig -lgip` has it (docs/mig-catalogue.md), and of whole GPUs as CUDA has it (docs/sizing.md).
_A100 = {"1g.10gb": 9728, "1g.20gb": 19968, "2g.20gb": 19968, "3g.40gb": 40192, "7g.80gb": 80896, "": 81039}
_H100 = {"1g.10gb": 9984, "1g.20gb": 20096, "2g.20gb": 20096, "3g.40gb": 40448, "7g.80gb": 81152, "": 81008}
_H200 = {"1g.18gb": 16384, "1g.35gb": 33024, "2g.35gb": 33024, "3g.71gb": 71168, "7g.141gb": 143104, "": 143165}
_MIB = {"nvidia-a100-80gb": _A100, "nvidia-h100-80gb": _H100, "nvidia-h200-141gb": _H200}


@dataclass(frozen=True)
class Use:
    """What is taken of a quota: units, MiB and GPUs."""

    units: int = 0
    mib: int = 0
    gpus: Fraction = Fraction()

    def __add__(self, other: Use) -> Use:
        return Use(self.units + other.units, self.mib + other.mib, self.gpus + other.gpus)

    def exceeds(self, quota: Quota) -> bool:
        """Return whether it is more than `quota` allows by any measure."""
        limits = quota.spec.limits
        return (
            (limits.units is not None and self.units > limits.units)
            or (limits.memory is not None and self.mib * 1024**2 > limits.memory.value)
            or (limits.gpu_equivalents is not None and self.gpus > Fraction(limits.gpu_equivalents.value))
        )


def worth(pool: NodePool, units: int) -> Use:
    """Return what so many units of `pool` are."""
    cut = pool.capabilities.mig_configuration
    profile = (cut.profile or "") if cut and cut.enabled else ""
    declared = int(pool.unit_memory.value) // 1024**2
    known = _MIB[pool.accelerator_type][profile]
    # Whole GiB are rounded, and the driver's number counts; of a whole GPU, which may be a smaller one, the least.
    mib = known if profile and declared % 1024 == 0 else min(known, declared) if not profile else declared
    return Use(units, units * mib, Fraction(units, SLICES[profile] if profile else 1))


def counts(quota: Quota, deployment: ModelDeployment) -> bool:
    """Return whether `quota` counts what `deployment` takes."""
    spec = quota.spec
    in_namespace = not spec.namespaces or deployment.metadata.namespace in spec.namespaces
    return in_namespace and has_labels(spec.deployment_selector, deployment.metadata.labels)


def covers(quota: Quota, environment: InferenceEnvironment, pool: NodePool) -> bool:
    """Return whether `quota` counts what is taken of `pool`."""
    spec = quota.spec
    in_environment = has_labels(spec.environment_selector, labels_of(environment))
    return in_environment and has_labels(spec.node_pool_selector, pool.labels)


def used(fleet: Fleet, quota: Quota, placements: Iterable[Document]) -> Use:
    """Return what the `placements` of a plan take of `quota`."""
    deployments = {(each.metadata.namespace, each.metadata.name): each for each in fleet.deployments}
    total = Use()
    for item in placements:
        deployment = deployments.get((item["deployment"]["namespace"], item["deployment"]["name"]))
        if deployment is None or not counts(quota, deployment):
            continue
        for workload in (item, *([item["prefill"]] if "prefill" in item else [])):
            pool = _pool(fleet, item["environment"], workload["nodePool"])
            if pool and covers(quota, *pool):
                total += worth(pool[1], workload["units"])
    return total


def exceeded(
    fleet: Fleet, placements: list[Document], deployment: ModelDeployment, asked: Iterable[tuple[str, NodePool, int]]
) -> bool:
    """Return whether a deployment with these pods, as environment, pool and units, would exceed a quota."""
    environments = {each.metadata.name: each for each in fleet.environments}
    more = [(environments[name], pool, units) for name, pool, units in asked]
    for quota in fleet.quotas:
        if counts(quota, deployment):
            adds = [worth(pool, units) for environment, pool, units in more if covers(quota, environment, pool)]
            total = sum(adds, used(fleet, quota, placements))
            if sum(adds, Use()).units and total.exceeds(quota):
                return True
    return False


def overdrawn(fleet: Fleet, placements: list[Document], before: list[Document]) -> Iterator[str]:
    """Yield the quotas that a plan exceeds by more than what ran `before` and runs still."""
    for quota in fleet.quotas:
        now = used(fleet, quota, placements)
        if now.exceeds(quota):
            had = used(fleet, quota, before)
            if now.units > had.units or now.mib > had.mib or now.gpus > had.gpus:
                yield f"{quota.metadata.name}: {now} is more than {quota.spec.limits}, and before it was {had}"


def _pool(fleet: Fleet, environment: str, name: str) -> tuple[InferenceEnvironment, NodePool] | None:
    for each in fleet.environments:
        for pool in each.spec.node_pools:
            if (each.metadata.name, pool.name) == (environment, name):
                return each, pool
    return None
