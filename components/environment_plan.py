"""What the plan declares in each environment, and what of the clusters must be looked at before it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slicewise.clusters.live import KindInNamespace, ObjectName
from slicewise.clusters.preflight import Needs, is_reserved, resource_of
from slicewise.clusters.verify import PlannedService, planned_services
from slicewise.documents import Fleet
from slicewise.manifests import KSERVE_API_VERSION, SCALED_OBJECT_KIND, SERVICE_KIND, KubernetesObject
from slicewise.planning import Plan, PreviousPlacement, placements_by_environment

from .object_handling import name_of_object


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """What the plan declares in one environment.

    Attributes:
        environment: Its name.
        objects: All its objects.
        namespaces: The namespaces that the stack is to make where they are missing.
        services: Those that are to be there, and those that an earlier plan had there.
        exchanged: Whether the environment is another cluster than the one that the earlier plan was applied to.
    """

    environment: str
    objects: Sequence[KubernetesObject]
    namespaces: Sequence[str]
    services: Sequence[PlannedService]
    exchanged: bool = False

    @property
    def names(self) -> list[ObjectName]:
        """What tells its objects from all others of the cluster."""
        return [name_of_object(item) for item in self.objects]

    @property
    def applied(self) -> frozenset[ObjectName]:
        """What an earlier plan had in this very cluster."""
        return frozenset() if self.exchanged else self.before

    @property
    def before(self) -> frozenset[ObjectName]:
        """What an earlier plan had, by the service of each deployment and what may scale it."""
        keys = {each.key for each in self.services if each.before is not None}
        return frozenset(ObjectName(kind, *key) for key in keys for kind in (SERVICE_KIND, SCALED_OBJECT_KIND))

    @property
    def split(self) -> frozenset[ObjectName]:
        """The services of an earlier plan that get a prefill workload, or lose it."""
        return frozenset(
            ObjectName(SERVICE_KIND, *each.key)
            for each in self.services
            if each.before and each.declared and (each.before.prefill is None) == ("prefill" in each.declared["spec"])
        )

    @property
    def kept(self) -> frozenset[ObjectName]:
        """The services of an earlier plan that stay, and of which KServe makes a Deployment."""
        return frozenset(
            ObjectName(SERVICE_KIND, *each.key)
            for each in self.services
            if each.before and each.declared and "worker" not in each.declared["spec"]
        )

    def look_at(self, needs: Needs) -> Needs:
        """Return `needs` with what is to be looked at before anything is declared."""
        places = {
            KindInNamespace(item["apiVersion"], item["kind"], resource_of(item["kind"]), name_of_object(item).namespace)
            for item in self.objects
        }
        places |= {
            KindInNamespace(KSERVE_API_VERSION, SERVICE_KIND, resource_of(SERVICE_KIND), each.key[0])
            for each in self.services
        }
        again = tuple(each.declared for each in self.services if each.before is not None and each.declared is not None)
        made = frozenset(self.namespaces)
        required = frozenset(filter(None, (name.namespace for name in self.names))) - made
        return replace(needs, places=frozenset(places), namespaces=made, required=required, applied=again)


def environment_plans(
    fleet: Fleet,
    plan: Plan,
    previous: Sequence[PreviousPlacement],
    objects: Mapping[str, Sequence[KubernetesObject]],
    *,
    make: bool,
) -> dict[str, EnvironmentPlan]:
    """Return what the plan declares in each environment; with `make`, the stack makes the namespaces that are missing.

    Args:
        fleet: What is declared.
        plan: The plan for it.
        previous: What the stack had before.
        objects: The plan's objects, by environment.
        make: Whether the stack makes namespaces.
    """
    placed = placements_by_environment(plan)
    before: defaultdict[str, list[PreviousPlacement]] = defaultdict(list)
    for each in previous:
        before[each.environment].append(each)
    found = {}
    for environment in fleet.environments:
        name = environment.metadata.name
        here = placed.get(name, [])
        spaces = {placement.deployment.namespace for placement in here if make}
        found[name] = EnvironmentPlan(
            name,
            objects.get(name, ()),
            sorted(space for space in spaces if not is_reserved(space)),
            planned_services(fleet, here, before[name]),
        )
    return found
