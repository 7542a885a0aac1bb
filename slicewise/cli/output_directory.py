"""The directory that manifests are rendered into: whose its files are, and how all of them are replaced or none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from errno import EACCES, EROFS
from pathlib import Path
from stat import S_ISREG
from typing import Final

from slicewise.cli.directory_lock import make_directories, remove_empty

# Only files that begin like this are ever replaced or removed: a directory may hold files of other people.
_HEADER: Final = "# Written by `slicewise render`: edit the documents, not this file.\n"
OWNER: Final = "# Owner: "
"""How the second line of a file begins, which goes on with whose it is."""
# The longest list of paths that a command line can hold.
_LONGEST_HEADER: Final = 4 * 1024 * 1024
_TEMPORARY: Final = ".slicewise-render-"
KUSTOMIZATION: Final = "kustomization.yaml"
"""What lists the manifests of a directory: it is nobody's, and not a manifest itself."""


def signed(text: str, owner: str) -> str:
    """Return `text` as a file of `owner`, which must be one line."""
    return f"{_HEADER}{OWNER}{owner}\n{text}"


def unowned(text: str) -> str:
    """Return `text` as a file of `render` that owners share."""
    return f"{_HEADER}{text}"


def is_by_render(path: Path) -> bool:
    """Return whether `render` wrote the file."""
    return owner_of(path) is not None


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
    return line.removeprefix(OWNER).removesuffix("\n") if line.startswith(OWNER) else ""


def written_files(directory: Path) -> dict[Path, str]:
    """Return every manifest of `render` below `directory`, a directory for each environment, with its owner."""
    if not directory.is_dir():
        return {}
    folders = [folder for folder in directory.iterdir() if folder.is_dir() and not folder.is_symlink()]
    manifests = [path for folder in folders for path in folder.glob("*.yaml") if path.name != KUSTOMIZATION]
    owners = {path: owner_of(path) for path in manifests}
    return {path: owner for path, owner in sorted(owners.items()) if owner is not None}


def replace_all(files: Mapping[Path, str], stale: Sequence[Path], *, alone: bool) -> None:
    """Give every path of `files` its text, and remove the files `stale`, with directories that are empty then.

    Everything is first written to temporary files beside its place. If that fails, nothing has changed.

    Args:
        files: The texts by path.
        stale: What is removed.
        alone: Whether no other run is at work there, so that temporary files of others are those of killed runs.

    Raises:
        OSError: a file cannot be written, replaced or removed; its `filename` says which.
    """
    run = secrets.token_hex(4)
    changed = {path: _beside(path, run) for path, text in files.items() if not _has(path, text)}
    made: list[Path] = []
    try:
        _check_removable(stale)
        for path, temporary in changed.items():
            made += make_directories(path.parent)
            _write(temporary, path, files[path])
        for path, temporary in changed.items():
            with _naming(path):
                temporary.replace(path)
    except BaseException:
        for temporary in changed.values():
            _remove_if_possible(temporary)
        remove_empty(made)
        raise
    for path in stale:
        path.unlink()
    if alone:
        folders = {path.parent for path in (*files, *stale)}
        for leftover in (each for folder in folders for each in folder.glob(f"{_TEMPORARY}*") if _is_regular(each)):
            leftover.unlink()
    for folder in {path.parent for path in stale}:
        if not any(folder.iterdir()):
            folder.rmdir()


def _remove_if_possible(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        return  # its directory was never made; or the next run removes it, as if this one had been killed


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


def _beside(path: Path, run: str) -> Path:
    return path.with_name(f"{_TEMPORARY}{run}-{path.name}.tmp")


def _write(temporary: Path, path: Path, text: str) -> None:
    with _naming(path), temporary.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors name `path`: the system names the temporary file, or none at all where a disk is full."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
