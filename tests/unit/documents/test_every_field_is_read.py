"""A field that nothing reads would be accepted, checked and described, and would change nothing."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from components import stack_config
from slicewise.documents import KINDS
from slicewise.documents.model_source import ModelSource

ROOT = Path(__file__).parents[3]
# What only says which kind of document it is: reading has seen to it before there is a type.
IDENTITY = {"api_version", "kind"}
# Kubernetes' own fields, which go into manifests whole (slicewise/manifests/pod_fields.py).
PASSED_ON = {f"slicewise.documents.{name}" for name in ("environment_variables", "pod", "pod_volumes")}


def types_of(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Return the type and all that its fields have, however deep."""
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            for each in classes(field.annotation):
                types_of(each, seen)
    return seen


def classes(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever an annotation is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from classes(each)


def read_names(files: Iterable[Path]) -> set[str]:
    """Return the attributes that the files read, and what they name as text (`getattr`, tables of fields)."""
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    return attributes | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.fixture(scope="module")
def read() -> set[str]:
    """What the product reads; a model's source names the field that has it."""
    named = {each.attribute for each in ModelSource}
    return named | read_names([*ROOT.glob("slicewise/**/*.py"), *ROOT.glob("components/**/*.py")])


def test_every_field_of_a_document_is_read(read: set[str]) -> None:
    types: set[type[BaseModel]] = set()
    for kind in KINDS.values():
        types_of(kind, types)
    judged = [each for each in types if each.__module__ not in PASSED_ON]
    fields = {(each.__name__, name) for each in judged for name in each.model_fields if name not in IDENTITY}
    assert len(fields) > 50
    assert sorted(field for field in fields if field[1] not in read) == []


def test_every_key_of_the_configuration_is_read() -> None:
    elsewhere = read_names(file for file in ROOT.glob("components/**/*.py") if file.name != "stack_config.py")
    fields = {field.name for field in dataclasses.fields(stack_config.StackConfig)} - {"arguments", "written_in"}
    assert len(fields) == len(stack_config.KEYS)
    assert fields - elsewhere == set()


def test_a_field_that_nothing_reads_is_found(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("x.used = 1\nprint(x.read, getattr(x, 'named'))\n")
    assert read_names([tmp_path / "code.py"]) & {"used", "read", "named"} == {"read", "named"}
