"""The content of what a user names: files, directories, standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from slicewise.spec.codes import Code
from slicewise.spec.problems import Problem
from slicewise.spec.yaml_source import MAX_FILE_BYTES

STDIN: Final = "-"
_STDIN_NAME: Final = "<stdin>"


def read_all(paths: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file in `paths`; add to `problems` what cannot be read.

    No more of a file is read than tells that it is too large.
    """
    seen: set[str] = set()
    for text in paths:
        for path in [STDIN] if text == STDIN else _files(Path(text), problems):
            # A file named twice (a directory, and a file in it) is read once.
            identity = STDIN if path == STDIN else os.path.realpath(path)
            if identity in seen:
                continue
            seen.add(identity)
            if isinstance(path, str):
                yield _STDIN_NAME, sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
                continue
            try:
                with path.open("rb") as file:
                    content = file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                problems.append(_unreadable(path, error))
            else:
                yield str(path), content


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    try:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml") and not file.is_dir())
            if not files:
                message = (
                    "the directory holds no *.yaml or *.yml file, and directories below it are not searched; "
                    "name the directory that holds the documents"
                )
                problems.append(Problem(str(path), 0, 0, "", message, Code.NO_DOCUMENTS))
            return files
        path.stat()
    except FileNotFoundError:
        if not path.is_symlink():
            message = "no such file or directory"
            problems.append(Problem(str(path), 0, 0, "", message, Code.PATH_MISSING))
            return []
    except OSError as error:
        problems.append(_unreadable(path, error))
        return []
    return [path]


def _unreadable(path: Path, error: OSError) -> Problem:
    if path.is_symlink() and isinstance(error, FileNotFoundError):
        message = f"cannot be read: it is a symbolic link to {path.readlink()}, which does not exist"
    else:
        message = f"cannot be read: {error.strerror}"
    return Problem(str(path), 0, 0, "", message, Code.UNREADABLE)
