"""Sets of pools in a plan's JSON: each once, however many deployments fail on the same pools."""

from __future__ import annotations

from slicewise.planning.remedies.replicas import smallest_near
from tests.documents import deployment, environment, model, plan_of, pool, profile, slices


def test_deployments_that_fail_on_the_same_pools_share_a_set() -> None:
    pools = [pool("full", nodeCount=1), slices("cut", "1g.10gb"), slices("other", "1g.10gb")]
    served = model("m", profile("p", memoryPerGpu="70Gi"))
    plan = plan_of([environment("e", *pools), served, *(deployment(name, "m", replicas=99) for name in ("one", "two"))])
    # `nodePools` are sorted: cut, full, other.
    assert plan["poolSets"] == [[0, 2], [1]]
    assert [[each["pools"] for each in shortfall["rejections"]] for shortfall in plan["shortfalls"]] == [[0, 1], [0, 1]]


def test_environments_that_a_selector_rules_out_are_one_set_of_all_their_pools() -> None:
    plan = plan_of(
        [
            environment("a", pool("p"), pool("q"), labels={"region": "x"}),
            environment("b", pool("p"), labels={"region": "y"}),
            environment("c", pool("p"), labels={"region": "x"}),
            model("m"),
            deployment("d", "m", environmentSelector={"region": "z"}),
        ]
    )
    (shortfall,) = plan["shortfalls"]
    assert [(each["profile"], each["facts"]["found"], each["pools"]) for each in shortfall["rejections"]] == [
        (None, "x", 0),
        (None, "y", 1),
    ]
    assert plan["poolSets"] == [[0, 1, 3], [2]]


def test_pools_of_environments_that_a_deployment_has_are_in_no_set() -> None:
    served = model("m", profile("f", memoryPerGpu="70Gi"))
    there = [environment("a", pool("p")), environment("b", slices("s", "1g.10gb"))]
    plan = plan_of([*there, served, deployment("d", "m", environments=2, replicas=8)])
    assert [each["environment"] for each in plan["placements"]] == ["a"]
    assert plan["poolSets"] == [[1]]


def test_the_smallest_number_is_found_wherever_it_is() -> None:
    for low in range(4):
        for high in range(low - 1, 12):
            for answer in range(14):
                asked: list[int] = []

                def holds(number: int, answer: int = answer, asked: list[int] = asked) -> bool:
                    asked.append(number)
                    return number >= answer

                expected = next((number for number in range(low, high + 1) if number >= answer), None)
                assert smallest_near(low, high, holds) == expected
                assert all(low <= number <= high for number in asked)
