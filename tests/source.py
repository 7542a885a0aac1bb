"""The tests' own source, as tests about tests read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parsed_modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every file that pytest collects tests from, parsed."""
    for path in sorted(TESTS.rglob("test_*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(tree: ast.AST) -> list[Function]:
    """Return every function and method in `tree`, wherever it is."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def collected_tests(module: ast.Module) -> list[Function]:
    """Return what pytest runs of a module."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    bodies = [module.body, *(node.body for node in classes)]
    return [node for body in bodies for node in body if isinstance(node, Function) and node.name.startswith("test_")]


def called_name(call: ast.Call) -> str:
    """Return the last part of the name of what is called: `raises` of `pytest.raises(...)`."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
