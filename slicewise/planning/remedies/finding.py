"""What would end a shortfall, computed: every remedy is checked against the pool as it would then be.

A remedy gives the deployment one environment more and moves nobody. Only one thing is changed at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from heapq import nsmallest
from itertools import chain, islice, product
from operator import attrgetter

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, ModelSpec, model_key
from slicewise.planning.explaining import Rejections
from slicewise.planning.location import Location
from slicewise.planning.plan import Plan, Shortfall
from slicewise.planning.prefill_reasons import NoPoolForPrefill
from slicewise.planning.reasons import RejectionCode
from slicewise.planning.rejection_groups import Rejection, RejectionGroup
from slicewise.planning.remedies.capacity import fewer_replicas, fewer_reserved, more_nodes, others_give_up
from slicewise.planning.remedies.contention import Contention
from slicewise.planning.remedies.declarations import BY_CODE
from slicewise.planning.remedies.declared_amounts import more_declared
from slicewise.planning.remedies.models import smaller_pods
from slicewise.planning.remedies.prefill import fewer_prefill_replicas
from slicewise.planning.remedies.quotas import QuotaRemedies
from slicewise.planning.remedies.remedy import FieldChange, Proposal, Remedy, RemedyKind, Want, prefill_wants
from slicewise.planning.remedies.replicas import fewest_replicas, replicas_field
from slicewise.planning.remedies.smaller_requests import smaller_request

SHOWN = 3
# A deployment may have thousands of candidates; those that lack least are the cheapest to fix.
_TRIED = 50
_FULL = (RejectionCode.CAPACITY, RejectionCode.NOT_ENOUGH_NODES)
_FOR_PREFILL = (*_FULL, RejectionCode.QUOTA)
_ORDER = {code: number for number, code in enumerate(RejectionCode)}


class Remedies:
    """Finds the cheapest remedies for the shortfalls of a plan."""

    def __init__(self, fleet: Fleet, plan: Plan, rejections: Rejections) -> None:
        """Take a plan, the fleet that it was made for, and why candidates were rejected: remedies start from that."""
        self.rejections = rejections
        self._fleet = fleet
        self._plan = plan
        self._served: dict[DeploymentKey, set[str]] = defaultdict(set)
        for placement in plan.placements:
            self._served[placement.deployment].add(placement.environment)

    @cached_property
    def _free(self) -> Sequence[int]:
        """The free units of each pool, by its number."""
        free = {(usage.environment, usage.node_pool, usage.offered_as): usage.free for usage in self._plan.node_pools}
        return [free[pool.offer] for pool in self.rejections.numbered]

    @cached_property
    def _quotas(self) -> QuotaRemedies:
        return QuotaRemedies(self._fleet, self.rejections.quotas)

    @cached_property
    def _contention(self) -> Contention:
        return Contention(self._fleet, self._plan, self._served)

    def of(self, shortfall: Shortfall, limit: int = SHOWN) -> tuple[Remedy, ...]:
        """Return the cheapest remedies, of as many kinds as there are."""
        remedies = [self._with_rival(proposal) for proposal in self._best(shortfall, limit)]
        remedies += self._as_before(shortfall)
        if shortfall.placed:
            remedies.append(self._fewer_environments(shortfall))
        return tuple(sorted(remedies, key=lambda remedy: remedy.order)[:limit])

    def _best(self, shortfall: Shortfall, limit: int) -> Sequence[Proposal]:
        """Return the cheapest proposals whose documents load.

        Checking a document costs more than finding what to change, so only what would be shown is checked; where
        loading refuses one of that, all is looked for again without it.
        """
        refused: set[FieldChange] = set()
        while True:
            best = self._cheapest(shortfall, limit, refused).best()
            wrong = [proposal.remedy.change for proposal in best if not proposal.loads]
            if not wrong:
                return best
            refused.update(wrong)

    def _cheapest(self, shortfall: Shortfall, limit: int, refused: Collection[FieldChange]) -> _Cheapest:
        found = _Cheapest(limit)
        for proposal in self._where_it_matches(shortfall, found):
            if found.takes(proposal) and proposal.remedy.change not in refused:
                found.add(proposal)
        for proposal in self._opening_pools(shortfall):
            if found.enough:
                break
            if self._allowed(proposal):
                found.add(proposal)
        return found

    def _as_before(self, shortfall: Shortfall) -> Iterator[Remedy]:
        """Yield as many replicas as it had on a pool that takes nothing new: with those it stays there."""
        deployment = self._fleet.deployment[shortfall.deployment]
        for move in self._plan.moved:
            had, place = move.had, move.source
            refused = move.target is None and move.code is RejectionCode.NOT_ACCEPTING
            if move.deployment != deployment.key or not refused or had is None:
                continue
            if not fewest_replicas(deployment) <= had < deployment.replicas:
                continue
            if not self._has_room_as_before(deployment, had, place):
                continue
            name = "maxReplicas" if deployment.autoscaled else "replicas"
            topology = self._fleet.model_of(deployment).profile(place.profile).replica_topology
            yield Remedy(
                kind=RemedyKind.FEWER_REPLICAS,
                message=(
                    f"{name} {had} (now {deployment.replicas}), as before, would let it stay on "
                    f"{place.environment}/{place.node_pool}"
                ),
                document=f"ModelDeployment {deployment.key}",
                field=replicas_field(deployment),
                value=had,
                units=(deployment.replicas - had) * topology.units,
                environment=place.environment,
                node_pool=place.node_pool,
                profile=place.profile,
            )

    def _has_room_as_before(self, deployment: ModelDeployment, had: int, place: Location) -> bool:
        """Return whether a pool still has room for what was there: it may have lost nodes since.

        Quotas are not asked: what was there keeps what it took of them.
        """
        model = self._fleet.model_of(deployment)
        profile = model.profile(place.profile)
        pods = had * profile.replica_topology.nodes
        return any(
            pool.state.takes(pool.state.pod_size(model, profile, deployment), pods)
            for pool in self.rejections.by_environment[place.environment]
            if pool.offer == (place.environment, place.node_pool, place.resource)
        )

    def _where_it_matches(self, shortfall: Shortfall, found: _Cheapest) -> Iterator[Proposal]:
        """Yield what makes room on pools that match, or lets quotas allow what they have room for."""
        for want in self._full(shortfall):
            yield from filter(self._allowed, self._making_room(want, found))
        for want in self._over_quota(shortfall):
            yield from self._within_quotas(want)
        for want in self._without_prefill(shortfall):
            yield from self._within_quotas(want)
            for prefill in prefill_wants(want):
                if not self._fleet.quotas or self._quotas.allow_pair(want, prefill):
                    yield from self._making_room_on_pool(prefill, found)
                    yield from _some(fewer_prefill_replicas(prefill, self._fleet))

    def _with_rival(self, proposal: Proposal) -> Remedy:
        # Fewer replicas of its own make no room that anybody else could use, unless they leave some of a quota.
        if proposal.remedy.kind is RemedyKind.FEWER_REPLICAS and not self._fleet.quotas:
            return proposal.remedy
        rival = self._contention.rival(proposal.want, proposal.place)
        if rival is None and self._fleet.quotas:
            short = [item.deployment for item in self._plan.shortfalls if proposal.remedy.document != _document(item)]
            rival = self._quotas.rival(proposal.want.deployment.key, short)
        if rival is None and isinstance(proposal.document, ModelSpec):
            rival = self._of_one_model(proposal.want)
        return replace(proposal.remedy, rival=rival)

    def _of_one_model(self, want: Want) -> DeploymentKey | None:
        """Return another deployment of the model that lacks an environment, which the same change helps."""
        short = (self._fleet.deployment[shortfall.deployment] for shortfall in self._plan.shortfalls)
        return next(
            (
                other.key
                for other in short
                if other.key != want.deployment.key
                and model_key(other) == model_key(want.deployment)
                and other.spec.priority >= want.deployment.spec.priority
            ),
            None,
        )

    def _full(self, shortfall: Shortfall) -> Sequence[Want]:
        """Return what could be placed if there were room, where least is lacking first."""
        deployment = self._fleet.deployment[shortfall.deployment]
        serving = self._fleet.model_of(deployment).serving
        units = {profile.name: deployment.replicas * profile.replica_topology.units for profile in serving}
        free = self._free
        lacking = [
            (units[group.profile] - free[number], number, group.profile)
            for group in self.rejections.of(shortfall.deployment)
            if group.profile and group.code in _FULL
            for number in group.numbers
        ]
        nearest = sorted(lacking)[:_TRIED]
        return list(self._wants_on(shortfall, ((profile, number) for _, number, profile in nearest)))

    def _over_quota(self, shortfall: Shortfall) -> Iterator[Want]:
        """Yield what quotas forbid on pools that have room for it, where least is needed first."""
        over = self._in_order(shortfall, lambda group: group.code is RejectionCode.QUOTA)
        wants = (want for item in over for want in self._wants(shortfall, item))
        return iter(nsmallest(_TRIED, wants, key=lambda want: (want.units, want.place.name, want.profile.name)))

    def _within_quotas(self, want: Want) -> Iterator[Proposal]:
        """Yield what would let quotas allow it."""
        served = len(self._served[want.deployment.key])
        if want.fits(want.place):
            yield from self._quotas.proposals(want)
        yield from self._fewer_replicas(want, served)

    def _fewer_replicas(self, want: Want, served: int) -> Iterable[Proposal]:
        def allowed(replicas: int) -> bool:
            return not self._fleet.quotas or self._quotas.allow_replicas(want, replicas)

        return _some(fewer_replicas(want, served, allowed))

    def _allowed(self, proposal: Proposal) -> bool:
        """Return whether quotas allow what a change to a pool, a model or another deployment makes room for."""
        if not self._fleet.quotas or proposal.remedy.kind is RemedyKind.FEWER_REPLICAS:
            return True
        changed = replace(proposal.want, place=proposal.place)
        return self._quotas.allow(changed) and self._quotas.count_alike(proposal.want.place, proposal.place)

    def _without_prefill(self, shortfall: Shortfall) -> Iterator[Want]:
        """Yield what has room itself, beside which a pool could take its prefill workload with room, or more quota."""
        lacking = self._in_order(
            shortfall,
            lambda group: isinstance(group.reason, NoPoolForPrefill) and group.reason.why.code in _FOR_PREFILL,
        )
        for item in lacking[:_TRIED]:
            yield from self._wants(shortfall, item)

    def _in_order(self, shortfall: Shortfall, wanted: Callable[[RejectionGroup], bool]) -> Sequence[Rejection]:
        """Return the candidates of some groups of rejections, sorted by their names."""
        groups = filter(wanted, self.rejections.of(shortfall.deployment))
        return sorted((item for group in groups for item in group.each()), key=attrgetter("order"))

    def _making_room_on_pool(self, want: Want, found: _Cheapest) -> Iterator[Proposal]:
        """Yield what would make room on the one pool, as far as it can still be among the cheapest of its kind."""
        if want.is_kept_off:
            return
        if found.may_need(RemedyKind.MORE_NODES, want.least_nodes * want.units_of_node):
            yield from _some(more_nodes(want, found.most_units(RemedyKind.MORE_NODES, want)))
        if found.may_need(RemedyKind.FEWER_RESERVED, want.lacking):
            yield from _some(fewer_reserved(want))
        if found.may_need(RemedyKind.OTHER_DROPS, want.lacking):
            yield from others_give_up(want, self._fleet, self._served)
        yield from self._asking_less_of_nodes(want, found)

    def _asking_less_of_nodes(self, want: Want, found: _Cheapest) -> Iterator[Proposal]:
        """Yield what helps where nodes run out of disk, of a device or of places for pods."""
        if found.may_need(RemedyKind.SMALLER_REQUEST, 0):
            yield from _some(smaller_request(want, self._fleet))
        if found.may_need(RemedyKind.DECLARATION, 0):
            yield from _some(more_declared(want))

    def _making_room(self, want: Want, found: _Cheapest) -> Iterator[Proposal]:
        """Yield what would make room, as far as it can still be among the cheapest of its kind."""
        if want.is_kept_off:
            return
        if found.may_need(RemedyKind.MORE_NODES, want.least_nodes * want.units_of_node):
            yield from _some(more_nodes(want, found.most_units(RemedyKind.MORE_NODES, want)))
        if want.place.state.node.limited:
            yield from _some(smaller_pods(want, self._fleet))
            yield from self._asking_less_of_nodes(want, found)
        if want.profile.replica_topology.nodes > want.place.pool.nodes:
            return  # too few nodes for one replica: nothing but nodes helps
        if found.may_need(RemedyKind.FEWER_RESERVED, want.lacking):
            yield from _some(fewer_reserved(want))
        served = len(self._served[want.deployment.key])
        fewer = -(-want.lacking // want.profile.replica_topology.units)
        if found.may_need(RemedyKind.FEWER_REPLICAS, fewer * want.least_units * (served + 1)):
            yield from self._fewer_replicas(want, served)
        if found.may_need(RemedyKind.OTHER_DROPS, want.lacking):
            yield from others_give_up(want, self._fleet, self._served)

    def _opening_pools(self, shortfall: Shortfall) -> Iterator[Proposal]:
        """Yield what would open a pool that has room, those first that fail at the last of the rules."""
        for item in islice(self._closed(shortfall), _TRIED):
            wants = (want for want in self._wants(shortfall, item) if want.has_room)
            proposals = (opening(want) for want in wants for opening in BY_CODE[item.code])
            yield from _some(next((proposal for proposal in proposals if proposal and proposal.loads), None))

    def _closed(self, shortfall: Shortfall) -> Iterator[Rejection]:
        """Yield candidates that a declaration may open, those first that fail at the last of the rules."""
        by_code: dict[RejectionCode, list[RejectionGroup]] = defaultdict(list)
        for group in self.rejections.of(shortfall.deployment):
            if group.code in BY_CODE:
                by_code[group.code].append(group)
        for code in sorted(by_code, key=_ORDER.__getitem__, reverse=True):
            # Groups may be as large as the fleet, and are in the order of their candidates.
            firsts = (item for group in by_code[code] for item in islice(group.each(), _TRIED))
            yield from nsmallest(_TRIED, firsts, key=attrgetter("order"))

    def _wants(self, shortfall: Shortfall, item: Rejection) -> Iterator[Want]:
        """Yield what was rejected: one pool with one profile, or all of an environment with each."""
        if item.profile:
            return self._wants_on(shortfall, [(item.profile, item.place.number)])
        model = self._fleet.model_of(self._fleet.deployment[shortfall.deployment])
        numbers = self.rejections.numbers[item.place.environment]
        return self._wants_on(shortfall, product((profile.name for profile in model.serving), numbers))

    def _wants_on(self, shortfall: Shortfall, found: Iterable[tuple[str, int]]) -> Iterator[Want]:
        """Yield a want for each name of a profile with the number of a pool."""
        deployment = self._fleet.deployment[shortfall.deployment]
        model = self._fleet.model_of(deployment)
        profiles = {profile.name: profile for profile in model.serving}
        one_more = shortfall.wanted - shortfall.placed > 1
        for name, number in found:
            profile, place = profiles[name], self.rejections.numbered[number]
            beside = self.rejections.by_environment[place.environment.metadata.name] if profile.prefill else ()
            yield Want(deployment, model, profile, place, one_more, beside)

    def _fewer_environments(self, shortfall: Shortfall) -> Remedy:
        deployment = self._fleet.deployment[shortfall.deployment]
        least = min(profile.replica_topology.units for profile in self._fleet.model_of(deployment).serving)
        return Remedy(
            kind=RemedyKind.FEWER_ENVIRONMENTS,
            message=f"environments {shortfall.placed} (now {shortfall.wanted}) is as many as it can have now",
            document=f"ModelDeployment {deployment.key}",
            field="spec.environments",
            value=shortfall.placed,
            units=(shortfall.wanted - shortfall.placed) * deployment.replicas * least,
        )


class _Cheapest:
    """The cheapest proposals of each kind."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kinds: dict[RemedyKind, list[Proposal]] = defaultdict(list)

    @property
    def enough(self) -> bool:
        """Whether there are as many as are asked for."""
        return sum(map(len, self._kinds.values())) >= self._limit

    def may_need(self, kind: RemedyKind, units: int) -> bool:
        """Return whether a remedy of this kind, of at least so many `units`, could still be among the cheapest."""
        known = self._kinds[kind]
        # Its own replicas are one field, so the cheapest is the only one.
        limit = 1 if kind is RemedyKind.FEWER_REPLICAS else self._limit
        return len(known) < limit or known[-1].remedy.units > units

    def most_units(self, kind: RemedyKind, want: Want) -> int | None:
        """Return with how many units a remedy on the pool is still among the cheapest; None where any number will do.

        Of equally dear ones those come first whose places do.
        """
        known = self._kinds[kind]
        if len(known) < self._limit:
            return None
        dearest = known[-1].remedy
        place = (*want.place.name, want.profile.name)
        return dearest.units - (place >= (dearest.environment, dearest.node_pool, dearest.profile))

    def takes(self, proposal: Proposal) -> bool:
        """Return whether it would be among the cheapest of its kind."""
        known = self._kinds[proposal.remedy.kind]
        return len(known) < self._limit or _order(proposal) < _order(known[-1])

    def add(self, proposal: Proposal) -> None:
        """Keep it if it is among the cheapest of its kind; of changes to one field, only the cheapest."""
        known = self._kinds[proposal.remedy.kind]
        known.append(proposal)
        known.sort(key=_order)
        fields: dict[object, Proposal] = {}
        for each in known:
            fields.setdefault((each.remedy.document, each.remedy.field), each)
        known[:] = [*fields.values()][: self._limit]

    def best(self) -> Sequence[Proposal]:
        """Return as many as are asked for: the cheapest of each kind, and then the cheapest of all others."""
        firsts = sorted((known[0] for known in self._kinds.values() if known), key=_order)
        # Show "more nodes" first: it is the only remedy that the clusters' owner can apply alone.
        firsts.sort(key=lambda proposal: proposal.remedy.kind is not RemedyKind.MORE_NODES)
        others = sorted(chain.from_iterable(known[1:] for known in self._kinds.values()), key=_order)
        return [*firsts, *others][: self._limit]


def _document(shortfall: Shortfall) -> str:
    return f"ModelDeployment {shortfall.deployment}"


def _order(proposal: Proposal) -> tuple[object, ...]:
    return proposal.remedy.order


def _some(proposal: Proposal | None) -> Iterable[Proposal]:
    return [proposal] if proposal else []
