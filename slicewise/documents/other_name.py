"""A name that people write for a field that is called otherwise here, or belongs elsewhere."""

from __future__ import annotations

from typing import NamedTuple


class OtherName(NamedTuple):
    """What to write instead of a field that is called otherwise here, or belongs elsewhere."""

    advice: str
    targets: tuple[str, ...] = ()
    """Fields, from the mapping that has the other name (`/` begins at the document): if missing, this is why."""


def renamed(target: str, more: str = "") -> OtherName:
    """Return that a field is called `target` here; `more` is what else to know."""
    return OtherName(f"write it as {target.removeprefix('/')}{more}", (target,))
