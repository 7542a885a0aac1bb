"""`render`, run on documents that tests change, and what it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.cli.running import in_process

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

GEMMA = "mig-a/team-a.llminferenceservice.gemma.yaml"
MANIFESTS = [
    GEMMA,
    "onprem-b/team-a.llminferenceservice.gemma.yaml",
    "onprem-b/team-b.llminferenceservice.chat-small.yaml",
]


def render(documents: Path | str, output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return in_process("render", str(documents), "--output-dir", str(output), *arguments)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def contents(directory: Path) -> dict[str, bytes]:
    """Every file, beside what `render` keeps for itself and for Argo CD and Flux."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files if not is_beside_manifests(path)}


def is_beside_manifests(path: Path) -> bool:
    if path.name == "kustomization.yaml":
        return path.read_text().startswith("# Written by `slicewise render`")
    return path.match("slicewise-plan*.json")


def without_deployments(documents: Path) -> None:
    (documents / "deployments.yaml").unlink()
