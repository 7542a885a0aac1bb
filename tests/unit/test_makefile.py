"""`make`: what it refuses before it makes anything, what it builds, and the shell that it starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.running import ROOT, SECONDS

PROVIDER = "pulumi-resource-kubernetes"
# What is set up is not set up again.
INSTALLED = ["-o", ".venv/.program", "-o", ".venv/bin/slicewise", "-o", ".venv-policies/.installed"]


def make(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    # A make that runs the tests passes its own options on.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key != "MFLAGS"}
    environ |= settings
    return subprocess.run(
        ["make", *arguments],  # noqa: S607 - whichever make runs the tests
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.mark.parametrize("target", ["preview", "policy"])
def test_a_misspelt_stack_makes_nothing(target: str) -> None:
    before = sorted(path.name for path in (ROOT / "stacks").iterdir())
    run = make(target, "STACK=prdo")
    assert run.returncode == 2
    assert run.stderr.startswith("error: stacks/prdo has no documents (*.yaml); write some")
    assert run.stdout == ""
    assert sorted(path.name for path in (ROOT / "stacks").iterdir()) == before


@pytest.mark.parametrize(("written", "meant"), [("dmo", "demo"), ("shortfal", "shortfall"), ("gke-mix", "gke-mixed")])
def test_a_misspelt_stack_names_the_nearest(written: str, meant: str) -> None:
    run = make("preview", f"STACK={written}")
    assert run.returncode == 2
    assert run.stderr.startswith(f"error: stacks/{written} has no documents (*.yaml); did you mean STACK={meant}?")


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("preview", "pulumi preview --stack demo"),
        ("policy", "pulumi preview --stack demo --policy-pack policies/__main__.py"),
    ],
)
def test_a_stack_made_elsewhere_is_explained(target: str, command: str, tmp_path: Path) -> None:
    # What Pulumi does where the configuration's encryptionsalt goes with another passphrase.
    pulumi = tmp_path / "pulumi"
    pulumi.write_text('#!/bin/sh\necho "error: could not create stack: incorrect passphrase" >&2\nexit 255\n')
    pulumi.chmod(0o755)
    run = make(*INSTALLED, "TOOLCHAIN=true", f"PULUMI={pulumi}", f"STATE={tmp_path}", "STACK=demo", target)
    assert (run.returncode, run.stdout) == (2, "")
    said = run.stderr.splitlines()
    assert said[0] == "error: could not create stack: incorrect passphrase"
    assert said[1].startswith(
        "error: make keeps stacks of its own in .state, with an empty passphrase, and cannot open "
    )
    assert said[1].endswith(f"run: {command}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["STACK=demo"],
        ["STACK=shortfall"],
        ["STACK=gke-mixed"],
        ["STACK=new", "MANIFESTS=stacks/demo"],
        ["STACK=new", "MANIFESTS=stacks/shortfall/fleet.yaml"],
    ],
)
def test_a_stack_with_documents_is_taken(arguments: list[str]) -> None:
    run = make("documents", *arguments)
    assert (run.returncode, run.stderr) == (0, "")


def pulumi_in(folder: Path) -> Path:
    """A `pulumi` of the user's own: it says with which Python it would run a program."""
    pulumi = folder / "pulumi"
    pulumi.write_text('#!/bin/sh\necho "$PULUMI_PYTHON_CMD $*"\n')
    pulumi.chmod(0o755)
    return folder


def test_a_shell_has_pulumi_and_the_command(tmp_path: Path) -> None:
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\npulumi version\ncommand -v python\n")
    shell.chmod(0o755)
    path = f"{pulumi_in(tmp_path)}:{os.environ['PATH']}"
    run = make(*INSTALLED, "shell", PATH=path, SHELL=str(shell))
    assert (run.returncode, run.stderr) == (0, "")
    python = f"{ROOT}/.venv/bin/python"
    assert run.stdout.splitlines() == [f"{python} version", python]


@pytest.mark.parametrize("own", [True, False])
def test_the_program_asks_for_the_provider_that_is_built_unless_there_is_another(own: bool, tmp_path: Path) -> None:
    pinned = re.findall(r'const version = "(\S+)"', (ROOT / "toolchain" / PROVIDER / "main.go").read_text())
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    where = subprocess.run(
        [sys.executable, "toolchain/build.py", "where"],
        cwd=ROOT,
        env=os.environ | cache,
        capture_output=True,
        text=True,
        check=True,
    )
    others = ":".join(folder for folder in os.environ["PATH"].split(":") if not Path(folder, PROVIDER).exists())
    for folder in (Path(where.stdout.strip()), *([tmp_path / "own"] if own else [])):
        folder.mkdir(parents=True)
        (folder / PROVIDER).touch()
        (folder / PROVIDER).chmod(0o755)
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\necho "$SLICEWISE_KUBERNETES_PROVIDER_VERSION"\n')
    shell.chmod(0o755)
    path = f"{pulumi_in(tmp_path)}:{tmp_path / 'own'}:{others}"
    run = make(*INSTALLED, "shell", PATH=path, SHELL=str(shell), **cache)
    assert (run.returncode, run.stdout.split()) == (0, [] if own else pinned)


@pytest.mark.parametrize("target", ["preview", "policy", "shell"])
def test_nothing_is_built_where_pulumi_is_there(target: str, tmp_path: Path) -> None:
    path = f"{pulumi_in(tmp_path)}:{os.environ['PATH']}"
    assert "toolchain/build.py pulumi" not in make("-n", *INSTALLED, target, PATH=path).stdout
    without = ":".join(folder for folder in os.environ["PATH"].split(":") if not Path(folder, "pulumi").exists())
    assert "toolchain/build.py pulumi" in make("-n", *INSTALLED, target, PATH=without).stdout
