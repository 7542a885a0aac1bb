"""`init` makes a project that plans without a warning, and overwrites nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from slicewise import __version__
from slicewise.documents import any_schema
from tests.unit.cli.running import in_process


def test_a_new_project_plans_without_a_warning(tmp_path: Path) -> None:
    project = tmp_path / "models"
    run = in_process("init", str(project))
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"wrote 11 files to {project}; next: cd {project} && cat README.md\n"
    validated = in_process("validate", str(project / "stacks/dev"))
    assert (validated.stdout, validated.stderr) == ("valid: 1 environment, 1 model, 1 deployment\n", "")
    plan = json.loads(in_process("plan", str(project / "stacks/dev"), "--output", "json").stdout)
    assert [(each["nodePool"], each["units"]) for each in plan["placements"]] == [("slices", 2)]
    assert (plan["warnings"], plan["memoryNotChecked"]) == ([], [])
    assert yaml.safe_load((project / "Pulumi.yaml").read_text())["name"] == "models"
    assert (project / "requirements.txt").read_text() == (
        "# No package index has Slicewise yet: README.md says how to build its wheel.\n"
        f"./wheels/slicewise-{__version__}-py3-none-any.whl\n"
    )


def test_the_model_of_a_new_project_surely_fits(tmp_path: Path) -> None:
    in_process("init", str(tmp_path / "models"))
    run = in_process("size", "qwen2.5-7b", str(tmp_path / "models/stacks/dev"), "--output", "json")
    assert {each["verdict"] for each in json.loads(run.stdout)["sizes"]} == {"fits"}


def test_its_documents_name_a_schema_that_is_there(tmp_path: Path) -> None:
    in_process("init", str(tmp_path))
    for path in (tmp_path / "stacks/dev").iterdir():
        comment = path.read_text().splitlines()[0]
        schema = path.parent / comment.partition("$schema=")[2]
        assert json.loads(schema.read_text()) == any_schema()


@pytest.mark.parametrize("name", ["Pulumi.yaml", "stacks/dev/models.yaml", ".gitignore"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("mine")
    run = in_process("init", str(tmp_path))
    assert run.returncode == 2
    said = f"has {name} already, and nothing is overwritten; choose a directory that has none of them"
    assert run.stderr == f"{tmp_path}: {said} [SW114]\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


def test_a_name_that_pulumi_refuses(tmp_path: Path) -> None:
    run = in_process("init", str(tmp_path / "größe"))
    assert run.returncode == 2
    assert run.stderr.endswith("at most 100; pass --name NAME [SW114]\n")
    assert in_process("init", str(tmp_path / "größe"), "--name", "groesse").returncode == 0
