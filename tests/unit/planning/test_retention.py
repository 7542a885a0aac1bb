"""What an earlier plan placed stays where it is, even if a better place exists."""

from __future__ import annotations

from tests.documents import Document, deployment, environment, model, places, plan_of, pool, profile


def _entry(
    name: str, environment_name: str, pool_name: str = "p", profile_name: str = "any", units: int = 1
) -> Document:
    return {
        "deployment": {"namespace": "team", "name": name},
        "environment": environment_name,
        "nodePool": pool_name,
        "profile": profile_name,
        "units": units,
        "gpusPerNode": 1,
    }


def _previous(*entries: Document) -> Document:
    return {"placements": list(entries)}


def test_it_stays_though_a_better_place_exists() -> None:
    documents = [
        environment("a", pool("p"), pool("tighter", memoryPerGpu="10Gi")),
        environment("b", pool("p", nodeCount=9)),
        model("m", profile("best"), profile("second")),
        deployment("d", "m"),
    ]
    assert places(plan_of(documents)) == [("d", "a", "tighter", "best")]
    plan = plan_of(documents, _previous(_entry("d", "a", "p", "second")))
    assert places(plan) == [("d", "a", "p", "second")]
    assert plan["placements"][0]["retained"] is True


def test_what_no_longer_matches_goes_elsewhere() -> None:
    documents = [
        environment("a", pool("p")),
        environment("b", pool("p"), labels={"region": "b"}),
        model("m"),
        deployment("d", "m", environmentSelector={"region": "b"}),
    ]
    plan = plan_of(documents, _previous(_entry("d", "a")))
    assert places(plan) == [("d", "b", "p", "any")]
    assert plan["placements"][0]["retained"] is False


def test_a_pool_that_shrank_keeps_by_priority_then_name() -> None:
    documents = [
        environment("env", pool("p", acceleratorCount=2)),
        model("m"),
        *(deployment(name, "m", priority=5 if name == "z" else 0) for name in "abz"),
    ]
    plan = plan_of(documents, _previous(*(_entry(name, "env") for name in "baz")))
    assert [place[0] for place in places(plan)] == ["a", "z"]


def test_fewer_environments_keep_the_first_by_name() -> None:
    documents = [*(environment(name, pool("p")) for name in "abc"), model("m"), deployment("d", "m", environments=2)]
    plan = plan_of(documents, _previous(*(_entry("d", name) for name in "cba")))
    assert [place[1] for place in places(plan)] == ["a", "b"]


def test_who_grows_comes_after_all_who_do_not() -> None:
    documents = [
        environment("a", pool("p", acceleratorCount=2)),
        environment("b", pool("p", acceleratorCount=1)),
        model("m"),
        deployment("grows", "m", replicas=2, priority=9),
        deployment("stays", "m"),
    ]
    plan = plan_of(documents, _previous(_entry("grows", "a"), _entry("stays", "a")))
    assert places(plan) == [("stays", "a", "p", "any")]
    # With room it grows where it is.
    documents[0]["spec"]["nodePools"][0]["acceleratorCount"] = 3
    assert places(plan_of(documents, _previous(_entry("grows", "a"), _entry("stays", "a")))) == [
        ("grows", "a", "p", "any"),
        ("stays", "a", "p", "any"),
    ]


def test_who_wants_other_pods_comes_after_all_who_do_not() -> None:
    documents = [
        environment("env", pool("p", nodeCount=2, acceleratorCount=4)),
        model("fours", profile("any", gpusPerNode=4)),
        model("ones"),
        deployment("reshaped", "fours", priority=9),
        deployment("stays", "ones", replicas=4),
    ]
    # As many units as before, but in one pod: two of the four small ones would block a node each.
    plan = plan_of(documents, _previous(_entry("reshaped", "env", units=4), _entry("stays", "env", units=4)))
    assert places(plan) == [("stays", "env", "p", "any")]


def test_two_places_in_one_environment_leave_the_first_by_name_in_any_order() -> None:
    documents = [environment("env", pool("a"), pool("b")), model("m"), deployment("d", "m", environments=2)]
    entries = [_entry("d", "env", "b"), _entry("d", "env", "a")]
    assert places(plan_of(documents, _previous(*entries))) == [("d", "env", "a", "any")]
    assert places(plan_of(documents, _previous(*reversed(entries)))) == [("d", "env", "a", "any")]


def test_missing_environments_are_added_beside_what_stays() -> None:
    documents = [*(environment(name, pool("p")) for name in "abc"), model("m"), deployment("d", "m", environments=2)]
    plan = plan_of(documents, _previous(_entry("d", "c")))
    assert [(item["environment"], item["retained"]) for item in plan["placements"]] == [("a", False), ("c", True)]
