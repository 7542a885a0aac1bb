"""The pages for users and the code say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from slicewise.diagnostics import Code
from slicewise.documents import KINDS, document_schema
from tests.corpus.reading import many_cases, single_cases
from tests.source import functions, parsed_modules
from tests.unit.documents.loader import Loader

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


# Of what is found in a cluster or between stacks, which may be either, what never is an error.
ONLY_ADVICE = {"SW437", "SW449", "SW603", "SW617", "SW620", "SW629", "SW630", "SW651", "SW654"}


@pytest.mark.parametrize("heading", sorted(sections(ERRORS)))
def test_a_section_has_cause_example_and_remedy(heading: str) -> None:
    cause, _, rest = sections(ERRORS)[heading].partition("```")
    example, _, remedy = rest.partition("```")
    assert cause.strip()
    assert example.strip()
    assert remedy.strip().startswith("Remedy: ")
    assert ("A warning. " in cause) == (heading.startswith("SW3") or heading[:5] in ONLY_ADVICE)


def codes_in(tree: ast.AST) -> set[str]:
    """Return the codes that `tree` names: in a text that is not a docstring, or as a member of `Code`."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    prose = {id(node.value) for node in statements if isinstance(node.value, ast.Constant)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found |= set(re.findall(r"\bSW\d{3}\b", node.value))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code":
            found |= {Code[node.attr].value} if node.attr in Code.__members__ else set()
    return found


def codes_of_tests() -> set[str]:
    """Return the codes that tests name, in themselves or in what their modules keep for them."""
    found: set[str] = set()
    for path, module in parsed_modules():
        if path == Path(__file__):
            continue
        values = [node for node in module.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        found |= set().union(*map(codes_in, [*functions(module), *values]))
    return found


def test_every_code_is_provoked_by_a_test() -> None:
    """By a case of the corpus, all of which test_corpus.py runs, or by a test that names it."""
    cases = [*single_cases(), *many_cases()]
    corpus = {error.code for case in cases for error in case.errors} | {
        code for case in cases for code, _ in case.warnings
    }
    assert {code.value for code in Code} - corpus - codes_of_tests() == set()


def test_a_code_in_a_comment_or_a_docstring_provokes_nothing() -> None:
    tests = """
def test_a():
    '''SW101.'''
    # SW102
    assert "[SW103]" in run()

def test_b():
    assert problem.code is Code.YAML_SYNTAX
"""
    assert codes_in(ast.parse(tests)) == {"SW103", "SW104"}


# What is in several places, and has a table of its own.
OWN_TABLES = {"PodSettings": 0, "EnvironmentVariable": 1}


def fields(schema: dict[str, Any], root: str = "") -> set[str]:
    """Return the path of every field that is not a mapping of further fields, as the page writes it."""

    def walk(part: dict[str, Any], path: str) -> set[str]:
        found: set[str] = set()
        for name, field in part["properties"].items():
            references = re.findall(r"#/\$defs/(\w+)", str(field))
            mappings = [ref for ref in references if ref not in OWN_TABLES and "properties" in schema["$defs"][ref]]
            nested = schema["$defs"][mappings[0]] if mappings else None
            here = f"{path}{name}"
            found |= walk(nested, f"{here}{'[]' if field.get('type') == 'array' else ''}.") if nested else {here}
        return found

    return walk(schema["$defs"][root] if root else schema, "") - {"apiVersion", "kind"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_on_the_page_and_no_other(kind: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", sections(DOCUMENTS)[kind], re.MULTILINE)
    assert len(rows) == len(set(rows))
    expected = fields(document_schema(kind))
    if kind == "Model":
        expected = {path for path in expected if path.startswith("metadata.")}
    assert set(rows) == expected


@pytest.mark.parametrize("shared", sorted(OWN_TABLES))
def test_every_field_of_what_is_in_several_places_is_on_the_page(shared: str) -> None:
    table = sections(DOCUMENTS)["Pods"].split("### Environment variables")[OWN_TABLES[shared]]
    rows = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == fields(document_schema("ClusterModel"), shared)


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
    # One of each kind, and environments whose nodes are cut into several profiles, and on demand.
    assert len(examples) == len(KINDS) + 2
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments), len(fleet.quotas)) == (3, 2, 1, 1)
    # The page shows two ways of declaring a model, and one deployment.
    (advice,) = fleet.advice
    assert str(advice) == (
        "Model team-a/support-bot: metadata.name: no deployment refers to it; remove it, unless a deployment is to "
        "come [SW321]"
    )
