"""The directory that manifests are rendered into: whose its files are, and how all of them are replaced or none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import EACCES, EROFS
from pathlib import Path
from stat import S_ISREG
from typing import Final

# Only files that begin like this are ever replaced or removed: a directory may hold files of other people.
_HEADER: Final = "# Written by `slicewise render`: edit the documents, not this file.\n"
_OWNER: Final = "# Owner: "
# No list of paths that a command line can hold is longer.
_LONGEST_HEADER: Final = 4 * 1024 * 1024
_TEMPORARY: Final = ".slicewise-render-"


def signed(text: str, owner: str) -> str:
    """Return `text` as a file of `owner`, which must be one line."""
    return f"{_HEADER}{_OWNER}{owner}\n{text}"


def owner_of(path: Path) -> str | None:
    """Return whose file of `render` this is; empty where it does not say, None where `render` did not write it.

    What is not a regular file, such as a link, a pipe or a directory, is not opened; a file that may not be read is
    not one of `render` either.
    """
    if not _is_regular(path):
        return None
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            if file.read(len(_HEADER)) != _HEADER:
                return None
            line = file.readline(_LONGEST_HEADER)
    except PermissionError:
        return None
    return line.removeprefix(_OWNER).removesuffix("\n") if line.startswith(_OWNER) else ""


def written_files(directory: Path) -> dict[Path, str]:
    """Return every file of `render` below `directory`, a directory for each environment, with its owner."""
    if not directory.is_dir():
        return {}
    folders = [folder for folder in directory.iterdir() if folder.is_dir() and not folder.is_symlink()]
    owners = {path: owner_of(path) for folder in folders for path in folder.glob("*.yaml")}
    return {path: owner for path, owner in sorted(owners.items()) if owner is not None}


def replace_all(files: Mapping[Path, str], stale: Sequence[Path]) -> None:
    """Give every path of `files` its text, and remove the files `stale`, with directories that are empty then.

    Everything is first written to temporary files beside its place. If that fails, nothing has changed.

    Raises:
        OSError: a file cannot be written, replaced or removed; its `filename` says which.
    """
    changed = {path: text for path, text in files.items() if not _has(path, text)}
    made: list[Path] = []
    try:
        _check_removable(stale)
        for path, text in changed.items():
            made += _make_directories(path.parent)
            _write(_beside(path), path, text)
        for path in changed:
            with _naming(path):
                _beside(path).replace(path)
    except BaseException:
        for path in changed:
            with suppress(OSError):
                _beside(path).unlink()
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise
    for path in stale:
        path.unlink()
    folders = {path.parent for path in (*files, *stale)}
    for leftover in (each for folder in folders for each in folder.glob(f"{_TEMPORARY}*") if _is_regular(each)):
        leftover.unlink()  # of a run that was killed
    for folder in {path.parent for path in stale}:
        if not any(folder.iterdir()):
            folder.rmdir()


def _is_regular(path: Path) -> bool:
    try:
        return S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _has(path: Path, text: str) -> bool:
    return _is_regular(path) and path.read_bytes() == text.encode()


def _check_removable(stale: Sequence[Path]) -> None:
    for path in stale:
        if not os.access(path.parent, os.W_OK | os.X_OK):
            code = EROFS if os.statvfs(path.parent).f_flag & os.ST_RDONLY else EACCES
            raise OSError(code, os.strerror(code), str(path))


def _make_directories(folder: Path) -> list[Path]:
    """Make `folder` and what is missing above it, and return what was made, the uppermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _beside(path: Path) -> Path:
    return path.with_name(f"{_TEMPORARY}{path.name}.tmp")


def _write(temporary: Path, path: Path, text: str) -> None:
    with _naming(path):
        temporary.unlink(missing_ok=True)
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors name `path`: the system names the temporary file, or none at all where a disk is full."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
