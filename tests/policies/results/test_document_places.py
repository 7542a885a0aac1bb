"""Every document has its place, whether its namespace is written or left to the default."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from policies.results.document_places import Documents
from policies.results.engine_events import Preview
from policies.results.findings import findings
from slicewise.diagnostics import Place
from slicewise.documents import DeploymentKey
from slicewise.planning import make_plan
from tests import documents as short
from tests.policies.results.stream import ANALYZED, SUCCEEDED, placement, resource, service_urn, stream, violation


def written(directory: Path, kind: str, namespace: str | None) -> Path:
    """Write an environment, a model of the kind and its deployment; return the file."""
    declared = [
        short.environment("e", short.pool("p")),
        short.model("m", short.profile("q")),
        short.deployment("d", "m"),
    ]
    declared[1]["kind"] = declared[2]["spec"]["modelRef"]["kind"] = kind
    for item in declared[1:] if kind == "Model" else declared[2:]:
        item["metadata"].pop("namespace", None)
        if namespace:
            item["metadata"]["namespace"] = namespace
    file = directory / "all.yaml"
    file.write_text("---\n".join(yaml.safe_dump(item, sort_keys=False) for item in declared))
    return file


def line_of(file: Path, document: int, text: str) -> int:
    """Return the line of the first `text` in one document of the file."""
    before, *_ = file.read_text().split("---\n")[document].partition(text)
    return file.read_text().split(before)[0].count("\n") + before.count("\n") + 1


@pytest.mark.parametrize("namespace", [None, "default", "team"])
@pytest.mark.parametrize("kind", ["ClusterModel", "Model"])
def test_each_origin_has_its_line(tmp_path: Path, kind: str, namespace: str | None) -> None:
    file = written(tmp_path, kind, namespace)
    loaded = Documents.load([str(file)], tmp_path)
    key = DeploymentKey(namespace or "default", "d")
    name = ("metadata", "name")
    found = {
        (0, "name: e"): loaded.environment("e", name),
        (0, "name: p"): loaded.node_pool("e", "p", ("name",)),
        (1, "name: m"): loaded.model(key, name),
        (1, "name: q"): loaded.profile(key, "q", ("name",)),
        (2, "name: d"): loaded.deployment(key, name),
    }
    for (document, text), place in found.items():
        assert place is not None, text
        assert (place.file, place.line) == ("all.yaml", line_of(file, document, text))


@pytest.mark.parametrize("namespace", [None, "default", "team"])
@pytest.mark.parametrize(
    ("field", "document", "text"),
    [
        ("metadata.name", 2, "name: d"),
        ("spec.replicas", 2, "fixed:"),
        ("spec.model.uri", 1, "repo:"),
        ("spec.template.containers[0].image", 1, "name: q"),
        ("spec.template.nodeSelector", 0, "pool: p"),
    ],
)
def test_a_finding_stands_at_its_document(
    tmp_path: Path, namespace: str | None, field: str, document: int, text: str
) -> None:
    file = written(tmp_path, "Model", namespace)
    fleet = Documents.load([str(file)], tmp_path).fleet
    (placed,) = make_plan(fleet).placements
    name = f"e/{namespace or 'default'}/d"
    annotations = {"slicewise.dev/node-pool": placed.node_pool, "slicewise.dev/profile": placed.profile}
    declared = resource(
        service_urn(name),
        placement(name)["resourcePreEvent"]["metadata"]["urn"],
        {"metadata": {"annotations": annotations}},
    )
    events = stream(
        ANALYZED, placement(name), declared, violation(service_urn(name), f"{field}: wrong; correct it"), SUCCEEDED
    )
    (finding,), _ = findings(Preview.read(events), [str(file)], tmp_path, tmp_path)
    line = line_of(file, document, text)
    assert finding.place == Place("all.yaml", finding.place.line, finding.place.column)
    # A block's place is where its content begins: the line of its key, or the one after.
    assert finding.place.line in (line, line + 1)


def test_more_mistakes_than_are_listed_are_said_at_the_project(tmp_path: Path) -> None:
    # More than a thousand: each of these deployments refers to a model that is not there.
    declared = [short.environment("e", short.pool("p")), *(short.deployment(f"d{n}", "gone") for n in range(1005))]
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join(yaml.safe_dump(item) for item in declared))
    found, _ = findings(Preview.read(stream(ANALYZED, SUCCEEDED)), [str(file)], tmp_path, tmp_path)
    assert len(found) == 1001
    (rest,) = (item for item in found if item.place.file == "Pulumi.yaml")
    assert rest.place == Place("Pulumi.yaml")
    assert rest.message.startswith("5 more mistakes")
    assert rest.mandatory


def test_a_label_of_pods_stands_where_it_is_said_last(tmp_path: Path) -> None:
    file = written(tmp_path, "Model", "team")
    text = file.read_text().replace("  name: d\n", "  name: d\n  labels:\n    cost-center: '1'\n")
    file.write_text(text)
    loaded = Documents.load([str(file)], tmp_path)
    place = loaded.pod(DeploymentKey("team", "d"), "q", ("e", "p"), ("labels",))
    assert place is not None
    assert place.line == line_of(file, 2, "cost-center")
    assert loaded.pod(DeploymentKey("team", "d"), "q", ("e", "p"), ("annotations",)) is None
