"""Manifests as files: one directory an environment, one file an object."""

from __future__ import annotations

from pathlib import Path

import yaml

from slicewise.manifests import KubernetesObject, environment_objects
from slicewise.placement import Plan
from slicewise.spec import Fleet

# Only files that begin like this are ever removed: a directory may hold files of other people.
HEADER = "# Written by `slicewise render`: edit the documents, not this file.\n"


def write_manifests(fleet: Fleet, plan: Plan, directory: Path) -> tuple[int, int]:
    """Write the objects of `plan` below `directory`, and remove manifests of earlier renderings that it no longer has.

    Returns:
        How many files were written, and how many removed.

    Raises:
        OSError: a file or directory cannot be written.
    """
    files = {
        directory / environment / _file_name(item): HEADER + yaml.safe_dump(item, sort_keys=False)
        for environment, objects in environment_objects(fleet, plan).items()
        for item in objects
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    stale = [path for path in directory.glob("*/*.yaml") if path not in files and _ours(path)]
    for path in stale:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    return len(files), len(stale)


def _file_name(item: KubernetesObject) -> str:
    metadata = item["metadata"]
    return f"{metadata['namespace']}.{item['kind'].lower()}.{metadata['name']}.yaml"


def _ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(HEADER)) == HEADER
