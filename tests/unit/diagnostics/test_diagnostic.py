"""What is wrong: how it is printed, in which order, and which numbers it has as data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, Subject, by_document
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.rules.registry import check_document
from tests.documents import environment, pool

ROOT = Path(__file__).parents[3]
CODE = Code.BAD_VALUE
CHAT = Subject("ModelDeployment", "chat", "team")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            Diagnostic.error(
                CODE, "got 0", "write 1", field=("spec", "nodePools", 0, "name"), place=Place("a.yaml", 3, 7)
            ),
            "a.yaml:3:7: spec.nodePools[0].name: got 0; write 1 [SW203]",
        ),
        (Diagnostic.error(CODE, "got 0", place=Place("a.yaml")), "a.yaml: got 0 [SW203]"),
        (
            Diagnostic.error(CODE, "got 0", field="slicewise:verify", place=Place("P.yaml")),
            "P.yaml: slicewise:verify: got 0 [SW203]",
        ),
        (
            Diagnostic.warning(CODE, "got 0", "write 1", subject=CHAT),
            "ModelDeployment team/chat: got 0; write 1 [SW203]",
        ),
        (
            Diagnostic.warning(
                CODE, "got 0", field=("spec", "cluster"), subject=Subject("InferenceEnvironment", "east")
            ),
            "InferenceEnvironment east: spec.cluster: got 0 [SW203]",
        ),
        (Diagnostic.error(CODE, "got 0", subject=CHAT, place=Place("a.yaml", 3, 7)), "a.yaml:3:7: got 0 [SW203]"),
        (Diagnostic.error(CODE, "got 0"), "got 0 [SW203]"),
    ],
)
def test_it_is_one_line_with_place_field_message_remedy_and_code(said: Diagnostic, line: str) -> None:
    assert str(said) == line


def test_errors_come_by_place_as_numbers_and_once() -> None:
    later, earlier = (Diagnostic.error(CODE, "got 0", place=Place("a.yaml", line, 1)) for line in (10, 9))
    assert InvalidInputError([later, earlier, later]).problems == (earlier, later)


def test_warnings_come_by_document_and_field() -> None:
    one = Diagnostic.warning(CODE, "a", field=("spec", "cluster"), subject=Subject("InferenceEnvironment", "west"))
    other = Diagnostic.warning(CODE, "b", field=("spec", "cluster"), subject=Subject("InferenceEnvironment", "east"))
    assert by_document([one, other]) == [other, one]


def test_numbers_of_a_message_are_data() -> None:
    # Two nodes of eight H100s have 16 units, and never more.
    declared = environment("east", pool("h100", nodeCount=2, reservedUnits=17))
    found = check_document(InferenceEnvironment.model_validate(declared, by_alias=True, by_name=False))
    (said,) = (each for each in found if each.code is Code.RESERVED_ABOVE_UNITS)
    assert said.facts == {"reserved": 17, "units": 16, "unitsOfANode": 8, "nodes": 2, "enoughNodes": 3}


def made() -> Iterator[tuple[str, str, str]]:
    """Yield where a diagnostic is made, by which method, and its code, as far as the call says it."""
    for folder in ("slicewise", "components"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    code = node.args[0]
                    if isinstance(code, ast.Attribute) and ast.unparse(code.value) == "Code":
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", node.func.attr, Code[code.attr].value


def test_codes_of_warnings_are_warnings_and_no_others() -> None:
    found = [(place, method, code) for place, method, code in made() if method in ("error", "warning")]
    assert len(found) > 100
    # SW437 and SW449: what an update finds and goes on. SW72x and SW73x: what sizing cannot say, and its advice.
    warnings = ("SW3", "SW437", "SW449", "SW72", "SW73")
    assert [each for each in found if (each[1] == "warning") != each[2].startswith(warnings)] == []
