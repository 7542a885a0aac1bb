"""What every command reads: documents, and an earlier plan. Mistakes are printed one a line, and end the run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final, NoReturn

import typer

from slicewise import presentation
from slicewise.cli import exit_codes
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, printable
from slicewise.documents import Fleet, load_contents, load_fleet
from slicewise.kubernetes import mapping, text
from slicewise.planning import Plan, PreviousPlacement, make_plan, parse_previous
from slicewise.sources import read_all

_OTHER_PLAN: Final = (
    "give what `plan --output json` or `pulumi stack output --json` writes, or leave --previous out: placements may "
    "then move"
)
# What a stack that applies a plan stack's plan says of itself in its outputs.
_APPLY: Final = "apply"
_WHOLE_PLAN: Final = (
    "give the outputs of its plan stack, which its output planStack names: pulumi stack output --json --stack "
    "PLAN_STACK"
)
# A plan of 10,000 deployments has some 10 MB.
_MOST_BYTES = 256 * 1024 * 1024


def read_inputs(
    paths: Sequence[str], previous: Path | None
) -> tuple[Fleet, Plan, tuple[PreviousPlacement, ...], dict[str, str]]:
    """Read the documents, and the earlier plan if there is one, and plan.

    Returns:
        The documents, the plan, the earlier plan, and by environment the uid of the cluster that it was.
    """
    fleet = read_fleet(paths)
    old, uids = read_previous(previous)
    return fleet, make_plan(fleet, old), old, uids


def read_previous(previous: Path | None) -> tuple[tuple[PreviousPlacement, ...], dict[str, str]]:
    """Read the earlier plan, if there is one, and by environment the uid of the cluster that it was."""
    try:
        return _read_previous(previous) if previous else ((), {})
    except InvalidInputError as error:
        fail(error)


def read_fleet(paths: Sequence[str]) -> Fleet:
    """Read the documents; in a terminal with a bar if that takes long."""
    try:
        with _loading_bar() as progress:
            return load_fleet(paths, progress)
    except InvalidInputError as error:
        fail(error)


def read_with_text(paths: Sequence[str]) -> tuple[list[tuple[str, bytes]], Fleet]:
    """Read the documents, and return what the files have, too: standard input can be read only once."""
    files, unreadable = read_all(paths)
    try:
        with _loading_bar() as progress:
            return files, load_contents(files, unreadable, progress)
    except InvalidInputError as error:
        fail(error)


def _loading_bar() -> AbstractContextManager[Callable[[float], None] | None]:
    """Return a bar, or nothing where nobody sees it: then what draws it need not be imported."""
    return presentation.loading_bar() if sys.stderr.isatty() else nullcontext()


def fail(error: InvalidInputError) -> NoReturn:
    """Print what is wrong with the input, and end."""
    print_lines(map(str, error.problems))
    raise typer.Exit(exit_codes.INVALID)


def print_lines(lines: Iterable[str]) -> None:
    """Print what is wrong on standard error, where it does not mix with results."""
    for line in lines:
        print(printable(line), file=sys.stderr)  # noqa: T201 - errors, one a line


def _read_previous(path: Path) -> tuple[tuple[PreviousPlacement, ...], dict[str, str]]:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            message = f"it has more than {_MOST_BYTES:,} bytes"
            place = Place(str(path))
            raise InvalidInputError(
                [Diagnostic.error(Code.BAD_PREVIOUS_PLAN, message, _OTHER_PLAN, place=place, mostBytes=_MOST_BYTES)]
            )
        data = json.loads(content)
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"not JSON: {error}") from error
    if mapping(data).get("mode") == _APPLY:
        raise _unusable(path, "it has what one stack applies, and not the whole plan", _WHOLE_PLAN)
    placements = data.get("placements") if isinstance(data, dict) else None
    try:
        return parse_previous(placements, str(path)), _uids(data)
    except InvalidInputError as error:
        raise InvalidInputError(
            [replace(each, message=each.text, remedy=_OTHER_PLAN) for each in error.problems]
        ) from None


def _unusable(path: Path, message: str, remedy: str = _OTHER_PLAN) -> InvalidInputError:
    place = Place(str(path))
    return InvalidInputError([Diagnostic.error(Code.BAD_PREVIOUS_PLAN, message, remedy, place=place)])


def _uids(outputs: object) -> dict[str, str]:
    """Return which cluster each environment was, as a stack's output `clusters` says; a plan has none."""
    clusters = mapping(mapping(outputs).get("clusters"))
    return {name: uid for name, each in clusters.items() if (uid := text(mapping(each).get("uid")))}
