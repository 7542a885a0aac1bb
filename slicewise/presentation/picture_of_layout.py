"""A layout as an SVG picture; apart from that of a plan, which has no use for all that layouts need."""

from __future__ import annotations

from rich.console import Console

from slicewise.layouts import FleetLayout
from slicewise.presentation.layout_map import print_layout_map
from slicewise.presentation.layout_steps import print_layout_steps
from slicewise.presentation.picture import svg_picture


def layout_picture(found: FleetLayout) -> str:
    """Return the GPUs that are cut anew as SVG, in ASCII, before and after, with the steps until they are."""

    def draw(console: Console) -> None:
        print_layout_map(console, found)
        print_layout_steps(console, found)

    return svg_picture("slicewise layout", draw)
