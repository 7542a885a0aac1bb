#!/usr/bin/env python3
"""Build the pinned Pulumi, Kubernetes and NVIDIA binaries from their published Go modules, once, into a cache.

Needs only Python 3.11 and Go, and a C compiler for what only tests run: it runs before the virtual environment exists.
Each tool has a Go module of its own in this directory, because their dependency graphs cannot be mixed. The cache lies
outside the checkout, named after a hash of everything that decides the result, so every clone of one version shares it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

HERE = Path(__file__).resolve().parent
GO_MINIMUM = (1, 26)

# By minor release; each has a module of its own, such as kubernetes-1.37. The first is built unless the environment
# variable KUBERNETES names another.
KUBERNETES_RELEASES = {"1.37": "v1.37.2", "1.34": "v1.34.2"}
_PULUMI_STAMP = "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.276.0"
PULUMI_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True)
class Binary:
    """One executable: how it is built, and how long that takes from nothing on two cores (seconds)."""

    name: str
    module: str
    package: str
    seconds: int
    stamp: str = ""


@dataclass(frozen=True)
class Edit:
    """A file of a published module that is changed before it is built: `text` to `instead`; without text, left out."""

    file: str
    text: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Edited(Binary):
    """One that is built with edits to a published module, some with C code in it."""

    published: str = ""
    edits: tuple[Edit, ...] = ()
    has_c: bool = False


@dataclass(frozen=True)
class QuicklyBuilt(Binary):
    """One that a first preview waits for: only `inlined` packages have their small functions copied into callers."""

    tags: str = ""
    inlined: tuple[str, ...] = ("std", "github.com/pulumi/...", "google.golang.org/...")


PROVIDER = "pulumi-resource-kubernetes"
PULUMI: tuple[Binary, ...] = (
    QuicklyBuilt(
        "pulumi",
        "pulumi",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        200,
        _PULUMI_STAMP,
        # Google's storage has gRPC beside HTTP, and Pulumi's backend takes HTTP.
        tags="disable_grpc_modules",
    ),
    QuicklyBuilt(
        "pulumi-language-python",
        "pulumi-language-python",
        "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        30,
    ),
    QuicklyBuilt(PROVIDER, PROVIDER, ".", 120),
)
# What embedded clusters have, whatever their Kubernetes release: nodes without machines, and the controllers of what is
# deployed.
CLUSTER = (
    Binary("etcd", "etcd", "go.etcd.io/etcd/server/v3", 30),
    Binary("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", 90),
    # A key of 4096 bits is 0.7 s of CPU (the smallest that Go makes 0.01 s), and one pod that waits, with the address
    # "", has a new one made at every look. Nothing here reads the certificates.
    Edited(
        "llmisvc",
        "kserve",
        "github.com/kserve/kserve/cmd/llmisvc",
        150,
        published="github.com/kserve/kserve",
        edits=(
            Edit(
                "pkg/controller/v1alpha2/llmisvc/workload_tls_self_signed.go",
                "rsa.GenerateKey(rand.Reader, 4096)",
                "rsa.GenerateKey(rand.Reader, 1024)",
            ),
            Edit(
                "pkg/controller/v1alpha2/llmisvc/workload_tls_self_signed.go",
                "currIps := sets.NewString()",
                'currIps := sets.NewString("")',
            ),
        ),
    ),
    Binary("lws-controller", "lws", "sigs.k8s.io/lws/cmd", 70),
)
# Each is apart, so that nothing else is built anew for it.
APART = {
    # For tests only: programs in another language, with the package of components.
    "yaml": Binary(
        "pulumi-language-yaml", "pulumi-language-yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", 120
    ),
    # It implements the Gateway API; Envoy, which it configures, comes as a Python package.
    "contour": Binary("contour", "contour", "github.com/projectcontour/contour/cmd/contour", 100),
}
# For one test, which needs a C compiler: what NVIDIA's GPU feature discovery and device plugin say of a node.
NVIDIA = Edited(
    "nvidia-layouts",
    "nvidia",
    ".",
    60,
    published="github.com/NVIDIA/k8s-device-plugin",
    edits=(
        # A file of the driver, which no machine has without a GPU.
        Edit("internal/mig/mig-dp.go", '"/proc/driver/nvidia-caps"', '"nvidia-caps"'),
        # It sends labels to the API server; without it, client-go is not built.
        Edit("internal/lm/output.go"),
    ),
    has_c=True,
)
# Modules that are read, too: custom resource definitions, presets and kwok's stages come from the modules as published.
SOURCES = (
    ("kwok", "sigs.k8s.io/kwok"),
    ("kserve", "github.com/kserve/kserve"),
    ("lws", "sigs.k8s.io/lws"),
    ("contour", "github.com/projectcontour/contour"),
    ("contour", "sigs.k8s.io/gateway-api"),
)


def chosen_release() -> str:
    """Return the Kubernetes release of clusters that ask for none; exits if KUBERNETES names an unknown one."""
    release = os.environ.get("KUBERNETES") or next(iter(KUBERNETES_RELEASES))
    if release not in KUBERNETES_RELEASES:
        sys.exit(f"error: KUBERNETES={release}: the embedded cluster can be {' or '.join(KUBERNETES_RELEASES)}.")
    return release


def control_plane(release: str) -> tuple[Binary, ...]:
    """Return the programs of a Kubernetes release, such as 1.37."""
    module, package = f"kubernetes-{release}", "k8s.io/kubernetes/cmd"
    major, minor = release.split(".")
    versions = {"gitVersion": KUBERNETES_RELEASES[release], "gitMajor": major, "gitMinor": minor}
    stamp = " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in versions.items())
    return (
        Binary("kube-apiserver", module, f"{package}/kube-apiserver", 330, stamp),
        # Its garbage collector ends foreground deletion, which is how Pulumi deletes.
        Binary("kube-controller-manager", module, f"{package}/kube-controller-manager", 60, stamp),
        Binary("kube-scheduler", module, f"{package}/kube-scheduler", 30, stamp),
    )


def bin_dir() -> Path:
    """Return the directory of the binaries that have none of their own, for this version of `toolchain/`."""
    inputs = [*sorted(HERE.rglob("go.*")), *sorted(HERE.rglob("*.go"))]
    releases = (binary for release in KUBERNETES_RELEASES for binary in control_plane(release))
    apart = {binary.module for binary in (*APART.values(), NVIDIA, *releases)}
    return _cached((PULUMI, CLUSTER), [path for path in inputs if path.parent.name not in apart])


def release_dir(release: str) -> Path:
    """Return the directory of the programs of a Kubernetes release; no other release is built anew for it."""
    return _cached(control_plane(release), sorted((HERE / f"kubernetes-{release}").glob("go.*")))


def dir_apart(binary: Binary) -> Path:
    """Return the directory of one of `APART`, or of `NVIDIA`."""
    module = HERE / binary.module
    return _cached(binary, [*sorted(module.glob("go.*")), *sorted(module.glob("*.go"))])


def _cached(what: object, inputs: list[Path]) -> Path:
    digest = hashlib.sha256(repr(what).encode())
    for path in inputs:
        digest.update(f"{path.relative_to(HERE)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "slicewise" / digest.hexdigest()[:16] / "bin"


def module_dir(module: str, of: str) -> Path:
    """Return where Go keeps the sources of `module`, as pinned by the toolchain module `of`; fetches them if needed."""
    run = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", module], cwd=HERE / of, capture_output=True, text=True, check=True
    )
    if not run.stdout.strip():
        subprocess.run(["go", "mod", "download", module], cwd=HERE / of, check=True)
        return module_dir(module, of)
    return Path(run.stdout.strip())


def provider_version() -> str | None:
    """Return the version of the Kubernetes provider that `pulumi` takes from PATH; None where that is another one."""
    built = bin_dir() / PROVIDER
    if not built.exists() or Path(shutil.which(PROVIDER) or built) != built:
        return None
    found = re.search(
        r'^const version = "(.+)"$', (HERE / PROVIDER / "main.go").read_text(encoding="utf-8"), re.MULTILINE
    )
    if found is None:
        raise AssertionError(f"{PROVIDER}/main.go has no version")
    return found[1]


def build(binary: Binary, target: Path, label: str) -> None:
    """Build one binary into `target`; prints progress, and on failure the end of Go's output, then exits 1."""
    target.mkdir(parents=True, exist_ok=True)
    unfinished = target / f".{binary.name}.{os.getpid()}"
    command = ["go", "build", "-trimpath", *_flags(binary), "-ldflags", f"-s -w {binary.stamp}", "-o", str(unfinished)]
    log = target.parent / f"{binary.name}.log"
    started = time.monotonic()
    with log.open("w") as output, tempfile.TemporaryDirectory(prefix="slicewise-") as folder:
        if isinstance(binary, Edited):
            command.append(f"-modfile={edited_module(binary, Path(folder))}")
        cgo = "1" if isinstance(binary, Edited) and binary.has_c else "0"
        process = subprocess.Popen(
            [*command, binary.package],
            cwd=HERE / binary.module,
            stdout=output,
            stderr=subprocess.STDOUT,
            # C code is only NVML's bindings, which are never called: built as fast as possible, without its warnings.
            env=os.environ | {"CGO_ENABLED": cgo, "CGO_CFLAGS": "-O0 -w", "GOFLAGS": "-mod=readonly", "GOGC": "400"},
        )
        wait_with_progress(process, f"{label} {binary.name}", binary.seconds, started)
    if process.returncode:
        unfinished.unlink(missing_ok=True)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        sys.exit(f"error: building {binary.name} failed; Go said:\n{tail}\n(all of it: {log})")
    if binary.name == "pulumi-language-python":
        # The host starts programs through this script and exits at once if it is not beside it.
        script = module_dir(PULUMI_SDK_MODULE, "pulumi") / "python/cmd/pulumi-language-python-exec"
        shutil.copyfile(script, target / script.name)
        (target / script.name).chmod(0o755)
    unfinished.replace(target / binary.name)
    print(f"{label} {binary.name}: built in {time.monotonic() - started:.0f} s", flush=True)


def _flags(binary: Binary) -> list[str]:
    # What only debuggers read is not linked (-w), so it need not be compiled: a tenth of the time.
    if not isinstance(binary, QuicklyBuilt):
        return ["-gcflags=all=-dwarf=false"]
    inlined = [f"-gcflags={packages}=-dwarf=false" for packages in binary.inlined]
    return ["-tags", binary.tags, "-gcflags=all=-l -dwarf=false", *inlined]


def edited_module(binary: Edited, folder: Path) -> Path:
    """Write the published module with its edits into `folder`; returns a go.mod that builds `binary` with it.

    Raises:
        AssertionError: The published file is not as the edit expects it.
    """
    source = module_dir(binary.published, binary.module)
    copy = folder / "published"
    unseen = {edit.file for edit in binary.edits}
    for path in source.rglob("*.go"):
        file = path.relative_to(source)
        edits = [edit for edit in binary.edits if edit.file == file.as_posix()]
        unseen -= {edit.file for edit in edits}
        text = _edited(path.read_text(encoding="utf-8"), edits)
        if text is not None:
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            (copy / file).write_text(text, encoding="utf-8")
    if unseen:
        raise AssertionError(f"{binary.published} has no {', '.join(sorted(unseen))}")
    shutil.copyfile(source / "go.mod", copy / "go.mod")
    shutil.copyfile(HERE / binary.module / "go.sum", folder / "edited.sum")
    text = (HERE / binary.module / "go.mod").read_text(encoding="utf-8")
    modules = folder / "edited.mod"
    modules.write_text(f"{text}\nreplace {binary.published} => {copy}\n", encoding="utf-8")
    return modules


def _edited(text: str, edits: Sequence[Edit]) -> str | None:
    for edit in edits:
        if not edit.text:
            return None
        if edit.text not in text:
            raise AssertionError(f"{edit.file}, as published, has no {edit.text}")
        text = text.replace(edit.text, edit.instead)
    return text


def wait_with_progress(process: subprocess.Popen[bytes], label: str, estimate: int, started: float) -> None:
    """Wait for `process`, saying every so often how long it has run and how long it usually takes cold (seconds)."""
    live = sys.stdout.isatty()
    every = 1 if live else 30
    print(f"{label}: building, up to about {estimate} s ...", end="" if live else "\n", flush=True)
    while True:
        try:
            process.wait(timeout=every)
        except subprocess.TimeoutExpired:
            text = f"{label}: {time.monotonic() - started:.0f} s of about {estimate} s ..."
            print(f"\r\033[K{text}" if live else text, end="" if live else "\n", flush=True)
            continue
        if live:
            print("\r\033[K", end="")
        return


def require_go() -> None:
    """Exit with advice unless a recent enough Go is on PATH."""
    needed = ".".join(map(str, GO_MINIMUM))
    try:
        text = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"error: Go {needed} or newer is needed to build the toolchain, and `go` is not on PATH. Install it.")
    version = tuple(int(part) for part in text.removeprefix("go").split(".")[:2] if part.isdigit())
    if version < GO_MINIMUM:
        sys.exit(f"error: Go {needed} or newer is needed to build the toolchain; found {text}.")


def main() -> None:
    """Parse the command line and build what is missing."""
    places: dict[str, Callable[[], Path]] = {
        "where": bin_dir,
        **{f"where-{name}": partial(dir_apart, binary) for name, binary in {**APART, "nvidia": NVIDIA}.items()},
        "where-kubernetes": lambda: release_dir(chosen_release()),
        **{f"where-kubernetes-{release}": partial(release_dir, release) for release in KUBERNETES_RELEASES},
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "group",
        choices=["pulumi", "all", "releases", "nvidia", "provider-version", *places],
        help="pulumi: the CLI, its Python host and the Kubernetes provider (where not on PATH); "
        "all: those, an embedded Kubernetes cluster, and what else tests run; releases: Kubernetes in every release "
        "that can be embedded; nvidia: the program over NVIDIA's "
        "components, which needs a C compiler; where, where-...: print the directory "
        "of the binaries, or of those that are apart, and build nothing; provider-version: print the version of the "
        "Kubernetes provider where it is the one that was built here, and build nothing",
    )
    group = parser.parse_args().group
    if group == "provider-version":
        print(provider_version() or "")
    elif group in places:
        print(places[group]())
    elif group == "nvidia":
        build_apart((NVIDIA,))
    elif group == "releases":
        build_missing(
            [(binary, release_dir(release)) for release in KUBERNETES_RELEASES for binary in control_plane(release)]
        )
    else:
        build_group(group)


def build_apart(binaries: Iterable[Binary]) -> None:
    """Build those of `binaries`, each of them apart, that are missing."""
    require_go()
    for binary in binaries:
        if not (dir_apart(binary) / binary.name).exists():
            build(binary, dir_apart(binary), "[apart]")


def build_group(group: str) -> None:
    """Build what is missing of "pulumi" or "all", and fetch what is read of the modules for the second.

    Pulumi's are not built where others are on PATH: the user's own come first.
    """
    wanted = [(binary, bin_dir()) for binary in PULUMI if not shutil.which(binary.name)]
    if group == "all":
        release = chosen_release()
        wanted += [(binary, bin_dir()) for binary in CLUSTER]
        wanted += [(binary, release_dir(release)) for binary in control_plane(release)]
        build_apart(APART.values())
    build_missing(wanted)
    if group == "all":
        for toolchain_module, module in SOURCES:
            module_dir(module, of=toolchain_module)


def build_missing(wanted: Sequence[tuple[Binary, Path]]) -> None:
    """Build those binaries that are not in their directories yet."""
    todo = [(binary, target) for binary, target in wanted if not (target / binary.name).exists()]
    if not todo:
        return
    require_go()
    minutes = sum(binary.seconds for binary, _ in todo) / 60
    folders = " and ".join(sorted({str(target) for _, target in todo}))
    print(f"Building {len(todo)} pinned binaries, once: up to about {minutes:.0f} minutes. Into {folders}", flush=True)
    for number, (binary, target) in enumerate(todo, start=1):
        build(binary, target, f"[{number}/{len(todo)}]")


if __name__ == "__main__":
    main()
