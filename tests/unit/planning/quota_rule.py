"""Quotas by docs/placement.md and the documents alone: a reading that shares no code with planning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from slicewise.documents import Fleet, InferenceEnvironment, ModelDeployment, NodePool, Quota
from tests.documents import Document
from tests.unit.planning.matching_rule import has_labels, labels_of
from tests.unit.planning.sizes_by_documents import MIB, SLICES, offer_of


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


def worth(pool: NodePool, units: int, resource: str | None = None) -> Use:
    """Return what so many units of `pool` are."""
    offer = offer_of(pool, resource)
    declared = int(offer.memory) // 1024**2
    known = MIB[pool.accelerator_type][offer.profile]
    # Whole GiB are rounded, and the driver's number counts; of a whole GPU, which may be a smaller one, the least.
    whole = declared % 1024 == 0
    mib = known if offer.profile and whole else min(known, declared) if not offer.profile else declared
    return Use(units, units * mib, Fraction(units, SLICES[offer.profile] if offer.profile else 1))


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
                total += worth(pool[1], workload["units"], workload["resource"]["name"])
    return total


def exceeded(
    fleet: Fleet,
    placements: list[Document],
    deployment: ModelDeployment,
    asked: Iterable[tuple[str, NodePool, str, int]],
) -> bool:
    """Return whether a deployment with these pods, as environment, pool, resource and units, would exceed a quota."""
    environments = {each.metadata.name: each for each in fleet.environments}
    more = [(environments[name], pool, worth(pool, units, resource)) for name, pool, resource, units in asked]
    for quota in fleet.quotas:
        if counts(quota, deployment):
            adds = [use for environment, pool, use in more if covers(quota, environment, pool)]
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
