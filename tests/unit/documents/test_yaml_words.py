"""What is not YAML, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

NOT_IN_LINE = (
    "this does not line up with what is before it; indent it as its neighbours are, or put all the text in quotes"
)
PLAIN = "documents are plain text, numbers, lists and mappings"
UNCLOSED = "the quote that begins here is never closed; close it, or remove it"
NO_DASH = "in a list every entry begins with `- `"
ENDED = "a document has ended before this line; begin the next one with `---`, or remove what is before it"
AT_MOST = "expected at most 40; if it is text, put it in quotes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n§", "not YAML: a comma is missing here, or the [ of line 1 is never closed; write the comma, or ]"),
        (
            "a: b§: c\n",
            (
                'not YAML: there is a ": " here that does not belong: the line is indented too far, the line before '
                'has no colon, or text that has ": " is not in quotes; fix that'
            ),
        ),
        ("a:\n  b: 1\n §c: 2\n", f"not YAML: {NOT_IN_LINE}"),
        ("a:\n  b: 1\n§-\nc: 2\n", f"not YAML: {NOT_IN_LINE}"),
        ("a: §!Ref b\n", f'not YAML: the tag "!Ref" is not known; remove it: {PLAIN}'),
        (
            "a: §%b\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "if this is text, put it in quotes"
            ),
        ),
        (
            "a:\n§\tb: 1\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "YAML is indented with spaces, never with tabs: write spaces"
            ),
        ),
        (
            "a: 1\n§\tb: 2\n",
            (
                "not YAML: while scanning a plain scalar, found a tab character that violates indentation; "
                "YAML is indented with spaces, never with tabs: write spaces"
            ),
        ),
        (
            "a: §*x\n",
            'not YAML: "*x" is an alias, and no anchor of that name is before it; if this is text, put it in quotes',
        ),
        (
            "*§*Slicewise** is for MIG\n",
            (
                "not YAML: `*` and `&` begin the name of an alias or an anchor here; put text that begins with one in "
                "quotes (or is this a file of another kind, such as Markdown?)"
            ),
        ),
        ("é: 1\nb: é§\x01\n", "not YAML: control characters are not allowed (character #x1); remove it"),
        ("a: §!!int x\n", "not YAML: this is not what the tag !!int says; remove the tag, or correct the value"),
        ("a: §!!int ''\n", "not YAML: this is not what the tag !!int says; remove the tag, or correct the value"),
        ("a: §!!bool maybe\n", "not YAML: this is not what the tag !!bool says; remove the tag, or correct the value"),
        (f"a: §{'9' * 5000}\n", f"not YAML: a number of 5,000 characters, {AT_MOST}"),
        (
            "a: §!!python/name:os.system x\n",
            (
                'not YAML: the tag "tag:yaml.org,2002:python/name:os.system" is not known; '
                "remove it: documents are plain text, numbers, lists and mappings"
            ),
        ),
        (
            "a: §!!set {a, b}\n",
            (
                'not YAML: the tag "tag:yaml.org,2002:set" is not known; '
                "remove it: documents are plain text, numbers, lists and mappings"
            ),
        ),
        (
            "? §[a]\n: b\n",
            (
                "not YAML: a field's name must be text, and this is a list or a mapping; "
                "put text with brackets or braces in quotes"
            ),
        ),
        ("a: 1\nb: §'c\nd: 2\n", f"not YAML: {UNCLOSED}"),
        ("a: 1\nb: §'c\n---\nd: 2\n", f"not YAML: {UNCLOSED}"),
        ("a: §!!int 010\n", "not YAML: this is not what the tag !!int says; remove the tag, or correct the value"),
        (
            "a:\n  - b: 1\n  §c: 2\n",
            f"not YAML: {NO_DASH}; indent this line under its entry, or write `- ` before it",
        ),
        ("a:\n  - b\n  §-c: 1\n", f"not YAML: {NO_DASH}; indent this line under its entry, or write `- ` before it"),
        ("# a\n--- # nothing\n...\n§b: 1\n", f"not YAML: {ENDED}"),
        ("%YAML 1.2\n§a: 1\n", f"not YAML: {ENDED}"),
        (
            "a: &b 1\nc: §&b 2\n",
            "not YAML: there is an anchor of this name before it already; rename one of the two",
        ),
        ("a: [§, 1]\n", "not YAML: a value is missing here; write one, or put text in quotes"),
        (
            "a: {<<: §b}\n",
            "not YAML: `<<` merges mappings; write an alias of one there, such as *NAME, or remove the line",
        ),
        (
            "§```yaml\na: 1\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "this is a line of Markdown: remove it"
            ),
        ),
        ("a: 1\n---\n§\ufeffb: 1\n", "an invisible byte order mark (U+FEFF) is here; remove it"),
    ],
)
def test_what_is_no_yaml_is_refused_where_it_stands(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW104]"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a:\n  §count 8\n  b: 1\n", '"count: 8"'),
        ("a:\n  b: 1\n  §count:8\n  c: 1\n", '"count: 8"'),
        ("a: 1\n§count = 8 # eight\nb: 1\n", '"count: 8"'),
        ("a: 1\n§count\uff1a 8\nb: 1\n", '"count: 8"'),
        ("a: 1\n§node-count=8\r\nb: 1\n", '"node-count: 8"'),
        ("a: 1\n§count\nb: 1\n", "NAME: VALUE, or `- ` before an entry of a list"),
        ("a: 1\n§count 8", '"count: 8"'),
    ],
)
def test_a_colon_that_is_missing(loader: Loader, text: str, meant: str) -> None:
    text = text.replace("a:\n  §", "a:\n  b: 1\n  §")
    assert loader.refuse_at(text) == f"not YAML: no colon and space after the field's name; write {meant} [SW104]"


def test_a_dash_that_is_missing(loader: Loader) -> None:
    text = "a:\n  args:\n    - --x=1\n  b: 1\n  §--y=2\n  c: 1\n"
    assert loader.refuse_at(text) == f"not YAML: {NO_DASH}, a dash and a space; write it before this line [SW104]"


@pytest.mark.parametrize("line", ["§----", "§--", " §---", "§- --", "§\u2014", "§\u2013\u2013"])
def test_dashes_that_separate_no_documents(loader: Loader, line: str) -> None:
    text = f"a: 1\nb:\n  c: 1\n{line}\nd: 1\n"
    expected = "this line of dashes separates no documents; write exactly `---`, without a space before it"
    assert loader.refuse_at(text) == f"not YAML: {expected} [SW104]"


def test_a_document_that_nothing_begins(loader: Loader) -> None:
    for text in ("a: 1\n...\nb: 2\n", "$ cat a\n#\nb: 2\n"):
        assert loader.refuse(text)[-1] == f"3:1: not YAML: {ENDED} [SW104]"


@pytest.mark.parametrize("separator", ["---\n", "...\n---\n", "--- # next\n"])
def test_an_alias_of_another_document(loader: Loader, separator: str) -> None:
    text = f"apiVersion: v1\nb: [&caps {{c: 1}}]\n{separator}d: §*caps\n"
    (_, line) = loader.refuse(text.replace("§", ""))
    assert line.endswith(
        'not YAML: "*caps" has its anchor in an earlier document, and anchors end with theirs; write it out [SW104]'
    )


@pytest.mark.parametrize("before", ["# see &caps above\n", "a: &capsule 1\n---\n", "---\n# b&caps \n---\n"])
def test_an_alias_of_nothing(loader: Loader, before: str) -> None:
    line = loader.refuse(f"{before}d: *caps\n")[-1]
    assert '"*caps" is an alias, and no anchor of that name is before it; if this is text, put it in quotes' in line


def test_documents_before_a_syntax_error_are_judged_too(loader: Loader) -> None:
    lines = loader.refuse("apiVersion: modelplane.ai/v1alpha1\nkind: Modell\n---\na: [\n")
    assert [line.split("[SW")[-1] for line in lines] == ["108]", "104]"]
