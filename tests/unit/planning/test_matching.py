"""Pools and replicas are compared once for each class, so classes must hold all that is compared."""

from __future__ import annotations

import ast
import inspect

import pytest

from slicewise.planning import matching

MODULE = ast.parse(inspect.getsource(matching))
RULES = ("_unit_reasons", "_network_reasons", "_shape_reasons")


def parts(kind: str) -> set[str]:
    """Return the names of the fields of the class called `kind`."""
    (found,) = (node for node in MODULE.body if isinstance(node, ast.ClassDef) and node.name == kind)
    return {
        node.target.id for node in found.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def read(name: str) -> set[str]:
    """Return what the rules read of the argument called `name`."""
    rules = [node for node in MODULE.body if isinstance(node, ast.FunctionDef) and node.name in RULES]
    assert len(rules) == len(RULES)
    attributes = [node for rule in rules for node in ast.walk(rule) if isinstance(node, ast.Attribute)]
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == name}


@pytest.mark.parametrize(
    ("argument", "kind", "derived"),
    # mig is a part of capabilities; units are nodes and gpusPerNode together.
    [("pool", "_PoolClass", {"mig"}), ("topology", "_Shape", {"units"})],
)
def test_what_requirements_compare_is_a_part_of_the_class(argument: str, kind: str, derived: set[str]) -> None:
    assert {"nodes"} <= read(argument)
    assert read(argument) - derived <= parts(kind)
