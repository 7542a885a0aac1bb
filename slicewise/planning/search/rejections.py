"""Why a deployment is not served by what does not serve it: every candidate, with one reason."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.documents import Fleet
from slicewise.planning.matching import node_pool_selector_reason, profile_selector_reason, reject_environment
from slicewise.planning.plan import Rejection, RejectionCode
from slicewise.planning.search.draft_plan import Demand, DraftPlan


def rejections(draft: DraftPlan, fleet: Fleet, demand: Demand) -> Iterator[Rejection]:
    """Yield a rejection for each pool and profile of the environments without `demand`, sorted by name.

    An environment that a selector rules out as a whole has one, without pool and profile.
    """
    placed = draft.placed[demand.key]
    options = sorted(demand.options, key=lambda option: option.profile.name)
    for environment in fleet.environments:
        name = environment.metadata.name
        if name in placed:
            continue
        whole = reject_environment(demand.deployment, environment)
        if whole:
            yield whole
            continue
        by_profile = [profile_selector_reason(option.profile, environment) for option in options]
        for index in draft.index.by_environment[name]:
            pool = draft.pools[index]
            by_pool = node_pool_selector_reason(demand.deployment, pool.pool)
            for option, unselected in zip(options, by_profile, strict=True):
                profile = option.profile
                reason = unselected or by_pool or draft.index.reason(profile.replica_topology, index)
                if reason is None:
                    pod = pool.pod_size(demand.model, profile)
                    reason = (RejectionCode.CAPACITY, pool.full_message(pod, demand.pods(option)))
                yield Rejection(name, pool.name, profile.name, *reason)
