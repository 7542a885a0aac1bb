"""The content of what a user names: files, directories, standard input."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

from slicewise.diagnostics import Code, Diagnostic, Place, closest, shown_file
from slicewise.sources.yaml_source import MAX_FILE_BYTES

STDIN: Final = "-"
_STDIN_NAME: Final = "<stdin>"
_SUFFIXES: Final = (".yaml", ".yml")
DIRECTORIES_BELOW: Final = "**"
"""How a path ends that names a directory and all below it."""


def read_all(paths: Sequence[str]) -> tuple[list[tuple[str, bytes]], list[Diagnostic]]:
    """Return name and content of every file in `paths`, and what cannot be read.

    No more of a file is read than tells that it is too large.
    """
    read: list[tuple[str, bytes]] = []
    unreadable: list[Diagnostic] = []
    seen: set[str] = set()
    for path in _named(paths):
        if isinstance(path, Diagnostic):
            unreadable.append(path)
            continue
        # A file named twice (a directory, and a file in it) is read once.
        identity = path if isinstance(path, str) else os.path.realpath(path)
        if identity in seen:
            continue
        seen.add(identity)
        try:
            read.append((_STDIN_NAME, _read_stdin()) if isinstance(path, str) else (str(path), _read(path)))
        except OSError as error:
            unreadable.append(_unreadable(path, error))
    return read, unreadable


def _named(paths: Iterable[str]) -> Iterator[Path | str | Diagnostic]:
    """Yield the files that `paths` name, standard input as `-`, and what is wrong with others."""
    for text in paths:
        if text == STDIN:
            yield STDIN
        elif text == DIRECTORIES_BELOW or text.endswith(f"/{DIRECTORIES_BELOW}"):
            yield from _files_below(Path(text.removesuffix(DIRECTORIES_BELOW) or "."))
        else:
            yield from _files(Path(text))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _read_stdin() -> bytes:
    # Python has no standard input if it was started with a closed one.
    stream: TextIO | None = sys.stdin
    if stream is None:
        raise OSError(errno.EBADF, "it is closed")
    return stream.buffer.read(MAX_FILE_BYTES + 1)


def _files(path: Path) -> Iterator[Path | Diagnostic]:
    """Yield the file at `path`, or those in the directory there."""
    try:
        if path.is_dir():
            yield from _files_in(path)
            return
        path.stat()
    except (FileNotFoundError, ValueError):
        # What has a null byte in it is not a path.
        if "\0" in str(path) or not path.is_symlink():
            correct = path_meant(path) or "; correct the path, which is seen from where the command runs"
            message = f"no such file or directory{correct}"
            yield Diagnostic.error(Code.PATH_MISSING, message, place=Place(str(path)))
            return
    except OSError as error:
        yield _unreadable(path, error)
        return
    yield path


def path_meant(path: Path) -> str:
    """Return a hint with the path closest to `path`, which is not there, in the directory where it would be.

    Nothing where none is close.
    """
    try:
        meant = closest(path.name, (each.name for each in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""
    return f"; did you mean {shown_file(str(path.with_name(meant)))}?" if meant else ""


def _files_below(directory: Path) -> Iterator[Path | Diagnostic]:
    """Yield the files in `directory` and in those below it; hidden ones and links to directories are left out."""
    if not directory.is_dir():
        yield from _files(directory)
        return
    unreadable: list[OSError] = []
    found: list[Path | Diagnostic] = []
    for folder, below, names in os.walk(directory, onerror=unreadable.append):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += _usable(sorted(Path(folder, name) for name in names if Path(name).suffix.lower() in _SUFFIXES))
    found += [_unreadable(Path(str(error.filename)), error) for error in unreadable]
    if not found:
        message = "neither the directory nor one below it holds a *.yaml or *.yml file"
        found.append(_no_documents(directory, message))
    yield from found


def _files_in(directory: Path) -> list[Path | Diagnostic]:
    files = sorted(file for file in directory.iterdir() if file.suffix.lower() in _SUFFIXES and not file.is_dir())
    if files:
        return _usable(files)
    message = "the directory holds no *.yaml or *.yml file, and directories below it are searched only for DIR/**"
    return [_no_documents(directory, message)]


def _no_documents(directory: Path, message: str) -> Diagnostic:
    remedy = "name the directory that holds the documents"
    return Diagnostic.error(Code.NO_DOCUMENTS, message, remedy, place=Place(str(directory)))


def _usable(files: Iterable[Path]) -> list[Path | Diagnostic]:
    # Opening a pipe waits until something writes into it.
    message, remedy = "is a pipe, a socket or a device, not a file", "remove it from the directory"
    return [
        Diagnostic.error(Code.UNREADABLE, message, remedy, place=Place(str(file))) if _waits(file) else file
        for file in files
    ]


def _waits(file: Path) -> bool:
    return file.is_fifo() or file.is_socket() or file.is_char_device() or file.is_block_device()


def _unreadable(path: Path | str, error: OSError) -> Diagnostic:
    if isinstance(path, str):
        return Diagnostic.error(Code.UNREADABLE, f"cannot be read: {error.strerror}", place=Place(_STDIN_NAME))
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        target = shown_file(str(path.readlink()))
        message = f"cannot be read: it is a symbolic link to {target}, which does not exist"
    else:
        message = f"cannot be read: {error.strerror}"
    return Diagnostic.error(Code.UNREADABLE, message, place=Place(str(path)))
