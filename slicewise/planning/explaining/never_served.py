"""What no plan can do, however much room is made: models that fit on no pool, maxima that no pool holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slicewise.diagnostics import Code, Diagnostic, counted, some
from slicewise.documents import Fleet, InferenceEnvironment, ServingProfile, offered_as, offers_of
from slicewise.planning.advice import required_memory_advice
from slicewise.planning.capacity import NodeSize, PodSize, PodTooLarge, PoolLedger
from slicewise.planning.engine_fit import candidate_engine_reason
from slicewise.planning.explaining.joined_pools import JoinedPool, joined_pools
from slicewise.planning.location import pool_in_words
from slicewise.planning.matching import node_pool_selector_reason, profile_selector_reason, requirement_reasons
from slicewise.planning.reasons import Reason, RejectionCode
from slicewise.planning.search import Demand, DraftPlan, ServingOption, free_choices

# Finding the nearest pool takes time for every pool that there is, and more than this is not read.
_MOST_EXPLAINED = 20


def prospects(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield advice on deployments that could not be served as declared even if nothing else ran, or on any slice.

    It needs no plan. A plan has shortfalls for the former, with a reason for every pool.
    """
    if fleet.environments:
        yield from _Prospects(fleet).advice()


class _Holding(NamedTuple):
    """How many replicas one pool holds when it is empty."""

    replicas: int
    pool: str
    joined: str = ""
    """What pools that are alike would hold as one, where that is enough."""


class _Prospects:
    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        # What is paused comes back.
        self._draft = DraftPlan(fleet, all_active=True)
        self._most: dict[tuple[NodeSize, int, int, PodSize], int] = {}
        self._explained: dict[tuple[object, ...], str] = {}
        self._alike: dict[str, Sequence[JoinedPool]] = {}

    def advice(self) -> Iterator[Diagnostic]:
        yield from required_memory_advice(free_choices(self._draft.demands, self._draft.pools))
        for demand in self._draft.demands:
            options = [option for option in demand.options if option.levels and _has_prefill_pool(option)]
            if not options:
                # A selector that leaves nothing has advice of its own.
                if self._draft.lanes.selects(demand.deployment):
                    message = f"no pool could serve its model even if nothing else ran; {self._nearest(demand)}"
                    yield Diagnostic.warning(
                        Code.NEVER_SERVED, message, field=("spec", "modelRef", "name"), subject=demand.key.subject
                    )
            elif most := self._too_few(demand, options):
                yield _maximum_never_fits(demand, most)

    def _too_few(self, demand: Demand, options: Sequence[ServingOption]) -> _Holding | None:
        """Return what the largest pool holds if that is not all the replicas (or the maximum), but the minimum."""
        most = _Holding(0, "")
        for option in options:
            for index, pod in option.lane_pools():
                replicas = self._empty(index, pod) // option.profile.replica_topology.nodes
                if replicas >= demand.replicas:
                    return None
                pool = self._draft.pools[index]
                name = pool_in_words(pool.name, offered_as(pool.pool))
                most = max(most, _Holding(replicas, f"{pool.environment}/{name}"))
        scaling = demand.deployment.spec.scaling
        concurrency = scaling.concurrency if demand.deployment.autoscaled else None
        if most.replicas < max(concurrency.min_replicas if concurrency else 1, 1):
            return None
        return most._replace(joined=self._joined(demand, options))

    def _joined(self, demand: Demand, options: Sequence[ServingOption]) -> str:
        """Say how pools that are alike hold all the replicas as one; nothing where none do."""
        for option in options:
            matching: defaultdict[str, dict[tuple[str, str], PodSize]] = defaultdict(dict)
            for index, pod in option.lane_pools():
                state = self._draft.pools[index]
                matching[state.environment][state.name, state.pool.resource] = pod
            for environment, pods in sorted(matching.items()):
                for each in self._joined_pools(environment):
                    holds = _most_of(each, environment, pods) // option.profile.replica_topology.nodes
                    if holds >= demand.replicas:
                        names = some([f"{environment}/{name}" for name in each.names])
                        return f"write {names}, which are alike, as one pool with {each.written}, which holds {holds}"
        return ""

    def _joined_pools(self, environment: str) -> Sequence[JoinedPool]:
        if environment not in self._alike:
            self._alike[environment] = list(joined_pools(self._fleet.environment[environment].spec.node_pools))
        return self._alike[environment]

    def _empty(self, index: int, pod: PodSize) -> int:
        """Return how many pods a pool holds when it is empty."""
        state = self._draft.pools[index]
        key = (state.node, state.pool.nodes, state.pool.reserved_units, pod)
        if key not in self._most:
            self._most[key] = PoolLedger(state.environment, state.pool).most(pod)
        return self._most[key]

    def _nearest(self, demand: Demand) -> str:
        """Say which pool comes nearest, and what is wanting there."""
        spec = demand.deployment.spec
        selectors = (spec.environment_selector, spec.node_pool_selector)
        key = (id(demand.model), *(frozenset(selector.match_labels.items()) for selector in selectors))
        if key not in self._explained:
            if len(self._explained) >= _MOST_EXPLAINED:
                return f"`slicewise explain {demand.key} PATH…` says why"
            order = list(RejectionCode)
            _, _, place, text = min(
                (len(reasons), order.index(reasons[0].code), place, reasons[0].text)
                for place, reasons in self._candidates(demand)
            )
            self._explained[key] = f"{place} comes nearest: {text}"
        return self._explained[key]

    def _candidates(self, demand: Demand) -> Iterator[tuple[str, list[Reason]]]:
        """Yield every pool that the deployment selects, with each profile, and all that is wanting there."""
        for environment in self._fleet.environments:
            if not demand.deployment.spec.environment_selector.selects(environment.labels):
                continue
            for index in self._draft.numbered.by_environment[environment.metadata.name]:
                state = self._draft.pools[index]
                if node_pool_selector_reason(demand.deployment, state.pool) is None:
                    for option in demand.options:
                        lacking, what = option.profile, option.profile.name
                        if option.levels and option.prefill:
                            # The profile's own pods have a pool, and those of its prefill workload have none.
                            lacking, what = option.prefill.profile, f"the prefill workload of {what}"
                        yield (
                            f"{state.environment}/{pool_in_words(state.name, offered_as(state.pool))} with {what}",
                            _reasons(demand, lacking, environment, state),
                        )


def _most_of(joined: JoinedPool, environment: str, pods: Mapping[tuple[str, str], PodSize]) -> int:
    """Return how many pods a joined pool holds of a deployment for which `pods` are those of each pool that matches."""
    most = 0
    for offer in offers_of(joined.pool):
        size, *others = {pods.get((name, offer.resource)) for name in joined.names}
        if size is not None and not others:
            most = max(most, PoolLedger(environment, offer).most(size))
    return most


def _has_prefill_pool(option: ServingOption) -> bool:
    return option.prefill is None or bool(option.prefill.levels)


def _maximum_never_fits(demand: Demand, most: _Holding) -> Diagnostic:
    block = ("concurrency", "maxReplicas") if demand.deployment.autoscaled else ("fixed", "replicas")
    message = (
        f"no matching pool holds {counted(demand.replicas, 'replica')} even when it is empty; the largest, "
        f"{most.pool}, holds {most.replicas}"
    )
    return Diagnostic.warning(
        Code.MAXIMUM_NEVER_FITS,
        message,
        f"{most.joined and f'{most.joined}, or '}write {block[-1]}: {most.replicas}, or add nodes",
        field=("spec", "scaling", *block),
        subject=demand.key.subject,
        replicas=demand.replicas,
        largestPoolHolds=most.replicas,
    )


def _reasons(
    demand: Demand, profile: ServingProfile, environment: InferenceEnvironment, state: PoolLedger
) -> list[Reason]:
    selected = profile_selector_reason(profile, environment)
    reasons = [*([selected] if selected else []), *requirement_reasons(profile.replica_topology, state.pool)]
    if (engine := candidate_engine_reason(demand.model, profile, state.pool)) is not None:
        reasons.append(engine)
    pod = state.pod_size(demand.model, profile, demand.deployment)
    if not reasons or not state.node.most(pod):
        reasons.append(PodTooLarge(pod))
    return reasons
