"""The short way from YAML to data gives exactly what PyYAML gives, or leaves the document to it."""

from __future__ import annotations

import contextlib
import re

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slicewise.diagnostics.diagnostic import InvalidInputError
from slicewise.sources import yaml_fast_path, yaml_limits
from slicewise.sources.yaml_fast_path import NotPlainError, plain_data
from slicewise.sources.yaml_limits import duplicate_keys, refuse_expansion
from slicewise.sources.yaml_loader import STR_TAG, PlainLoader
from tests.unit.documents.documents import COMPLETE, text

steady = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

PLAIN = [
    *(
        "a",
        "b c",
        "40Gi",
        "v1.2",
        "3g.40gb",
        "2026-01-01",
        "1e3",
        "0o7",
        "09",
        "+",
        "-1x",
        "nUll",
        "'5'",
        '"true"',
        "''",
    ),
    *(
        "1",
        "0",
        "-7",
        "+3",
        "007",
        "0x1F",
        "0b11",
        "1_000",
        "1:30",
        "190:20:30",
        "1:30.5",
        "1.5",
        "-.5",
        "1.",
        "1e+3",
        "6.8523015e+5",
    ),
    *(
        ".inf",
        "-.INF",
        ".nan",
        "true",
        "False",
        "yes",
        "NO",
        "on",
        "Off",
        "~",
        "null",
        "NULL",
        "",
        "!!str 5",
        "!!int 3",
    ),
    *("!!int '3'", "!!float 1", "!!null x", "!!bool yes"),
]
ODD = [
    *(
        "=",
        "<<",
        "!!int x",
        "!!bool maybe",
        "!!float 1:x",
        "!!int 010",
        "!!int 0x1F",
        "!!float 1_0.5",
        "!!set {a}",
        "!!str [a]",
        "!!seq a",
        "!!map [a]",
        "!other a",
    ),
    *(
        "!!str {a: b}",
        "!!str {=: b}",
        "!!seq {a: b}",
        "&a x",
        "*a",
        "&b {a: 1}",
        "*b",
        "!!binary YQ==",
        f"{'9' * 41}",
        "?",
    ),
    *("!!timestamp 2026-01-01", "[&c [], *c]", "{<<: {a: 1}, a: 2}", "{<<: [{a: 1}, {b: 2}]}", "{<<: 1}", "&d [*d]"),
]
# JSON's numbers, and what else all YAML has: a sign, no digit on one side of the point, no number at all.
DECIMAL = re.compile(
    r"[-+]?(0|[1-9]\d*)(\.\d*([eE][-+]\d+)?)?|[-+]?\.\d+([eE][-+]\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
NAMES = st.sampled_from(["a", "b", "c", "'1'", "metadata", "x-y", '"<<"'])
ODD_NAMES = st.sampled_from(
    ["1", "true", "~", "<<", "=", "? [a]", "? {a: b}", "!!str 7", "!!int x", "&k k", "*k", "1.5"]
)


def flow(scalars: st.SearchStrategy[str], names: st.SearchStrategy[str], unique: bool) -> st.SearchStrategy[str]:
    """Write YAML in flow style."""

    def collections(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pairs = st.lists(st.tuples(names, values), max_size=4, unique_by=(lambda pair: pair[0]) if unique else None)
        lists = st.lists(values, max_size=4).map(lambda items: f"[{', '.join(item or '~' for item in items)}]")
        return lists | pairs.map(lambda items: f"{{{', '.join(f'{name} : {value}' for name, value in items)}}}")

    return st.recursive(scalars, collections, max_leaves=20)


def compose(document: str) -> yaml.Node:
    node = yaml.compose(document, Loader=PlainLoader)
    assert node is not None
    return node


@steady
@given(flow(st.sampled_from(PLAIN), NAMES, unique=True).filter(bool))
def test_ordinary_documents_go_the_short_way(document: str) -> None:
    assert repr(plain_data(compose(document))) == repr(yaml.load(document, Loader=PlainLoader))  # noqa: S506 - it is safe


@steady
@given(flow(st.sampled_from(PLAIN + ODD), NAMES | ODD_NAMES, unique=False).filter(bool))
@example("{a: &a {b: 1}, c: *a}")
def test_what_goes_the_short_way_is_right(document: str) -> None:
    data: object = NotPlainError
    with contextlib.suppress(NotPlainError, yaml.YAMLError):
        data = plain_data(compose(document))
    if data is not NotPlainError:
        refuse_expansion(compose(document), "")
        assert duplicate_keys(compose(document), "") == []
        assert repr(data) == repr(yaml.load(document, Loader=PlainLoader))  # noqa: S506 - it is safe


@pytest.mark.parametrize("kind", COMPLETE)
def test_documents_of_every_kind_go_the_short_way(kind: str) -> None:
    assert plain_data(compose(text(COMPLETE[kind]))) == COMPLETE[kind]


@pytest.mark.parametrize("document", [f"{'[' * 99}{']' * 99}", f"{'{a: ' * 99}{'}' * 99}"])
def test_as_deep_as_is_allowed(document: str) -> None:
    assert plain_data(compose(document)) == yaml.safe_load(document)
    refuse_expansion(compose(document), "")


def test_deeper_than_is_allowed_is_left_to_the_checks() -> None:
    node = compose("[" * 102 + "]" * 102)
    with pytest.raises(NotPlainError):
        plain_data(node)
    with pytest.raises(InvalidInputError):
        refuse_expansion(node, "")


@pytest.mark.parametrize("document", ["[a, b, c, d]", "{a: b, c: [d]}", "{a: [], b: {}}"])
def test_more_than_is_allowed_is_left_to_the_checks(document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = sum(isinstance(event, yaml.NodeEvent) for event in yaml.parse(document))
    for limit in (nodes - 1, nodes):
        monkeypatch.setattr(yaml_fast_path, "MAX_NODES", limit)
        monkeypatch.setattr(yaml_limits, "MAX_NODES", limit)
        allowed = limit == nodes
        with contextlib.nullcontext() if allowed else pytest.raises(NotPlainError):
            plain_data(compose(document))
        with contextlib.nullcontext() if allowed else pytest.raises(InvalidInputError):
            refuse_expansion(compose(document), "")


@steady
@given(st.text("0123456789.:_+-eExXbojinfaNulrtsyTF~<= ", max_size=12))
@example("")
@example("010")
@example("0x1F")
@example("-0b1")
@example("1_0.5")
@example("1:30")
@example("0.5e+3")
def test_plain_text_has_the_tag_that_pyyaml_gives_it_unless_it_is_a_number_of_other_notation(plain: str) -> None:
    loader = PlainLoader("")
    for implicit in ((True, False), (False, True), (False, False)):
        expected = yaml.resolver.BaseResolver.resolve(loader, yaml.ScalarNode, plain, implicit)  # type: ignore[no-untyped-call]
        if expected.endswith((":int", ":float")) and not DECIMAL.fullmatch(plain):
            expected = STR_TAG
        assert loader.resolve(yaml.ScalarNode, plain, implicit) == expected
