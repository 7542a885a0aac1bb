"""The colours of `--help` and of usage errors in a terminal: those that are seen on black and on white."""

from __future__ import annotations

from typing import Final

from slicewise.presentation import ERROR, GOOD, NOTE, WARNING

WIDE_ENOUGH_FOR_BOXES: Final = 100
"""Columns of a terminal from which on boxes have room for the values of options."""


def use_palette() -> None:
    """Give typer colours of the palette; its own have yellow, which a white background swallows."""
    from typer import rich_utils  # noqa: PLC0415 - it takes time, and only a terminal has colours

    rich_utils.STYLE_OPTION = f"bold {NOTE}"
    rich_utils.STYLE_COMMANDS_TABLE_FIRST_COLUMN = f"bold {NOTE}"
    rich_utils.STYLE_SWITCH = f"bold {GOOD}"
    rich_utils.STYLE_TYPES = f"bold {WARNING}"
    rich_utils.STYLE_USAGE = WARNING
    rich_utils.STYLE_OPTION_ENVVAR = WARNING
    rich_utils.STYLE_ERRORS_PANEL_BORDER = ERROR
    rich_utils.STYLE_REQUIRED_SHORT = ERROR
    rich_utils.STYLE_REQUIRED_LONG = ERROR
