"""What components that plan have in common: their outputs, and what they remember of the last plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

import pulumi

from .component_options import PreviousPlan
from .last_update import PlanMemory
from .service_addresses import endpoints_of
from .state import ENVIRONMENTS_OUTPUT, PlanOwner

ValueT = TypeVar("ValueT")


class PlanningComponent(pulumi.ComponentResource):
    """A component that plans, and has the plan as outputs.

    A resource that takes one of the outputs depends on everything that the component applies.
    """

    stack_outputs: Mapping[str, Any]
    """The plan, and what the next one must know beside it: what a program exports which keeps its plan in the stack's
    outputs (`PreviousPlan.STACK_OUTPUTS`). The keys are those of the Slicewise program itself."""

    def _publish(self, outputs: Mapping[str, Any], resources: Sequence[pulumi.Resource]) -> None:
        self.stack_outputs = outputs
        self._resources = [*resources]

    def _publish_when_applied(self, before: Mapping[str, Any], serves: pulumi.Output[bool]) -> None:
        """Have some outputs be what is `before`, and what they are now only when everything is applied and `serves`."""
        if not before:
            return
        now = self.stack_outputs
        done = pulumi.Output.all(serves, self._when_applied(None)).apply(itemgetter(0))

        def value_of(key: str) -> pulumi.Output[Any]:
            return done.apply(lambda is_done: (now if is_done else before).get(key))

        self.stack_outputs = {**now, **{key: value_of(key) for key in before}}

    def _remember(self, environments: Sequence[str], memory: PlanMemory) -> None:
        """Register what the next plan reads from the stack's state; in a preview nothing is stored.

        Args:
            environments: The environments that the component has, and had.
            memory: Where the plan is remembered.
        """
        if pulumi.runtime.is_dry_run():
            return
        self.register_outputs({**self.stack_outputs, ENVIRONMENTS_OUTPUT: environments} if memory.owner else {})

    @property
    def placements(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """What runs where, by `environment/namespace/name`: nodePool, profile, replicas, units, resource and so on."""
        return self._when_applied(self.stack_outputs["placements"])

    @property
    def node_pools(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """How full each node pool is, by `environment/pool`."""
        return self._when_applied(self.stack_outputs["nodePools"])

    @property
    def warnings(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """What the plan warns of, by code and what it is about: code, path and message."""
        return self._when_applied(self.stack_outputs["warnings"])

    @property
    def shortfalls(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """The deployments that get fewer environments than they ask for, by `namespace/name`."""
        return self._when_applied(self.stack_outputs["shortfalls"])

    @property
    def quotas(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """What is taken of each quota, and what it allows, by `name/measure`: used and limit."""
        return self._when_applied(self.stack_outputs.get("quotas", {}))

    @property
    def endpoints(self) -> pulumi.Output[dict[str, dict[str, Any]]]:
        """Where each placement answers, by the names of `placements`: service, inCluster, external and so on.

        Inside its cluster, at KServe's own Service of the workload; outside, through the Gateway, or None where there
        is no route or the environment does not say the Gateway's hostname.
        """
        return self._when_applied(endpoints_of(self.stack_outputs["placements"]))

    def _when_applied(self, value: ValueT) -> pulumi.Output[ValueT]:
        return pulumi.Output.all(*(resource.urn for resource in self._resources)).apply(lambda _: value)


def memory_of(owner: PlanOwner, previous: PreviousPlan | Mapping[str, Any]) -> PlanMemory:
    """Return where a component remembers its plan, or what it is given as the last one."""
    if isinstance(previous, Mapping):
        return PlanMemory(owner, previous)
    if PreviousPlan(previous) is PreviousPlan.STACK_OUTPUTS:
        return PlanMemory()
    return PlanMemory(owner, {} if PreviousPlan(previous) is PreviousPlan.NONE else None)


def former_names(opts: pulumi.ResourceOptions | None) -> tuple[str, ...]:
    """Return the names that a component may have in the stack's state, from its aliases."""
    names = [each.name if isinstance(each, pulumi.Alias) else each for each in (opts.aliases if opts else None) or ()]
    return tuple(name.rpartition("::")[2] for name in names if isinstance(name, str))


def depended_on(opts: pulumi.ResourceOptions | None) -> list[pulumi.Resource]:
    """Return the resources that a component depends on, as far as they are passed as such."""
    given = opts.depends_on if opts and opts.depends_on else []
    several = given if isinstance(given, list | tuple) else [given]
    return [each for each in several if isinstance(each, pulumi.Resource)]
