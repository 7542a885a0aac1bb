"""Documents that are read a line at a time give what libyaml gives, at the same places, or are left to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slicewise.diagnostics import Diagnostic, FieldPath
from slicewise.sources import SourceDocument, parse_documents, yaml_lines, yaml_source
from slicewise.sources.yaml_fast_path import NotPlainError
from slicewise.sources.yaml_lines import lines_data
from slicewise.sources.yaml_loader import PlainLoader
from slicewise.sources.yaml_separate import is_separable, separate_documents
from tests.fuzz.fuzz_loader import seeds
from tests.fuzz.mutations import mutate
from tests.unit.documents.documents import COMPLETE
from tests.unit.sources.test_yaml_fast_path import ODD, PLAIN

steady = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

SCALARS = [
    *PLAIN,
    *ODD,
    *(
        "'a b'",
        '"a # b"',
        "'it''s'",
        '"\\n"',
        "'x' y",
        '"',
        "[]",
        "{}",
        "[a]",
        "{a: b}",
        "|",
        ">-",
        "- a",
        "? a",
        ": a",
    ),
    *("a:b", "a: b", "a:", "a #b", "a#b", "#a", "# a", "-", "--", "---", "--x", "- -", "@a", "%a", "`a", ",a", "a, b]"),
    *(
        "http://a:1/b?c=d&e",
        "a  b",
        "a \t b",
        "é",
        "'é'",
        "a # é",
        "\u2028",
        "\x07",
        "\x7f",
        "a\\",
        "~a",
        "!a",
        "a: 'b'",
    ),
]
KEYS = ["a", "b", "c-d", "e.f/g", "3g.40gb", "1", "true", "~", "'a'", "a b", "-a", "a:b", "a" * 300, "<<", "=", "é"]
LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", " ", "  ", "  ", "    ", "    ", "      ", " " * 41, "\t"]),
    st.sampled_from(["", "", "", "- ", "- ", "-   ", "-", "- - "]),
    st.sampled_from(["", *(f"{key}: " for key in KEYS), "a:", "b:", "c:", "d:", "d :  "]),
    st.sampled_from(["", "", "", *SCALARS, " # c", "  "]),
)
# Most lines fit each other: otherwise few files would be right in more than their first.
FITTING = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "", "  ", "  ", "    ", " "]),
    st.sampled_from(["a: 1", "b: x", "c: 'y'", "a:", "b:", "c:", "- a", "- a: 1", "- b:", "-  c:", "# c", ""])
    | st.sampled_from(SCALARS).map("d: {}".format),
)
SEPARATORS = st.sampled_from(["---", "---", "---", "--- ", "--- a", "...", "%YAML 1.1"])
FILES = st.lists(FITTING | FITTING | FITTING | LINES | SEPARATORS, max_size=8).map("\n".join)


def as_one(content: str) -> Iterator[SourceDocument | Diagnostic]:
    """Parse a file as if none of its documents were read a line at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_source, "is_separable", lambda _: False)
        yield from list(parse_documents(content.encode(), "f"))


def paths_of(data: object, path: FieldPath = ()) -> Iterator[FieldPath]:
    yield path
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for part, value in parts:
        if isinstance(part, str | int):
            yield from paths_of(value, (*path, part))


def said(found: SourceDocument | Diagnostic) -> object:
    """What is told of a document: its data, and the places of all parts and their keys; or of what is wrong."""
    if isinstance(found, Diagnostic):
        return found
    paths = [*paths_of(found.data), ("nowhere",)]
    later = found.lasting_places(*paths)
    places = [(found.locate(path), found.locate(path, key=True), later(path)) for path in paths]
    return repr(found.data), places


def assert_same(content: str) -> None:
    assert [said(each) for each in parse_documents(content.encode(), "f")] == [said(each) for each in as_one(content)]


@settings(steady, max_examples=1500)
@given(FILES)
@example("a:\n- b:\n - c")
@example("a: |\n  b\n---\nc: |\n  d")
@example("a:\n  b:\n - c")
def test_any_lines_give_what_libyaml_gives(content: str) -> None:
    assert_same(content)


@steady
@given(
    st.recursive(
        st.sampled_from(PLAIN[:20]) | st.none() | st.booleans() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
        max_leaves=15,
    )
)
def test_what_pyyaml_writes_is_read_back(data: object) -> None:
    assert_same(yaml.safe_dump_all([{"a": data}, {"b": [data]}], sort_keys=False))


def test_changes_of_the_corpus_are_the_same() -> None:
    beginning = [content.decode() for content in seeds("loader")]
    dumped = []
    for each in beginning:
        with contextlib.suppress(yaml.YAMLError, ValueError):
            dumped.append(yaml.safe_dump_all(list(yaml.load_all(each, Loader=PlainLoader))))
    assert len(dumped) > 100
    quick = 0
    for number in range(1000):
        random = Random(number)  # noqa: S311 - it chooses changes, not keys
        text = mutate("---\n".join(random.choices(dumped, k=2)), random, tuple(beginning))
        content = text.encode(errors="replace").decode()
        assert_same(content)
        quick += is_separable(content)
    # Most go the way that is tested here.
    assert quick > 500


def test_documents_as_tools_write_them_need_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainLoader, "__init__", None)
    content = yaml.safe_dump_all(COMPLETE.values(), sort_keys=False, explicit_start=True)
    assert [each.data for each in parse_documents(content.encode(), "f") if isinstance(each, SourceDocument)] == [
        *COMPLETE.values()
    ]


@pytest.mark.parametrize("number", [3, 4])
def test_more_lines_than_values_are_allowed_are_left_to_the_parser(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_lines, "_MOST_LINES", 3)
    with contextlib.nullcontext() if number == 3 else pytest.raises(NotPlainError):
        lines_data("\n".join(f"a{index}:" for index in range(number)))


def test_documents_after_one_of_another_style_are_read_a_line_at_a_time() -> None:
    content = "a: 1\n---\nb: [x, {c: 2}] # d\n---\n\n# e\nf:\n- g\n"
    assert is_separable(content)
    assert [each.data() for each in separate_documents(content)] == [{"a": 1}, {"b": ["x", {"c": 2}]}, {"f": ["g"]}]
    assert [lines_data(text) for text in ("a: 1", "\n# e\nf:\n- g\n")] == [{"a": 1}, {"f": ["g"]}]
    assert_same(content)
