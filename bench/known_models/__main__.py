"""`python -m bench.known_models`: print the table of docs/sizing.md."""

from __future__ import annotations

from bench.known_models import size_table

print(size_table(), end="")  # noqa: T201 - the page is made with it
