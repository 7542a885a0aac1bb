"""The services that an environment is to have, and those that an earlier plan had there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slicewise.addresses import service_name
from slicewise.clusters.live import LiveService, ServiceKey
from slicewise.documents import DeploymentKey, Fleet
from slicewise.manifests import KubernetesObject, placement_objects
from slicewise.planning import Placement, PreviousPlacement


@dataclass(frozen=True, slots=True)
class PlannedService:
    """A service that is to be there.

    Attributes:
        deployment: Whose it is.
        key: Its namespace and name.
        declared: The service as the plan declares it; None where the plan has it no more, and only an earlier one had.
        before: What the earlier plan had under this name; None where it is new, or no earlier plan is known.
    """

    deployment: DeploymentKey
    key: ServiceKey
    declared: KubernetesObject | None
    before: PreviousPlacement | None

    @property
    def replicas(self) -> int | None:
        """How many replicas were applied; None where an autoscaler has the number (or had), or it is not known."""
        if self.declared is not None and "replicas" not in self.declared["spec"]:
            return None
        if self.before is not None and self.before.autoscaled:
            return None
        if self.before is not None:
            return self.before.units // (self.before.gpus_per_node * self.before.nodes_per_replica)
        return int(self.declared["spec"]["replicas"]) if self.declared is not None else None


def planned_services(
    fleet: Fleet, placements: Iterable[Placement], previous: Iterable[PreviousPlacement]
) -> list[PlannedService]:
    """Return the services that an environment is to have, and those that an earlier plan had there, by name.

    Args:
        fleet: What is declared.
        placements: What the plan has in the environment.
        previous: What an earlier plan had in it.
    """
    before = {service_key(each): each for each in previous}
    found = []
    for placement in placements:
        service = placement_objects(fleet, placement)[0]
        key = (service["metadata"]["namespace"], service["metadata"]["name"])
        found.append(PlannedService(placement.deployment, key, service, before.pop(key, None)))
    found += [PlannedService(each.key, key, None, each) for key, each in before.items()]
    return sorted(found, key=lambda each: each.key)


def service_key(placement: PreviousPlacement) -> ServiceKey:
    """Return the namespace and name of the service that an earlier plan had for a placement."""
    namespace, name = placement.key
    return namespace, service_name(name, nodes=placement.nodes_per_replica, autoscaled=placement.autoscaled)


def own_stacks(expected: Iterable[PlannedService], live: Mapping[ServiceKey, LiveService]) -> frozenset[str]:
    """Return the stack that all services of the earlier plan which are there name as theirs; none if they disagree."""
    stacks = {stack for each in expected if each.before and each.key in live and (stack := live[each.key].stack)}
    return frozenset(stacks) if len(stacks) == 1 else frozenset()
