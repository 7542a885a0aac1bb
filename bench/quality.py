"""How many pairs each planner accepts on one fleet, beside the most that are possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.first_fit import first_fit
from bench.fleet_documents import fleet_of
from bench.fleets import FleetKind, random_fleet
from bench.optimum import Optimum, optimum
from bench.static_matching import Option, options
from slicewise.documents import Fleet, InferenceEnvironment
from slicewise.planning import Placement, Plan, make_plan


@dataclass(frozen=True)
class Case:
    """A fleet to compare on."""

    kind: FleetKind
    load: float
    seed: int
    environments: int = 30
    deployments: int = 300
    priorities: Sequence[int] = (0,)


@dataclass(frozen=True)
class Comparison:
    """What was accepted of one fleet, by whom."""

    case: Case
    wanted: int
    """Pairs of deployment and environment that are asked for."""
    first_fit: Sequence[Option]
    slicewise: Sequence[Option]
    best: Optimum
    """With a scheduler that knows all pods beforehand."""
    best_in_any_order: Optimum
    """With the promise that pods fit in whatever order they come."""


def compare_planners(case: Case, seconds: float) -> Comparison:
    """Plan the fleet of `case` with everything there is; the solver has `seconds` for each of its answers."""
    fleet = fleet_of(
        random_fleet(
            case.seed,
            environments=case.environments,
            deployments=case.deployments,
            load=case.load,
            kind=case.kind,
            priorities=case.priorities,
        )
    )
    ours = options_of(fleet, make_plan(fleet))
    best = in_any_order = optimum(fleet, in_any_order=True, hint=ours, seconds=seconds)
    if case.kind == "mixed":
        best = optimum(fleet, in_any_order=False, hint=in_any_order.options, seconds=seconds)
        # What fits in any order fits in one.
        in_any_order = replace(in_any_order, bound=min(in_any_order.bound, best.bound))
    wanted = sum(deployment.spec.environments for deployment in fleet.deployments)
    return Comparison(case, wanted, first_fit(fleet), ours, best, in_any_order)


def options_of(fleet: Fleet, plan: Plan) -> list[Option]:
    """Return what `plan` accepts, judged by the benchmark's own rules of matching.

    Raises:
        ValueError: It places something where that does not belong.
    """
    environments = {environment.metadata.name: environment for environment in fleet.environments}
    return [_option_of(fleet, placement, environments[placement.environment]) for placement in plan.placements]


def _option_of(fleet: Fleet, placement: Placement, environment: InferenceEnvironment) -> Option:
    for option in options(fleet, fleet.deployment[placement.deployment], environment):
        if (option.pool.name, option.profile.name) == (placement.node_pool, placement.profile):
            return option
    raise ValueError(f"the plan has a placement that matches nothing: {placement}")


def stranded(accepted: Iterable[Option]) -> float:
    """Return the GiB of pool memory that the units of `accepted` have and do not need."""
    return sum(option.stranded for option in accepted)


def units(accepted: Iterable[Option]) -> int:
    """Return the units that the pods of `accepted` ask for."""
    return sum(option.units for option in accepted)
