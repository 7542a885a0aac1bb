"""Every test says what it promises: one that asserts nothing passes whatever happens."""

from __future__ import annotations

import ast

import pytest

from tests.source import TESTS, Function, called_name, collected_tests, parsed_modules

# What raises where the promise is broken: pytest's own, and helpers, which say so by their names.
ASSERTING = {"raises", "warns", "fail", "refuse", "refuse_at", "accept"}


def promises(function: Function) -> bool:
    """Return whether a test asserts something, or calls what does."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and (called_name(node) in ASSERTING or called_name(node).startswith("assert_")))
        for node in ast.walk(function)
    )


def test_every_test_asserts_something() -> None:
    silent = [
        f"{path.relative_to(TESTS)}:{test.lineno} {test.name}"
        for path, module in parsed_modules()
        for test in collected_tests(module)
        if not promises(test)
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("assert run() == 0", True),
        ("with pytest.raises(ValueError): run()", True),
        ("assert_true(run())", True),
        ("for each in (1, 2):\n        loader.accept(each)", True),
        ("run()", False),
        ("print('assert')", False),
    ],
)
def test_what_an_assertion_is(body: str, *, expected: bool) -> None:
    (test,) = collected_tests(ast.parse(f"def test_it():\n    {body}\n"))
    assert promises(test) is expected
