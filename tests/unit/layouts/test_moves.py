"""`--move`: what runs moves where that serves more, a step after the other, and always has a place."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from slicewise.documents import Fleet, InferenceEnvironment, NodePool
from slicewise.documents import offers_of as offers_in
from slicewise.layouts import (
    CutStep,
    FleetLayout,
    MoveStep,
    NewCut,
    PoolProposal,
    RolloutStep,
    cut_into,
    propose_for_fleet,
    served_replicas,
)
from slicewise.layouts.pool_proposal import with_proposals
from slicewise.layouts.pool_states import pool_states
from slicewise.layouts.rollout import rollout
from slicewise.mig import find_gpu_model
from slicewise.planning import Placement, PreviousPlacement, make_plan, parse_previous
from tests.documents import Document, deployment, environment, fleet_of, model, planned, profile, slices
from tests.unit.planning.capacity_rule import Node, Pod, promised, promised_of_several
from tests.unit.planning.checker import charged_pools
from tests.unit.planning.sizes_by_documents import offers_of

SECONDS = 9.0
ANEW = "-cut-anew"
MODELS = tuple(
    model(name, profile("s", memoryPerGpu=memory), cpu="100m", memory="1Gi")
    for name, memory in (("small", "9Gi"), ("large", "38Gi"), ("whole", "70Gi"))
)


def declared(*pools: Document, **replicas: int) -> Fleet:
    """Return a fleet of one environment, and so many replicas of each model; `large_too` is one more of large."""
    asked = [
        deployment(name.replace("_", "-"), name.partition("_")[0], replicas=count) for name, count in replicas.items()
    ]
    return fleet_of([environment("east", *pools), *MODELS, *asked])


def cut(name: str, profile_: str, nodes: int = 1, **fields: object) -> Document:
    usable = {"1g.10gb": "9Gi", "3g.40gb": "39Gi", "7g.80gb": "79Gi"}[profile_]
    return slices(name, profile_, **{"nodeCount": nodes, "memoryPerGpu": usable} | fields)


def moving(before: Fleet, after: Fleet) -> FleetLayout:
    return propose_for_fleet(after, running(before), None, SECONDS, move=True)


def running(fleet: Fleet) -> tuple[PreviousPlacement, ...]:
    return parse_previous(planned(fleet)["placements"], "plan.json")


class Walk:
    """A fleet whose steps are carried out one by one: everything that runs always has a place.

    Before it leaves a place a deployment is counted at both.
    """

    def __init__(self, found: FleetLayout, after: Fleet) -> None:
        self.after = after
        self.at = [each for each in found.now.placements if each.retained]
        self.pools = {
            (each.metadata.name, pool.name): pool for each in after.environments for pool in each.spec.node_pools
        }
        self.check()
        for step in found.steps:
            if isinstance(step, CutStep):
                self.cut(step)
            else:
                self.move(step)
            self.check()
        # What nodes are cut anew, and what runs where, are in the end as the proposal has it.
        ends = {(each.deployment, here(each), each.resource) for each in self.at}
        planned_ = {(each.deployment, here(each), each.resource) for each in found.proposed.placements}
        assert ends <= planned_
        counts = Counter({(key[0], key[1].removesuffix(ANEW)): pool.nodes for key, pool in self.pools.items()})
        assert {key: count for key, count in counts.items() if count} == {
            (each.metadata.name, pool.name): pool.nodes
            for each in found.fleet.environments
            for pool in each.spec.node_pools
        }

    def cut(self, step: CutStep) -> None:
        environment_, pool = step.pool.state.key
        part = step.pool.new_pools[step.group]
        name = part.name if step.pool.is_split else pool + ANEW
        before = self.pools[environment_, name].nodes if (environment_, name) in self.pools else 0
        self.pools[environment_, name] = part.model_copy(update={"name": name, "node_count": before + step.nodes})
        old = self.pools[environment_, pool]
        self.pools[environment_, pool] = old.model_copy(update={"node_count": old.nodes - step.nodes})

    def move(self, step: MoveStep) -> None:
        (old,) = [each for each in self.at if each.deployment == step.deployment and here(each) == step.source]
        environment_, pool = step.target
        for name in (pool, pool + ANEW):
            there = self.pools.get((environment_, name))
            new = old._replace(environment=environment_, node_pool=name, resource=step.resource)
            if there and there.nodes and new != old and step.resource in {each.resource for each in offers_in(there)}:
                self.at.append(new)
                if self.holds():
                    self.at.remove(old)
                    return
                self.at.remove(new)
        raise AssertionError(f"{step} has no place to go to")

    def check(self) -> None:
        assert self.holds()

    def holds(self) -> bool:
        """Return whether nodes hold all pods, in whatever order they are scheduled: by a rule that shares no code."""

        def with_pools(environment_: InferenceEnvironment) -> InferenceEnvironment:
            own = tuple(pool for key, pool in self.pools.items() if key[0] == environment_.metadata.name)
            return environment_.model_copy(update={"spec": environment_.spec.model_copy(update={"node_pools": own})})

        stage = replace(self.after, environments=tuple(map(with_pools, self.after.environments)))
        every = [pool for each in stage.environments for pool in each.spec.node_pools]
        plan = {"placements": list(map(item, self.at))}
        return all(
            _promised(pool, nodes, node, pods)
            for pool, (nodes, node, pods) in zip(every, charged_pools(stage, plan), strict=True)
        )


def _promised(pool: NodePool, nodes: int, node: Node, pods: list[Pod]) -> bool:
    reserved = [offer.reserved for offer in offers_of(pool)]
    if len(reserved) == 1:
        return promised(nodes, node, pods, reserved[0])
    return promised_of_several(nodes, node, pods, reserved)


def here(placement: Placement) -> tuple[str, str]:
    return placement.environment, placement.node_pool.removesuffix(ANEW)


def item(placement: Placement) -> Document:
    key = placement.deployment
    return {
        "deployment": {"namespace": key.namespace, "name": key.name},
        "environment": placement.environment,
        "nodePool": placement.node_pool,
        "profile": placement.profile,
        "resource": {"name": placement.resource},
    }


def judge(before: Fleet, after: Fleet) -> FleetLayout:
    """Return the proposal once it has been carried out, and planned again from both ends."""
    found = moving(before, after)
    Walk(found, after)
    again = make_plan(found.fleet, running(before))
    assert again.placements == found.proposed.placements
    settled = make_plan(found.fleet, parse_previous(planned(found.fleet, running(before))["placements"], "p"))
    assert settled.moved == ()
    assert [each._replace(retained=True) for each in again.placements] == list(settled.placements)
    return found


def told(found: FleetLayout) -> list[object]:
    return [
        (step.nodes, step.occupied)
        if isinstance(step, CutStep)
        else (step.deployment.name, step.source[1], step.target[1])
        for step in found.steps
    ]


def test_pods_of_a_pool_are_brought_together_where_that_frees_nodes() -> None:
    # Five pods may stand on five of eight nodes; one node holds them.
    before, after = declared(cut("a", "3g.40gb", 8), large=5), declared(cut("a", "3g.40gb", 8), large=5, small=250)
    assert served_replicas(propose_for_fleet(after, running(before), None, SECONDS).proposed) == 5
    found = judge(before, after)
    assert (served_replicas(found.proposed), found.proven) == (255, True)
    # 250 slices are four nodes of 56 and one more; the other nodes hold the five.
    assert sum(step.nodes for step in found.steps if isinstance(step, CutStep)) >= 5
    assert found.proposed.moved == ()


def test_nothing_moves_where_as_much_is_served_without() -> None:
    before, after = declared(cut("a", "3g.40gb", 8), large=5), declared(cut("a", "3g.40gb", 8), large=5, small=150)
    assert told(judge(before, after)) == [(3, 0)]


def test_a_deployment_has_its_new_place_before_the_nodes_of_the_old_one_are_cut() -> None:
    pools = cut("a", "1g.10gb"), cut("b", "1g.10gb")
    # Both pools have something, and only together do they fit on one.
    before = declared(*pools, small=20, small_too=40)
    after = declared(*pools, small=20, small_too=30, large=16)
    found = judge(before, after)
    assert served_replicas(found.proposed) == 66
    (move, new) = told(found)
    assert move == ("small", "b", "a")
    assert new == (1, 0)


def test_what_cannot_move_without_losing_its_place_stays() -> None:
    pools = cut("a", "1g.10gb"), cut("b", "3g.40gb")
    before = declared(*pools, small=50, large=14)
    # Other cuts would hold all: but every node is full of pods that have no other place meanwhile.
    after = declared(*pools, small=50, large=14, large_too=3)
    found = judge(before, after)
    assert (served_replicas(found.now), served_replicas(found.proposed), found.steps) == (64, 64, ())


def random_fleets(seed: int) -> tuple[Fleet, Fleet]:
    """Return a fleet that runs, and the same with more deployments."""
    draw = random.Random(seed)  # noqa: S311 - fleets, not secrets
    environments = [
        environment(
            f"env-{number}",
            *(
                cut(
                    f"pool-{letter}",
                    draw.choice(["1g.10gb", "3g.40gb", "7g.80gb"]),
                    draw.randint(1, 4),
                    acceleratorCount=draw.choice([1, 2, 8]),
                    reservedUnits=draw.choice([0, 0, 1]),
                )
                for letter in "abc"
            ),
        )
        for number in range(draw.randint(1, 2))
    ]
    asked = [
        deployment(
            f"d-{number}",
            draw.choice(["small", "large", "whole"]),
            replicas=draw.randint(1, 9),
            environments=draw.randint(1, len(environments)),
            priority=draw.randrange(2),
        )
        for number in range(draw.randint(6, 16))
    ]
    half = len(asked) // 2
    return fleet_of([*environments, *MODELS, *asked[:half]]), fleet_of([*environments, *MODELS, *asked])


# Those of thirty in which something moves or is brought together, and some in which nothing need.
@pytest.mark.parametrize("seed", [2, 7, 10, 11, 12, 14, 17, 21, 23, 24, 26, 28, 29])
def test_step_by_step_everything_has_a_place_and_planning_again_keeps_the_promise(seed: int) -> None:
    before, after = random_fleets(seed)
    still_ = propose_for_fleet(after, running(before), None, SECONDS)
    found = judge(before, after)
    assert found.proposed.placements
    assert urgent(found, after) >= urgent(still_, after)
    assert served_replicas(found.proposed) <= found.bound


def urgent(found: FleetLayout, fleet: Fleet) -> list[int]:
    served = Counter[int]()
    for each in found.proposed.placements:
        served[-fleet.deployment[each.deployment].spec.priority] += each.replicas
    return [served[priority] for priority in (-1, 0)]


def exchanged(*others: Document) -> tuple[RolloutStep, ...] | None:
    """Return how what is on two pools changes places, as their nodes are cut as the other's are."""
    pools = cut("a", "1g.10gb", acceleratorCount=1), cut("b", "7g.80gb", acceleratorCount=1), *others
    fleet = declared(*pools, small=2, whole=1)
    now = make_plan(fleet)
    assert {each.deployment.name: each.node_pool for each in now.placements} == {"small": "a", "whole": "b"}
    board = find_gpu_model("h100-80gb")
    cuts = [cut_into(board, {"7g.80gb": 1}), cut_into(board, {"1g.10gb": 7}), None]
    proposals = [
        PoolProposal(state, (NewCut(1, (new,)),) if new else ())
        for state, new in zip(pool_states(fleet, ()), cuts, strict=False)
    ]
    plan = make_plan(with_proposals(fleet, proposals), running(fleet))
    assert {each.deployment.name: each.node_pool for each in plan.placements} == {"small": "b", "whole": "a"}
    return rollout(fleet, proposals, now.placements, plan)


def test_where_each_waits_for_the_other_there_is_no_order() -> None:
    assert exchanged() is None


def test_one_of_those_that_wait_for_each_other_goes_to_a_third_place_for_a_while() -> None:
    steps = exchanged(cut("c", "3g.40gb", acceleratorCount=1))
    assert steps
    assert [
        step.pool.state.key[1] if isinstance(step, CutStep) else (step.deployment.name, step.source[1], step.target[1])
        for step in steps
    ] == [("small", "a", "c"), "a", ("whole", "b", "a"), "b", ("small", "c", "b")]
    assert next(step.reason for step in steps if isinstance(step, MoveStep)).startswith("for a while")
