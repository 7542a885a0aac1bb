"""Keys that stand twice, and documents that are copied without their beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


def test_keys_that_stand_twice(loader: Loader) -> None:
    lines = loader.refuse("a: 1\nb: {c: 1, c: 2}\na: 2\n---\nx: 1\nx: 2\n")
    assert lines == [
        '2:11: "c" is on line 2 already; keep one [SW105]',
        '3:1: "a" is on line 1 already; keep one [SW105]',
        '6:1: "x" is on line 5 already; keep one [SW105]',
    ]


THEIR_DASH = "a new entry seems to begin here: its `- ` is missing; write it, or keep one of each"
THEIR_LINE = "a line `---` is missing before this line: another document begins here; write it"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "apiVersion: v1\nkind: A\nspec: 1\n§apiVersion: v1\nkind: B\nmore: 1\nspec: 2\n",
            f'"apiVersion", "kind" and "spec" are in this mapping already; {THEIR_LINE}',
        ),
        (
            "a:\n  - name: x\n    b: 1\n    more: 1\n    §name: y\n    b: 2\n",
            f'"name" and "b" are in this mapping already; {THEIR_DASH}',
        ),
        (
            "a:\n  - {b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, §b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}\n",
            f'"b", "c", "d", "e", "f" and 1 more are in this mapping already; {THEIR_DASH}',
        ),
        (
            "a: {apiVersion: 1, kind: 1, §apiVersion: 2, kind: 2}\n",
            '"apiVersion" and "kind" are in this mapping already; keep one of each',
        ),
        ("b: 1\nc: 1\n§c: 2\nb: 2\n", '"c" and "b" are in this mapping already; keep one of each'),
        ("a: [b]\n§a: [c]\n", '"a" is on line 1 already; put the entries of both under one'),
        ("a: {b: 1}\n§a: {c: 1}\n", '"a" is on line 1 already; put the fields of both under one'),
        ("a: {b: 1}\n§a: [c]\n", '"a" is on line 1 already; keep one'),
    ],
)
def test_what_is_copied_without_its_beginning_is_one_mistake(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW105]"


def test_every_copy_is_a_mistake(loader: Loader) -> None:
    lines = loader.refuse("a:\n- {x: 1, y: 1, x: 2, y: 2, x: 3, y: 3, z: 1, z: 2}\n")
    both, alone = '"x" and "y" are in this mapping already', '"z" is on line 2 already; keep one'
    assert lines == [
        f"2:16: {both}; {THEIR_DASH} [SW105]",
        f"2:28: {both}; {THEIR_DASH} [SW105]",
        f"2:46: {alone} [SW105]",
    ]
