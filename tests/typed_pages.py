"""The commands of a page, typed in a clean clone as they are written there, and what the page shows of them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Final, Self

from embedded.program import CHECKOUT

_BLOCK_OR_COMMAND: Final = re.compile(
    r"^(?P<indentation> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$|`(?P<command>make preview STACK=[a-z-]+)` shows",
    re.MULTILINE | re.DOTALL,
)
_MARKS: Final = (".program", ".gcp", ".aws", ".hub", ".development")
# A command that fails says so, whatever comes after it in its block.
_TRAP: Final = "trap 'echo \"@failed $? $BASH_COMMAND\"' ERR\n"
# On a line of its own, as an answer from `curl` does not end with one.
_END: Final = "@end"
# No block of a page takes a tenth of this where nothing needs to be built.
_LIMIT: Final = 1200
# How often a page's `count` asks.
_REQUESTS: Final = 100


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, if it names one, and its text without the page's indentation."""

    language: str
    text: str

    @property
    def is_typed(self) -> bool:
        """Whether a reader types it: the words of commands begin its lines."""
        first = self.text.split(maxsplit=1)[0]
        known = {
            "make",
            "mkdir",
            "slicewise",
            ".venv/bin/slicewise",
            ".venv/bin/python",
            "cat",
            "pulumi",
            "curl",
            "ask()",
            "sed",
            "git",
        }
        return not self.language and first in known | {"count"} and not self.text.startswith("make: ")


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, in its order, and the commands that its sentences have before what they show."""
    found = []
    for match in _BLOCK_OR_COMMAND.finditer(page):
        if match["command"]:
            # One of them ends with an error, which the page shows.
            found.append(Block("", f"{match['command']} || true\n"))
            continue
        lines = [line.removeprefix(match["indentation"]) for line in match["text"].splitlines()]
        found.append(Block(match["language"], "\n".join(lines) + "\n"))
    return found


def typed_and_shown(page: str) -> list[tuple[Block, str]]:
    """Return what a reader types of a page, in its order, each with what the page shows of its output."""
    found: list[tuple[Block, str]] = []
    for block in blocks(page):
        if block.is_typed:
            found.append((block, ""))
        elif not block.language and found:
            typed, shown = found[-1]
            found[-1] = (typed, shown + block.text)
    return found


def shape(line: str) -> str:
    """Return a line without what differs each time: numbers, names of pods, and how wide columns are."""
    line = re.sub(r"-[0-9a-f]{8,10}-[a-z0-9]{5}\b", "-POD", line)
    return " ".join(re.sub(r"\d+", "N", line).split())


@contextmanager
def clean_clone(directory: Path) -> Iterator[dict[str, str]]:
    """Clone what is committed into `directory`, and give the environment in which nothing needs a network.

    Python's packages are those of the environment that runs the tests, and what the toolchain has built is shared.
    """
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(directory)], check=True)  # noqa: S607 - whichever there is
    subprocess.run([sys.executable, "-m", "venv", str(directory / ".venv")], check=True)
    (packages,) = (directory / ".venv/lib").glob("python*/site-packages")
    (shared,) = (Path(sys.prefix) / "lib").glob("python*/site-packages")
    (packages / "shared.pth").write_text(f"{shared}\n", encoding="utf-8")
    for mark in _MARKS:
        (directory / ".venv" / mark).touch()
    go = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
    own = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBE", "MAKE", "MFLAGS"))}
    home = directory.parent / "home"
    home.mkdir()
    yield own | {
        "HOME": str(home),
        # Pulumi takes the home directory from the list of users, not from HOME.
        "PULUMI_HOME": str(home / ".pulumi"),
        "SHELL": "/bin/bash",
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),
        "GOMODCACHE": go,
        "GOPROXY": "off",
        "PIP_NO_INDEX": "1",
        "NO_COLOR": "1",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def type_until_shown(typist: Typist, text: str, expected: str, *, seconds: float) -> str:
    """Type a block until it prints what the page shows, for at most so many seconds; once where these are 0.

    Returns:
        What it printed.

    Raises:
        AssertionError: it did not print that.
    """
    deadline = time.monotonic() + seconds
    while True:
        printed = typist.type(text)
        if not (missing := _missing(text, expected, printed)):
            return printed
        assert time.monotonic() < deadline, f"{missing} of:\n{text}\n{printed}"
        time.sleep(2)


def _missing(text: str, expected: str, printed: str) -> list[str]:
    """Return the lines that were to be printed and were not; a page leaves last columns out."""
    wanted = [line for line in map(shape, expected.splitlines()) if line]
    lines = {line for line in map(shape, printed.splitlines()) if line}
    if text.strip() == "count":
        # Who answers, and nobody else; and all hundred requests are answered.
        answered = sum(map(int, re.findall(r"^ *([0-9]+) pod ", printed, re.MULTILINE)))
        return [] if (lines, answered) == (set(wanted), _REQUESTS) else wanted
    return [line for line in wanted if not any(each.startswith(line.rstrip("─ ")) for each in lines)]


class Typist:
    """A shell that gets one block after the other, as a reader types them."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["/bin/bash", "-s"],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # What it starts ends with it.
            start_new_session=True,
        )
        self._write(_TRAP)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._shell.stdin, self._shell.stdout):
            if pipe:
                pipe.close()
        self._shell.wait(timeout=60)

    def type(self, text: str) -> str:
        """Type a block, and return what it printed.

        Raises:
            AssertionError: one of its commands failed, or the shell ended, as it does after twenty minutes.
        """
        limit = Timer(_LIMIT, os.killpg, (self._shell.pid, signal.SIGTERM))
        limit.start()
        try:
            return self._typed(text)
        finally:
            limit.cancel()

    def _typed(self, text: str) -> str:
        # A shell in the shell has no trap of its own.
        self._write(re.sub(r"^(make shell)$", rf"\1\n{_TRAP}", text, flags=re.MULTILINE) + f"printf '\\n{_END}\\n'\n")
        printed = []
        for line in self._output():
            if line.strip() == _END:
                break
            printed.append(line)
        else:
            raise AssertionError(f"the shell ended:\n{text}\n{''.join(printed)}")
        failed = [line for line in printed if "@failed " in line]
        assert not failed, f"{text}\n{''.join(printed)}"
        return "".join(printed)

    def _write(self, text: str) -> None:
        assert self._shell.stdin
        self._shell.stdin.write(text)
        self._shell.stdin.flush()

    def _output(self) -> IO[str]:
        assert self._shell.stdout
        return self._shell.stdout
