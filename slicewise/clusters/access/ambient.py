"""The ambient kubeconfig: the one that kubectl would use."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from slicewise.clusters.access.kubeconfig import KubeconfigError
from slicewise.sources import read_plain

_SECTIONS: Final = {"clusters": "cluster", "contexts": "context", "users": "user"}
# A kubeconfig has some KB for each cluster.
_MOST_BYTES: Final = 16 * 1024**2
_PATHS: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def read_ambient(environment: Mapping[str, str]) -> str:
    """Return the kubeconfig of `$KUBECONFIG` (a list of files counts as one, as for kubectl), else of ~/.kube/config.

    Of several entries of one name the first counts. Paths in a file are meant from its directory, and made absolute.

    Raises:
        KubeconfigError: there is no such file, or one cannot be read.
    """
    listed = [part for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    files = [Path(part) for part in listed] or [Path(environment.get("HOME", "/")) / ".kube" / "config"]
    # kubectl passes over files that are not there, too.
    there = [file for file in files if file.exists()]
    if not there:
        message = "KUBECONFIG is not set, and there is no ~/.kube/config"
        if listed:
            message = "KUBECONFIG names no file that is there"
        raise KubeconfigError(message)
    return read_files(there)


def read_files(files: Sequence[Path]) -> str:
    """Return the kubeconfig that `files` are together, by the same rules.

    Raises:
        KubeconfigError: one cannot be read.
    """
    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": "", **{s: [] for s in _SECTIONS}}
    for file in files:
        config = _read(file)
        merged["current-context"] = merged["current-context"] or config.get("current-context") or ""
        for section, key in _SECTIONS.items():
            known = {entry["name"] for entry in merged[section]}
            merged[section] += [entry for entry in _entries(config, section, key, file) if entry["name"] not in known]
    return yaml.dump(merged, Dumper=yaml.CSafeDumper)


def can_be_read(file: Path) -> bool:
    """Return whether `file` may hold a kubeconfig: it is a file, or a pipe as the shell makes of `<(command)`."""
    try:
        return file.exists() and not file.is_dir()
    except OSError:
        return True  # in a directory of others; reading it says that it cannot be read


def not_a_file(file: Path) -> str:
    """Return what is wrong with `file`, which cannot be read, and what to do."""
    what = "it is a directory" if file.exists() else "there is no such file"
    return f"{what}; name a kubeconfig, such as ~/.kube/config"


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        message = f"the file {file.name} cannot be read: {error.strerror}"
        raise KubeconfigError(message) from None
    try:
        # A device such as /dev/zero never ends.
        documents = read_plain(content.decode()) if len(content) <= _MOST_BYTES else [None]
    except ValueError:
        documents = [None]
    if not documents:
        message = f"the file {file.name} is empty"
        raise KubeconfigError(message)
    config = documents[0] if len(documents) == 1 else None
    if not isinstance(config, dict):
        message = f"the file {file.name} is not a kubeconfig: it is not one YAML document with `kind: Config`"
        raise KubeconfigError(message)
    return config


def _entries(config: dict[str, Any], section: str, key: str, file: Path) -> list[dict[str, Any]]:
    entries = config.get(section)
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get(key), dict) and isinstance(entry.get("name"), str):
            paths = {name: str(file.parent.absolute() / path) for name, path in _relative(entry[key])}
            found.append({**entry, key: {**entry[key], **paths}})
    return found


def _relative(entry: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, entry[name]) for name in _PATHS if isinstance(entry.get(name), str) and entry[name]]
