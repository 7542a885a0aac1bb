"""Why a deployment is not served by what does not serve it: every candidate, with one reason."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.documents import Fleet
from slicewise.planning.matching import node_pool_selector_reason, profile_selector_reason, reject_environment
from slicewise.planning.plan import Rejection, RejectionCode
from slicewise.planning.search.draft_plan import Board, Demand


def rejections(board: Board, fleet: Fleet, demand: Demand) -> Iterator[Rejection]:
    """Yield a rejection for each pool and profile of the environments without `demand`, sorted by name.

    An environment that a selector rules out as a whole has one, without pool and profile.
    """
    placed = board.placed[demand.key]
    ways = sorted(demand.ways, key=lambda way: way.profile.name)
    for environment in fleet.environments:
        name = environment.metadata.name
        if name in placed:
            continue
        whole = reject_environment(demand.deployment, environment)
        if whole:
            yield whole
            continue
        by_profile = [profile_selector_reason(way.profile, environment) for way in ways]
        for index in board.index.by_environment[name]:
            pool = board.pools[index]
            by_pool = node_pool_selector_reason(demand.deployment, pool.pool)
            for way, unselected in zip(ways, by_profile, strict=True):
                profile = way.profile
                reason = unselected or by_pool or board.index.reason(profile.replica_topology, index)
                if reason is None:
                    pod = pool.pod_size(demand.model, profile)
                    reason = (RejectionCode.CAPACITY, pool.full_message(pod, demand.pods(way)))
                yield Rejection(name, pool.name, profile.name, *reason)
