"""The plan that the stack had, from the stack's own outputs: that is what makes placements stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pulumi

from slicewise.addresses import service_name
from slicewise.diagnostics import InvalidInputError
from slicewise.kubernetes import mapping
from slicewise.planning import Plan, PreviousPlacement, parse_previous

from ..stack_config import StackConfig
from ..stack_name import stack_name
from .cluster_outputs import (
    CLUSTERS_OUTPUT,
    DIGEST_OUTPUT,
    ELSEWHERE_OUTPUT,
    LEAVING_OUTPUT,
    REVISION_OUTPUT,
    SKIPPED_OUTPUT,
    STACK_OUTPUT,
    UNSERVED_OUTPUT,
    KnownCluster,
    Renamed,
    read_clusters_output,
)
from .engine_reads import read_stack_outputs
from .stack_state import StackState, read_state

# The other way is `pulumi stack export`, an edit by hand and `pulumi stack import`, which is easy to get wrong.
_AFRESH: Final = (
    "if it cannot be put right, plan without it: `{set}`, look at the plan with `pulumi preview` (deployments may get "
    "other places, and then restart there), then `pulumi up`"
)


@dataclass(frozen=True, slots=True)
class PreviousStack:
    """What the last `pulumi up` of the stack left in its outputs.

    Attributes:
        placements: What it placed.
        clusters: Which cluster each environment was.
        stack: What the stack was called; None where it had no outputs.
        identifiers: What providers know clusters by, where the outputs cannot tell it.
        left: Placements that it was to delete with their environments: they are there still if that failed.
        skipped: The environments that it left as they were.
        revision: Which revision of its plan stack's plan it applied; None where it has no plan stack.
        digest: That plan's digest.
        elsewhere: By deployment, the environments of other stacks in which that plan has it, too.
        unserved: The placements that it waited for in vain before it could empty a drained pool.
    """

    placements: tuple[PreviousPlacement, ...] = ()
    clusters: Mapping[str, KnownCluster] = field(default_factory=dict)
    stack: str | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    left: tuple[PreviousPlacement, ...] = ()
    skipped: frozenset[str] = frozenset()
    revision: int | None = None
    digest: str | None = None
    elsewhere: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unserved: frozenset[str] = frozenset()

    def is_of(self, environments: AbstractSet[str]) -> bool:
        """Return whether it left these environments, and no others, so that nothing else can be in the state."""
        placed = {each.environment for each in self.placements}
        return self.clusters.keys() == environments and placed <= environments and not self.left

    def with_left(self, state: StackState) -> PreviousStack:
        """Return it with the placements that were to go and that the state still has."""
        there = {name for each in state.environments.values() for name in each.placements}
        stayed = tuple(each for each in self.left if f"{each.environment}/{each.key}" in there)
        return replace(self, placements=(*self.placements, *stayed), left=())

    @property
    def names(self) -> frozenset[str]:
        """What the stack is called, and was at the last `pulumi up`: objects of either name are its own."""
        return frozenset({stack_name(), self.stack or stack_name()})

    def identifier(self, environment: str) -> str:
        """Return what the provider of an environment knows its cluster by; a change would replace every object."""
        known = self.clusters.get(environment)
        return known.identifier if known else self.identifiers.get(environment, environment)

    def under(self, renamed: Renamed) -> tuple[PreviousPlacement, ...]:
        """Return its placements with the names that environments have now."""
        return tuple(replace(each, environment=renamed.now(each.environment)) for each in self.placements)


def parse_outputs(outputs: Mapping[str, Any], source: str) -> PreviousStack:
    """Return what a plan's outputs say; what is missing there is taken for none.

    Args:
        outputs: The outputs of a stack, or of a component that plans.
        source: Whose they are, for messages.

    Raises:
        InvalidInputError: they are not what `pulumi up` writes (SW109).
    """
    placements, former, left = (outputs.get(key) for key in ("placements", STACK_OUTPUT, LEAVING_OUTPUT))
    revision, digest = outputs.get(REVISION_OUTPUT), outputs.get(DIGEST_OUTPUT)
    return PreviousStack(
        () if placements is None else parse_previous(placements, source),
        read_clusters_output(outputs.get(CLUSTERS_OUTPUT), source),
        former if isinstance(former, str) else None,
        left=() if left is None else parse_previous(left, source),
        skipped=frozenset(outputs.get(SKIPPED_OUTPUT) or ()),
        revision=int(revision) if isinstance(revision, int | float) else None,
        digest=digest if isinstance(digest, str) else None,
        elsewhere={
            name: frozenset(environments.split())
            for name, environments in mapping(outputs.get(ELSEWHERE_OUTPUT)).items()
            if isinstance(environments, str)
        },
        unserved=frozenset(outputs.get(UNSERVED_OUTPUT) or ()),
    )


async def previous_stack(config: StackConfig) -> PreviousStack:
    """Return what the last `pulumi up` of this stack left; nothing on the first.

    Raises:
        InvalidInputError: the stack's outputs are not what `pulumi up` writes (SW109), or the state cannot be loaded
            (SW436).
    """
    read = parse_own_outputs(config, await read_stack_outputs(), f"the outputs of stack {stack_name()}")
    return PreviousStack(identifiers=(await read_state()).identifiers) if read is None else read


def parse_own_outputs(config: StackConfig, outputs: Mapping[str, Any], source: str) -> PreviousStack | None:
    """Return what the outputs say in which the last `pulumi up` has left its plan.

    None where they cannot be read, and the stack or the program says to plan without them (`planAfresh`).

    Raises:
        InvalidInputError: they are not what `pulumi up` writes (SW109).
    """
    key = config.where("planAfresh")[0]
    try:
        read = parse_outputs(outputs, source)
    except InvalidInputError as error:
        if config.plan_afresh:
            pulumi.log.warn(f"{source} cannot be read, and {key} is true: planned as on the first day")
            return None
        remedy = _AFRESH.format(set=config.how_to_set("planAfresh", "true"))
        raise InvalidInputError([replace(each, message=each.text, remedy=remedy) for each in error.problems]) from None
    if config.plan_afresh:
        pulumi.log.info(f"{key} has no effect: {source} can be read. Remove it again")
    return read


def services_leaving(previous: Iterable[PreviousPlacement], plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return, by environment and node pool, what was there and goes when the program has ended.

    That is deployments that are in the environment no more, and services whose deployment has one of another name now:
    the new one is made first, and the old one goes last.
    """
    services = {
        (each.deployment, each.environment): service_name(
            each.deployment.name, nodes=each.nodes_per_replica, autoscaled=each.autoscaled
        )
        for each in plan.placements
    }
    gone: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in previous:
        now = services.get((each.key, each.environment))
        before = service_name(each.key.name, nodes=each.nodes_per_replica, autoscaled=each.autoscaled)
        if now != before:
            gone[each.environment, each.node_pool].append(f"the old service of {each.key}" if now else str(each.key))
    return {pool: tuple(names) for pool, names in gone.items()}
