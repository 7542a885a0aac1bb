"""Where the pinned binaries and sources are; what decides it is `toolchain/`."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

from embedded.errors import ControlPlaneError

_TOOLCHAIN = Path(__file__).resolve().parent.parent / "toolchain"


@cache
def bin_dir() -> Path:
    """Return the directory of the built binaries that have none of their own; it may not exist yet."""
    return Path(_output([sys.executable, _TOOLCHAIN / "build.py", "where"], cwd=_TOOLCHAIN))


@cache
def built_provider() -> str | None:
    """Return the version of Pulumi's Kubernetes provider in `bin_dir`; None where another one is on PATH."""
    return _output([sys.executable, _TOOLCHAIN / "build.py", "provider-version"], cwd=_TOOLCHAIN) or None


@cache
def kubernetes_dir(release: str | None = None) -> Path:
    """Return the directory of the built programs of a Kubernetes release, such as "1.34"; it may not exist yet.

    Without `release`, of the one that the environment variable KUBERNETES names, or else of the newest.

    Raises:
        ControlPlaneError: There is no module for this release in `toolchain/`.
    """
    place = f"where-kubernetes-{release}" if release else "where-kubernetes"
    return Path(_output([sys.executable, _TOOLCHAIN / "build.py", place], cwd=_TOOLCHAIN))


def contour_dir() -> Path:
    """Return the directory of the built Contour; it may not exist yet."""
    return Path(_output([sys.executable, _TOOLCHAIN / "build.py", "where-contour"], cwd=_TOOLCHAIN))


def nvidia_dir() -> Path:
    """Return the directory of the built program over NVIDIA's components; it may not exist yet."""
    return Path(_output([sys.executable, _TOOLCHAIN / "build.py", "where-nvidia"], cwd=_TOOLCHAIN))


def find_binary(directory: Path, name: str, target: str = "toolchain") -> Path:
    """Return the path of a built binary; `target` is that of the Makefile which builds it.

    Raises:
        ControlPlaneError: It is not there.
    """
    path = directory / name
    if not path.is_file():
        raise ControlPlaneError(f"{name} is not in {directory}: run `make {target}`")
    return path


def find_kubernetes(name: str, release: str | None, directory: Path | None) -> Path:
    """Return the path of a program of a Kubernetes release, in `directory` or else where it was built.

    Raises:
        ControlPlaneError: It is not there, or there is no such release.
    """
    return find_binary(directory or kubernetes_dir(release), name, "toolchain-releases" if release else "toolchain")


@cache
def module_dir(module: str, of: str) -> Path:
    """Return where Go keeps the sources of `module`, as pinned by the toolchain module `of`; fetches them if needed.

    Raises:
        ControlPlaneError: Go failed, or is not there.
    """
    listing: list[str | Path] = ["go", "list", "-m", "-f", "{{.Dir}}", module]
    found = _output(listing, cwd=_TOOLCHAIN / of)
    if not found:
        _output(["go", "mod", "download", module], cwd=_TOOLCHAIN / of)
        found = _output(listing, cwd=_TOOLCHAIN / of)
    return Path(found)


def _output(command: list[str | Path], cwd: Path) -> str:
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout.strip()
    except OSError as error:
        raise ControlPlaneError(f"cannot run {command[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        text = " ".join(map(str, command))
        raise ControlPlaneError(f"`{text}` failed with exit code {error.returncode}:\n{error.stderr}") from error
