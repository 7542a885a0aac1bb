"""The Pulumi program on a stack of its own: a directory that looks like a checkout, with its own state and settings."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from embedded.toolchain import bin_dir, built_provider
from slicewise.clusters.access import private_tmp

CHECKOUT = Path(__file__).resolve().parent.parent
_PYTHON = Path(sys.executable)
_PROGRAM = ("__main__.py", "components", "slicewise", "Pulumi.yaml", ".venv")
# What Pulumi's language host runs before every operation, to find providers that packages name.
_LIST_PACKAGES = ("-m", "pip", "list", "-v", "--format", "json")


@dataclass(frozen=True)
class Program:
    """A directory to run `pulumi` in, and the environment to run it with.

    Attributes:
        directory: It holds links to the program, `stacks` and the state.
        stack: The stack's name.
        environment: What `pulumi` needs: nothing of the user's own login, plugins or kubeconfig is in it.
    """

    directory: Path
    stack: str
    environment: dict[str, str]

    @classmethod
    def create(cls, directory: Path, stack: str, python: Path = _PYTHON) -> Program:
        """Make the directory, and an empty stack in it whose secrets are encrypted with a passphrase."""
        program = cls.without_stack(directory, stack, python)
        program.pulumi("stack", "init", stack, "--secrets-provider", "passphrase").check_returncode()
        return program

    @classmethod
    def without_stack(cls, directory: Path, stack: str, python: Path = _PYTHON) -> Program:
        """Make the directory; the stack is still to be made in it."""
        directory.mkdir(parents=True, exist_ok=True)
        for name in _PROGRAM:
            (directory / name).symlink_to(CHECKOUT / name)
        (directory / "stacks" / stack).mkdir(parents=True)
        (directory / "state").mkdir()
        return cls.at(directory, stack, python)

    @classmethod
    def at(cls, directory: Path, stack: str, python: Path = _PYTHON) -> Program:
        """Return the program in a directory that `create` has made; `python` is what `pulumi` is to run it with."""
        home = directory / "pulumi-home"
        _without_log(home)
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBE"))}
        environment = own | {
            # `pulumi` and its plugins on PATH come first, as for users.
            "PATH": f"{os.environ['PATH']}{os.pathsep}{bin_dir()}",
            "HOME": str(directory / "home"),
            "PULUMI_HOME": str(home),
            # Nothing is written beside the state: a read at the same moment would find it empty.
            "PULUMI_BACKEND_URL": f"file://{directory / 'state'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "embedded",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # Engine events, one JSON a line, as `pulumi up --json` gives them too; a preview's digest has no outputs.
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
            "PULUMI_PYTHON_CMD": str(_python(home, python)),
            # The program asks for the provider that it gets, or `pulumi` would warn of a wrong version.
            "SLICEWISE_KUBERNETES_PROVIDER_VERSION": built_provider() or "",
            # The engine lives for seconds: collecting less often costs memory that nobody else needs.
            "GOGC": "400",
            "NO_COLOR": "1",
        }
        return cls(directory, stack, environment)

    def pulumi(self, *arguments: str, stdin: str = "", seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """Run the CLI to its end, and return its exit code and what it printed.

        Its temporary directory is its own and goes with it: providers write kubeconfigs there.
        """
        command = shutil.which("pulumi", path=self.environment["PATH"]) or "pulumi"
        # Pulumi 3.276 composes the whole state at every step of a preview, too, and throws it away.
        unstored = {"PULUMI_SKIP_CHECKPOINTS": "true"} if arguments[0] == "preview" else {}
        with private_tmp(Path(self.environment.get("TMPDIR") or tempfile.gettempdir())) as private:
            return subprocess.run(
                [command, "--non-interactive", "--color", "never", *arguments],
                cwd=self.directory,
                env=self.environment | unstored | {"TMPDIR": str(private.path)},
                pass_fds=[private.lock],
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
            )

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a key of the stack's configuration; the value goes through a pipe, for it may be a secret."""
        arguments = ["config", "set", "--stack", self.stack, "--path", *(["--secret"] if secret else [])]
        self.pulumi(*arguments, f"slicewise:{key}", stdin=value).check_returncode()


def _without_log(home: Path) -> None:
    """Keep the engine from writing a log of all properties with every command, which takes a third of its time.

    Pulumi 3.276 has no setting for it. It goes on without a log where it cannot make the directory.
    """
    home.mkdir(mode=0o700, exist_ok=True)
    log = home / "logs"
    if not log.exists():
        log.touch()


def _python(home: Path, python: Path) -> Path:
    """Write the Python that `pulumi` runs, and return its path: `python`, with two differences.

    It says by itself what is installed, for pip takes as long as the program takes for a preview. And a program that
    the engine interrupts before it has begun ends without a word, as it does from then on: no line of it can say so
    while Python itself, or what Pulumi runs programs with, is being imported.
    """
    installed, script, early = home / "installed.json", home / "python", home / "early"
    installed.write_text(_installed(), encoding="utf-8")
    early.mkdir(exist_ok=True)
    # What Python imports first of all, wherever it is found (library `site`).
    (early / "sitecustomize.py").write_text("import signal\n\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n")
    script.write_text(
        "#!/bin/sh\n"
        f'[ "$*" = "{" ".join(_LIST_PACKAGES)}" ] && exec cat {shlex.quote(str(installed))}\n'
        f'export PYTHONPATH={shlex.quote(str(early))}"${{PYTHONPATH:+:$PYTHONPATH}}"\n'
        f'exec {shlex.quote(str(python))} "$@"\n'
    )
    script.chmod(0o700)
    return script


@cache
def _installed() -> str:
    """Return what pip says of the packages of this Python, as far as Pulumi reads it: name, version, location."""
    packages = [
        {"name": each.name, "version": each.version, "location": str(each.locate_file(""))} for each in distributions()
    ]
    return json.dumps(packages)
