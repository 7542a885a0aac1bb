"""Nodes that are cut in several profiles: one pool, whose CPU and memory are there once for the pods of all of them."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

import pytest

from slicewise.manifests import environment_objects
from slicewise.planning import Rejections, Remedies, gpu_sums, make_plan, parse_previous
from tests.documents import (
    Document,
    deployment,
    each_rejection,
    environment,
    fleet_of,
    model,
    places,
    plan_of,
    planned,
    planned_outputs,
    pool,
    profile,
    quota,
    several,
    slices,
)
from tests.unit.planning.scheduler import Scheduler, Size

# MIG manager's own all-balanced on eight H100s.
BALANCED = {"1g.10gb": 16, "2g.20gb": 8, "3g.40gb": 8}


def _usage(plan: Document) -> dict[str, tuple[int, int, int]]:
    """Return units, allocated and free of each resource."""
    return {each["resource"]: (each["units"], each["allocated"], each["free"]) for each in plan["nodePools"]}


def test_slices_that_a_node_does_not_have_use_neither_cpu_nor_memory() -> None:
    """Eight slices of 3g.40gb are all that eight GPUs have of it: 8 x 10 CPUs and 8 x 48Gi."""
    share = several("slices", {"3g.40gb": 8}, allocatable={"cpu": "82", "memory": "856Gi"})
    asking = model("m", profile("s", memoryPerGpu="34Gi", mig="only"), cpu="10", memory="48Gi")
    plan = plan_of([environment("env", share), asking, deployment("m", "m", replicas=8)])
    assert [item["replicas"] for item in plan["placements"]] == [8]
    assert _usage(plan) == {"nvidia.com/mig-3g.40gb": (8, 8, 0)}
    # The ninth has CPU for no slice: units are said to be short, not slices that could be there.
    plan = plan_of([environment("env", share), asking, deployment("m", "m", replicas=9)])
    (rejection,) = each_rejection(plan)
    assert rejection["message"] == "8 of 8 units free, needs 9"
    assert "resource" not in rejection


def test_a_model_gets_the_smallest_slice_that_serves_it_and_its_pods_ask_for_that() -> None:
    balanced = several("cut", {"1g.10gb": 8, "2g.20gb": 6, "3g.40gb": 3}, wholeGpus=2)
    fleet = fleet_of(
        [
            environment("env", balanced),
            *(model(f"m{memory}", profile("s", memoryPerGpu=f"{memory}Gi")) for memory in (9, 19, 39, 70)),
            *(deployment(f"d{memory}", f"m{memory}") for memory in (9, 19, 39, 70)),
        ]
    )
    plan = make_plan(fleet)
    assert {each.deployment.name: each.resource for each in plan.placements} == {
        "d9": "nvidia.com/mig-1g.10gb",
        "d19": "nvidia.com/mig-2g.20gb",
        "d39": "nvidia.com/mig-3g.40gb",
        "d70": "nvidia.com/gpu",
    }
    services = [each for each in environment_objects(fleet, plan)["env"] if each["kind"] == "LLMInferenceService"]
    for service in services:
        (container,) = service["spec"]["template"]["containers"]
        asked = {name for name in container["resources"]["limits"] if name.startswith("nvidia.com/")}
        memory = service["metadata"]["name"].removeprefix("d")
        assert asked == {each.resource for each in plan.placements if each.deployment.name == f"d{memory}"}
        assert service["spec"]["template"]["nodeSelector"] == {"pool": "cut"}


@pytest.mark.parametrize(("memory", "served"), [("9.75Gi", True), ("9.76Gi", False)])
def test_a_slice_has_the_memory_that_was_measured(memory: str, served: bool) -> None:
    """1g.10gb of an H100 has 9984 MiB (nvidia-smi mig -lgip)."""
    asking = model("m", profile("s", memoryPerGpu=memory, mig="only"))
    plan = plan_of(
        [environment("env", several("cut", {"1g.10gb": 7}, acceleratorCount=1)), asking, deployment("d", "m")]
    )
    assert bool(plan["placements"]) is served


def test_cpu_and_memory_are_those_of_the_node_once() -> None:
    """30 CPUs: pods of 4 on both profiles share them, seven in all, whichever comes first."""
    cut = several("cut", {"1g.10gb": 14, "3g.40gb": 12}, allocatable={"cpu": "30", "memory": "1Ti"})
    small, large = model("small", profile("s", memoryPerGpu="9Gi")), model("large", profile("s", memoryPerGpu="39Gi"))

    def served(small_replicas: int, large_replicas: int) -> set[str]:
        both = [deployment("a", "small", replicas=small_replicas), deployment("b", "large", replicas=large_replicas)]
        return {place[0] for place in places(plan_of([environment("env", cut), small, large, *both]))}

    assert served(4, 3) == {"a", "b"}
    assert served(4, 4) != {"a", "b"}
    plan = plan_of(
        [
            environment("env", cut),
            small,
            large,
            deployment("a", "small", replicas=7, priority=1),
            deployment("b", "large", replicas=1),
        ]
    )
    rejected = {each["resource"]: each["message"] for each in each_rejection(plan)}
    assert rejected["nvidia.com/mig-3g.40gb"] == (
        "12 of 12 units free, but only 0 more pods of 1 unit, 4 CPUs, 16Gi each can be promised a node whatever the "
        "order, needs 1; short of CPU (a node has 30)"
    )


def test_places_for_pods_are_those_of_the_node_once() -> None:
    cut = several("cut", {"1g.10gb": 28, "3g.40gb": 8}, allocatable={"pods": 20})
    asking = [model("a", profile("s", memoryPerGpu="9Gi")), model("b", profile("s", memoryPerGpu="39Gi"))]
    fits = [deployment("a", "a", replicas=12), deployment("b", "b", replicas=8)]
    assert len(plan_of([environment("env", cut), *asking, *fits])["placements"]) == 2
    more = [deployment("a", "a", replicas=13), deployment("b", "b", replicas=8)]
    assert len(plan_of([environment("env", cut), *asking, *more])["placements"]) == 1


def test_what_is_reserved_of_a_profile_is_left_alone_and_no_other() -> None:
    cut = several("cut", {"1g.10gb": 14, "3g.40gb": 12}, nodeCount=2, reservedSlices={"1g.10gb": 5})
    asking = [model("a", profile("s", memoryPerGpu="9Gi", mig="only")), model("b", profile("s", memoryPerGpu="39Gi"))]
    plan = plan_of(
        [environment("env", cut), *asking, deployment("a", "a", replicas=23), deployment("b", "b", replicas=24)]
    )
    assert _usage(plan) == {"nvidia.com/mig-1g.10gb": (28, 23, 0), "nvidia.com/mig-3g.40gb": (24, 24, 0)}
    assert [each["reserved"] for each in plan["nodePools"]] == [5, 0]


def test_reserved_slices_count_as_pods_as_large_as_those_on_their_profile() -> None:
    """20 CPUs: three pods and two reserved slices of 4 CPUs each are as many as fit."""
    cut = several("cut", {"1g.10gb": 7, "3g.40gb": 1}, acceleratorCount=2, allocatable={"cpu": "20", "memory": "1Ti"})
    cut["capabilities"]["migConfiguration"]["reservedSlices"] = {"1g.10gb": 2}
    asking = model("a", profile("s", memoryPerGpu="9Gi", mig="only"))
    assert plan_of([environment("env", cut), asking, deployment("a", "a", replicas=3)])["placements"]
    large = model("b", profile("s", memoryPerGpu="39Gi"))
    first = deployment("a", "a", replicas=3, priority=1)
    plan = plan_of([environment("env", cut), asking, large, first, deployment("b", "b")])
    assert [place[0] for place in places(plan)] == ["a"]
    cut["capabilities"]["migConfiguration"]["reservedSlices"] = {"1g.10gb": 1}
    plan = plan_of([environment("env", cut), asking, large, first, deployment("b", "b")])
    assert [place[0] for place in places(plan)] == ["a", "b"]


def test_two_small_deployments_go_before_a_large_one_on_other_gpus_of_the_same_nodes() -> None:
    """Eight CPUs are enough for one replica on two whole GPUs, or for two on slices: more are served with these."""
    cut = several("cut", {"1g.10gb": 7}, wholeGpus=2, acceleratorCount=3, allocatable={"cpu": "8", "memory": "1Ti"})
    large = model("large", profile("s", gpusPerNode=2, mig="never"), cpu="8")
    small = model("small", profile("s", memoryPerGpu="9Gi", mig="only"), cpu="4")
    asked = [deployment("l", "large"), deployment("s1", "small"), deployment("s2", "small")]
    plan = plan_of([environment("env", cut), large, small, *asked])
    assert [place[0] for place in places(plan)] == ["s1", "s2"]


def test_room_that_another_gpu_resource_leaves_is_seen_behind_pools_with_less() -> None:
    """On b three of four pods' CPUs are taken; once the large one gives up a, two pairs fit there, and none on b."""
    cut = several("cut", {"1g.10gb": 7}, wholeGpus=4, acceleratorCount=5, allocatable={"cpu": "8", "memory": "1Ti"})
    large = model("large", profile("s", gpusPerNode=4, mig="never"), cpu="8")
    small = model("small", profile("s", memoryPerGpu="9Gi", mig="only"), cpu="2")
    on_b = {"slicewise.dev/environment": "b"}
    filling = deployment("f", "small", replicas=3, priority=1, environmentSelector=on_b)
    asked = [deployment("l", "large"), deployment("s1", "small", replicas=2), deployment("s2", "small", replicas=2)]
    plan = plan_of([environment("a", cut), environment("b", cut), large, small, filling, *asked])
    assert [place[:2] for place in places(plan)] == [("f", "b"), ("s1", "a"), ("s2", "a")]


def test_what_runs_stays_on_its_profile() -> None:
    cut = several("cut", {"1g.10gb": 28, "3g.40gb": 8})
    asking = model("m", profile("s", memoryPerGpu="9Gi"))
    before = plan_of([environment("env", cut), asking, deployment("d", "m", replicas=20)])
    (placed,) = before["placements"]
    placed["resource"]["name"] = "nvidia.com/mig-3g.40gb"
    placed |= {"replicas": 5, "units": 5}
    after = plan_of([environment("env", cut), asking, deployment("d", "m", replicas=5)], before)
    (kept,) = after["placements"]
    assert (kept["resource"]["name"], kept["retained"]) == ("nvidia.com/mig-3g.40gb", True)


def test_a_profile_that_left_the_nodes_is_a_move_within_the_pool() -> None:
    asking = model("m", profile("s", memoryPerGpu="9Gi"))
    documents = [asking, deployment("d", "m", replicas=4)]
    before = plan_of([environment("env", several("cut", {"1g.10gb": 7, "3g.40gb": 14})), *documents])
    after = plan_of(
        [environment("env", several("cut", {"2g.20gb": 3, "3g.40gb": 14}, acceleratorCount=8)), *documents], before
    )
    (move,) = after["moved"]
    assert (move["code"], move["message"]) == (
        "resource-gone",
        "pool cut of environment env offers no nvidia.com/mig-1g.10gb any more",
    )
    assert move["from"] == {
        "environment": "env",
        "nodePool": "cut",
        "profile": "s",
        "resource": "nvidia.com/mig-1g.10gb",
    }
    assert move["to"] == move["from"] | {"resource": after["placements"][0]["resource"]["name"]}


def test_a_pool_of_one_profile_that_is_declared_by_slices_keeps_what_runs() -> None:
    """As `profile`, and as `slices` beside another: the resource is the same, so that nothing moves."""
    documents = [model("m", profile("s", memoryPerGpu="39Gi")), deployment("d", "m", replicas=6)]
    before = plan_of([environment("env", slices("cut", "3g.40gb")), *documents])
    after = plan_of([environment("env", several("cut", {"3g.40gb": 8, "1g.10gb": 16})), *documents], before)
    assert after["moved"] == []
    assert [item["retained"] for item in after["placements"]] == [True]


def test_outputs_have_an_entry_for_each_resource() -> None:
    documents = [environment("env", several("cut", {"1g.10gb": 14, "3g.40gb": 12}), pool("whole"))]
    outputs = planned_outputs(fleet_of(documents))
    assert sorted(outputs["nodePools"]) == [
        "env/cut/nvidia.com/mig-1g.10gb",
        "env/cut/nvidia.com/mig-3g.40gb",
        "env/whole",
    ]
    assert outputs["nodePools"]["env/cut/nvidia.com/mig-3g.40gb"]["units"] == 12


def test_a_nodes_price_is_shared_by_its_units() -> None:
    """A node of 8 an hour with two GPUs: one whole, and seven slices that are the other."""
    cut = several("cut", {"1g.10gb": 7}, wholeGpus=1, acceleratorCount=2, pricePerHour=8)
    asking = [model("a", profile("s", memoryPerGpu="9Gi", mig="only")), model("b", profile("s", mig="never"))]
    plan = plan_of([environment("env", cut), *asking, deployment("a", "a", replicas=7), deployment("b", "b")])
    prices = {item["deployment"]["name"]: item["pricePerHour"] for item in plan["placements"]}
    assert prices == {"a": 4.0, "b": 4.0}


def test_quotas_count_slices_of_each_profile() -> None:
    """Two GPU equivalents are four slices of 3g.40gb, or fourteen of 1g.10gb."""
    cut = several("cut", {"1g.10gb": 28, "3g.40gb": 8})
    asking = [model("a", profile("s", memoryPerGpu="39Gi"))]
    limited = quota("q", {"gpuEquivalents": 2}, namespaces=["team"])
    assert plan_of([environment("env", cut), *asking, deployment("a", "a", replicas=4), limited])["placements"]
    assert not plan_of([environment("env", cut), *asking, deployment("a", "a", replicas=5), limited])["placements"]


def _remedies(documents: list[Document]) -> list[tuple[str, object]]:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    (shortfall,) = plan.shortfalls
    found = Remedies(fleet, plan, Rejections(fleet, plan)).of(shortfall)
    return [(remedy.field, remedy.value) for remedy in found]


def test_remedies_name_the_fields_of_such_a_pool() -> None:
    cut = several("cut", {"1g.10gb": 14, "3g.40gb": 12}, reservedSlices={"3g.40gb": 4})
    asking = model("m", profile("s", memoryPerGpu="39Gi", mig="only"))
    documents = [environment("env", cut), asking, deployment("d", "m", replicas=10)]
    remedies = _remedies(documents)
    assert ("spec.nodePools[cut].nodeCount", 2) in remedies
    reserved = 'spec.nodePools[cut].capabilities.migConfiguration.reservedSlices["3g.40gb"]'
    assert (reserved, 2) in remedies
    # Followed, it has room.
    cut["capabilities"]["migConfiguration"]["reservedSlices"]["3g.40gb"] = 2
    assert plan_of(documents)["placements"]


def _fleet(seed: int) -> list[Document]:
    """Draw small nodes of three profiles and whole GPUs, short of CPU, and what is to run there."""
    rng = Random(seed)  # noqa: S311 - a seeded order, no secret
    cut = several(
        "cut",
        {"1g.10gb": rng.randint(1, 4), "2g.20gb": rng.randint(1, 2), "3g.40gb": rng.randint(1, 2)},
        wholeGpus=rng.choice([0, 1, 2]),
        nodeCount=rng.randint(1, 2),
        acceleratorCount=6,
        allocatable={"cpu": str(rng.randint(6, 24)), "pods": rng.randint(3, 8)},
    )
    models = [
        model(f"m{memory}", profile("s", memoryPerGpu=f"{memory}Gi"), cpu=rng.choice(["1", "2", "4"]))
        for memory in (9, 19, 39)
    ]
    models.append(model("m2", profile("s", gpusPerNode=2, mig="never"), cpu=rng.choice(["3", "5"])))
    asked = [
        deployment(f"d{number}", rng.choice(["m9", "m19", "m39", "m2"]), replicas=rng.randint(1, 3))
        for number in range(rng.randint(2, 5))
    ]
    return [environment("env", cut), *models, *asked]


def _vectors(documents: list[Document], plan: Document) -> tuple[int, Size, Counter[Size]]:
    """Return nodes, what one has and what pods ask for, from the documents: each resource by itself, CPU and places."""
    (cut,) = documents[0]["spec"]["nodePools"]
    mig = cut["capabilities"]["migConfiguration"]
    has = {f"nvidia.com/mig-{name}": count for name, count in mig["slices"].items()}
    has["nvidia.com/gpu"] = mig["wholeGpus"]
    cpus = {
        each["metadata"]["name"]: int(each["spec"]["resources"]["cpu"])
        for each in documents
        if "Model" in each["kind"] and "Deployment" not in each["kind"]
    }
    of = {
        each["metadata"]["name"]: each["spec"]["modelRef"]["name"]
        for each in documents
        if each["kind"] == "ModelDeployment"
    }
    pods: Counter[Size] = Counter()
    for item in plan["placements"]:
        units = [item["gpusPerNode"] if name == item["resource"]["name"] else 0 for name in has]
        pods[(*units, cpus[of[item["deployment"]["name"]]], 1)] += item["replicas"]
    return cut["nodeCount"], (*has.values(), int(cut["allocatable"]["cpu"]), cut["allocatable"]["pods"]), pods


def test_no_order_of_scheduling_breaks_a_plan() -> None:
    full: Counter[bool] = Counter()
    for seed in range(60):
        documents = _fleet(seed)
        plan = plan_of(documents)
        nodes, capacity, pods = _vectors(documents, plan)
        assert sum(pods.values()) <= 16
        assert Scheduler(nodes, capacity, pods).always_finds_room(), seed
        full[bool(plan["shortfalls"])] += 1
        # The same, kept from the plan before.
        again = planned(fleet_of(documents), parse_previous(plan["placements"], "before"))
        assert (places(again), again["moved"]) == (places(plan), [])
    assert min(full.values()) > 5


def test_slices_of_two_profiles_that_share_a_name_are_one_resource() -> None:
    """A device plugin before 0.20 advertises 1g.10gb+me as 1g.10gb: pods may get either."""
    cut = several("cut", {"1g.10gb": 6, "1g.10gb+me": 1}, acceleratorCount=1)
    old = environment("env", cut)
    old["spec"]["devicePluginVersion"] = "0.17.0"
    documents = [old, model("m", profile("s", memoryPerGpu="9Gi")), deployment("d", "m", replicas=7)]
    assert _usage(plan_of(documents)) == {"nvidia.com/mig-1g.10gb": (7, 7, 0)}
    del old["spec"]["devicePluginVersion"]
    assert set(_usage(plan_of(documents))) == {"nvidia.com/mig-1g.10gb", "nvidia.com/mig-1g.10gb.me"}


def test_gpus_of_a_node_add_up() -> None:
    """Of all-balanced a GPU has 2/7, 1/3 and 1/2 of what it could have of each, together more than 1."""
    plan = make_plan(fleet_of([environment("env", several("cut", BALANCED))]))
    assert gpu_sums(plan.node_pools).total == Fraction(8)


def test_slices_that_are_switched_off_are_whole_gpus() -> None:
    """As with `profile`: `enabled: false` says that no GPU is cut."""
    off = several("off", {"3g.40gb": 12}, memoryPerGpu="80Gi")
    off["capabilities"]["migConfiguration"]["enabled"] = False
    asking = model("m", profile("s", memoryPerGpu="70Gi"))
    plan = plan_of([environment("env", off), asking, deployment("d", "m", replicas=8)])
    assert _usage(plan) == {"nvidia.com/gpu": (8, 8, 0)}
