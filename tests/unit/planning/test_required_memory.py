"""Profiles that require no memory: the slices that are named are those that the planner would take."""

from __future__ import annotations

import pytest

from slicewise.planning.explaining.never_served import prospects
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, pool, profile, slices

PROD = {"stage": "prod"}
FLEET = [
    environment(
        "stage",
        slices("tiny", "1g.10gb", memoryPerGpu="9Gi", precisionSupport=["bf16"], labels={"pool": "tiny"}),
        slices("half", "3g.40gb", memoryPerGpu="39Gi", precisionSupport=["bf16", "fp8"], labels={"pool": "half"}),
        pool("whole", labels={"pool": "whole"}, interconnect="nvlink", nvlinkDomainSize=8, precisionSupport=["bf16"]),
    ),
    environment("prod", pool("gpus"), labels=PROD),
]
WHOLE_ONLY = environment("stage", *(FLEET[0]["spec"]["nodePools"][:2]))


def said(fleet: list[Document], of: Document, *selectors: Document) -> list[str]:
    """Return what is said of a model with a deployment of each of these selectors."""
    deployments = [deployment(f"d{number}", "m", **fields) for number, fields in enumerate(selectors or ({},))]
    documents = [*fleet, of, *deployments]
    found = [str(advice) for advice in prospects(fleet_of(documents))]
    planned = {f"{each['path']}: {each['message']} [{each['code']}]" for each in plan_of(documents)["warnings"]}
    assert {line for line in found if "SW332" in line} == {line for line in planned if "SW332" in line}
    return found


def test_a_profile_that_requires_no_memory_gets_the_smallest_slice() -> None:
    (line,) = said(FLEET, model("m", profile("a", precisionSupport=["bf16"])))
    assert line == (
        'ClusterModel m: spec.serving[0].replicaTopology.requires.memoryPerGpu: profile "a" requires no memory, so '
        "any slice will do, and the smallest is preferred: a slice of stage/tiny has 9Gi, and a model that is larger "
        "runs out of memory there; write what its weights, KV cache and engine need (in bf16 8B of parameters alone "
        "are 15Gi) [SW332]"
    )


def test_the_smallest_unit_is_a_fact() -> None:
    plan = plan_of([*FLEET, model("m", profile("a")), deployment("d", "m")])
    # 9Gi of stage/tiny.
    assert [each["facts"] for each in plan["warnings"] if each["code"] == "SW332"] == [
        {"smallestUnitBytes": 9 * 1024**3}
    ]


@pytest.mark.parametrize(
    "of",
    [
        profile("a", memoryPerGpu="9Gi"),
        profile("a", mig="never"),
        profile("a", gpusPerNode=2),
        profile("a", interconnect="nvlink"),
        profile("a", nvlinkDomainSize=2),
    ],
)
def test_profiles_that_no_slice_serves_unasked(of: Document) -> None:
    assert said(FLEET, model("m", of)) == []


@pytest.mark.parametrize("needs", [{"interconnect": "nvlink"}, {"nvlinkDomainSize": 2}, {"interNodeBandwidth": "400g"}])
def test_what_no_pool_could_serve_is_said_alone(needs: Document) -> None:
    (line,) = said([WHOLE_ONLY], model("m", profile("a", **needs)))
    assert line.endswith("[SW322]")


SMALL_GPU = pool("l4", memoryPerGpu="22Gi", acceleratorType="nvidia-l4", acceleratorCount=1, precisionSupport=["bf16"])


def test_whole_gpus_of_several_sizes_are_a_choice_too() -> None:
    small = environment("edge", SMALL_GPU)
    (line,) = said([small, FLEET[1]], model("m", profile("a")))
    assert "requires no memory, so any GPU will do, and the smallest is preferred: a GPU of edge/l4 has 22Gi" in line
    # What is smaller than the smallest slice goes first, and is what is named.
    (line,) = said([small, environment("stage", FLEET[0]["spec"]["nodePools"][1])], model("m", profile("a")))
    assert "a GPU of edge/l4 has 22Gi" in line
    assert len(said([small, FLEET[1]], model("m", profile("a", mig="never")))) == 1
    assert said([small, FLEET[1]], model("m", profile("a", memoryPerGpu="40Gi"))) == []
    assert said([small, FLEET[1]], model("m", profile("a")), {"environmentSelector": PROD}) == []


@pytest.mark.parametrize(
    ("board", "memory", "lines"),
    [("nvidia-h100-80gb", "80Gi", 0), ("nvidia-a100-80gb", "81559Mi", 0), ("NVIDIA-H100-NVL", "93Gi", 1)],
)
def test_boards_that_report_nearly_the_same_are_one_size(board: str, memory: str, lines: int) -> None:
    other = pool("gpus", memoryPerGpu=memory, acceleratorType=board)
    fleet = [environment("a", pool("gpus", memoryPerGpu="79Gi")), environment("b", other)]
    assert len([line for line in said(fleet, model("m", profile("a"))) if "SW332" in line]) == lines


def test_deployments_that_select_no_slices() -> None:
    any_unit = model("m", profile("a"))
    assert said(FLEET, any_unit, {"nodePoolSelector": {"pool": "whole"}}) == []
    assert said(FLEET, any_unit, {"environmentSelector": PROD}) == []
    assert said(FLEET, model("m", profile("a", environmentSelector=PROD))) == []
    # One of several that may be placed on slices is enough.
    assert len(said(FLEET, any_unit, {"environmentSelector": PROD}, {})) == 1


@pytest.mark.parametrize(
    ("of", "selectors", "named"),
    [
        (profile("a"), [{"nodePoolSelector": {"pool": "half"}}], "stage/half has 39Gi"),
        (profile("a", precisionSupport=["fp8"]), [{}], "stage/half has 39Gi"),
        (profile("a"), [{"nodePoolSelector": {"pool": "half"}}, {}], "stage/tiny has 9Gi"),
    ],
)
def test_the_slice_that_is_named_is_one_that_the_planner_may_take(
    of: Document, selectors: list[Document], named: str
) -> None:
    (line,) = said(FLEET, model("m", of), *selectors)
    assert f"a slice of {named}" in line


def test_every_profile_of_a_model_is_told() -> None:
    lines = said(FLEET, model("m", profile("a", memoryPerGpu="30Gi"), profile("b"), profile("c", mig="only")))
    assert [line.partition(".replica")[0] for line in lines] == [
        f"ClusterModel m: spec.serving[{number}]" for number in (1, 2)
    ]
