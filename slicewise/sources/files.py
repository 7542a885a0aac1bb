"""The content of what a user names: files, directories, standard input."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

from slicewise.diagnostics import Code, Problem, closest, shown_file
from slicewise.sources.yaml_source import MAX_FILE_BYTES

STDIN: Final = "-"
_STDIN_NAME: Final = "<stdin>"
_SUFFIXES: Final = (".yaml", ".yml")


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
            try:
                content = _read_stdin() if isinstance(path, str) else _read(path)
            except OSError as error:
                problems.append(_unreadable(path, error))
            else:
                yield _STDIN_NAME if path == STDIN else str(path), content


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _read_stdin() -> bytes:
    # Python has no standard input if it was started with a closed one.
    stream: TextIO | None = sys.stdin
    if stream is None:
        raise OSError(errno.EBADF, "it is closed")
    return stream.buffer.read(MAX_FILE_BYTES + 1)


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    try:
        if path.is_dir():
            return _files_in(path, problems)
        path.stat()
    except (FileNotFoundError, ValueError):
        # What has a null byte in it is not a path.
        if "\0" in str(path) or not path.is_symlink():
            correct = path_meant(path) or "; correct the path, which is seen from where the command runs"
            message = f"no such file or directory{correct}"
            problems.append(Problem(str(path), 0, 0, "", message, Code.PATH_MISSING))
            return []
    except OSError as error:
        problems.append(_unreadable(path, error))
        return []
    return [path]


def path_meant(path: Path) -> str:
    """Return a hint with the path closest to `path`, which is not there, in the directory where it would be.

    Nothing where none is close.
    """
    try:
        meant = closest(path.name, (each.name for each in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""
    return f"; did you mean {shown_file(str(path.with_name(meant)))}?" if meant else ""


def _files_in(directory: Path, problems: list[Problem]) -> list[Path]:
    files = sorted(file for file in directory.iterdir() if file.suffix.lower() in _SUFFIXES and not file.is_dir())
    if not files:
        message = (
            "the directory holds no *.yaml or *.yml file, and directories below it are not searched; "
            "name the directory that holds the documents"
        )
        problems.append(Problem(str(directory), 0, 0, "", message, Code.NO_DOCUMENTS))
    for file in [file for file in files if _waits(file)]:
        # Opening a pipe waits until something writes into it.
        message = "is a pipe, a socket or a device, not a file; remove it from the directory"
        problems.append(Problem(str(file), 0, 0, "", message, Code.UNREADABLE))
        files.remove(file)
    return files


def _waits(file: Path) -> bool:
    return file.is_fifo() or file.is_socket() or file.is_char_device() or file.is_block_device()


def _unreadable(path: Path | str, error: OSError) -> Problem:
    if isinstance(path, str):
        return Problem(_STDIN_NAME, 0, 0, "", f"cannot be read: {error.strerror}", Code.UNREADABLE)
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        target = shown_file(str(path.readlink()))
        message = f"cannot be read: it is a symbolic link to {target}, which does not exist"
    else:
        message = f"cannot be read: {error.strerror}"
    return Problem(str(path), 0, 0, "", message, Code.UNREADABLE)
