"""The pages name files, packages and classes that are there, and imports go the way that they say."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.cli.running import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = ("slicewise", "components", "policies", "embedded")
_CODE = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"(?:slicewise|components|policies|embedded|bench|tests|tools|toolchain)/[\w./-]+|[\w]+\.py")


def chapter(heading: str) -> str:
    """Return the text below a heading of the second level."""
    return ARCHITECTURE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_a_page_names_are_there(page: Path) -> None:
    names = {
        path.name for path in [*python_files(*PACKAGES, "bench", "tests", "tools", "toolchain"), ROOT / "__main__.py"]
    }
    for text in _CODE.findall(page.read_text(encoding="utf-8")):
        if _FILE.fullmatch(text):
            assert (ROOT / text).exists() if "/" in text else text in names, text


def test_the_map_has_every_package_of_two_levels() -> None:
    listed = {row.rstrip("/") for row in re.findall(r"^\| `([\w/]+)/` \|", chapter("Map"), re.MULTILINE)}
    packages = {path.parent.relative_to(ROOT) for path in python_files(*PACKAGES) if path.name == "__init__.py"}
    shallow = {path.as_posix() for path in packages if len(path.parts) <= 2 + (path.parts[0] == "slicewise")}
    assert {row for row in listed if row.split("/")[0] in PACKAGES} == shallow - {"slicewise"}


@pytest.mark.parametrize("row", re.findall(r"^\| (\w.*) \| `(\w+)` in `(.+)` \|$", chapter("Glossary"), re.MULTILINE))
def test_a_word_of_the_glossary_is_defined_where_it_says(row: tuple[str, str, str]) -> None:
    _, name, file = row
    module = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    defined = [node for node in module.body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
    assert defined, f"{name} is not defined in {file}"
    assert ast.get_docstring(defined[0])


def test_each_word_of_the_glossary_has_one_row() -> None:
    words = re.findall(r"^\| (\w[\w ]*) \| .* \| `\w+` in `.+` \|$", chapter("Glossary"), re.MULTILINE)
    assert len(words) == len(set(words)) == chapter("Glossary").count("\n| ") - 1


def test_the_line_of_imports_is_that_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    packages = [re.findall(r"(?:slicewise\.)?(\w+)", layer) for layer in reversed(layers)]
    (line,) = re.findall(r"^diagnostics <- .*$", ARCHITECTURE, re.MULTILINE)
    assert [sorted(step.split(", ")) for step in line.split(" <- ")] == [sorted(names) for names in packages]
