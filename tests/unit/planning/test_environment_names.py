"""Every environment has its name as a label: selectors of deployments and of profiles can name one."""

from __future__ import annotations

from tests.documents import Document, deployment, each_rejection, environment, model, plan_of, pool, profile

NAME = "slicewise.dev/environment"


def environments(*selecting: Document) -> list[str]:
    placements = plan_of([environment("a", pool("p")), environment("b", pool("p")), *selecting])["placements"]
    return [item["environment"] for item in placements]


def test_a_deployment_names_its_environment() -> None:
    chosen = deployment("d", "m", environmentSelector={NAME: "b"})
    assert environments(model("m", profile("any")), deployment("d", "m")) == ["a"]
    assert environments(model("m", profile("any")), chosen) == ["b"]


def test_a_profile_names_its_environment() -> None:
    served = model("m", profile("any", environmentSelector={NAME: "b"}))
    assert environments(served, deployment("d", "m")) == ["b"]


def test_a_name_that_is_not_there_is_rejected_with_the_name_that_is() -> None:
    documents = [environment("a", pool("p")), model("m", profile("any"))]
    plan = plan_of([*documents, deployment("d", "m", environmentSelector={NAME: "b"})])
    (rejection,) = each_rejection(plan)
    assert rejection["message"] == f"environmentSelector wants {NAME}=b; the label is a"
