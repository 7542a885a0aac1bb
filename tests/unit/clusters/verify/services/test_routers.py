"""Routers of services: what documents have changed, and what somebody has changed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.documents import Fleet
from tests.documents import Document, fleet_of
from tests.unit.clusters.verify.services.test_deviations import BEFORE, OURS, applied, deviations, documents, fleet

GATEWAY = {"name": "models", "namespace": "gateways", "hostname": "models.example.com"}
ROUTED = replace(BEFORE, routed=True)


def routed_fleet(**router: object) -> Fleet:
    place, small, chat = documents()
    place["spec"]["gateway"] = GATEWAY
    chat["spec"]["router"] = router
    return fleet_of([place, small, chat])


@pytest.mark.parametrize("before", [{}, {"group": "chat", "weight": 9}, {"group": "chat", "weight": 1}])
def test_a_router_that_documents_have_changed_is_nobodys_change(before: Document) -> None:
    """It is not in the revision: a weight restarts no pod, so both services have the same one."""
    now = routed_fleet(group="chat", weight=81)
    assert deviations(now, applied(routed_fleet(**before)), ROUTED, stack=OURS) == []
    # Nor is the route that comes to a service.
    assert deviations(now, applied(fleet()), BEFORE, stack=OURS) == []


def test_a_weight_by_hand() -> None:
    """As `kubectl patch llmisvc chat --type=merge -p '{"spec":{"router":{"route":{"weight":5}}}}'` leaves it."""
    service = applied(routed_fleet(group="chat", weight=9))
    service["spec"]["router"]["route"]["weight"] = 5
    service["metadata"]["managedFields"] = [
        {
            "manager": "pulumi-kubernetes-0f1e2d3c",
            "operation": "Apply",
            "fieldsV1": {"f:spec": {"f:model": {"f:uri": {}, "f:name": {}}, "f:router": {"f:route": {"f:group": {}}}}},
        },
        {
            "manager": "kubectl-patch",
            "operation": "Update",
            "fieldsV1": {"f:spec": {"f:router": {"f:route": {"f:weight": {}}}}},
        },
    ]
    (told,) = deviations(routed_fleet(group="chat", weight=9), service, ROUTED)
    assert told.says == 'spec.router.route.weight is "5", "9" applied (by kubectl-patch)'
    assert told.paths == {"router.route.weight"}


def test_a_router_taken_away_by_hand() -> None:
    """As `kubectl patch --type=json` removes it: nobody owns what is not there."""
    (told,) = deviations(routed_fleet(), applied(fleet()), ROUTED, stack=OURS)
    assert told.says.startswith("spec.router is missing, ")
    assert told.paths == {"router"}
