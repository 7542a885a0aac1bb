"""What becomes of the node affinity of a pool whose labels have lists of values, in a service that was applied."""

from __future__ import annotations

import copy

import pytest

from slicewise.clusters.live.services import live_service
from slicewise.clusters.verify.services.deviations import Deviation, judge_services
from slicewise.clusters.verify.services.planned_service import planned_services
from slicewise.documents import DeploymentKey
from slicewise.manifests import placement_objects
from slicewise.planning import PreviousPlacement, make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

BEFORE = PreviousPlacement(DeploymentKey("team", "chat"), "e", "cut", "slice", 1, 1, 1)
PLAN = make_plan(
    FLEET := fleet_of(
        [
            environment("e", slices("cut", "3g.40gb", nodeSelector={"zone": ["a", "b"]})),
            model("small", profile("slice", memoryPerGpu="30Gi")),
            deployment("chat", "small"),
        ]
    )
)
OF_NODES = ("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


def applied() -> Document:
    (placement,) = PLAN.placements
    service: Document = copy.deepcopy(placement_objects(FLEET, placement)[0])
    service["metadata"] |= {"uid": "1", "generation": 1, "resourceVersion": "5"}
    return service


def deviations(service: Document) -> list[Deviation]:
    live = live_service(service)
    return list(judge_services(planned_services(FLEET, PLAN.placements, [BEFORE]), {live.key: live}))


def test_as_applied_it_is_nothing_to_say() -> None:
    assert deviations(applied()) == []


@pytest.mark.parametrize("path", [("podAntiAffinity",), ("nodeAffinity", "preferred")])
def test_what_is_added_beside_it_is_taken_away(path: tuple[str, ...]) -> None:
    service = applied()
    within = service["spec"]["template"]["affinity"]
    for part in path[:-1]:
        within = within[part]
    within[path[-1]] = {"a": "b"}
    (told,) = deviations(service)
    assert f'"path": "/spec/template/affinity/{"/".join(path)}"' in told.removal


def test_a_value_that_is_taken_out_is_put_back() -> None:
    service = applied()
    within = service["spec"]["template"]["affinity"]
    for part in OF_NODES:
        within = within[part]
    within[0]["matchExpressions"][0]["values"] = ["a"]
    (told,) = deviations(service)
    assert f"spec.template.affinity.{'.'.join(OF_NODES)} is " in told.says
    assert not told.removal
