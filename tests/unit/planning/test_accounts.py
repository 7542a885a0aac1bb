"""Sums by namespace and deployment, and prices: exact, and shown as people write them."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from bench.fleets import random_fleet
from slicewise.planning import AccountsBy, accounts_to_dict, make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, pool, profile, slices
from tests.unit.planning.quota_rule import worth

ANY = model("m", profile("any", mig="any"))
KEYS = ("deployments", "placements", "replicas", "units", "memoryGiB", "gpuEquivalents")
CUT = slices("cut", "1g.10gb", pricePerHour="0.3")


def accounts(documents: list[Document], by: AccountsBy = AccountsBy.NAMESPACE) -> Document:
    fleet = fleet_of(documents)
    return accounts_to_dict(fleet, make_plan(fleet), by)


def test_sums_of_namespaces() -> None:
    declared = [
        deployment("d", "m", replicas=3),
        deployment("e", "m", replicas=4),
        deployment("f", "m", namespace="ops"),
    ]
    found = accounts([environment("a", slices("cut", "1g.10gb")), ANY, *declared])
    # An H100 has seven 1g.10gb, of 9984 MiB each (nvidia-smi mig -lgip).
    assert [tuple(each.values()) for each in found["sums"]] == [
        ("ops", 1, 1, 1, 1, 9.75, 0.14),
        ("team", 2, 2, 7, 7, 68.25, 1.0),
    ]
    assert list(found["sums"][0]) == ["namespace", *KEYS]
    assert found["total"] == dict(zip(KEYS, (3, 3, 8, 8, 78.0, 1.14), strict=True))
    assert found["pools"] == []


def test_a_deployment_that_is_not_placed_has_nothing() -> None:
    (only,) = accounts([environment("a", CUT), ANY, deployment("d", "m", replicas=999)], AccountsBy.DEPLOYMENT)["sums"]
    assert (only["deployment"], only["placements"], only["units"], only["pricePerHour"]) == ("team/d", 0, 0, 0.0)


def test_prices_are_exact_until_they_are_shown() -> None:
    """0.1 + 0.2 is 0.3: three deployments of 7, 14 and 35 of a node's 56 slices."""
    declared = [deployment(f"d{count:02}", "m", replicas=count) for count in (7, 14, 35)]
    found = accounts(
        [environment("a", slices("cut", "1g.10gb", pricePerHour=0.8)), ANY, *declared], AccountsBy.DEPLOYMENT
    )
    assert [item["pricePerHour"] for item in found["sums"]] == [0.1, 0.2, 0.5]
    assert str(found["total"]["pricePerHour"]) == "0.8"
    prices = {"allocated": 0.8, "reserved": 0.0, "free": 0.0, "stranded": 0.0}
    assert found["pools"] == [{"environment": "a", "nodePool": "cut", "pricePerHour": prices}]


@pytest.mark.parametrize(
    ("fields", "replicas", "expected"),
    [
        ({"nodeCount": 2}, 2, (20, 0, 140, 0)),
        ({"nodeCount": 2, "reservedUnits": 4}, 2, (20, 40, 100, 0)),
        # No pod finds CPU on the units that are free.
        ({"nodeCount": 1, "allocatable": {"cpu": 4}}, 1, (10, 0, 0, 70)),
        # An autoscaler has no more nodes than are needed.
        ({"nodeCount": 0, "maxNodeCount": 9}, 9, (90, 0, 70, 0)),
        ({"nodeCount": 3, "maxNodeCount": 9}, 1, (10, 0, 230, 0)),
    ],
)
def test_what_nobody_uses(fields: Document, replicas: int, expected: tuple[float, ...]) -> None:
    """Eight GPUs of a node at 80 an hour are 10 each."""
    whole = pool("whole", pricePerHour=80, **fields)
    ((cost,),) = [accounts([environment("a", whole), ANY, deployment("d", "m", replicas=replicas)])["pools"]]
    assert tuple(cost["pricePerHour"].values()) == expected


def test_a_placement_says_its_price_where_all_its_pools_have_one() -> None:
    split = model("s", {**profile("p", mig="any"), "prefill": {"replicas": 2}})
    priced = [environment("a", pool("whole", pricePerHour=80)), split, deployment("d", "s", replicas=3)]
    (placement,) = plan_of(priced)["placements"]
    assert placement["pricePerHour"] == 50.0
    (unpriced,) = plan_of([environment("a", pool("whole")), *priced[1:]])["placements"]
    assert "pricePerHour" not in unpriced


def test_a_sum_of_which_a_part_has_a_price_says_that_part() -> None:
    """Three GPUs of an eight-GPU node at 80 an hour cost 30; the price of the fourth is unknown."""
    declared = [
        environment("a", pool("priced", pricePerHour=80)),
        environment("b", pool("free"), labels={"is": "b"}),
        ANY,
        deployment("d", "m", replicas=3),
        deployment("e", "m", environmentSelector={"is": "b"}),
        deployment("f", "m", namespace="ops", environmentSelector={"is": "b"}),
    ]
    found = accounts(declared)
    ops, team = found["sums"]
    for partly, units in ((team, 4), (found["total"], 5)):
        assert partly["units"] == units
        assert "pricePerHour" not in partly
        assert partly["pricedPart"] == {"units": 3, "pricePerHour": 30.0}
    assert not {"pricePerHour", "pricedPart"} & ops.keys()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_sums_of_seeded_fleets(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
    documents = random_fleet(seed, environments=4, deployments=30, load=1.1, kind="mixed")
    prices = {}
    for document in documents:
        for each in document["spec"].get("nodePools", ()):
            each["pricePerHour"] = rng.choice((0.3, 12, "98.321"))
            prices[document["metadata"]["name"], each["name"]] = Fraction(str(each["pricePerHour"]))
    fleet, plan = fleet_of(documents), plan_of(documents)
    pools = {(e.metadata.name, p.name): p for e in fleet.environments for p in e.spec.node_pools}
    usages = {(item["environment"], item["nodePool"]): item for item in plan["nodePools"]}
    found = accounts(documents)
    for item in found["sums"]:
        units = mib = 0
        gpus = price = Fraction()
        for placed in plan["placements"]:
            if placed["deployment"]["namespace"] == item["namespace"]:
                name = placed["environment"], placed["nodePool"]
                use = worth(pools[name], placed["units"])
                units, gpus, mib = units + use.units, gpus + use.gpus, mib + use.mib
                price += prices[name] * placed["units"] / usages[name]["unitsPerNode"]
        assert item["units"] == units
        assert item["gpuEquivalents"] == pytest.approx(float(gpus), abs=0.005001)
        assert item["memoryGiB"] == pytest.approx(mib / 1024, abs=0.005001)
        assert item["pricePerHour"] == pytest.approx(float(price), abs=0.0000501)
    for cost in found["pools"]:
        name = cost["environment"], cost["nodePool"]
        paid = sum(map(Fraction, map(str, cost["pricePerHour"].values())))
        nodes = usages[name]["nodes"] if pools[name].max_node_count is None else None
        assert nodes is None or paid == pytest.approx(float(prices[name] * nodes), abs=0.001)
