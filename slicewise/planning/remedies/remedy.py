"""A remedy: one change to the documents that gives a deployment an environment more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from slicewise.documents import (
    DeploymentKey,
    InferenceEnvironment,
    ModelDeployment,
    ModelSpec,
    PoolOffer,
    Quota,
    ServingProfile,
    check_document,
    check_model,
    is_dynamic,
    offers_of,
    prefill_replicas,
    prefill_workload,
)
from slicewise.planning.capacity import ChargedPool, PlannedCharge, PodSize
from slicewise.planning.matching import incapable_reason, reject_candidate, selector_reason
from slicewise.planning.reasons import RejectionCode


class RemedyKind(IntEnum):
    """What is changed; among equally dear ones, in the order in which they are proposed."""

    MORE_NODES = 1
    FEWER_RESERVED = 2
    LARGER_QUOTA = 3
    FEWER_REPLICAS = 4
    OTHER_DROPS = 5
    OTHER_GOES = 6
    FEWER_ENVIRONMENTS = 7
    LABEL = 8
    DECLARATION = 9
    SELECTOR = 10
    MODEL = 11
    SMALLER_REQUEST = 12
    SCHEDULING = 13

    @property
    def rank(self) -> int:
        """Which come first: room bought or given up; then what holds if the world is so; last, asking for less."""
        if self is RemedyKind.FEWER_ENVIRONMENTS:
            return 2
        return 1 if self >= RemedyKind.LABEL else 0


class FieldChange(NamedTuple):
    """What a remedy writes."""

    document: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change, checked against the pool as the plan leaves it."""

    kind: RemedyKind
    message: str
    document: str
    """The document to change: its kind and its name."""
    field: str
    """The field in it, list entries by their names."""
    value: object
    """The field's new value; None where it, or the whole document, is to go."""
    units: int
    """Units to add, or to give up."""
    environment: str | None = None
    """Where the deployment then has room."""
    node_pool: str | None = None
    profile: str | None = None
    rival: DeploymentKey | None = None
    """Another deployment that lacks an environment, may come first, and would then take this room."""

    @property
    def change(self) -> FieldChange:
        """What it writes."""
        return FieldChange(self.document, self.field, repr(self.value))

    @property
    def order(self) -> tuple[object, ...]:
        """Sort remedies by it: the cheapest first."""
        place = (self.environment or "", self.node_pool or "", self.profile or "")
        return (self.kind.rank, self.units, self.rival is not None, self.kind, place, self.document)

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{self.message} ({self.rival} may take this room first)" if self.rival else self.message


@dataclass(frozen=True)
class Want:
    """What a deployment would put on a pool with one of its profiles."""

    deployment: ModelDeployment
    model: ModelSpec
    profile: ServingProfile
    place: ChargedPool
    one_more: bool
    """Whether one environment is not all that it lacks."""
    others: Sequence[ChargedPool] = ()
    """All pools of the environment, where its prefill workload may be."""

    @cached_property
    def pod(self) -> PodSize:
        """One of its pods there."""
        return self.place.state.pod_size(self.model, self.profile, self.deployment)

    @property
    def count(self) -> int:
        """How many pods it would have there."""
        return self.deployment.replicas * self.profile.replica_topology.nodes

    @cached_property
    def units(self) -> int:
        """Units of all its pods there."""
        return self.deployment.replicas * self.profile.replica_topology.units

    @property
    def least_units(self) -> int:
        """Units of one replica, with the profile that takes fewest: what a replica given up is worth."""
        return min(profile.replica_topology.units for profile in self.model.serving)

    @cached_property
    def lacking(self) -> int:
        """Units that the pool has too few: no change that adds or gives up fewer helps."""
        return max(self.units - self.place.state.free, 0)

    @property
    def least_nodes(self) -> int:
        """How many nodes must come for the pool to have so many units more: one at least."""
        return -(-max(self.lacking, 1) // self.place.state.node.units)

    @property
    def units_of_node(self) -> int:
        """Units of all kinds that one node more has, so that nodes cost the same whatever of them is wanted.

        Of GPUs that are cut on demand it is the most that it can have of one kind.
        """
        pool = self.place.pool
        if not isinstance(pool, PoolOffer):
            return self.place.state.node.units
        units = [offer.units for offer in offers_of(pool.declared) if isinstance(offer, PoolOffer)]
        return max(units) if is_dynamic(pool) else sum(units)

    @property
    def is_kept_off(self) -> bool:
        """Whether all units of the pool are reserved, as those of shared GPUs are: more nodes bring no others."""
        return 0 < self.place.state.units <= self.place.pool.reserved_units

    @property
    def has_room(self) -> bool:
        """Whether the pool as it is takes the pods, by capacity alone."""
        return self.fits_in_units(self.place) and self.place.state.takes(self.pod, self.count)

    def fits_in_units(self, place: ChargedPool) -> bool:
        """Return whether `place` has so many free units: few pools of a full fleet have, and nothing else is asked."""
        return self.units <= place.state.free

    @property
    def lets_it_run(self) -> str:
        """Say what a change does for it: `nodeCount 2 ... would let it run with fp8`."""
        return f"would let it run{self._how}"

    @property
    def serves_it(self) -> str:
        """Say what the pool does for it after a change: `edge/whole would serve it with fp8`."""
        return f"{self.place} would serve it{self._how}"

    @property
    def _how(self) -> str:
        """Say that it is not all that is lacking, and with which profile where there are several."""
        more = " in one more environment" if self.one_more else ""
        return f"{more} with {self.profile.name}" if len(self.model.serving) > 1 else more

    def matches(self, place: ChargedPool, deployment: ModelDeployment | None = None) -> bool:
        """Return whether `place` could serve it (or `deployment`, itself changed) if there were room."""
        asking = deployment or self.deployment
        return reject_candidate(asking, self.model, self.profile, place.environment, place.pool) is None

    def is_of_use(self, place: ChargedPool) -> bool:
        """Return whether units of `place` are of use to the profile.

        The rest of `matches` is `is_selected`, and whether the pool takes anything new.
        """
        return incapable_reason(self.model, self.profile, place.pool) is None

    def on(self, place: ChargedPool) -> Want:
        """Return the same on another pool."""
        return Want(self.deployment, self.model, self.profile, place, self.one_more, self.others)

    def is_selected(self, place: ChargedPool) -> bool:
        """Return whether it may come to `place` by its selectors."""
        return selector_reason(self.deployment, self.profile, place.environment, place.pool) is None

    def fits(self, place: ChargedPool, deployment: ModelDeployment | None = None) -> bool:
        """Return whether `place`, the pool with something changed, takes it (or `deployment`, itself changed)."""
        fits = self.matches(place, deployment) and place.state.takes(self.pod, self.count)
        return fits and self._fits_prefill(place, deployment or self.deployment)

    def _fits_prefill(self, place: ChargedPool, deployment: ModelDeployment) -> bool:
        """Return whether some pool takes the prefill workload, if there is one, beside the pods on `place`."""
        prefill = prefill_workload(self.profile)
        if prefill is None:
            return True
        count = prefill_replicas(deployment, self.profile) * prefill.replica_topology.nodes
        charge = PlannedCharge(deployment.key, self.profile.name, self.pod, self.count)
        taken = replace(place, charges=(*place.charges, charge))
        return any(
            reject_candidate(deployment, self.model, prefill, place.environment, each.pool) is None
            and each.state.takes(each.state.pod_size(self.model, prefill, deployment), count)
            for each in (taken, *(each.beside_changed(taken) for each in self.others if each.offer != place.offer))
        )


@dataclass(frozen=True)
class PrefillWant(Want):
    """What the prefill workload of a deployment would put on a pool, beside pods that have room.

    Its profile is the prefill workload as one; where the deployment's own pods are on the same pool, they are charged.
    """

    replicas: int = 0

    @property
    def count(self) -> int:
        """How many prefill pods it would have there."""
        return self.replicas * self.profile.replica_topology.nodes

    def on(self, place: ChargedPool) -> PrefillWant:
        """Return the same on another pool."""
        return replace(self, place=place)

    @cached_property
    def units(self) -> int:
        """Units of its prefill pods there."""
        return self.replicas * self.profile.replica_topology.units


def both_workloads(want: Want, place: ChargedPool) -> Iterator[Want]:
    """Yield the pods of the deployment itself on `place`, and those of its prefill workload if it has one."""
    profile = want.model.profile(want.profile.name)
    yield Want(want.deployment, want.model, profile, place, want.one_more, want.others)
    prefill = prefill_workload(profile)
    if prefill:
        replicas = prefill_replicas(want.deployment, profile)
        yield PrefillWant(want.deployment, want.model, prefill, place, want.one_more, want.others, replicas=replicas)


def prefill_wants(want: Want) -> Iterator[PrefillWant]:
    """Yield what the prefill workload of `want`, whose own pods have room, would put on each pool that matches it.

    A pool with fewer nodes than one replica is among them.
    """
    prefill = prefill_workload(want.profile)
    if prefill is None:
        return
    replicas = prefill_replicas(want.deployment, want.profile)
    own = PlannedCharge(want.deployment.key, want.profile.name, want.pod, want.count)
    taken = replace(want.place, charges=(*want.place.charges, own))
    for each in want.others:
        place = each.beside_changed(taken)
        found = PrefillWant(want.deployment, want.model, prefill, place, want.one_more, want.others, replicas=replicas)
        unmet = reject_candidate(want.deployment, want.model, prefill, place.environment, place.pool)
        if unmet is None or unmet.code is RejectionCode.NOT_ENOUGH_NODES:
            yield found


@dataclass(frozen=True, slots=True)
class Proposal:
    """A remedy, and the pool as it would then be: other deployments may want its room, too."""

    remedy: Remedy
    want: Want
    place: ChargedPool
    document: InferenceEnvironment | ModelDeployment | ModelSpec | Quota | None
    """The document that is changed, as it would then be; None where it is removed."""

    @property
    def loads(self) -> bool:
        """Return whether loading would take the changed document: no rule of it calls it wrong."""
        if self.document is None:
            return True
        found = check_model(self.document) if isinstance(self.document, ModelSpec) else check_document(self.document)
        return not any(finding.is_error for finding in found)
