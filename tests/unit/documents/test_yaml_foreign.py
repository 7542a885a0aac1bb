"""Merge conflicts, templates and odd spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

CONFLICT = "a merge conflict is not resolved; keep one side and remove the markers"
TEMPLATE = "a template that is not rendered; render it first, and load what that writes"


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n§<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n",
        "a: 1\n§=======\nb: 2\n",
        "a: 1\r\n§>>>>>>> other\r\nb: 2\r\n",
        "a:\n  b: 'x\n§<<<<<<< HEAD\n  y'\n  c: [\n",
    ],
)
def test_a_merge_conflict(loader: Loader, text: str) -> None:
    assert loader.refuse_at(text) == f"not YAML: {CONFLICT} [SW104]"


@pytest.mark.parametrize(
    "text",
    [
        "a: §{{ .Values.nodes }}\n",
        "a: §{{ x }}-y\nb: 1\n",
        "§{{- if .Values.x }}\na: 1\n{{- end }}\n",
        "a: 1\n§{{- end }}\nb: 1\n",
        "§{% for x in y %}\na: 1\n",
        "a:\n  - §{% if x %}\n",
        "a:\n  §{{- toYaml .Values.labels | nindent 4 }}\n",
        '"{{ a }}": §{{ b }}\n',
    ],
)
def test_a_template(loader: Loader, text: str) -> None:
    assert loader.refuse_at(text) == f"not YAML: {TEMPLATE} [SW104]"


def test_a_merge_conflict_at_the_top(loader: Loader) -> None:
    lines = loader.refuse("<<<<<<< HEAD\n# b\na: 1\n=======\na: 2\n>>>>>>> other\n")
    assert lines[-1] == f"1:1: not YAML: {CONFLICT} [SW104]"


@pytest.mark.parametrize(
    "text", ["a: ['{{ x }}' §b]\n", "a: '{{ x }}'§b\n", "? §[a]\n: '{{ b }}'\n", "a: b§: c # {{ d }}\n"]
)
def test_quoted_braces_and_later_ones_are_no_template(loader: Loader, text: str) -> None:
    message = loader.refuse_at(text)
    assert "template" not in message
    assert message.endswith("[SW104]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n  b: 1\n§\xa0 c: 2\n  d: 1\n", "U+00A0 (no-break space)"),
        ("a:\n  b: 1\n  c:§\xa08\n  d: 1\n", "U+00A0 (no-break space)"),
        ("a:\n  - b: 1\n  -§\u202fc: 8\n", "U+202F (narrow no-break space)"),
        ("a:\n  b:§\u200b8\n  c: 1\n", "U+200B (zero width space)"),
        ("a:\n  b: 1\n  c:§\u30008\n  d: 1\n", "U+3000 (ideographic space)"),
    ],
)
def test_a_space_that_is_none(loader: Loader, text: str, said: str) -> None:
    remedy = "remove it" if "200B" in said else "write a plain space instead"
    assert loader.refuse_at(text) == f"not YAML: {said} is here, which is not a space to YAML; {remedy} [SW104]"


def test_odd_spaces_in_text_are_not_blamed(loader: Loader) -> None:
    for text in ("a: 'b:\xa0c'\nd: [e\n", "a: b\xa0c\nd: %e\n", "# a:\xa0b\nc: %d\n", "#\xa0a\nb: %c\n"):
        assert "U+00A0" not in loader.refuse(text)[0]
