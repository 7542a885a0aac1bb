"""What deployments ask for: environments, and the profiles and pools with which each could be served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slicewise.documents import (
    DeploymentKey,
    Fleet,
    ModelDeployment,
    ModelSpec,
    ServingProfile,
    model_key,
    prefill_replicas,
)
from slicewise.planning.advice import FreeChoice
from slicewise.planning.capacity import PodSize, PoolLedger
from slicewise.planning.search.lanes import FreeLevel, LabelSet, Lanes, labels_of
from slicewise.planning.search.pool_classes import Fit, FitsOfAskers, PrefillFit, PrefillsOfAskers, asker


@dataclass(frozen=True, slots=True)
class PrefillOption:
    """The prefill workload of a serving profile, and the pools that match it for one deployment."""

    profile: ServingProfile
    levels: Sequence[FreeLevel]

    def lane_pools(self) -> Iterator[tuple[int, PodSize]]:
        """Yield every pool that matches, and what one pod takes there."""
        return _lane_pools(self.levels)


@dataclass(frozen=True, slots=True)
class ServingOption:
    """One of the serving profiles of a deployment's model, and the pools that match it for this deployment."""

    profile: ServingProfile
    levels: Sequence[FreeLevel]
    prefill: PrefillOption | None = None

    def lane_pools(self) -> Iterator[tuple[int, PodSize]]:
        """Yield every pool that matches, and what one pod takes there."""
        return _lane_pools(self.levels)


def _lane_pools(levels: Iterable[FreeLevel]) -> Iterator[tuple[int, PodSize]]:
    for level in levels:
        for lane, pod, _ in level.lanes:
            for index in lane.members:
                yield index, pod


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """One deployment as it asks for room: how many environments, and its options in the model's order of profiles."""

    deployment: ModelDeployment
    model: ModelSpec
    options: Sequence[ServingOption]
    key: DeploymentKey
    wanted: int
    """Environments."""
    priority: int
    replicas: int
    """In each environment."""
    order: tuple[object, ...]
    """Of one priority: the scarcest first (fewest units that could take it), then the largest, then by name."""

    def units(self, profile: ServingProfile) -> int:
        """Return the units of all replicas in one environment."""
        return self.replicas * profile.replica_topology.units

    def pods(self, option: ServingOption) -> int:
        """Return the pods of all replicas in one environment."""
        return self.replicas * option.profile.replica_topology.nodes

    def prefill_pods(self, option: ServingOption) -> int:
        """Return the pods of the prefill workload in one environment."""
        if option.prefill is None:
            return 0
        replicas = prefill_replicas(self.deployment, option.profile)
        return replicas * option.prefill.profile.replica_topology.nodes

    @property
    def has_prefill(self) -> bool:
        """Whether any of its options has a prefill workload."""
        return any(option.prefill for option in self.options)

    @property
    def least_units(self) -> int:
        """The units of all replicas in one environment, prefill included, with the option that takes fewest."""
        return min((self._all_units(option) for option in self.options if option.levels), default=0)

    def _all_units(self, option: ServingOption) -> int:
        prefill = option.prefill
        beside = self.prefill_pods(option) * prefill.profile.replica_topology.gpus_per_node if prefill else 0
        return self.units(option.profile) + beside


def demands_of(
    fleet: Fleet, pools: Sequence[PoolLedger], fits: FitsOfAskers, prefills: PrefillsOfAskers, lanes: Lanes
) -> list[Demand]:
    """Return what each deployment of `fleet` asks for; deployments with one model and one selection share options."""
    known: dict[tuple[object, ...], tuple[Sequence[ServingOption], int]] = {}
    demands = []
    for deployment in fleet.deployments:
        asks, spec = asker(deployment), deployment.spec
        model = fleet.models[asks.model]
        environments, selected = labels_of(spec.environment_selector), labels_of(spec.node_pool_selector)
        key = (asks, environments, selected)
        if key not in known:
            found = tuple(
                _option(profile, where, prefill, lanes, (environments, selected))
                for profile, where, prefill in zip(model.serving, fits[asks], prefills[asks], strict=True)
            )
            known[key] = found, _scarcity(found, pools)
        options, scarcity = known[key]
        replicas = deployment.replicas
        largest = max(profile.replica_topology.units for profile in model.serving) * replicas * spec.environments
        demands.append(
            Demand(
                deployment=deployment,
                model=model,
                options=options,
                key=deployment.key,
                wanted=spec.environments,
                priority=spec.priority,
                replicas=replicas,
                order=(scarcity, -largest, deployment.key),
            )
        )
    return demands


def _option(
    profile: ServingProfile,
    where: Mapping[int, Fit],
    prefill: PrefillFit | None,
    lanes: Lanes,
    selected: tuple[LabelSet, LabelSet],
) -> ServingOption:
    environments, pools = selected[0] | labels_of(profile.environment_selector), selected[1]
    levels = lanes.levels(environments, pools, where)
    if prefill is None:
        return ServingOption(profile, levels)
    return ServingOption(
        profile, levels, PrefillOption(prefill.profile, lanes.levels(environments, pools, prefill.fits))
    )


def _scarcity(options: Sequence[ServingOption], pools: Sequence[PoolLedger]) -> int:
    """Return how many units could take a deployment at all."""
    lanes = {id(lane): lane for option in options for level in option.levels for lane, _, _ in level.lanes}
    if not any(option.profile.environment_selector.match_labels for option in options):
        return sum(lane.units for lane in lanes.values())  # of one selection, so no pool is in two of them
    members = {index for lane in lanes.values() for index in lane.members}
    return sum(pools[index].units for index in members)


def free_choices(demands: Iterable[Demand], pools: Sequence[PoolLedger]) -> Iterator[FreeChoice]:
    """Yield the options of `demands` that require no memory, with the pools that match each."""
    seen: set[int] = set()
    for demand in demands:
        if id(demand.options) not in seen:
            seen.add(id(demand.options))
            for number, option in enumerate(demand.options):
                if option.profile.replica_topology.requires.memory_per_gpu is None and not _sized(demand.model):
                    matching = [pools[index] for index, _ in option.lane_pools()]
                    yield FreeChoice(model_key(demand.deployment), number, option.profile, matching)


def _sized(model: ModelSpec) -> bool:
    """Whether a model's architecture says on which units it starts."""
    return model.architecture is not None and model.architecture.known is not None
