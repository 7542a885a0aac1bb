"""Each recipe of the cookbook is loaded and planned as it is written, and goes where the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.cli.running import ROOT, in_process

PAGE = (ROOT / "docs/cookbook.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
CLUSTER = PAGE.partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    """Return what is in the blocks of a language; with none, what commands print."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_recipe_has_documents_and_what_comes_of_them() -> None:
    assert len(RECIPES) == 7
    assert all(len(blocks(text, "yaml")) == 1 for text in RECIPES.values())
    assert len(blocks(CLUSTER, "yaml")) == 1


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_planned_as_it_shows(recipe: str, tmp_path: Path) -> None:
    (documents,) = blocks(RECIPES[recipe], "yaml")
    if "kind: InferenceEnvironment" not in documents:
        (cluster,) = blocks(CLUSTER, "yaml")
        (tmp_path / "cluster.yaml").write_text(cluster, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(documents, encoding="utf-8")
    shown = re.findall(r"^  team-a/.*$", RECIPES[recipe], re.MULTILINE)
    run = in_process("plan", str(tmp_path))
    assert run.returncode == 0, run.stdout + run.stderr
    printed = [line for line in run.stdout.splitlines() if line.endswith("   new")]
    assert [line.split() for line in printed] == [line.split() for line in shown]
    assert "[SW" not in run.stdout + run.stderr
