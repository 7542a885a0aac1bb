"""Pools that take nothing new: what still runs there, and what each service waits for before it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from slicewise.clusters.live import LiveService, ServiceKey
from slicewise.clusters.status.judging import ServiceState, ServiceStatus
from slicewise.clusters.status.service_names import deployments_by_service
from slicewise.clusters.status.stacks_of_documents import ApplyingStacks
from slicewise.clusters.status.unplanned_services import UnplannedService
from slicewise.diagnostics import some
from slicewise.documents import DeploymentKey, Fleet, Scheduling
from slicewise.kubernetes import text
from slicewise.manifests import NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION
from slicewise.planning import Placement, Plan

_UP: Final = "`pulumi up` (or your GitOps tool)"
_SERVE: Final = (ServiceState.SERVING, ServiceState.NOT_APPLIED)
# Whether it serves there is not known: --environment leaves the place out, or its cluster is away.
_UNSEEN: Final = {
    None: " (not looked at)",
    ServiceState.UNKNOWN: " (not known: its cluster could not be read)",
}


class RemainingService(NamedTuple):
    """A service on a pool that takes nothing new.

    Attributes:
        key: Its namespace and name.
        deployment: Of which deployment it is; None where the documents do not have that.
        waits_for: What has to be before it leaves; empty where it may stay.
    """

    key: ServiceKey
    deployment: DeploymentKey | None
    waits_for: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        namespace, name = self.key
        deployment = self.deployment
        return {
            "namespace": namespace,
            "service": name,
            "deployment": {"namespace": deployment.namespace, "name": deployment.name} if deployment else None,
            "waitsFor": self.waits_for or None,
        }


@dataclass(frozen=True, slots=True)
class ClosedPool:
    """A pool whose `scheduling`, or its environment's, is not Active.

    Attributes:
        environment: The name of its environment.
        node_pool: Its name.
        scheduling: What it takes.
        services: What was last applied there and is there still; None where its cluster could not be read.
    """

    environment: str
    node_pool: str
    scheduling: Scheduling
    services: tuple[RemainingService, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "environment": self.environment,
            "nodePool": self.node_pool,
            "scheduling": self.scheduling.value,
            "services": None if self.services is None else [each.to_dict() for each in self.services],
        }


def closed_pools(
    fleet: Fleet,
    plan: Plan,
    read: Mapping[str, Sequence[LiveService] | None],
    statuses: Sequence[ServiceStatus],
    unplanned: Iterable[UnplannedService],
    stacks: ApplyingStacks,
) -> tuple[ClosedPool, ...]:
    """Return the pools that take nothing new, by the names of environment and pool.

    Args:
        fleet: What is declared.
        plan: What is to run.
        read: What each environment that is looked at has; None where its cluster could not be read.
        statuses: Every planned service there.
        unplanned: What runs there, is not planned, and is the documents' own.
        stacks: Which stacks apply the documents.
    """
    own = frozenset((each.environment, each.live.key) for each in unplanned)
    look = _Look(fleet, plan, read, statuses, own, stacks)
    found = []
    for name in sorted(read):
        environment, services = fleet.environment[name], read[name]
        for pool in sorted(environment.spec.node_pools, key=lambda each: each.name):
            scheduling = environment.scheduling_of(pool)
            if scheduling is Scheduling.ACTIVE:
                continue
            here = [
                look.at(each, name, pool.name, scheduling)
                for each in services or ()
                if each.revision is not None and pool.name in _pools(each)
            ]
            there = None if services is None else tuple(sorted(here, key=lambda each: each.key))
            found.append(ClosedPool(name, pool.name, scheduling, there))
    return tuple(found)


class _Look:
    """What a service on such a pool is judged by."""

    def __init__(
        self,
        fleet: Fleet,
        plan: Plan,
        read: Mapping[str, Sequence[LiveService] | None],
        statuses: Sequence[ServiceStatus],
        own: frozenset[tuple[str, ServiceKey]],
        stacks: ApplyingStacks,
    ) -> None:
        self._planned = {(each.placement.environment, each.live.key): each for each in statuses if each.live}
        self._states = {(each.placement.environment, each.placement.deployment): each.state for each in statuses}
        self._placements: defaultdict[DeploymentKey, list[Placement]] = defaultdict(list)
        for placement in plan.placements:
            self._placements[placement.deployment].append(placement)
        named = deployments_by_service(fleet, chain.from_iterable(each or () for each in read.values()))
        self._deployments = {key: each.key for key, each in named.items()}
        self._own, self._stacks = own, stacks
        # Where no service of the plan is there, the stack is that of all services that are called after deployments.
        self._stacks_by_name = {
            name: {each.stack for each in services or () if each.key in named} for name, services in read.items()
        }

    def at(self, live: LiveService, environment: str, pool: str, scheduling: Scheduling) -> RemainingService:
        """Return what a service on a pool of an environment waits for."""
        status, key = self._planned.get((environment, live.key)), self._deployments.get(live.key)
        if live.leaving:
            waits = "the end of its deletion, which has begun"
        elif self._is_foreign(live, environment):
            waits = f"stack {live.stack}, whose it is" if live.stack else "whoever applied it: no stack has"
        elif status:
            waits = _stays_or_moves(status.placement, pool, scheduling)
        else:
            instead = self._placements[key] if key else ()
            here = {name for each in instead if each.environment == environment for name in _planned_pools(each)}
            waits = self._leaves(instead, is_drained=scheduling is Scheduling.DRAIN and pool not in here)
        return RemainingService(live.key, key, waits)

    def _is_foreign(self, live: LiveService, environment: str) -> bool:
        if live.key not in self._deployments and live.stack:
            return (environment, live.key) not in self._own
        if self._stacks.of(environment) or live.stack is None:
            return self._stacks.is_foreign(environment, live)
        return len(self._stacks_by_name[environment]) > 1

    def _leaves(self, instead: Iterable[Placement], *, is_drained: bool) -> str:
        """Return what a service waits for that is to be somewhere else, or nowhere.

        `pulumi up` makes what takes its place first. Until that serves it waits only where the pool is drained, or with
        `waitForReady`.
        """
        places = [
            f"{each.environment}/{each.node_pool}{_UNSEEN.get(state, '')}"
            for each in instead
            if (state := self._states.get((each.environment, each.deployment))) not in _SERVE
        ]
        if not places:
            return f"{_UP} to remove it"
        if is_drained:
            return f"it to serve on {some(places)}"
        return f"{_UP} to remove it; with waitForReady, once it serves on {some(places)}"


def _planned_pools(placement: Placement) -> set[str]:
    return {each.node_pool for each in placement.workloads}


def _stays_or_moves(placement: Placement, pool: str, scheduling: Scheduling) -> str:
    planned = _planned_pools(placement)
    if pool not in planned:
        return f"{_UP} to move it to {some(sorted(planned))}"
    if scheduling is Scheduling.DRAIN:
        return f"room on another pool; `slicewise explain {placement.deployment} PATH…` shows what each lacks"
    return ""


def _pools(live: LiveService) -> set[str]:
    return {text(live.annotations.get(each)) for each in (NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION)}
