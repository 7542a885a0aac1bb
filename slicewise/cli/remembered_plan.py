"""The plan of the last rendering, kept beside the manifests: because of it, what runs stays where it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from slicewise.changes import parts_of_plan, with_lines_of_parts
from slicewise.cli.output_directory import written_files
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, counted, quoted
from slicewise.documents import Fleet
from slicewise.planning import Plan, PreviousPlacement, Rejections, parse_previous, plan_to_outputs

_NAME: Final = "slicewise-plan"
_RESTORE: Final = (
    "restore it, for example from version control; or pass --fresh to plan without it: what runs may then get other "
    "places, and restart there"
)


@dataclass(frozen=True, slots=True)
class RememberedPlan:
    """What an output directory has of the last rendering of one owner.

    Attributes:
        path: The file that has the plan, or will have it.
        text: What is in it; None where there is no such file yet.
        placements: What was placed.
    """

    path: Path
    text: str | None = None
    placements: tuple[PreviousPlacement, ...] = ()

    @property
    def is_outdated(self) -> bool:
        """Whether the file has something else by now."""
        return _text_of(self.path) != self.text


def recall(directory: Path, owner: str) -> RememberedPlan:
    """Return the plan that manifests of `owner` below `directory` were last rendered from.

    Raises:
        InvalidInputError: a file that should have it does not (SW109), or is missing although there are manifests of
            this owner (SW112).
    """
    for path in _plan_files(directory):
        text = _text_of(path)
        data = _read(path, text or "")
        if data.get("owner") == owner:
            return RememberedPlan(path, text, _placements(path, data))
    written = sum(each == owner for each in written_files(directory).values())
    if written:
        raise _forgotten(directory, owner, written)
    return without_memory(directory, owner)


def without_memory(directory: Path, owner: str) -> RememberedPlan:
    """Return where the plan of `owner` is, or will be: a second owner in one directory has a file of its own."""
    first = directory / f"{_NAME}.json"
    own = directory / f"{_NAME}-{hashlib.sha256(owner.encode()).hexdigest()[:8]}.json"
    path = own if own.exists() or not _may_have(first, owner) else first
    return RememberedPlan(path, _text_of(path))


def _may_have(path: Path, owner: str) -> bool:
    """Return whether a plan of `owner` can be written there: nothing is, or what is not a plan of another owner."""
    try:
        return not path.exists() or _read(path, _text_of(path) or "").get("owner", owner) == owner
    except InvalidInputError:
        return True


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def plan_text(fleet: Fleet, plan: Plan, owner: str) -> str:
    """Return what the next rendering reads: the same bytes as long as nothing is placed differently."""
    placements = plan_to_outputs(fleet, plan, Rejections(fleet, plan))["placements"]
    with_lines_of_parts(placements.values(), parts_of_plan(fleet, plan))
    written_by = "slicewise render: commit this file with the manifests; it keeps what runs where it is"
    return json.dumps({"writtenBy": written_by, "owner": owner, "placements": placements}, indent=2) + "\n"


def _plan_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob(f"{_NAME}*.json") if path.is_file() and not path.is_symlink())


def _read(path: Path, text: str) -> dict[str, object]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise _unreadable(path, "not a plan: it is not a mapping")
    return data


def _placements(path: Path, data: dict[str, object]) -> tuple[PreviousPlacement, ...]:
    try:
        return parse_previous(data.get("placements"), str(path))
    except InvalidInputError as error:
        raise _unreadable(path, error.problems[0].text) from error


def _unreadable(path: Path, message: str) -> InvalidInputError:
    return InvalidInputError([Diagnostic.error(Code.BAD_PREVIOUS_PLAN, message, _RESTORE, place=Place(str(path)))])


def _forgotten(directory: Path, owner: str, written: int) -> InvalidInputError:
    message = (
        f"has {counted(written, 'manifest')} of owner {quoted(owner)}, but not the plan that they were rendered from "
        f"({_NAME}.json), so what runs could not be kept where it is"
    )
    remedy = f"{_RESTORE}; or pass --previous with the plan that was applied"
    place = Place(str(directory))
    return InvalidInputError(
        [Diagnostic.error(Code.RENDERED_PLAN_MISSING, message, remedy, place=place, manifests=written)]
    )
