"""The fleets of the benchmark with every third pool cut in several profiles: right documents, with as much room."""

from __future__ import annotations

from bench.fleet_documents import fleet_of
from bench.fleets import random_fleet
from bench.several_profiles import with_several_profiles
from slicewise.documents import check_document
from slicewise.planning import make_plan


def test_every_third_pool_is_cut_in_several_profiles_and_all_that_was_placed_is() -> None:
    documents = random_fleet(1, environments=12, deployments=60, load=0.6)
    before, fleet = fleet_of(documents), fleet_of(with_several_profiles(documents))
    pools = [pool for each in fleet.environments for pool in each.spec.node_pools]
    assert sum(bool(pool.mig and pool.mig.slices) for pool in pools) == -(-len(pools) // 3)
    assert [each for environment in fleet.environments for each in check_document(environment) if each.is_error] == []
    assert len(make_plan(fleet).placements) >= len(make_plan(before).placements)
