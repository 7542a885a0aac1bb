"""What of other people is in the way of a rendering."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from slicewise.cli.output_directory import OWNER, owner_of
from slicewise.diagnostics import Code, Diagnostic, Place, counted, quoted, some
from slicewise.sources import DIRECTORIES_BELOW


def conflicts(
    files: Mapping[Path, str],
    shared: AbstractSet[Path],
    there: Mapping[Path, str],
    directory: Path,
    owner: str,
    documents: Sequence[str],
) -> list[Diagnostic]:
    """Return what keeps the manifests from being written (SW111).

    Args:
        files: The manifests, by where they are written.
        shared: Those of them that another owner has, too, word for word.
        there: Every manifest that the directory has, with its owner.
        directory: Where all of them are.
        owner: Whose manifests are written.
        documents: The paths that the documents were read from.
    """
    taken = files.keys() - shared
    return [
        *_folder_problems(files, documents),
        *_file_problems(taken),
        *_owner_problems(taken, directory, owner, there),
    ]


def _folder_problems(files: Mapping[Path, str], documents: Sequence[str]) -> list[Diagnostic]:
    # Not Path.resolve(), which has an error of its own for links that lead round in a circle.
    read = [Path(os.path.realpath(path)) for path in documents if path != "-"]
    everything_below = [path.parent for path in read if path.name == DIRECTORIES_BELOW]
    problems = []
    for folder in sorted({path.parent for path in files}):
        if folder.is_symlink():
            problems.append(
                _problem(folder, "is a link, which `render` does not follow", "put a directory in its place")
            )
        elif (real := Path(os.path.realpath(folder))) in read or any(map(real.is_relative_to, everything_below)):
            message = "has the documents, and would have manifests among them"
            problems.append(_problem(folder, message, "choose another --output-dir"))
    return problems


def _file_problems(paths: AbstractSet[Path]) -> list[Diagnostic]:
    problems = []
    for path in paths:
        # A link holds nothing of anybody's: the manifest takes its place, and what it leads to is not touched.
        if path.parent.is_symlink() or path.is_symlink() or not path.exists():
            continue
        if owner_of(path) is None:
            what = "is not a regular file" if not path.is_file() else "was not written by `render`"
            problems.append(_problem(path, what, "move it elsewhere, or choose another --output-dir"))
    return problems


def _owner_problems(
    paths: AbstractSet[Path], directory: Path, owner: str, there: Mapping[Path, str]
) -> Iterator[Diagnostic]:
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
