"""Plans as people read them: tables, bars, maps and pictures.

`print_plan` prints a whole plan for a terminal, `shortfall_lines` why something is not placed and what would help,
and `fleet_picture` draws the pools as SVG.
"""

from slicewise.presentation.accounts import print_accounts
from slicewise.presentation.changes import change_lines, changes_headline
from slicewise.presentation.columns import show, show_command, show_line
from slicewise.presentation.console import plain_console, printing_console
from slicewise.presentation.encodings import replace_what_is_lacking
from slicewise.presentation.markdown import accounts_as_markdown, plan_as_markdown
from slicewise.presentation.palette import ERROR, FAINT, GOOD, NOTE, WARNING
from slicewise.presentation.picture import fleet_picture
from slicewise.presentation.progress import loading_bar, waiting_bar
from slicewise.presentation.shortfalls import headline, remedy_lines, shortfall_lines
from slicewise.presentation.table_layout import Column
from slicewise.presentation.tables import (
    moved_lines,
    print_changes,
    print_endpoints,
    print_placements,
    print_plan,
    print_quotas,
    unchecked_line,
    warning_lines,
)

__all__ = [
    "ERROR",
    "FAINT",
    "GOOD",
    "NOTE",
    "WARNING",
    "Column",
    "accounts_as_markdown",
    "change_lines",
    "changes_headline",
    "fleet_picture",
    "headline",
    "loading_bar",
    "moved_lines",
    "plain_console",
    "plan_as_markdown",
    "print_accounts",
    "print_changes",
    "print_endpoints",
    "print_placements",
    "print_plan",
    "print_quotas",
    "printing_console",
    "remedy_lines",
    "replace_what_is_lacking",
    "shortfall_lines",
    "show",
    "show_command",
    "show_line",
    "unchecked_line",
    "waiting_bar",
    "warning_lines",
]
