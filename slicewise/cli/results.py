"""Where results go: standard output, which is for nothing else."""

from __future__ import annotations


def print_result(text: str) -> None:
    """Print what a command was run for; errors, warnings and progress go to standard error."""
    print(text)  # noqa: T201 - the result
