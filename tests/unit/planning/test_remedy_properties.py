"""Remedies are computed, not guessed: whoever follows one gets what it says, and nothing is moved."""

from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from slicewise.planning import Rejections, make_plan
from slicewise.planning.remedies.finding import Remedies
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.planning.following import assert_true, loaded
from tests.unit.planning.strategies import fleets, steady


@st.composite
def made_on_gke(draw: st.DrawFn) -> list[Document]:
    """Draw a fleet on clusters that the stack makes in one to three zones, with more deployments than room."""
    documents = [model("m", profile("any", mig="any"))]
    for name in ("env-a", "env-b")[: draw(st.integers(1, 2))]:
        pools = []
        for pool_name in ("cut", "whole")[: draw(st.integers(1, 2))]:
            zones = [f"europe-west4-{zone}" for zone in "abc"[: draw(st.integers(1, 3))]]
            nodes = len(zones) * draw(st.integers(0, 2))
            fields = {"zones": zones, "nodeCount": nodes, "machineType": "a3-highgpu-8g"}
            fields["nodeSelector"] = {"cloud.google.com/gke-nodepool": pool_name}
            if draw(st.integers(0, 2)) == 0:
                fields["maxNodeCount"] = nodes + draw(st.integers(1, 2))
            sliced = pool_name == "cut"
            pools.append(slices("cut", "7g.80gb", strategy="single", **fields) if sliced else pool("whole", **fields))
        made = environment(name, *pools)
        made["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
        documents.append(made)
    replicas = st.integers(3, 30)
    return documents + [
        deployment(name, "m", namespace=name, replicas=draw(replicas), environments=draw(st.integers(1, 2)))
        for name in ("d0", "d1", "d2")
    ]


@pytest.mark.long
@steady
@given(st.one_of(fleets(), fleets(split=True), made_on_gke()))
def test_every_remedy_is_true(documents: list[Document]) -> None:
    fleet = loaded(documents)
    plan = make_plan(fleet)
    remedies = Remedies(fleet, plan, Rejections(fleet, plan))
    for shortfall in plan.shortfalls:
        for remedy in remedies.of(shortfall, limit=8):
            event(f"{remedy.kind.name}{' with a rival' if remedy.rival else ''}")
            assert_true(remedy, documents, shortfall.deployment.name)
