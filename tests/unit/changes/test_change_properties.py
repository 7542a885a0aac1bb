"""What holds for every two plans: each placement of both is told once, and what is told is true of the manifests."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.changes import ChangeKind, Effect
from tests.documents import Document, fleet_of
from tests.unit.changes.comparing import compared, compared_fleets, manifests, revisions
from tests.unit.planning.strategies import fleets, scalings, steady

pytestmark = pytest.mark.long


@st.composite
def edited(draw: st.DrawFn, documents: list[Document]) -> list[Document]:
    """Change what people change: numbers, images, arguments, variables, pools; deployments come and go."""
    found = deepcopy(documents)
    for document in [item for item in found if item["kind"] != "InferenceEnvironment"]:
        if not draw(st.booleans()):
            continue
        spec = document["spec"]
        if document["kind"] == "ModelDeployment":
            if draw(st.integers(0, 3)) == 0:
                found.remove(document)
                continue
            spec["scaling"] = draw(scalings())
            spec["environments"] = draw(st.integers(1, 3))
        else:
            engine = spec["serving"][0].setdefault("engine", {})
            key, value = draw(
                st.sampled_from(
                    [
                        ("image", "vllm/vllm-openai:v0.22.0"),
                        ("args", ["--max-model-len=8000"]),
                        ("env", [{"name": "VLLM_LOGGING_LEVEL", "value": "DEBUG"}]),
                    ]
                )
            )
            engine[key] = value
            spec["resources"]["cpu"] = draw(st.sampled_from(["2", "4"]))
    for document in [item for item in found if item["kind"] == "InferenceEnvironment"]:
        if draw(st.integers(0, 3)) == 0:
            document["spec"]["nodePools"][0]["nodeSelector"]["zone"] = "a"
            document["spec"]["nodePools"][0]["nodeCount"] = 1
            document["spec"]["nodePools"][0].pop("maxNodeCount", None)
    return found


@steady
@given(fleets())
def test_the_same_plan_changes_nothing(documents: list[Document]) -> None:
    changes = compared(documents, documents)
    assert set(changes.counts) <= {ChangeKind.UNCHANGED}


@steady
@given(fleets(), st.data())
def test_every_placement_of_both_plans_is_told_once(documents: list[Document], data: st.DataObject) -> None:
    changes, first, second = compared_fleets(fleet_of(documents), fleet_of(data.draw(edited(documents))))
    before = Counter((each.before.environment, each.before.key) for each in changes.every if each.before)
    now = Counter((each.now.environment, each.now.deployment) for each in changes.every if each.now)
    assert before == Counter((each.environment, each.deployment) for each in first.placements)
    assert now == Counter((each.environment, each.deployment) for each in second.placements)


@steady
@given(fleets(), st.data())
def test_what_is_told_is_true_of_the_manifests(documents: list[Document], data: st.DataObject) -> None:
    old, new = fleet_of(documents), fleet_of(data.draw(edited(documents)))
    changes, first, second = compared_fleets(old, new)
    before, now = manifests(old, first), manifests(new, second)
    told = {kind: {(each.environment, each.deployment) for each in changes.of_kind(kind)} for kind in ChangeKind}
    same = {key for key in before.keys() & now.keys() if before[key] == now[key]}
    assert told[ChangeKind.UNCHANGED] == same
    assert told[ChangeKind.ADDED] <= now.keys() - before.keys()
    assert told[ChangeKind.REMOVED] <= before.keys() - now.keys()
    assert told[ChangeKind.CHANGED] <= {key for key in before.keys() & now.keys() if before[key] != now[key]}
    pods_before, pods_now = revisions(old, first), revisions(new, second)
    for each in changes.of_kind(ChangeKind.CHANGED):
        key = (each.environment, each.deployment)
        if each.effect is not Effect.SERVICE:
            assert (each.effect is Effect.NONE) == (pods_before[key] == pods_now[key])


@steady
@given(fleets(), st.data())
def test_a_move_is_from_where_it_was_to_where_it_is(documents: list[Document], data: st.DataObject) -> None:
    changes, first, second = compared_fleets(fleet_of(documents), fleet_of(data.draw(edited(documents))))
    had = {(each.deployment, each.environment, each.node_pool, each.profile) for each in first.placements}
    has = {(each.deployment, each.environment, each.node_pool, each.profile) for each in second.placements}
    for each in changes.of_kind(ChangeKind.MOVED):
        assert each.before
        assert each.now
        source = (each.before.key, each.before.environment, each.before.node_pool, each.before.profile)
        target = (each.now.deployment, each.now.environment, each.now.node_pool, each.now.profile)
        assert source in had
        assert target in has
        assert source != target
        assert each.move
