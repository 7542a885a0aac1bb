"""The fleet map as an SVG picture that fetches nothing: no fonts, no scripts."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME

from slicewise.planning import Plan
from slicewise.presentation.fleet_map import print_map

_COLUMNS = 120
_POOLS = 1000

# rich fills in the lower-case names; its own format names a font on the web.
_FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" xml:space="preserve">
    <style>
    .{unique_id}-matrix {{
        font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def fleet_picture(plan: Plan) -> str:
    """Return the map of `plan` as SVG, in ASCII: whatever encoding it is written in, readers take it for UTF-8."""
    return svg_picture("slicewise plan", lambda console: print_map(console, plan, _POOLS))


def svg_picture(title: str, draw: Callable[[Console], None]) -> str:
    """Return what `draw` prints as SVG, in ASCII."""
    # A console of its own: the picture is the same on every terminal, and in a pipe.
    console = Console(
        file=io.StringIO(),
        record=True,
        width=_COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
        _environ={},
    )
    draw(console)
    picture = console.export_svg(title=title, theme=SVG_EXPORT_THEME, code_format=_FORMAT, unique_id="fleet")
    return picture.encode("ascii", "xmlcharrefreplace").decode()
