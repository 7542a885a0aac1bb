"""What the values of options must be, checked before a command begins."""

from __future__ import annotations

import typer

from slicewise.documents import DNS_LABEL, REFERENCE

LONGEST_NAME = 63


def checked_name(name: str | None) -> str | None:
    """Return `name` if a document can have it.

    Raises:
        typer.BadParameter: it cannot.
    """
    if name is not None and (len(name) > LONGEST_NAME or not DNS_LABEL.fits(name)):
        raise typer.BadParameter("not a DNS label; expected lower-case letters, digits and dashes, at most 63")
    return name


def checked_secret(name: str | None) -> str | None:
    """Return `name` if a secret can be called so.

    Raises:
        typer.BadParameter: it cannot.
    """
    if name is not None and not REFERENCE.fits(name):
        raise typer.BadParameter("not a name that a secret can have; expected letters, digits and any of /_+=.@:-")
    return name


def checked_owner(owner: str | None) -> str | None:
    """Return `owner` if the first lines of a file can say it.

    Raises:
        typer.BadParameter: they cannot.
    """
    if owner is not None and (not owner.strip() or not owner.isprintable()):
        raise typer.BadParameter("expected one line of printable characters, for example the name of a stack")
    return owner
