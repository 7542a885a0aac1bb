"""A program that is forked runs as one that is started does, and leaves as little behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from embedded.deadlines import wait_until
from embedded.program import CHECKOUT, Program
from tests.engine.forked_python import forked_python
from tests.engine.workspace import STACK, Workspace
from tests.process_findings import FINDINGS
from tests.processes import wait_ended

NAME = "pulumi-language-python-exec"
SECONDS = 60
WHERE = f"""{FINDINGS}
import threading
found |= {{
    "name": [__name__, __file__, sys.executable, sys.flags],
    "session": os.getsid(0),
    "nice": os.nice(0),
    "threads": threading.active_count(),
    "ours": [each for each in sys.modules if each.startswith(("slicewise", "components", "embedded"))],
}}
print(json.dumps(found))
"""

# What runs a program, and is killed itself.
STARTER = """
import os, signal, sys
from pathlib import Path
from tests.engine.test_forked_python import PAUSE, line_of, started
from tests.engine.forked_python import forked_python
process = started(Path(sys.argv[1]), PAUSE)
print(line_of(process), process.pid, forked_python().parent, flush=True)
os.kill(os.getpid(), int(sys.argv[2])) if sys.argv[2] != "0" else None
"""
PAUSE = "import os, signal; print(os.getpid(), flush=True); signal.pause()"


def started(
    directory: Path, text: str, *, forked: bool = True, files: Sequence[int] = (), group: int | None = None
) -> subprocess.Popen[str]:
    """Start a program as Pulumi's language host does."""
    program = directory / NAME
    program.write_text(text)
    environment = Program.at(directory, STACK, forked_python() if forked else Path(sys.executable)).environment
    return subprocess.Popen(
        [environment["PULUMI_PYTHON_CMD"], str(program), "--one", "two words"],
        cwd=directory,
        env=environment | {"FLEET": "éclair", "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=files,
        process_group=group,
    )


def run(directory: Path, text: str, *, forked: bool = True, files: Sequence[int] = ()) -> tuple[int, str, str]:
    with started(directory, text, forked=forked, files=files, group=0) as process:
        stdout, stderr = process.communicate(timeout=SECONDS)
    return process.returncode, stdout, stderr


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_it_runs_where_what_is_started_runs(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        expected, found = (run(tmp_path, WHERE, forked=forked, files=[lock.fileno()]) for forked in (False, True))
    assert (expected[0], expected[2]) == (found[0], found[2]) == (0, "")
    seen = json.loads(found[1])
    assert seen == json.loads(expected[1]) | {each: seen[each] for each in ("group", "session")}
    assert len(seen["descriptors"]) == 5, "its streams, the lock and the list itself"
    assert seen["ours"] == []


def test_it_is_in_the_group_of_what_it_stands_for(tmp_path: Path) -> None:
    with started(tmp_path, "import os; print(os.getpgid(0))", group=0) as process:
        assert line_of(process) == str(process.pid)


def test_it_has_the_very_files(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        file.write("before ")
        file.flush()
        write = f"import os; os.write({file.fileno()}, b'within ')"
        assert run(tmp_path, write, files=[file.fileno()]) == (0, "", "")
        file.write("after")
    assert (tmp_path / "file").read_text() == "before within after"


@pytest.mark.parametrize(
    ("text", "code", "last"),
    [
        ("raise ValueError('wrong')", 1, "ValueError: wrong"),
        ("raise SystemExit('sorry')", 1, "sorry"),
        ("raise SystemExit(32)", 32, ""),
        ("import atexit, sys; atexit.register(print, 'at last', file=sys.stderr)", 0, "at last"),
        ("import os; os.abort()", -signal.SIGABRT, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, ""),
    ],
)
def test_how_it_ends(text: str, code: int, last: str, tmp_path: Path) -> None:
    found, stdout, stderr = run(tmp_path, text)
    assert (found, stdout, stderr.splitlines()[-1:]) == (code, "", [last] if last else [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("of_group", [False, True])
def test_it_is_ended_with_what_it_stands_for(number: signal.Signals, of_group: bool, tmp_path: Path) -> None:
    with started(tmp_path, PAUSE, group=0) as process:
        forked = int(line_of(process))
        assert forked != process.pid
        (os.killpg if of_group else os.kill)(process.pid, number)
        stdout, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stdout, stderr) == (-number, "", "")
    wait_until("the program gone", lambda: not psutil.pid_exists(forked), SECONDS)


def test_several_run_at_once(tmp_path: Path) -> None:
    directories = [tmp_path / str(number) for number in range(3)]
    for each in directories:
        each.mkdir()
    processes = [started(each, PAUSE) for each in directories]
    forked = [int(line_of(each)) for each in processes]
    processes[1].kill()
    wait_until("the program gone", lambda: not psutil.pid_exists(forked[1]), SECONDS)
    assert psutil.pid_exists(forked[0])
    assert psutil.pid_exists(forked[2])
    os.kill(forked[2], signal.SIGTERM)
    assert processes[2].wait(SECONDS) == -signal.SIGTERM
    os.kill(forked[0], signal.SIGTERM)
    assert processes[0].wait(SECONDS) == -signal.SIGTERM
    for process in processes:
        process.communicate()


def test_nothing_of_one_run_is_in_the_next(tmp_path: Path) -> None:
    change = "import os, pulumi, slicewise; pulumi.own = 1; os.chdir('/'); os.environ['OWN'] = 'x'"
    assert run(tmp_path, change) == (0, "", "")
    look = "import os, sys, pulumi; print(hasattr(pulumi, 'own'), os.getcwd(), os.environ.get('OWN'), *sys.modules)"
    code, stdout, stderr = run(tmp_path, look)
    assert (code, stdout.split()[:3], stderr) == (0, ["False", str(tmp_path), "None"], "")
    assert "slicewise" not in stdout.split()


@pytest.mark.long
@pytest.mark.parametrize("number", [0, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_the_tests_end(number: int, tmp_path: Path) -> None:
    starter = [sys.executable, "-c", STARTER, str(tmp_path), str(number)]
    done = subprocess.run(starter, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (-number, "")
    *pids, directory = done.stdout.split()
    wait_until(f"{pids} gone", lambda: not any(psutil.pid_exists(int(pid)) for pid in pids), SECONDS)
    wait_ended(directory)
    assert not Path(directory).exists()


@pytest.mark.long
def test_what_is_imported_already_every_preview_imports(tmp_path: Path) -> None:
    known = run(tmp_path, "import sys; print(*sys.modules)")[1].split()
    workspace = Workspace.create(tmp_path / "stack", real_start=True)
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")
    early = workspace.directory / "pulumi-home" / "early" / "sitecustomize.py"
    imported = tmp_path / "imported"
    said = f"atexit.register(lambda: Path({str(imported)!r}).write_text(' '.join(sys.modules)))"
    early.write_text(f"{early.read_text()}\nimport atexit, sys\nfrom pathlib import Path\n{said}\n")
    workspace.preview()
    of_packages = {each for each in known if each.partition(".")[0] not in {*sys.stdlib_module_names, "tests"}}
    assert len(of_packages) > 200
    assert of_packages - set(imported.read_text().split()) == set()
