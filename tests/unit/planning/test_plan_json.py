"""A plan as JSON, exactly as the contract has it, and back."""

from __future__ import annotations

import json

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import DeploymentKey
from slicewise.planning import (
    PreviousPlacement,
    parse_previous,
)
from tests.documents import (
    Document,
    deployment,
    environment,
    fleet_of,
    model,
    plan_of,
    planned,
    planned_outputs,
    pool,
    profile,
    slices,
)


def plan_documents() -> list[Document]:
    """Return a fleet of which one deployment is placed, and one is not."""
    return [
        environment("mig-a", slices("mig", "3g.40gb", acceleratorCount=1, strategy="single")),
        environment("mig-b", slices("mig", "1g.10gb+me", acceleratorCount=1), pool("gpu", multiNodeCapable=True)),
        model("m", profile("fp8", mig="only", memoryPerGpu="39Gi")),
        model("large", profile("bf16", mig="never", memoryPerGpu="90Gi")),
        deployment("gemma", "m", replicas=2, namespace="team-a", environmentSelector={}),
        deployment("kimi", "large", environments=2, namespace="team-b"),
    ]


PLACEMENT = {
    "deployment": {"namespace": "team-a", "name": "gemma"},
    "environment": "mig-a",
    "nodePool": "mig",
    "profile": "fp8",
    "replicas": 2,
    "nodesPerReplica": 1,
    "gpusPerNode": 1,
    "units": 2,
    "resource": {"name": "nvidia.com/gpu", "count": 1},
    "migProfile": "3g.40gb",
    "nodes": "#8dae410e",
    "retained": False,
    "endpoint": {"inCluster": "http://gemma-kserve-workload-svc.team-a.svc.cluster.local:8000", "external": None},
}
NODE_POOLS = [
    {
        "environment": "mig-a",
        "nodePool": "mig",
        "resource": "nvidia.com/gpu",
        "unitsPerNode": 2,
        "nodes": 1,
        "units": 2,
        "allocated": 2,
        "reserved": 0,
        "free": 0,
        "shortOf": [],
    },
    {
        "environment": "mig-b",
        "nodePool": "gpu",
        "resource": "nvidia.com/gpu",
        "unitsPerNode": 8,
        "nodes": 1,
        "units": 8,
        "allocated": 0,
        "reserved": 0,
        "free": 8,
        "shortOf": [],
    },
    {
        "environment": "mig-b",
        "nodePool": "mig",
        "resource": "nvidia.com/mig-1g.10gb.me",
        "unitsPerNode": 1,
        "nodes": 1,
        "units": 1,
        "allocated": 0,
        "reserved": 0,
        "free": 1,
        "shortOf": [],
    },
]
WARNING = {
    "code": "SW305",
    "path": "InferenceEnvironment mig-a: spec.nodePools[0]",
    "message": (
        "no room is left on mig for one more pod, and a Deployment of fewer than 4 replicas starts a new pod before it "
        "stops an old one: the next update of team-a/gemma would wait forever; write reservedUnits: 1 in the "
        "pool, and make room for it: nodeCount: 2 (now 1), or fewer replicas there"
    ),
    "facts": {"deployments": ["team-a/gemma"], "reservedUnits": 1, "now": 1, "nodeCount": 2},
}


def test_the_json_has_exactly_the_contracts_keys() -> None:
    assert plan_of(plan_documents()) == {
        "placements": [PLACEMENT],
        "shortfalls": [
            {
                "deployment": {"namespace": "team-b", "name": "kimi"},
                "wanted": 2,
                "placed": 0,
                "rejections": [
                    {
                        "profile": "bf16",
                        "code": "insufficient-memory",
                        "message": "a slice has 40Gi, needs 90Gi",
                        "facts": {"has": "40Gi", "needs": "90Gi", "slices": True},
                        "pools": 0,
                    },
                    {
                        "profile": "bf16",
                        "code": "insufficient-memory",
                        "message": "a GPU has 80Gi, needs 90Gi",
                        "facts": {"has": "80Gi", "needs": "90Gi", "slices": False},
                        "pools": 1,
                    },
                    {
                        "profile": "bf16",
                        "code": "insufficient-memory",
                        "message": "a slice has 10Gi, needs 90Gi",
                        "facts": {"has": "10Gi", "needs": "90Gi", "slices": True},
                        "pools": 2,
                    },
                ],
            }
        ],
        "nodePools": NODE_POOLS,
        "poolSets": [[0], [1], [2]],
        "warnings": [WARNING],
        "quotas": [],
        "moved": [],
    }


def test_the_keys_stand_in_the_contracts_order() -> None:
    plan = plan_of(plan_documents())
    assert list(plan) == ["placements", "shortfalls", "nodePools", "warnings", "moved", "quotas", "poolSets"]
    assert list(plan["placements"][0]) == list(PLACEMENT)
    assert list(plan["shortfalls"][0]) == ["deployment", "wanted", "placed", "rejections"]
    assert list(plan["shortfalls"][0]["rejections"][0]) == ["profile", "code", "message", "facts", "pools"]
    assert list(plan["nodePools"][0]) == list(NODE_POOLS[0])
    assert list(plan["warnings"][0]) == ["code", "path", "message", "facts"]


def test_a_whole_environment_is_rejected_without_pool_and_profile() -> None:
    plan = plan_of([environment("e", pool("p")), model("m"), deployment("d", "m", environmentSelector={"a": "b"})])
    (rejection,) = plan["shortfalls"][0]["rejections"]
    assert (rejection["profile"], plan["poolSets"][rejection["pools"]]) == (None, [0])
    assert json.loads(json.dumps(plan)) == plan


def test_several_nodes_and_gpus_are_multiplied() -> None:
    documents = [
        environment("e", pool("p", nodeCount=4, multiNodeCapable=True)),
        model("m", profile("x", nodes=2, gpusPerNode=4)),
        deployment("d", "m", replicas=3),
    ]
    (placement,) = plan_of(documents)["placements"]
    assert (placement["replicas"], placement["nodesPerReplica"], placement["gpusPerNode"]) == (3, 2, 4)
    assert (placement["units"], placement["resource"]) == (24, {"name": "nvidia.com/gpu", "count": 4})


def test_a_plan_is_read_back_from_its_own_json_and_outputs() -> None:
    fleet = fleet_of(plan_documents())
    expected = (
        PreviousPlacement(
            DeploymentKey("team-a", "gemma"),
            "mig-a",
            "mig",
            "fp8",
            units=2,
            gpus_per_node=1,
            resource="nvidia.com/gpu",
            mig_profile="3g.40gb",
            nodes=str(PLACEMENT["nodes"]),
        ),
    )
    assert parse_previous(planned(fleet)["placements"], "plan.json") == expected
    assert parse_previous(planned_outputs(fleet)["placements"], "outputs") == expected
    assert parse_previous([], "plan.json") == ()


def test_stack_outputs_give_numbers_as_floats() -> None:
    floats = {**PLACEMENT, "units": 2.0, "gpusPerNode": 1.0, "replicas": 2.0}
    (previous,) = parse_previous([floats], "outputs")
    assert (previous.units, previous.gpus_per_node) == (2, 1)
    assert isinstance(previous.units, int)


def test_what_another_release_may_add_is_not_looked_at() -> None:
    assert len(parse_previous([{**PLACEMENT, "cost": {"per": "hour"}, "retained": "perhaps"}], "plan.json")) == 1


def test_the_largest_and_the_smallest_numbers_that_a_plan_can_have() -> None:
    """1,000,000 replicas of 1,024 nodes with 1,024 GPUs each are what documents may say."""
    most = {**PLACEMENT, "units": 1_000_000 * 1024 * 1024, "gpusPerNode": 1024, "nodesPerReplica": 1024}
    assert len(parse_previous([most, {**PLACEMENT, "units": 0}], "plan.json")) == 2


@pytest.mark.parametrize(
    ("placements", "field"),
    [
        (None, "placements"),
        ("placements", "placements"),
        ({"a": 1}, "placements.a"),
        ({"mig-a/team-a/gemma": {**PLACEMENT, "units": "many"}}, 'placements["mig-a/team-a/gemma"].units'),
        ({"good": PLACEMENT, "bad": {}}, "placements.bad.deployment"),
        (7, "placements"),
        ([None], "placements[0]"),
        (["gemma"], "placements[0]"),
        ([PLACEMENT, {}], "placements[1].deployment"),
        ([{**PLACEMENT, "deployment": "team-a/gemma"}], "placements[0].deployment"),
        ([{**PLACEMENT, "deployment": {"name": "gemma"}}], "placements[0].deployment.namespace"),
        ([{**PLACEMENT, "environment": None}], "placements[0].environment"),
        ([{**PLACEMENT, "nodePool": ["mig"]}], "placements[0].nodePool"),
        ([{**PLACEMENT, "profile": 8}], "placements[0].profile"),
        ([{**PLACEMENT, "units": 2.5}], "placements[0].units"),
        ([{**PLACEMENT, "units": float("nan")}], "placements[0].units"),
        ([{**PLACEMENT, "units": float("inf")}], "placements[0].units"),
        ([{**PLACEMENT, "units": "many"}], "placements[0].units"),
        ([{**PLACEMENT, "gpusPerNode": None}], "placements[0].gpusPerNode"),
        *(
            ([PLACEMENT, {**PLACEMENT, name: value}], f"placements[1].{name}")
            for name in ("gpusPerNode", "nodesPerReplica")
            # As a plan's JSON and as a stack's outputs have it.
            for value in (0, 0.0, -1, 1025, 10**300, 1e300)
        ),
        *(([{**PLACEMENT, "units": value}], "placements[0].units") for value in (-1, -2.0, 10**13, 10**300, 1e300)),
    ],
)
def test_garbage_is_refused_with_the_field_that_is_wrong(placements: object, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_previous(placements, "plan.json")
    problem = caught.value.problems[0]
    assert (problem.place.file, problem.code.value, problem.field_name) == ("plan.json", "SW109", field)
    assert problem.text.endswith("; expected the JSON of an earlier plan")
