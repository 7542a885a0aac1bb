"""What becomes of environments that the documents do not have any more: decided in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.environment_plan import EnvironmentPlan
from components.leaving.departures import Departures, find_departures, tell_departures
from components.state.cluster_outputs import KnownCluster, Renamed
from components.state.stack_state import Applied, EnvironmentState, StackState, objects_of
from slicewise.clusters.live.existing_objects import ObjectName

THERE = EnvironmentState(has_provider=True)
STATE = {"east": THERE, "west": THERE}
CHAT = ObjectName("LLMInferenceService", "team", "chat")
TYPES = "slicewise:index:ModelPlacement$kubernetes:x/v1:LLMInferenceService"
URN = f"urn:pulumi:test::slicewise::{TYPES}::west/team/a-service"
SERVICE = {"kind": CHAT.kind, "metadata": {"namespace": "team", "name": "chat"}}


@pytest.mark.parametrize(
    ("declared", "formerly", "skipped", "expected"),
    [
        pytest.param({"east", "west"}, {}, {"west"}, Departures(), id="all are declared"),
        pytest.param({"east"}, {}, (), Departures(leaving=frozenset({"west"})), id="removed"),
        pytest.param({"east", "new"}, {}, (), Departures(leaving=frozenset({"west"})), id="replaced"),
        pytest.param({"east"}, {}, {"east"}, Departures(leaving=frozenset({"west"})), id="another one is skipped"),
        pytest.param({"east", "new"}, {}, {"new"}, Departures({"west": ("new",)}), id="perhaps renamed"),
        pytest.param({"east", "new"}, {"new": "west"}, {"new"}, Departures({"west": ("new",)}), id="renamed, skipped"),
        pytest.param({"east", "new"}, {"new": "west"}, (), Departures(moving=frozenset({"west"})), id="renamed"),
        pytest.param(
            {"a", "b"}, {}, {"a", "b"}, Departures({"east": ("a", "b"), "west": ("a", "b")}), id="all have other names"
        ),
        pytest.param(
            {"a", "b"},
            {"a": "east"},
            {"b"},
            Departures({"west": ("b",)}, moving=frozenset({"east"})),
            id="one is known",
        ),
    ],
)
def test_what_may_be_a_skipped_environment_under_its_old_name_is_held(
    declared: set[str], formerly: dict[str, str], skipped: set[str], expected: Departures
) -> None:
    here = {name: EnvironmentPlan(name, (), (), ()) for name in declared}
    assert find_departures(StackState(STATE), here, Renamed(formerly), skipped, {}) == expected


def test_on_the_first_day_nothing_departs() -> None:
    here = {name: EnvironmentPlan(name, (), (), ()) for name in STATE}
    assert find_departures(StackState(), here, Renamed({}), {"west"}, {}) == Departures()


@pytest.mark.parametrize(
    ("uids", "twice", "held"),
    [
        pytest.param({"west": "1", "east": "1"}, False, True, id="one cluster"),
        pytest.param({"west": "1", "east": "2"}, False, False, id="two clusters"),
        pytest.param({"west": "1"}, False, True, id="not known"),
        pytest.param({"west": "1"}, True, False, id="not known, each has its own"),
        pytest.param({"west": "1", "east": "1"}, True, True, id="one cluster, twice in the state"),
    ],
)
def test_what_the_plan_has_in_a_skipped_environment_is_not_deleted_under_another_name(
    uids: dict[str, str], twice: bool, held: bool
) -> None:
    objects = {"west": {CHAT: Applied("urn:west")}, **({"east": {CHAT: Applied("urn:east")}} if twice else {})}
    known = {name: KnownCluster(uid=uid, identifier=name) for name, uid in uids.items()}
    state = StackState(STATE, objects=objects)

    def becomes(item: dict[str, Any]) -> Departures:
        return find_departures(state, {"east": EnvironmentPlan("east", [item], (), ())}, Renamed({}), {"east"}, known)

    leaves = Departures(leaving=frozenset({"west"}))
    assert becomes(SERVICE) == (Departures({"west": ("east",)}) if held else leaves)
    # What it has is not what the plan has there.
    other = {"kind": CHAT.kind, "metadata": {"namespace": "team", "name": "other"}}
    assert becomes(other) == leaves


def test_what_becomes_of_each_is_said_with_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    state = StackState(
        {"west": EnvironmentState(has_provider=True, placements={"west/team/chat": []})},
        objects={"west": {CHAT: Applied(URN)}},
    )
    gone = Departures(leaving=frozenset({"west"}))
    tell_departures(Departures({"west": ("new",)}), Renamed({}), state, ())
    tell_departures(gone, Renamed({}), state, {"west"})
    tell_departures(gone, Renamed({}), state, ())
    tell_departures(replace(gone, given_up=frozenset({"west"})), Renamed({}), state, ())
    tell_departures(gone.hold({"west": ("west", "it is silent [SW425]")}, frozenset()), Renamed({}), state, ())
    # Nothing of it is deleted that serves anybody.
    tell_departures(gone, Renamed({}), StackState(state.environments), ())
    held, asked, unasked, given_up, silent = told
    assert held == (
        "environment west is no longer declared, and stays as it is (west/team/chat): new cannot be used now, and may "
        "be the same cluster under another name. When `pulumi up` can use new, what is there moves to the new name, or "
        "goes if it is another cluster. To let west go before that, take new out of the documents, too [SW314]"
    )
    assert asked == "InferenceEnvironment west: it is no longer declared, so its services are deleted [SW354]"
    assert "its cluster is not asked whose they are [SW354]" in unasked
    assert "kubectl delete llminferenceservices -A -l app.kubernetes.io/managed-by=slicewise" in given_up
    assert "[SW355]" in given_up
    assert silent == "it is silent [SW425]"


def test_the_objects_that_the_engine_tells_of_are_sorted_by_environment() -> None:
    spec = {"annotations": {"slicewise.dev/revision": "1"}}
    outputs = {"metadata": {"namespace": "team", "name": "chat", "uid": "7"}, "spec": spec}
    config = URN.replace("ModelPlacement", "InferenceEnvironment")
    failed = URN.replace("/a-service", "/failed-service")
    found = objects_of({URN: {"outputs": outputs}, config: {"outputs": outputs}, failed: {"outputs": {}}})
    assert found == {"west": {CHAT: Applied(URN, "7", "1")}}
