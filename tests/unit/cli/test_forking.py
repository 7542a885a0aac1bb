"""What is forked runs as what is started does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.process_findings import FINDINGS
from tests.unit.cli.forking import run_forked
from tests.unit.cli.running import COMMAND, DEMO, GKE_MIXED, ROOT, SECONDS, SHORTFALL, slicewise

WHERE = f"{FINDINGS}\nfound['frozen'] = gc.get_freeze_count()\nprint(json.dumps(found))\n"


class Files(NamedTuple):
    """What a program's standard streams are."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def written(self) -> tuple[str, str]:
        """Return what it wrote on standard output and standard error."""
        return Path(self.stdout.name).read_text("utf-8"), Path(self.stderr.name).read_text("utf-8")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    with Path(os.devnull).open("rb") as stdin, (tmp_path / "1").open("wb") as out, (tmp_path / "2").open("wb") as err:
        yield Files(stdin, out, err)


def run(program: str, files: Files, seconds: float = SECONDS) -> tuple[int, str, str]:
    for file in files[1:]:
        file.truncate(0)
        file.seek(0)
    code = run_forked(program, ["one", "two words"], os.environ, [file.fileno() for file in files], seconds)
    return code, *files.written()


def test_it_runs_where_what_is_started_runs(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET", "éclair")
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    command = [sys.executable, "-W", "error", "-c", WHERE, "one", "two words"]
    subprocess.run(command, cwd=ROOT, env=os.environ, **files._asdict(), check=True, timeout=SECONDS)
    expected, found = (json.loads(text) for text in (files.written()[0], run(WHERE, files)[1]))
    # `-c` says it with the empty string, where `-m` has the directory's name.
    assert (expected["path"].pop(0), found["path"].pop(0)) == ("", str(ROOT))
    assert found == expected


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["--help"], ["plan", "--help"], ["--version"], ["plam"], ["plan", "--output", "nothing"]),
        *(["plan", DEMO], ["plan", SHORTFALL, "-o", "json"], ["validate", GKE_MIXED, "nowhere"], ["status", DEMO]),
        *(["validate", "-"], ["errors", "SW204"], ["schema", "Model"]),
    ],
    ids=" ".join,
)
def test_the_command_line_says_the_same(arguments: list[str]) -> None:
    stdin = b"kind: Model\n"
    started = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, input=stdin, capture_output=True, check=False, timeout=SECONDS
    )
    forked = slicewise(*arguments, stdin=stdin)
    assert forked.returncode == started.returncode
    assert forked.stdout == started.stdout.decode()
    assert forked.stderr == started.stderr.decode()


@pytest.mark.parametrize(
    ("program", "code", "last"),
    [
        ("import warnings; warnings.warn('old')", 1, "UserWarning: old"),
        ("raise ValueError('wrong')", 1, "ValueError: wrong"),
        ("raise SystemExit('sorry')", 1, "sorry"),
        ("raise SystemExit(5)", 5, ""),
        ("raise SystemExit", 0, ""),
        ("import atexit, sys; atexit.register(print, 'at last', file=sys.stderr)", 0, "at last"),
        ("import os; os.abort()", -signal.SIGABRT, ""),
    ],
)
def test_how_it_ends(program: str, code: int, last: str, files: Files) -> None:
    found, stdout, stderr = run(program, files)
    assert (found, stdout, stderr.splitlines()[-1:]) == (code, "", [last] if last else [])
    assert ("Traceback" in stderr) == ("Error" in last or "Warning" in last)


def test_nothing_of_one_run_is_in_the_next(files: Files) -> None:
    change = "import os, slicewise; slicewise.__version__ = 'another'; os.chdir('/'); os.environ['FLEET'] = 'x'"
    assert run(change, files) == (0, "", "")
    look = "import os, slicewise; print(slicewise.__version__, os.getcwd(), 'FLEET' in os.environ)"
    assert run(look, files) == (0, f"{slicewise('--version').stdout.split()[1]} {ROOT} False\n", "")


def test_what_takes_too_long_is_killed(files: Files) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run("import signal; signal.pause()", files, 0.1)
    assert run("print('next')", files) == (0, "next\n", "")
