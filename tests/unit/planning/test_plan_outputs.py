"""A plan as a stack's outputs: maps in which nothing shifts, and which the next plan reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.documents import load_fleet
from slicewise.planning import (
    Rejections,
    line_of_parts,
    make_plan,
    output_entries,
    parse_previous,
    plan_to_outputs,
)
from tests.documents import (
    deployment,
    environment,
    fleet_of,
    model,
    planned_outputs,
    pool,
    profile,
    slices,
)
from tests.unit.planning.test_plan_json import NODE_POOLS, PLACEMENT, WARNING, plan_documents


def test_outputs_have_no_retained_and_shortfalls_as_counts() -> None:
    outputs = planned_outputs(fleet_of(plan_documents()))
    address = "http://gemma-kserve-workload-svc.team-a.svc.cluster.local:8000"
    kept = {key: value for key, value in PLACEMENT.items() if key not in ("retained", "endpoint")}
    assert kept.pop("resource") == {"name": "nvidia.com/gpu", "count": kept["gpusPerNode"]}
    assert outputs == {
        # Without the address outside: what is null, Pulumi drops from a state that is read back.
        "placements": {"mig-a/team-a/gemma": {**kept, "resource": "nvidia.com/gpu", "inCluster": address}},
        "shortfalls": {
            "team-b/kimi": {
                "deployment": {"namespace": "team-b", "name": "kimi"},
                "wanted": 2,
                "placed": 0,
                "rejections": {"insufficient-memory": 3},
            }
        },
        "nodePools": dict(zip(["mig-a/mig", "mig-b/gpu", "mig-b/mig"], NODE_POOLS, strict=True)),
        "warnings": {
            "SW305 InferenceEnvironment mig-a: spec.nodePools[0]": {
                key: value for key, value in WARNING.items() if key != "facts"
            }
        },
    }


def test_outputs_do_not_change_when_nothing_changed() -> None:
    fleet = fleet_of(plan_documents())
    first = planned_outputs(fleet)
    second = planned_outputs(fleet, parse_previous(first["placements"], "outputs"))
    assert json.dumps(first) == json.dumps(second)


def test_shortfall_counts_are_sorted_by_code() -> None:
    documents = [
        environment("a", pool("p", nodeCount=0)),
        environment("b", pool("p", acceleratorCount=1), slices("s", "3g.40gb")),
        model("m", profile("x", gpusPerNode=2), profile("y", memoryPerGpu="90Gi")),
        deployment("d", "m", environments=2),
    ]
    counts = planned_outputs(fleet_of(documents))["shortfalls"]["team/d"]["rejections"]
    assert list(counts.items()) == [
        ("gpus-per-node", 1),
        ("insufficient-memory", 3),
        ("mig-single-device", 1),
        ("not-enough-nodes", 1),
    ]


def test_outputs_of_stacks_from_before_they_were_maps_are_read() -> None:
    outputs = planned_outputs(fleet_of(plan_documents()))["placements"]
    earlier = [{key: value for key, value in PLACEMENT.items() if key != "retained"}]
    assert parse_previous(earlier, "outputs") == parse_previous(outputs, "outputs") != ()
    assert output_entries(earlier) == output_entries(outputs) == outputs


@pytest.mark.parametrize(
    ("mig", "says"),
    [
        ({"profile": "3g.40gb"}, False),
        ({"profile": "1g.10gb+me"}, False),
        # The resource is nvidia.com/gpu then.
        ({"profile": "3g.40gb", "strategy": "single"}, True),
    ],
)
def test_the_profile_of_slices_is_known_from_the_resource_or_said(mig: dict[str, str], says: bool) -> None:
    declared = pool("slices", capabilities={"memoryPerGpu": "9Gi", "migConfiguration": {"enabled": True, **mig}})
    served = model("tiny", profile("any", memoryPerGpu="5Gi"))
    fleet = fleet_of([environment("mig-a", declared), served, deployment("chat", "tiny")])
    outputs = planned_outputs(fleet)
    (entry,) = outputs["placements"].values()
    assert ("migProfile" in entry) == says
    (previous,) = parse_previous(outputs["placements"], "outputs")
    assert previous.mig_profile == mig["profile"]


def test_an_address_outside_is_remembered_in_either_form() -> None:
    full = {**PLACEMENT, "endpoint": {"inCluster": "http://a:8000", "external": "https://b"}}
    short = output_entries([full])["mig-a/team-a/gemma"]
    assert (short["inCluster"], short["external"]) == ("http://a:8000", "https://b")
    (one,), (other,) = parse_previous([full], "plan.json"), parse_previous([short], "outputs")
    assert one == other
    assert other.routed


@pytest.mark.parametrize("text", ["a b", "x=y", "50%", "%20", "a\nb", "", "é", "#1", "k: v", "\u2028"])
def test_a_line_of_parts_is_one_line_and_says_them_all(text: str) -> None:
    parts = {"image": "vllm/vllm-openai:v0.22.0", "servedName": text, "pod": "#d313a8a5"}
    line = line_of_parts(parts)
    assert line.startswith("image=vllm/vllm-openai:v0.22.0 servedName=")
    assert len(line.splitlines()) == 1
    (read,) = parse_previous([{**PLACEMENT, "parts": line}], "outputs")
    assert read.parts == parts


@pytest.mark.parametrize(
    "damaged",
    ["text", None, 7, [7], {"a": 7}, [{"environment": "e"}], [{"environment": 1, "deployment": {}}], {"a": {}}],
    ids=repr,
)
def test_outputs_that_cannot_be_read_have_no_entries(damaged: object) -> None:
    assert output_entries(damaged) == {}


def test_one_thing_more_changes_nothing_else_in_the_outputs() -> None:
    documents = plan_documents()
    first = planned_outputs(fleet_of(documents))
    here = {"only": "here"}
    more = [
        *documents,
        environment("aaa", slices("mig", "3g.40gb", acceleratorCount=1), labels=here),
        deployment("a-first", "m", namespace="a", environmentSelector=here),
    ]
    second = planned_outputs(fleet_of(more), parse_previous(first["placements"], "outputs"))
    assert second["placements"].keys() - first["placements"].keys() == {"aaa/a/a-first"}
    assert second["nodePools"].keys() - first["nodePools"].keys() == {"aaa/mig"}
    for output in ("placements", "nodePools"):
        assert {name: second[output][name] for name in first[output]} == first[output]


def test_warnings_are_called_by_what_they_are_about_not_by_the_line(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    text = yaml.safe_dump_all(plan_documents())
    file.write_text(text)
    first = planned_outputs(load_fleet([str(file)]))["warnings"]
    file.write_text(f"# A line more.\n{text}")
    assert planned_outputs(load_fleet([str(file)]))["warnings"] == first != {}


def test_two_warnings_of_one_thing_both_stay() -> None:
    subject = Subject("InferenceEnvironment", "e")
    about = [
        Diagnostic.warning(Code.NO_UNIT_FOR_ROLLING_UPDATE, f"reason {number}", subject=subject) for number in (1, 2)
    ]
    fleet = fleet_of(plan_documents())
    plan = replace(make_plan(fleet), warnings=tuple(about))
    found = plan_to_outputs(fleet, plan, Rejections(fleet, plan))["warnings"]
    assert {name: each["message"] for name, each in found.items()} == {
        "SW305 InferenceEnvironment e": "reason 1",
        "SW305 InferenceEnvironment e (2)": "reason 2",
    }
