"""Colours that can be told from a black background and from a white one. None of them is the only sign of anything.

Each has a contrast of 3:1 with both (WCAG 2.1, 1.4.11), so none is white or a bright yellow; terminals of sixteen
colours get the nearest that is neither.
"""

from __future__ import annotations

from typing import Final

from rich.theme import Theme

GOOD: Final = "color(28)"
WARNING: Final = "color(202)"
ERROR: Final = "color(160)"
NOTE: Final = "color(30)"
FAINT: Final = "color(243)"
RESERVED: Final = "color(243)"
FREE: Final = "color(241)"

# Neighbours in the list differ for most colour-blind people, too.
BARS: Final = (
    *("color(27)", "color(202)", "color(28)", "color(164)", "color(101)", "color(30)"),
    *("color(160)", "color(99)", "color(131)", "color(162)", "color(33)", "color(66)"),
)

THEME: Final = Theme(
    {
        "progress.elapsed": NOTE,
        "progress.remaining": NOTE,
        "progress.percentage": NOTE,
        "progress.download": NOTE,
        "progress.spinner": GOOD,
        "progress.filesize": NOTE,
        "progress.filesize.total": NOTE,
        "progress.data.speed": NOTE,
        **dict.fromkeys(("markdown.h2", "markdown.h3", "markdown.h4"), "bold"),
        "markdown.list": "none",
        "markdown.kbd": f"bold {NOTE}",
        "markdown.code": f"bold {NOTE}",
        "markdown.code_block": NOTE,
        "markdown.link": NOTE,
        "markdown.link_url": f"underline {NOTE}",
        "markdown.item.bullet": f"bold {NOTE}",
        "markdown.item.number": NOTE,
        "markdown.table.header": f"bold {NOTE}",
        "markdown.table.border": FAINT,
        "markdown.hr": FAINT,
        "markdown.block_quote": NOTE,
        "bar.complete": NOTE,
        "bar.finished": GOOD,
        "bar.pulse": NOTE,
        "bar.back": FAINT,
    }
)
"""What rich draws of its own accord, in these colours."""
