"""Plans as people read them: tables, bars, maps and pictures.

`print_plan` prints a whole plan for a terminal, `shortfall_lines` why something is not placed and what would help,
and `fleet_picture` draws the pools as SVG.
"""

from typing import TYPE_CHECKING

from slicewise.sources import lazy_attributes

if TYPE_CHECKING:
    from slicewise.presentation.accounts import print_accounts
    from slicewise.presentation.beside_results import print_beside
    from slicewise.presentation.changes import change_lines, changes_headline
    from slicewise.presentation.columns import show, show_command, show_line
    from slicewise.presentation.console import message_console, plain_console, printing_console
    from slicewise.presentation.encodings import replace_what_is_lacking
    from slicewise.presentation.layout_map import print_layout_map
    from slicewise.presentation.layout_steps import START_AGAIN, print_layout_steps, print_missing_solver, step_in_words
    from slicewise.presentation.markdown import accounts_as_markdown, plan_as_markdown
    from slicewise.presentation.palette import ERROR, FAINT, GOOD, NOTE, WARNING
    from slicewise.presentation.picture import fleet_picture
    from slicewise.presentation.picture_of_layout import layout_picture
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
    "START_AGAIN",
    "WARNING",
    "Column",
    "accounts_as_markdown",
    "change_lines",
    "changes_headline",
    "fleet_picture",
    "headline",
    "layout_picture",
    "loading_bar",
    "message_console",
    "moved_lines",
    "plain_console",
    "plan_as_markdown",
    "print_accounts",
    "print_beside",
    "print_changes",
    "print_endpoints",
    "print_layout_map",
    "print_layout_steps",
    "print_missing_solver",
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
    "step_in_words",
    "unchecked_line",
    "waiting_bar",
    "warning_lines",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "print_accounts": "accounts",
        "print_beside": "beside_results",
        "change_lines": "changes",
        "changes_headline": "changes",
        "show": "columns",
        "show_command": "columns",
        "show_line": "columns",
        "message_console": "console",
        "plain_console": "console",
        "printing_console": "console",
        "replace_what_is_lacking": "encodings",
        "accounts_as_markdown": "markdown",
        "plan_as_markdown": "markdown",
        "ERROR": "palette",
        "FAINT": "palette",
        "GOOD": "palette",
        "NOTE": "palette",
        "WARNING": "palette",
        "print_layout_map": "layout_map",
        "START_AGAIN": "layout_steps",
        "print_layout_steps": "layout_steps",
        "print_missing_solver": "layout_steps",
        "step_in_words": "layout_steps",
        "fleet_picture": "picture",
        "layout_picture": "picture_of_layout",
        "loading_bar": "progress",
        "waiting_bar": "progress",
        "headline": "shortfalls",
        "remedy_lines": "shortfalls",
        "shortfall_lines": "shortfalls",
        "Column": "table_layout",
        "moved_lines": "tables",
        "print_changes": "tables",
        "print_endpoints": "tables",
        "print_placements": "tables",
        "print_plan": "tables",
        "print_quotas": "tables",
        "unchecked_line": "tables",
        "warning_lines": "tables",
    },
)
