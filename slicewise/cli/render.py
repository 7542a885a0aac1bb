"""Manifests as files: one directory an environment, one file an object."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer
import yaml

from slicewise.cli import exit_codes
from slicewise.cli.command_inputs import fail, print_lines, read_plan
from slicewise.cli.directory_lock import alone_in
from slicewise.cli.options import OutputDirectory, Paths, Previous, RenderOwner, WhenShort
from slicewise.cli.output_directory import OWNER, owner_of, replace_all, signed, written_files
from slicewise.cli.results import print_result
from slicewise.diagnostics import (
    Code,
    Diagnostic,
    InvalidInputError,
    Place,
    counted,
    printable,
    quoted,
    shown_file,
    some,
)
from slicewise.documents import Fleet
from slicewise.manifests import KubernetesObject, environment_objects
from slicewise.planning import OnShortfall, Plan, Rejections
from slicewise.presentation import shortfall_lines

STANDARD_INPUT = "standard input"


def render(
    paths: Paths,
    output_dir: OutputDirectory,
    previous: Previous = None,
    owner: RenderOwner = None,
    on_shortfall: WhenShort = OnShortfall.FAIL,
) -> None:
    """Write the manifests of what is placed, one directory an environment, for GitOps.

    All files are written or none. Manifests that the same documents were rendered to before and the plan no longer
    has are removed; files of other documents and of other people are left alone.

    Example: slicewise render stacks/prod --output-dir manifests
    """
    fleet, made = read_plan(paths, previous)
    if made.shortfalls:
        print_lines(shortfall_lines(fleet, made, Rejections(fleet, made)))
        if on_shortfall is OnShortfall.FAIL:
            print_lines(["nothing is written; make room, or write the rest with --on-shortfall warn"])
            raise typer.Exit(exit_codes.SHORTFALL)
    try:
        rendering = write_manifests(fleet, made, output_dir, owner or documents_owner(paths, output_dir), paths)
    except InvalidInputError as error:
        fail(error)
    except OSError as error:
        fail(not_written(error, output_dir))
    print_result(printable(rendering_line(rendering, shown_file(str(output_dir)))))


@dataclass(frozen=True, slots=True)
class Rendering:
    """What `render` did.

    Attributes:
        written: How many manifests the plan has, each of which is there now.
        removed: How many files of the same owner the plan no longer has.
        left: How many files of other owners, or of unknown ones, are there still.
    """

    written: int
    removed: int
    left: int


def rendering_line(rendering: Rendering, directory: str) -> str:
    """Return what was done, as people read it."""
    removed = f", removed {rendering.removed} that the plan no longer has" if rendering.removed else ""
    left = f", left {rendering.left} of other owners" if rendering.left else ""
    return f"wrote {counted(rendering.written, 'manifest')} to {directory}{removed}{left}"


class _Dumper(yaml.SafeDumper):
    """Writes everything out: people and tools that read manifests trip over anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - of none, whatever it is
        return True


def manifest_text(item: KubernetesObject) -> str:
    """Return an object as YAML, in its own order; what it has twice is written twice."""
    return yaml.dump(item, Dumper=_Dumper, sort_keys=False)


def documents_owner(paths: Sequence[str], directory: Path) -> str:
    """Return what tells the documents at `paths` from others: where they are, as seen from the output directory.

    The same on every machine that has a checkout of both, however the paths were written.
    """
    there = os.path.realpath(directory)
    named = {STANDARD_INPUT if path == "-" else os.path.relpath(_placed(path), there) for path in paths}
    return ", ".join(sorted(map(shown_file, named)))


def _placed(path: str) -> Path:
    """Return the whole path; a link stays one, wherever it leads to today."""
    whole = Path(os.path.normpath(Path(path).absolute()))
    return Path(os.path.realpath(whole.parent)) / whole.name


def write_manifests(fleet: Fleet, plan: Plan, directory: Path, owner: str, documents: Sequence[str]) -> Rendering:
    """Write the objects of `plan` below `directory`, and remove those files of `owner` that it no longer has.

    Waits, and says so, while another run is at work in the directory.

    Args:
        fleet: What was planned.
        plan: What is rendered.
        directory: Where; made if it is missing.
        owner: Whose the files are, on one line.
        documents: The paths that the documents were read from.

    Raises:
        InvalidInputError: something of others is in the way (SW111), and nothing was written.
        OSError: a file or directory cannot be written.
    """
    files = {
        directory / environment / _file_name(item): signed(manifest_text(item), owner)
        for environment, objects in environment_objects(fleet, plan).items()
        for item in objects
    }
    if not files and not directory.exists():
        return Rendering(0, 0, 0)
    with alone_in(directory, partial(_say_that_it_waits, directory)) as alone:
        return _replace(files, directory, owner, documents, alone=alone)


def not_written(error: OSError, directory: Path) -> InvalidInputError:
    """Return what to say where a file below `directory`, or that itself, cannot be written (SW110)."""
    message = f"cannot be written: {error.strerror}"
    remedy = "choose a directory that you may write to, or make room where the disk is full"
    place = Place(str(error.filename or directory))
    return InvalidInputError([Diagnostic.error(Code.BAD_OUTPUT_DIRECTORY, message, remedy, place=place)])


def _say_that_it_waits(directory: Path) -> None:
    print_lines([f"waiting for another run of `render` into {shown_file(str(directory))}"])


def _replace(
    files: dict[Path, str], directory: Path, owner: str, documents: Sequence[str], *, alone: bool
) -> Rendering:
    there = written_files(directory)
    shared = {path for path, text in files.items() if _is_the_same(path, there.get(path, owner), text, owner)}
    taken = files.keys() - shared
    problems = [
        *_folder_problems(files, documents),
        *_file_problems(taken),
        *_owner_problems(taken, directory, owner, there),
    ]
    if problems:
        raise InvalidInputError(problems)
    # Documents from standard input have no name, so others may have been written from there before.
    certain = owner != STANDARD_INPUT
    stale = [path for path, written_by in there.items() if certain and written_by == owner and path not in files]
    replace_all({path: text for path, text in files.items() if path not in shared}, stale, alone=alone)
    return Rendering(len(files), len(stale), len(there.keys() - files.keys()) - len(stale))


def _is_the_same(path: Path, other: str, text: str, owner: str) -> bool:
    """Whether the file of another owner says the same, as what all services of a namespace share may."""
    if other in ("", owner):
        return False
    return path.read_bytes() == signed(text.removeprefix(signed("", owner)), other).encode()


def _folder_problems(files: Sequence[Path] | dict[Path, str], documents: Sequence[str]) -> list[Diagnostic]:
    # Not Path.resolve(), which has an error of its own for links that lead round in a circle.
    read = {os.path.realpath(path) for path in documents if path != "-"}
    problems = []
    for folder in sorted({path.parent for path in files}):
        if folder.is_symlink():
            problems.append(
                _problem(folder, "is a link, which `render` does not follow", "put a directory in its place")
            )
        elif os.path.realpath(folder) in read:
            message = "has the documents, and would have manifests among them"
            problems.append(_problem(folder, message, "choose another --output-dir"))
    return problems


def _file_problems(paths: set[Path]) -> list[Diagnostic]:
    problems = []
    for path in paths:
        # A link holds nothing of anybody's: the manifest takes its place, and what it leads to is not touched.
        if path.parent.is_symlink() or path.is_symlink() or not path.exists():
            continue
        if owner_of(path) is None:
            what = "is not a regular file" if not path.is_file() else "was not written by `render`"
            problems.append(_problem(path, what, "move it elsewhere, or choose another --output-dir"))
    return problems


def _owner_problems(paths: set[Path], directory: Path, owner: str, there: Mapping[Path, str]) -> Iterator[Diagnostic]:
    """Yield, once for each other owner, that its files are in the way, and what does away with all of them at once."""
    others = {there[path] for path in paths if path in there} - {"", owner}
    for other in sorted(others):
        all_files = [path for path, written_by in there.items() if written_by == other]
        in_the_way = [str(path.relative_to(directory)) for path in all_files if path in paths]
        mine, line = shlex.quote(other), shlex.quote(f"{OWNER}{other}")
        message = (
            f"{some(in_the_way)} {'was' if len(in_the_way) == 1 else 'were'} rendered from other documents, of owner "
            f"{quoted(other)}, which has {counted(len(all_files), 'file')} here"
        )
        remedy = (
            f"choose another --output-dir. If these documents take the place of those, go on under their name: "
            f"--owner {mine}; for another name, first remove all its files: "
            f"grep -rlxF --null --include='*.yaml' -e {line} {shlex.quote(str(directory))} | xargs -0 rm"
        )
        place = Place(str(directory))
        yield Diagnostic.error(
            Code.OUTPUT_OF_OTHERS, message, remedy, place=place, inTheWay=len(in_the_way), files=len(all_files)
        )


def _problem(path: Path, message: str, remedy: str) -> Diagnostic:
    return Diagnostic.error(Code.OUTPUT_OF_OTHERS, message, remedy, place=Place(str(path)))


def _file_name(item: KubernetesObject) -> str:
    metadata = item["metadata"]
    return f"{metadata['namespace']}.{item['kind'].lower()}.{metadata['name']}.yaml"
