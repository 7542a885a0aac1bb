"""Pools and replicas are compared once for each class, so classes must hold all that is compared."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection
from importlib import import_module
from types import ModuleType

import pytest

from slicewise.documents import cloud_nodes, unit_of
from slicewise.planning import matched_requirements, matching

RULES = ("_unit_reasons", "_network_reasons", "_shape_reasons")


def parts(kind: str) -> set[str]:
    """Return the names of the fields of the class called `kind`."""
    body = ast.parse(inspect.getsource(matched_requirements)).body
    (found,) = (node for node in body if isinstance(node, ast.ClassDef) and node.name == kind)
    return {
        node.target.id for node in found.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def read(name: str, module: ModuleType = matching, functions: Collection[str] = RULES) -> set[str]:
    """Return what functions of a module read of the argument called `name`."""
    body = ast.parse(inspect.getsource(module)).body
    rules = [node for node in body if isinstance(node, ast.FunctionDef) and node.name in functions]
    assert len(rules) == len(functions)
    attributes = [node for rule in rules for node in ast.walk(rule) if isinstance(node, ast.Attribute)]
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == name}


@pytest.mark.parametrize(
    ("argument", "kind", "derived"),
    # mig and unit_memory are parts of capabilities; units are nodes and gpusPerNode together.
    [("pool", "_PoolClass", {"mig", "unit_memory"}), ("topology", "_Topology", {"units"})],
)
def test_what_requirements_compare_is_a_part_of_the_class(argument: str, kind: str, derived: set[str]) -> None:
    assert {"nodes"} <= read(argument)
    assert read(argument) - derived <= parts(kind)


def test_what_a_unit_goes_by_is_a_part_of_the_class() -> None:
    read_there = read("pool", import_module(unit_of.__module__), ["unit_of"]) | read(
        "pool", cloud_nodes, ["catalogued"]
    )
    assert {"unit_memory", "accelerator_type"} <= read_there
    assert read_there - {"mig", "unit_memory"} <= parts("_PoolClass")
