"""Layers of one kind, by the patterns of a quantisation config: patterns must mean the same modules of all of them."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.sizing.name_patterns import NamePatterns, UnreadablePatternError

_LAYERS = range(112)
_MODULES = ("self_attn.q_proj", "mlp.gate", "mlp.experts", "mlp.experts.1.up_proj")
_PATTERNS = st.one_of(
    st.sampled_from(
        [
            "lm_head",
            "model.layers.3.self_attn",
            "model.layers.13.mlp.gate",
            "language_model.model.layers.7",
            "model.layers.5.mlp.experts.0.gate_proj",
            "7",
            "gate",
            "model.layers.?.mlp*",
            "model.layers.??.mlp*",
            "*layers.1*",
            "*layers.[!1]*",
            "*layers.[a-z]*",
            "*layers.[!-Z].*",
            "re:.*mlp.gate$",
            "re:.*layers.[0-9].mlp.*",
            r"re:model\.layers\..\.mlp",
            r"re:model\.layers\.\d+\.mlp",
            r"re:model\.layers\.(?P<digit>.)(?P=digit)\.mlp",
            r"re:.*layers\.\N{DIGIT FOUR}",
            r"re:.*layers\.[^a]\..*",
        ]
    ),
    st.text("0129.?*[]!-alyers", min_size=1, max_size=12),
    st.text("0129.?[]^-alyersd\\", min_size=1, max_size=12).map("re:.*layers.{}".format),
)


@given(st.lists(_PATTERNS, max_size=3))
def test_of_layers_of_one_kind_the_same_modules_are_meant(patterns: list[str]) -> None:
    try:
        named = NamePatterns(patterns)
    except UnreadablePatternError:
        return
    meant: dict[object, set[tuple[bool, ...]]] = {}
    for number in _LAYERS:
        kind = named.kind_of_layer(number) if named.tells_layers else None
        of_it = tuple(named.match(f"layers.{number}.{module}") for module in _MODULES)
        meant.setdefault(kind, set()).add(of_it)
    assert {len(each) for each in meant.values()} == {1}


@pytest.mark.parametrize(
    ("patterns", "kinds"),
    [
        ((), 1),
        (("lm_head", "gate"), 1),
        # Of one digit, of two and of three.
        (("re:.*lm_head", "model.visual*"), 3),
        (("re:.*mlp.gate$",), 3),
        (tuple(f"model.layers.{number}.mlp.gate" for number in _LAYERS), 1),
        (("model.layers.0.mlp",), 2),
        (("re:.*layers.[0-3].mlp",), 112),
    ],
)
def test_layers_that_no_pattern_tells_apart_are_of_few_kinds(patterns: tuple[str, ...], kinds: int) -> None:
    named = NamePatterns(patterns)
    assert len({named.kind_of_layer(number) if named.tells_layers else None for number in _LAYERS}) == kinds


@pytest.mark.parametrize("pattern", ["re:.*layers.[+--0].mlp", "re:.*layers.[[0].mlp"])
def test_what_python_may_read_differently_one_day_is_matched_as_it_is_today(pattern: str) -> None:
    with warnings.catch_warnings(action="error"):
        named = NamePatterns([pattern])
    assert named.match("layers.0.mlp")
    assert not named.match("layers.1.mlp")
