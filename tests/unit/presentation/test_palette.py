"""Colours are seen on black and on white, by WCAG's own formula."""

from __future__ import annotations

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style

from slicewise.presentation import palette

STYLES = sorted(
    {
        *(palette.GOOD, palette.WARNING, palette.ERROR, palette.NOTE, palette.FAINT, palette.RESERVED, palette.FREE),
        *palette.BARS,
    }
)
# Of the sixteen: black, yellow and white, and the bright ones that are nearly white.
FAINT_SOMEWHERE = {0, 3, 7, 10, 11, 14, 15}


def luminance(color: Color) -> float:
    """Return the relative luminance (WCAG 2.1)."""
    parts = [part / 255 for part in color.get_truecolor()]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("style", STYLES)
def test_a_colour_is_seen_on_black_and_on_white(style: str) -> None:
    color = Style.parse(style).color
    assert color
    assert (luminance(color) + 0.05) / 0.05 >= 3
    assert 1.05 / (luminance(color) + 0.05) >= 3


@pytest.mark.parametrize("style", STYLES)
def test_sixteen_colours_are_enough(style: str) -> None:
    color = Style.parse(style).color
    assert color
    assert color.downgrade(ColorSystem.STANDARD).number not in FAINT_SOMEWHERE


def test_what_rich_draws_on_its_own_has_colours_of_these() -> None:
    ours = {Style.parse(style).color for style in STYLES}
    ours_too = ("progress.", "bar.", "markdown.")
    drawn = {name: style.color for name, style in palette.THEME.styles.items() if name.startswith(ours_too)}
    assert {name for name, color in drawn.items() if color and color not in ours} == set()
