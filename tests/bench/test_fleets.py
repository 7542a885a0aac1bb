"""The generated fleets are valid, repeatable and as full as was asked for; the baseline does what its source says."""

from __future__ import annotations

from itertools import combinations_with_replacement
from pathlib import Path
from typing import get_args

import pytest

from bench.first_fit import first_fit
from bench.fleet_documents import fleet_of, write_yaml
from bench.fleets import FleetKind, random_fleet
from bench.packing import packings
from bench.static_matching import Option, options, slices_or_gpus
from slicewise.documents import load_fleet
from slicewise.planning import make_plan
from tests.documents import deployment, environment, model, pool, slices
from tests.documents import profile as serving
from tests.unit.planning.capacity_rule import promised


@pytest.mark.parametrize("kind", get_args(FleetKind))
@pytest.mark.parametrize("load", [0.5, 1.1])
def test_fleets_pass_validation_and_ask_for_what_was_said(kind: FleetKind, load: float, tmp_path: Path) -> None:
    documents = random_fleet(7, environments=20, deployments=200, load=load, kind=kind)
    assert documents == random_fleet(7, environments=20, deployments=200, load=load, kind=kind)

    write_yaml(documents, tmp_path)
    fleet = load_fleet([str(tmp_path)])

    assert (fleet.environments, fleet.deployments) == (
        fleet_of(documents).environments,
        fleet_of(documents).deployments,
    )
    units = sum(pool.nodes * slices_or_gpus(pool) for item in fleet.environments for pool in item.spec.node_pools)
    asked = sum(
        item.spec.environments * item.replicas * fleet.model_of(item).serving[0].replica_topology.units
        for item in fleet.deployments
    )
    assert asked / units == pytest.approx(load, rel=0.15)


def test_a_scheduler_that_charges_whole_nodes_places_four_replicas_on_64_slices() -> None:
    fleet = fleet_of(
        [
            environment("mig", slices("small", "3g.40gb", nodeCount=4)),
            model("gemma"),
            *(deployment(f"serve-{number}", "gemma", namespace=f"team-{number}") for number in range(10)),
        ]
    )

    assert len(first_fit(fleet)) == 4
    assert len(make_plan(fleet).placements) == 10


@pytest.mark.parametrize("nodes", [1, 2, 3])
def test_packings_are_the_rule_of_any_order(nodes: int) -> None:
    fleet = fleet_of(
        [
            environment("whole", pool("gpus", nodeCount=nodes)),
            model("any", *(serving(f"tp{gpus}", gpusPerNode=gpus) for gpus in (1, 2, 4, 8))),
            deployment("one", "any"),
        ]
    )
    by_size = {
        option.profile.replica_topology.gpus_per_node: option
        for option in options(fleet, fleet.deployments[0], fleet.environments[0])
    }
    ways = packings(by_size[1].pool, in_any_order=True)

    def holds(pods: list[Option]) -> bool:
        return any(
            all(pod.profile.replica_topology.gpus_per_node in way.sizes for pod in pods)
            and sum(way.weight(pod) for pod in pods) <= way.capacity
            for way in ways
        )

    for count in range(1, 10):
        for sizes in combinations_with_replacement(by_size, count):
            expected = promised(nodes, (8, None, None), [(size, 0, 0) for size in sizes], 0)
            assert holds([by_size[size] for size in sizes]) == expected, sizes
