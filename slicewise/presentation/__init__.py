"""Plans as people read them: tables, bars, maps and pictures.

`print_plan` prints a whole plan for a terminal, `shortfall_lines` why something is not placed and what would help,
and `fleet_picture` draws the pools as SVG.
"""

from slicewise.presentation.accounts import print_accounts
from slicewise.presentation.columns import Column, show, show_line
from slicewise.presentation.console import plain_console, printing_console
from slicewise.presentation.picture import fleet_picture
from slicewise.presentation.progress import loading_bar, waiting_bar
from slicewise.presentation.shortfalls import headline, remedy_lines, shortfall_lines
from slicewise.presentation.tables import (
    moved_lines,
    print_endpoints,
    print_placements,
    print_plan,
    unchecked_line,
    warning_lines,
)

__all__ = [
    "Column",
    "fleet_picture",
    "headline",
    "loading_bar",
    "moved_lines",
    "plain_console",
    "print_accounts",
    "print_endpoints",
    "print_placements",
    "print_plan",
    "printing_console",
    "remedy_lines",
    "shortfall_lines",
    "show",
    "show_line",
    "unchecked_line",
    "waiting_bar",
    "warning_lines",
]
