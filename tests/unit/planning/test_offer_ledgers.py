"""The ledgers of several GPU resources of the same nodes: what they have in common, and what tells pools apart."""

from __future__ import annotations

import pytest

from slicewise.documents import with_fields
from slicewise.planning.capacity import PodSize, ledgers_of
from slicewise.planning.search.draft_plan import DraftPlan
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, profile, several

# Of a node with 40 CPUs, for 4 slices of 3g.40gb and 8 of 1g.10gb.
_LARGE, _SMALL = PodSize(1, 8000), PodSize(1, 4000)


def _pool(**fields: object) -> Document:
    return several("cut", {"1g.10gb": 8, "3g.40gb": 4}, **fields)


def test_a_pool_that_is_tried_out_is_beside_what_runs_and_changes_nothing_of_it() -> None:
    """Four pods of 4 CPUs are on three nodes of 40, in any order: each may have one, and all four may be on one."""
    fleet = fleet_of([environment("env", _pool(allocatable={"cpu": "40"}))])
    (pool,) = fleet.environments[0].spec.node_pools
    small, large = ledgers_of("env", pool)
    small.charge(_SMALL, 4)
    charges = small.charges, large.charges
    larger = large.emptied(with_fields(large.pool, {"node_count": 3, "reserved_units": 0}))
    assert larger.pool.nodes == 3
    assert larger.allocated == 0
    # 16 and 3 x 8 CPUs are one node's. A pod that needs all of a node's finds one that has none of the four nowhere.
    assert larger.takes(_LARGE, 3)
    assert not larger.takes(PodSize(1, 40000), 1)
    larger.charge(_LARGE, 3)
    assert (small.charges, large.charges) == charges
    assert large.allocated == 0


@pytest.mark.parametrize(("cpu", "classes"), [(None, 1), ("40", 2)])
def test_what_else_nodes_offer_tells_pools_apart_only_where_they_share_anything(cpu: str | None, classes: int) -> None:
    allocatable = {"allocatable": {"cpu": cpu}} if cpu else {}
    pools = [
        several("a", {"3g.40gb": 4}, **allocatable),
        several("b", {"3g.40gb": 4, "1g.10gb": 8}, **allocatable),
    ]
    asking = model("m", profile("s", memoryPerGpu="30Gi"), cpu="4", memory="8Gi")
    draft = DraftPlan(fleet_of([environment("env", *pools), asking, deployment("d", "m")]))
    (demand,) = draft.demands
    lanes = [lane for level in demand.options[0].levels for lane, _, _ in level.lanes]
    found = sorted(draft.pools[index].name for lane in lanes for index in lane.members)
    assert found == ["a", "b"]
    assert len(lanes) == classes


def test_whoever_makes_room_to_roll_beside_another_resource_is_warned_no_more() -> None:
    """Of 40 CPUs three pods of 4 and three of 8 use 36: a slice of 3g.40gb is free, and no 8 CPUs for it."""

    def warned(**fields: object) -> list[Document]:
        documents = [
            environment("env", _pool(allocatable={"cpu": "40"}, **fields)),
            model("small", profile("s", memoryPerGpu="9Gi", mig="only"), cpu="4", memory="8Gi"),
            model("large", profile("s", memoryPerGpu="30Gi", mig="only"), cpu="8", memory="8Gi"),
            deployment("d", "small", replicas=3),
            deployment("e", "large", replicas=3),
        ]
        plan = plan_of(documents)
        assert plan["shortfalls"] == []
        return [each for each in plan["warnings"] if each["code"] == "SW305" and "(3g.40gb)" in each["message"]]

    (warning,) = warned(nodeCount=1)
    assert warning["facts"] == {"deployments": ["team/e"], "reservedUnits": 1, "now": 1, "nodeCount": 2}
    assert warned(nodeCount=2, reservedSlices={"3g.40gb": 1}) == []
