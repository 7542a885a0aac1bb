"""Nodes on which the pods of a plan would need more CPU or memory than any node has: SW304."""

from __future__ import annotations

from tests.documents import deployment, environment, model, on_demand, plan_of, profile, slices
from tests.unit.planning.advised import warned

_TOO_SMALL = (
    "a node of p with {} would need {}; say in allocatable what a node has, so that Slicewise counts it, or lower the "
    "resources in the models"
)


def test_a_node_that_cannot_have_what_its_slices_want() -> None:
    documents = [environment("env", slices("p", "1g.10gb", nodeCount=2)), deployment("d", "m", replicas=60)]
    path = "InferenceEnvironment env: spec.nodePools[0]"
    assert warned(*documents, model("m", cpu="8", memory="80Gi")) == [
        ("SW304", path, _TOO_SMALL.format("56 pods of team/d", "448 CPUs")),
        ("SW304", path, _TOO_SMALL.format("56 pods of team/d", "4480Gi of memory")),
    ]
    assert warned(*documents, model("m", cpu="4", memory="73Gi")) == []
    (warning,) = warned(*documents, model("m", cpu="4600m", memory="16Gi"))
    assert warning[2] == _TOO_SMALL.format("56 pods of team/d", "258 CPUs")
    (warning,) = warned(*documents, model("m", memory="74Gi"))
    assert warning[2] == _TOO_SMALL.format("56 pods of team/d", "4144Gi of memory")


def test_deployments_that_share_a_node_are_counted_together_the_hungriest_first() -> None:
    documents = [
        environment("env", slices("p", "1g.10gb")),
        *(model(name, cpu=cpu) for name, cpu in (("light", "1"), ("heavy", "7"))),
        deployment("a", "light", replicas=20),
        *(deployment(name, "heavy", replicas=16) for name in "bc"),
    ]
    # 32 x 7 + 20 x 1
    assert warned(*documents) == []
    documents += [model("heavier", cpu="9"), deployment("e", "heavier", replicas=4)]
    (warning,) = warned(*documents)
    # And 4 x 9: the node is full.
    assert warning[2] == _TOO_SMALL.format("56 pods of team/e, team/b, team/c and 1 more", "280 CPUs")


def test_no_more_pods_are_counted_than_there_are() -> None:
    hungry = [environment("env", slices("p", "1g.10gb", nodeCount=2)), model("m", cpu="8")]
    assert warned(*hungry, deployment("d", "m", replicas=32)) == []
    assert len(warned(*hungry, deployment("d", "m", replicas=33))) == 1


def test_what_allocatable_says_is_counted_and_not_guessed() -> None:
    known = slices("p", "1g.10gb", nodeCount=9, allocatable={"cpu": "400", "memory": "5Ti"})
    needs = model("m", profile("any", memoryPerGpu="10Gi"), cpu="8", memory="64Gi")
    plan = plan_of([environment("env", known), needs, deployment("d", "m", replicas=56)])
    assert len(plan["placements"]) == 1
    assert plan["warnings"] == []
    half_known = slices("p", "1g.10gb", nodeCount=9, allocatable={"cpu": "400"})
    documents = [environment("env", half_known), model("m", cpu="8", memory="90Gi"), deployment("d", "m", replicas=56)]
    (warning,) = warned(*documents)
    # The CPUs that are known keep it to 50 pods.
    assert warning[2] == _TOO_SMALL.format("50 pods of team/d", "4500Gi of memory")


def test_the_numbers_are_facts() -> None:
    documents = [environment("env", slices("p", "1g.10gb", nodeCount=2)), deployment("d", "m", replicas=60)]
    told = plan_of([*documents, model("m", cpu="8", memory="80Gi")])["warnings"]
    # 56 slices of 1g.10gb on the 8 GPUs of a node: 56 x 8 CPUs, and 56 x 80 GiB.
    assert [each["facts"] for each in told if each["code"] == "SW304"] == [
        {"pods": 56, "deployments": ["team/d"], "cpu": 448.0},
        {"pods": 56, "deployments": ["team/d"], "memoryBytes": 4480 * 1024**3},
    ]


def test_on_gpus_that_are_cut_on_demand_no_more_slices_meet_than_gpus_have_room_for() -> None:
    """Eight H100s: 16 of 3g.40gb, or 56 of 1g.10gb, and never both."""
    cut = on_demand("p", ["1g.10gb", "3g.40gb"], nodeCount=8)
    large = profile("s", memoryPerGpu="39Gi")
    models = [model("small", profile("s", memoryPerGpu="9Gi"), cpu="4"), model("large", large, cpu="16")]
    asked = [deployment("a", "small", replicas=60), deployment("b", "large", replicas=16)]
    # 16 x 16 at most, or 8 x 16 + 32 x 4.
    assert warned(environment("env", cut), *models, *asked) == []
    models[1] = model("large", large, cpu="17")
    (warning,) = warned(environment("env", cut), *models, *asked)
    assert warning[2] == _TOO_SMALL.format("16 pods of team/b", "272 CPUs")
