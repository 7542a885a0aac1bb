"""The fleets of the benchmark with many quotas: right documents, and quotas that forbid much of what fits."""

from __future__ import annotations

from bench.fleet_documents import fleet_of
from bench.fleets import random_fleet
from bench.many_quotas import with_quotas
from slicewise.planning import make_plan


def test_each_namespace_and_team_has_a_quota_and_less_is_placed() -> None:
    documents = random_fleet(1, environments=12, deployments=120, load=1.0, kind="mixed")
    fleet = fleet_of(with_quotas(documents, 1, 0.3))
    namespaces = {each.metadata.namespace for each in fleet.deployments}
    teams = {each.metadata.labels["team"] for each in fleet.deployments}
    assert len(fleet.quotas) == len(namespaces) + len(teams)
    before, after = make_plan(fleet_of(documents)), make_plan(fleet)
    assert 0 < len(after.placements) < len(before.placements) / 2
