"""What the wheel depends on, for hatchling: the lines of requirements*.in, which have the reason of each package.

`requirements.in` is what everybody needs. The wheel's extras are the other files that users may want.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

EXTRAS: Final = ("aws", "gcp", "hub", "layout", "testing")


class WheelDependencies(MetadataHookInterface):
    """Fills `dependencies` and `optional-dependencies`, which pyproject.toml declares as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Read the files beside pyproject.toml."""
        root = Path(self.root)
        metadata["dependencies"] = named(root / "requirements.in")
        metadata["optional-dependencies"] = {extra: named(root / f"requirements-{extra}.in") for extra in EXTRAS}


def named(file: Path) -> list[str]:
    """Return the packages that a file names itself, without what it includes (`-r`) or keeps in step with (`-c`)."""
    lines = (line.partition(" #")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]
