"""`slicewise plan --by`, and quotas in `plan`, `explain`, `validate` and `render`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.documents import deployment, environment, model, pool, profile, quota, slices
from tests.unit.cli.running import slicewise


@pytest.fixture
def documents(tmp_path: Path) -> str:
    """Two teams on a pool with a price, one of them with a quota that is used up."""
    declared = [
        environment("a", pool("whole", pricePerHour=80, nodeCount=2)),
        model("m", profile("any")),
        deployment("d", "m", namespace="docs", replicas=2),
        deployment("s", "m", namespace="search", replicas=4),
        deployment("t", "m", namespace="search"),
        quota("search", {"gpuEquivalents": 4}, namespaces=["search"]),
    ]
    (tmp_path / "fleet.yaml").write_text(yaml.safe_dump_all(declared))
    return str(tmp_path / "fleet.yaml")


def rows(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_sums_as_a_table(documents: str) -> None:
    shown = rows(slicewise("plan", documents, "--by", "namespace").stdout)
    assert "namespace replicas units GiB GPU equivalents price an hour" in shown
    # CUDA sees 81008 MiB of an H100.
    assert "docs 2 2 158.22 2 20.00" in shown
    assert "total 6 6 474.66 6 60.00" in shown
    assert "a whole 60.00 0.00 100.00 0.00" in shown


def test_a_part_without_a_price_and_numbers_of_one_column(tmp_path: Path) -> None:
    declared = [
        environment("a", pool("priced", pricePerHour=80)),
        environment("b", slices("cut", "1g.10gb"), labels={"is": "b"}),
        model("m", profile("any", mig="any")),
        deployment("d", "m", namespace="docs", replicas=3, environmentSelector={"slicewise.dev/environment": "a"}),
        deployment("e", "m", namespace="docs", environmentSelector={"is": "b"}),
        deployment("f", "m", namespace="ops", replicas=4, environmentSelector={"is": "b"}),
    ]
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump_all(declared))
    run = slicewise("plan", str(file), "--by", "namespace")
    assert run.returncode == 0
    shown = rows(run.stdout)
    # 81008 MiB of a GPU, 9984 MiB of a slice (nvidia-smi mig -lgip), of which there are seven.
    assert "docs 4 4 247.08 3.14 30.00 3/4" in shown
    assert "ops 4 4 39.00 0.57 -" in shown
    assert "total 8 8 286.08 3.71 30.00 3/8" in shown
    assert "a priced 30.00 0.00 50.00 0.00" in shown
    assert "Not in these sums, without pricePerHour: b/cut" in shown


def test_sums_as_json_and_yaml(documents: str) -> None:
    found = json.loads(slicewise("plan", documents, "--by", "deployment", "--output", "json").stdout)
    assert [(each["deployment"], each["pricePerHour"]) for each in found["sums"]] == [
        ("docs/d", 20.0),
        ("search/s", 40.0),
        ("search/t", 0.0),
    ]
    assert yaml.safe_load(slicewise("plan", documents, "--by", "deployment", "--output", "yaml").stdout) == found


def test_sums_as_markdown_are_those_of_the_table(documents: str) -> None:
    table = slicewise("plan", documents, "--by", "namespace").stdout
    run = slicewise("plan", documents, "--by", "namespace", "--output", "markdown")
    # 3: one deployment has no room.
    assert run.returncode == 3
    assert run.stdout.startswith("### Plan by namespace\n\n```text\n")
    assert run.stdout.partition("```text\n")[2].partition("\n```")[0].split() == table.split()
    assert "60.00" in run.stdout


def test_a_picture_has_no_sums(documents: str) -> None:
    run = slicewise("plan", documents, "--by", "namespace", "--output", "svg")
    assert run.returncode == 2
    assert "write --output table, json, yaml or markdown" in " ".join(run.stderr.split()).replace(" │ │ ", " ")


def test_quotas_are_shown_and_explained(documents: str) -> None:
    run = slicewise("plan", documents)
    assert run.returncode == 3
    shown = rows(run.stdout)
    assert "search GPU equivalents 4.0 4.0" in shown
    assert "a/whole with any: Quota search: 4 of 4 GPU equivalents taken, needs 1 (quota)" in shown
    assert "remedy: gpuEquivalents 5 (now 4) in Quota search would let it run on a/whole" in shown
    explained = slicewise("explain", "search/t", documents)
    assert explained.returncode == 3
    assert "remedy: gpuEquivalents 5 (now 4) in Quota search would let it run on a/whole" in rows(explained.stdout)


def test_other_commands_take_the_document(documents: str, tmp_path: Path) -> None:
    assert slicewise("validate", documents).returncode == 0
    run = slicewise("render", documents, "--output-dir", str(tmp_path / "out"), "--on-shortfall", "warn")
    assert "Traceback" not in run.stderr
    assert [path.name for path in (tmp_path / "out").rglob("*uota*")] == []
