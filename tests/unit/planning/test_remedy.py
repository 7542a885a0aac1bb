"""What one remedy proposes: values that loading takes, and the same for tools."""

from __future__ import annotations

import pytest

from slicewise.planning import Rejections, make_plan
from slicewise.planning.capacity.planned_pools import charged_pools
from slicewise.planning.remedies.finding import Remedies
from slicewise.planning.remedies.remedies_json import remedies_to_dict
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want
from tests.documents import deployment, environment, fleet_of, model, pool
from tests.unit.planning.following import assert_true, lines, remedies_of

ZONES = ["europe-west4-a", "europe-west4-c"]
MADE = {"zones": ZONES, "machineType": "a3-highgpu-8g", "nodeSelector": {"cloud.google.com/gke-nodepool": "p"}}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Nine replicas of a whole GPU need one node more than the two, and GKE makes one in each of the two zones.
        ({"nodeCount": 2}, "nodeCount 4 on e/p (now 2) would let it run"),
        # An autoscaler's limit is one for all zones together.
        ({"nodeCount": 2, "maxNodeCount": 2}, "maxNodeCount 3 on e/p (now 2) would let it run"),
    ],
)
def test_nodes_come_in_each_zone(counts: dict[str, int], expected: str) -> None:
    made = environment("e", pool("p", **MADE, **counts))
    made["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
    documents = [made, model("m"), deployment("old", "m", replicas=16), deployment("new", "m", replicas=5)]
    assert expected in lines(documents, "new")
    for remedy in remedies_of(documents, "new", limit=9):
        assert_true(remedy, documents, "new")


def test_a_proposal_that_loading_would_refuse_is_known() -> None:
    """Whoever writes a remedy anew cannot propose what documents may not say: three nodes in two zones (SW227)."""
    made = environment("e", pool("p", nodeCount=2, **MADE))
    made["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
    fleet = fleet_of([made, model("m"), deployment("d", "m")])
    (place,) = charged_pools(fleet, make_plan(fleet)).values()
    (wanted,) = fleet.deployments
    served = fleet.model_of(wanted)
    want = Want(wanted, served, served.serving[0], place, one_more=False)
    remedy = Remedy(RemedyKind.MORE_NODES, "", "InferenceEnvironment e", "spec.nodePools[p].nodeCount", 3, 8)
    loads = [Proposal(remedy, want, place, place.with_pool(node_count=nodes).document).loads for nodes in (2, 3, 4)]
    assert loads == [True, False, True]


def test_what_loading_would_refuse_makes_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [
        environment("e", pool("p"), pool("q", nodeCount=2)),
        model("m"),
        deployment("old", "m", replicas=16),
        deployment("new", "m", replicas=12),
    ]
    every = remedies_of(documents, "new", limit=9)
    others = tuple(each for each in every if each.kind is not RemedyKind.MORE_NODES)
    assert 0 < len(others) < len(every)
    monkeypatch.setattr(Proposal, "loads", property(lambda self: self.remedy.kind is not RemedyKind.MORE_NODES))
    assert remedies_of(documents, "new", limit=9) == others
    assert remedies_of(documents, "new", limit=1) == others[:1]


def test_a_remedy_for_tools() -> None:
    fleet = fleet_of([environment("e", pool("p")), model("m"), deployment("new", "m", replicas=9)])
    plan = make_plan(fleet)
    found = remedies_to_dict(fleet, Remedies(fleet, plan, Rejections(fleet, plan)), plan.shortfalls[0])
    assert found["remedies"] == [
        {
            "kind": "fewer-replicas",
            "message": "replicas 8 (now 9) would let it run on e/p",
            "document": "ModelDeployment team/new",
            "field": "spec.scaling.fixed.replicas",
            "value": 8,
            "units": 1,
            "environment": "e",
            "nodePool": "p",
            "profile": "any",
        },
        {
            "kind": "more-nodes",
            "message": "nodeCount 2 on e/p (now 1) would let it run",
            "document": "InferenceEnvironment e",
            "field": "spec.nodePools[p].nodeCount",
            "value": 2,
            "units": 8,
            "environment": "e",
            "nodePool": "p",
            "profile": "any",
        },
    ]
