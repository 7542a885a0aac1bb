"""The wheel of the checkout, in a virtual environment that has no cloud's SDK. Nothing is fetched from a network."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# What is not linked: ourselves, and what a stack installs only where it asks for it.
_ABSENT = ("slicewise", "_slicewise", "pulumi_gcp", "pulumi_aws")
_SECONDS = 600


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel."""

    directory: Path
    wheel: Path

    @property
    def command(self) -> Path:
        """The console script."""
        return self.directory / "bin" / "slicewise"

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.directory / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        return self.directory / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"

    def link(self, *distributions: str) -> None:
        """Have packages that the tests run with here, too."""
        for entry in [path for folder in site.getsitepackages() for path in Path(folder).iterdir()]:
            if entry.name.startswith(distributions) and not (self.packages / entry.name).exists():
                (self.packages / entry.name).symlink_to(entry)

    def run(self, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command outside the checkout, with nothing on Python's path but the environment."""
        environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run(
            command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=_SECONDS
        )


def build(directory: Path) -> Path:
    """Build the wheel with the backend that is installed."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(directory), str(CHECKOUT))
    (wheel,) = directory.glob("*.whl")
    return wheel


def install(wheel: Path, directory: Path) -> Installed:
    """Make the environment; what the tests run with is linked into it, instead of downloaded."""
    venv.create(directory, with_pip=False, symlinks=True)
    made = Installed(directory, wheel)
    for entry in [path for folder in site.getsitepackages() for path in Path(folder).iterdir()]:
        if not entry.name.startswith(_ABSENT) and entry.suffix != ".pth":
            (made.packages / entry.name).symlink_to(entry)
    _pip("--python", str(made.python), "install", "--no-deps", str(wheel))
    return made


def _pip(*arguments: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, "--no-index", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert run.returncode == 0, run.stdout + run.stderr
