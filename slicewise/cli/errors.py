"""`slicewise errors`: what a code means."""

from __future__ import annotations

from slicewise.cli.errors_page import find_section, print_list, print_section, read_sections
from slicewise.cli.options import ErrorCode
from slicewise.presentation import printing_console


def errors(code: ErrorCode = None) -> None:
    """Say what a code means: the cause, an example and the remedy.

    Example: slicewise errors SW204
    """
    sections = read_sections()
    if code is None:
        print_list(printing_console(), sections)
    else:
        print_section(printing_console(), find_section(code, sections))
