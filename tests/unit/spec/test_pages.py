"""The pages for users and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from slicewise.spec import KINDS, Code, document_schema
from tests.unit.spec.loader import Loader

ROOT = Path(__file__).parents[3]
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
DOCUMENTS = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")


def sections(page: str) -> dict[str, str]:
    """Return the text below each heading of the second level."""
    return dict(part.split("\n", 1) for part in page.split("\n## ")[1:])


def test_every_code_has_one_section_and_no_other() -> None:
    headings = re.findall(r"^## (.*)$", ERRORS, re.MULTILINE)
    assert [heading.split(": ")[0] for heading in headings] == sorted(code.value for code in Code)
    assert all(re.fullmatch(r"SW\d{3}: \S.*", heading) for heading in headings)


@pytest.mark.parametrize("heading", sorted(sections(ERRORS)))
def test_a_section_has_cause_example_and_remedy(heading: str) -> None:
    cause, _, rest = sections(ERRORS)[heading].partition("```")
    example, _, remedy = rest.partition("```")
    assert cause.strip()
    assert example.strip()
    assert remedy.strip().startswith("Remedy: ")
    assert ("A warning. " in cause) == Code(heading[:5]).is_warning


def test_every_code_of_documents_is_provoked_by_a_test() -> None:
    # SW109 and SW110 are about the command line's own files, and tested with it.
    codes = {code.value for code in Code if code.value < "SW304" or "SW320" <= code.value < "SW400"}
    codes -= {"SW109", "SW110"}
    files = [*Path(__file__).parent.glob("test_*.py"), Path(__file__).parents[1] / "placement" / "test_prospects.py"]
    tests = "".join(file.read_text(encoding="utf-8") for file in files if file != Path(__file__))
    assert {code for code in codes if not re.search(rf"\b{code}\b", tests)} == set()


def fields(schema: dict[str, Any]) -> set[str]:
    """Return the path of every field that is no mapping of further fields, as the page writes it."""

    def walk(part: dict[str, Any], path: str) -> set[str]:
        found: set[str] = set()
        for name, field in part["properties"].items():
            references = re.findall(r"#/\$defs/(\w+)", str(field))
            nested = next((schema["$defs"][ref] for ref in references if "properties" in schema["$defs"][ref]), None)
            here = f"{path}{name}"
            found |= walk(nested, f"{here}{'[]' if field.get('type') == 'array' else ''}.") if nested else {here}
        return found

    return walk(schema, "") - {"apiVersion", "kind"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_on_the_page_and_no_other(kind: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", sections(DOCUMENTS)[kind], re.MULTILINE)
    assert len(rows) == len(set(rows))
    expected = fields(document_schema(kind))
    if kind == "Model":
        expected = {path for path in expected if path.startswith("metadata.")}
    assert set(rows) == expected


def test_defaults_on_the_page_are_those_of_the_schema() -> None:
    for kind in ("InferenceEnvironment", "ClusterModel", "ModelDeployment"):
        schema = document_schema(kind)
        described = {
            (name, str(field["default"]).lower() if isinstance(field["default"], bool) else str(field["default"]))
            for part in (schema, *schema["$defs"].values())
            for name, field in part.get("properties", {}).items()
            if not isinstance(field.get("default"), dict | list | None)
        }
        rows = re.findall(r"^\| `([^`]+)` \| .*? \| `([^`]*)` \| [^|]*\|$", sections(DOCUMENTS)[kind], re.MULTILINE)
        assert {(path.split(".")[-1], default) for path, default in rows} == described


def test_the_examples_on_the_page_are_a_fleet(loader: Loader) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", DOCUMENTS, re.DOTALL)
    fleet = loader.load(*examples)
    assert len(examples) == len(KINDS)
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments)) == (1, 2, 1)
    # The page shows two ways of declaring a model, and one deployment.
    assert [str(advice) for advice in fleet.advice] == [
        "Model team-a/support-bot: metadata.name: no deployment refers to it; remove it, if none is to come [SW321]"
    ]
