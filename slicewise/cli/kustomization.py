"""The kustomization of each environment's directory: Argo CD and Flux then apply it as it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import yaml

from slicewise.cli.output_directory import KUSTOMIZATION, is_by_render, unowned

_OTHER_NAMES: Final = ("kustomization.yml", "Kustomization")


def kustomizations(manifests: Iterable[Path], folders: Iterable[Path]) -> dict[Path, str | None]:
    """Return what each directory's kustomization says; None where there is no manifest left for it to name.

    One that people wrote is theirs, and is left as it is.

    Args:
        manifests: Every manifest that the directories will have, of all owners.
        folders: The directories that this run changes.
    """
    named: dict[Path, list[str]] = {folder: [] for folder in folders}
    for path in manifests:
        if path.parent in named:
            named[path.parent].append(path.name)
    return {
        folder / KUSTOMIZATION: _text(sorted(names, key=_order)) if names else None
        for folder, names in named.items()
        if not _is_of_people(folder)
    }


def _is_of_people(folder: Path) -> bool:
    path = folder / KUSTOMIZATION
    return any((folder / name).exists() for name in _OTHER_NAMES) or (path.exists() and not is_by_render(path))


def _order(name: str) -> tuple[bool, bool, str]:
    """Put first what others need: namespaces and DeviceClasses, then what claims are made of."""
    return (not name.startswith(("namespace.", "deviceclass.")), ".resourceclaimtemplate." not in name, name)


def _text(names: list[str]) -> str:
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names}
    return unowned(yaml.safe_dump(kind, sort_keys=False))
