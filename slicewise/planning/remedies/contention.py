"""Whether room that a remedy makes could go to another deployment that also lacks an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment
from slicewise.planning.capacity import ChargedPool
from slicewise.planning.plan import Shortfall
from slicewise.planning.remedies.remedy import Want

_MANY_NODES = 1_000_000


class Contention:
    """The deployments of a plan that lack environments, as rivals for the same room.

    Which of them planning would try first is left open: a rival counts unless its priority is lower.
    """

    def __init__(
        self, fleet: Fleet, shortfalls: Iterable[Shortfall], served: Mapping[DeploymentKey, AbstractSet[str]]
    ) -> None:
        self._fleet = fleet
        self._served = served
        self._short = [fleet.deployment[shortfall.deployment] for shortfall in shortfalls]
        self._answers: dict[object, Sequence[Want]] = {}

    def rival(self, want: Want, place: ChargedPool) -> DeploymentKey | None:
        """Return a deployment that may leave too little room for `want` on `place`, the pool after the change.

        If there is none, all the rivals that fit there at all fit beside it.
        """
        crowded = replace(place).state
        for rival in self._matching(place):
            other = rival.deployment
            if other.key == want.deployment.key or other.spec.priority < want.deployment.spec.priority:
                continue
            if place.state.takes(rival.pod, rival.count):
                crowded.charge(rival.pod, rival.count)
                if not crowded.takes(want.pod, want.count):
                    return other.key
        return None

    def _matching(self, place: ChargedPool) -> Sequence[Want]:
        """Return what each deployment would put on `place` with each of its profiles that match."""
        labels = (place.environment.labels, place.pool.labels)
        key = (place.name, place.pool.capabilities, *(tuple(sorted(each.items())) for each in labels))
        if key not in self._answers:
            # However many nodes a remedy adds: what matches then is looked for once.
            large = place.with_pool(max_node_count=max(place.pool.nodes, _MANY_NODES))
            self._answers[key] = [
                want
                for deployment in self._short
                if place.name[0] not in self._served[deployment.key]
                for want in self._wants(deployment, large)
                if want.matches(large)
            ]
        return self._answers[key]

    def _wants(self, deployment: ModelDeployment, place: ChargedPool) -> Iterator[Want]:
        model = self._fleet.model_of(deployment)
        return (Want(deployment, model, profile, place, one_more=False) for profile in model.serving)
