"""Where findings are shown: at the field of the document that the object's field was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policies.results.engine_events import Preview
from policies.results.findings import findings
from policies.results.reported_finding import ReportedFinding
from slicewise.diagnostics import Place
from slicewise.documents import load_fleet
from tests.documents import planned_outputs
from tests.policies.results.demo import CHECKOUT, MANIFESTS, at, service
from tests.policies.results.stream import (
    ANALYZED,
    FAILED,
    STACK,
    Event,
    outputs,
    placement,
    placement_urn,
    resource,
    service_urn,
    stream,
    urn,
    violation,
)

# The demo's placements: on a slice, on a whole GPU, and another model on small slices.
SLICE = "mig-a/team-a/gemma"
WHOLE = "onprem-b/team-a/gemma"
SMALL = "onprem-b/team-b/chat-small"
PROJECT = Place("Pulumi.yaml")
MAIN = "spec.template.containers[0]"


def found(*events: Event, manifests: Path = MANIFESTS) -> list[ReportedFinding]:
    """Return the findings of a preview of the demo stack."""
    declared = [event for name in (SLICE, WHOLE, SMALL) for event in (placement(name), in_stack(name))]
    preview = Preview.read(stream(ANALYZED, *declared, *events, FAILED))
    return findings(preview, [str(manifests)], CHECKOUT, CHECKOUT)[0]


def in_stack(name: str) -> Event:
    """Return that a placement's service is in the stack."""
    return resource(service_urn(name), placement_urn(name), service(name))


def place(name: str, field: str) -> Place:
    """Return where a finding is shown that is about a field of a placement's service."""
    (finding,) = found(violation(service_urn(name), f"{field}: is wrong; correct it"))
    return finding.place


@pytest.mark.parametrize(
    ("field", "texts"),
    [
        ("metadata.name", ("gemma",)),
        ("metadata.namespace", ("team-a",)),
        ("metadata.labels", ("gemma",)),
        ("spec.replicas", ("signal",)),
        ("spec.baseRefs", ("gemma",)),
        ("metadata", ("gemma",)),
    ],
)
def test_what_the_deployment_says(field: str, texts: tuple[str, ...]) -> None:
    # The first name in the file is in a comment; the deployment begins after `kind`.
    assert place(SLICE, field) == at("deployments.yaml", "kind: ModelDeployment", *texts)


@pytest.mark.parametrize(
    ("name", "field", "texts"),
    [
        (SLICE, f"{MAIN}.args[0]", ("fp8-slice", "[--quantization")),
        (WHOLE, f"{MAIN}.args", ("bf16-gpu", "[--dtype")),
        # No image is written: what is around it, and not another model's.
        (SLICE, f"{MAIN}.image", ("fp8-slice", "args:")),
        (SMALL, f"{MAIN}.image", ("int4-slice", "args:")),
        (SLICE, "spec.parallelism.tensor", ("fp8-slice", "requires:")),
        (SLICE, "spec.model.name", ("google/gemma",)),
        (SLICE, "spec.model.uri", ("repo:",)),
        (SMALL, "spec.model.uri", ("repo: Qwen",)),
        (SLICE, "spec.template.initContainers[0].env[0].value", ("huggingFace", "secretRef:", "name:")),
        (SLICE, "spec.template.initContainers[0].resources.limits.cpu", ('"8"',)),
        (SLICE, f"{MAIN}.resources.limits.cpu", ('"8"',)),
        (SLICE, f"{MAIN}.resources.requests.memory", ("48Gi",)),
    ],
)
def test_what_the_model_says(name: str, field: str, texts: tuple[str, ...]) -> None:
    assert place(name, field) == at("models.yaml", *texts)


@pytest.mark.parametrize(
    ("name", "field", "texts"),
    [
        (SLICE, "spec.template.nodeSelector", ("small-models-mig", "nvidia.com/gpu.product")),
        (SMALL, "spec.template.nodeSelector", ("h100-tiny", "nvidia.com/gpu.product")),
        (SMALL, "spec.template.tolerations", ("h100-tiny", "- key")),
        (SLICE, f'{MAIN}.resources.limits["nvidia.com/mig-3g.40gb"]', ("migConfiguration", "enabled")),
        (WHOLE, f'{MAIN}.resources.limits["nvidia.com/gpu"]', ("h100-whole", "memoryPerGpu")),
    ],
)
def test_what_the_node_pool_says(name: str, field: str, texts: tuple[str, ...]) -> None:
    assert place(name, field) == at("environments.yaml", *texts)


def test_the_name_in_requests_is_the_deployments_where_it_says_one(tmp_path: Path) -> None:
    for file in MANIFESTS.iterdir():
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(
            text.replace("  environments: 2\n", "  environments: 2\n  servedModelName: gemma-canary\n"),
            encoding="utf-8",
        )
    events = violation(service_urn(SLICE), "spec.model.name: is wrong; correct it")
    (finding,) = found(events, manifests=tmp_path)
    lines = (tmp_path / "deployments.yaml").read_text(encoding="utf-8").splitlines()
    assert finding.place.file.endswith("deployments.yaml")
    assert lines[finding.place.line - 1] == "  servedModelName: gemma-canary"


def test_a_device_is_shown_where_a_container_asks_for_it(tmp_path: Path) -> None:
    asked = "  pod: {container: {resources: {limits: {rdma/ib: 1}}}}"
    for file in MANIFESTS.iterdir():
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(
            text.replace("  environments: 2\n", f"  environments: 2\n{asked}\n"), encoding="utf-8"
        )
    events = violation(service_urn(SLICE), f'{MAIN}.resources.limits["rdma/ib"]: is wrong; correct it')
    # Beside the plan's own warning of that resource.
    (finding,) = [each for each in found(events, manifests=tmp_path) if each.rule == "rule"]
    lines = (tmp_path / "deployments.yaml").read_text(encoding="utf-8").splitlines()
    assert finding.place.file.endswith("deployments.yaml")
    assert lines[finding.place.line - 1] == asked


def test_a_message_without_a_field_is_shown_at_the_deployment() -> None:
    assert place(SMALL, "Something") == at("deployments.yaml", "chat-small")


def test_what_scales_a_service_is_shown_at_the_deployments_scaling() -> None:
    scaler = service_urn(SMALL, kind="ScaledObject", suffix="scaledobject")
    events = (resource(scaler, placement_urn(SMALL)), violation(scaler, "spec.maxReplicaCount: too many; fewer"))
    # The demo's has no such block: the nearest that there is.
    assert found(*events)[0].place == at("deployments.yaml", "chat-small", "signal")


def test_a_pool_that_is_no_more_leaves_the_deployment() -> None:
    gone = service(SLICE) | {"metadata": {"annotations": {"slicewise.dev/node-pool": "gone"}}}
    events = (
        resource(service_urn(SLICE), placement_urn(SLICE), gone),
        violation(service_urn(SLICE), "spec.template.nodeSelector: empty; pin it"),
    )
    assert found(*events)[0].place == at("deployments.yaml", "kind: ModelDeployment", "gemma")


def test_what_an_environment_shares_is_shown_at_its_name() -> None:
    environment = urn("slicewise:index:InferenceEnvironment", "onprem-b")
    provider = urn("slicewise:index:InferenceEnvironment$pulumi:providers:kubernetes", "onprem-b-provider")
    events = (resource(environment), resource(provider, environment), violation(provider, "kubeconfig: open; close it"))
    assert found(*events)[0].place == at("environments.yaml", "onprem-b")


@pytest.mark.parametrize("name", [STACK, urn("kubernetes:core/v1:Pod", "mine"), placement_urn("mig-a/team-a/nobody")])
def test_what_no_document_made_is_shown_at_the_project_with_its_urn(name: str) -> None:
    (finding,) = found(resource(name, ""), violation(name, "spec: wrong; correct it"))
    assert finding.place == PROJECT
    assert finding.urns == (name,)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('nodePools["mig-a/small-models-mig"]: too much', at("environments.yaml", "small-models-mig")),
        ('nodePools["onprem-b/h100-whole"]: too much', at("environments.yaml", "h100-whole")),
        ('placements["onprem-b/team-b/chat-small"].nodePool: not there', at("deployments.yaml", "chat-small")),
        ('placements["onprem-b/team-b/nobody"]: not there', PROJECT),
        ('warnings["SW301 x"]: odd', PROJECT),
    ],
)
def test_what_is_wrong_with_the_plan_is_shown_at_what_was_planned(message: str, expected: Place) -> None:
    plan = planned_outputs(load_fleet([str(MANIFESTS)]))
    (finding,) = found(outputs(plan), violation(STACK, message))
    assert finding.place == expected


NOTHING_SAID: tuple[Any, ...] = (None, "04da6b54-80e4-46f7-96ec-b56ff0331ba9", [], {}, 7)


@pytest.mark.parametrize("value", NOTHING_SAID, ids=repr)
@pytest.mark.parametrize("path", [(), ("metadata",), ("metadata", "annotations")], ids=".".join)
def test_a_service_that_says_nothing_there_is_shown_at_its_deployment(path: tuple[str, ...], value: object) -> None:
    item: Any = value
    for key in reversed(path):
        item = {key: item}
    silent = resource(service_urn(SMALL), placement_urn(SMALL), item)
    shown = found(silent, violation(service_urn(SMALL), "spec.template: x"))
    assert [each.place for each in shown] == [at("deployments.yaml", "name: chat-small", "chat-small")]


@pytest.mark.parametrize("value", NOTHING_SAID, ids=repr)
@pytest.mark.parametrize("key", ["placements", "nodePools"])
def test_another_programs_outputs_may_hold_anything(key: str, value: object) -> None:
    """Its policies may say `placements["a"]: ...` of a mapping that has nothing to do with a plan."""
    entries = (value, {"deployment": value}, {"deployment": {"name": value}}, {"nodePool": value})
    for told in (value, [value], *({"a": entry} for entry in entries)):
        shown = found(outputs({key: told}), violation(STACK, f'{key}["a"]: x'))
        assert [each.place for each in shown] == [PROJECT]
    finished = {"type": "pulumi:pulumi:Stack", "urn": STACK, "new": {"outputs": value}}
    shown = found({"resOutputsEvent": {"metadata": finished}}, violation(STACK, f'{key}["a"]: x'))
    assert [each.place for each in shown] == [PROJECT]


def test_one_place_with_one_message_is_one_finding() -> None:
    message = "spec.model.uri: not pinned; pin it"
    both = found(violation(service_urn(WHOLE), message), violation(service_urn(SLICE), message))
    assert [(item.place, item.urns) for item in both] == [
        (at("models.yaml", "repo:"), (service_urn(SLICE), service_urn(WHOLE)))
    ]


def test_findings_are_sorted_by_place() -> None:
    fields = ("spec.model.uri", "spec.template.nodeSelector", "spec.replicas")
    places = [item.place for item in found(*(violation(service_urn(SLICE), f"{field}: x; y") for field in fields))]
    assert [item.file.rpartition("/")[2] for item in places] == ["deployments.yaml", "environments.yaml", "models.yaml"]


def test_a_fingerprint_outlives_lines_that_are_added_above(tmp_path: Path) -> None:
    event = violation(service_urn(SLICE), "spec.model.uri: not pinned; pin it")
    (before,) = found(event)
    moved = tmp_path / "stacks/demo"
    moved.mkdir(parents=True)
    for file in MANIFESTS.glob("*.yaml"):
        (moved / file.name).write_text(f"# A comment.\n{file.read_text()}")
    preview = Preview.read(stream(ANALYZED, placement(SLICE), in_stack(SLICE), event, FAILED))
    ((after,), _) = findings(preview, [str(moved)], tmp_path, tmp_path)
    assert after.place.line == before.place.line + 1
    assert after.fingerprint == before.fingerprint


def test_wrong_documents_are_findings_themselves(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text((MANIFESTS / "environments.yaml").read_text().replace("profile: 3g.40gb", "profile: 3g.45gb"))
    preview = Preview.read(stream(ANALYZED, violation(STACK, "x"), FAILED))

    (on_project, mistake), summary = findings(preview, [str(file)], tmp_path, tmp_path)
    assert summary == ""

    assert on_project.place == PROJECT
    assert (mistake.rule, mistake.mandatory, str(mistake.place)) == ("SW204", True, "fleet.yaml:34:20")
    assert mistake.message.startswith('spec.nodePools[0].capabilities.migConfiguration.profile: "3g.45gb" is not a MIG')
