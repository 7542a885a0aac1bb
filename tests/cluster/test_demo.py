"""`make demo` as a newcomer runs it, and `make demo-down` after it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.program import CHECKOUT
from tests.processes import wait_ended


def demo(*arguments: str) -> str:
    """Run a command of the demo, as from a pipe, and return what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "embedded.demo", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "\x1b" not in run.stdout
    return run.stdout


def test_the_slices_of_a_node_fill_and_the_17th_pod_waits(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    try:
        shown = demo("up", str(state))
        assert "The node has 16 slices, 2 are taken, and so the 17th pod waits" in shown
        before, _, after = shown.partition("Without Slicewise")
        assert "2 of 16" in before
        assert "6 of 56" in before
        assert "waits" not in before
        assert "16 of 16" in after
        assert "waits: 0/1 nodes are available: 1 Insufficient nvidia.com/mig-3g.40gb" in after
        command, answer = map(str.strip, shown.splitlines()[-2:])
        assert command.startswith("curl http://127.0.0.1:")
        if shutil.which("curl"):
            assert "stub engine of pod chat-small-kserve-" in json.loads(answer)["choices"][0]["message"]["content"]
            # The line works as it is printed.
            again = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)
            assert json.loads(again.stdout)["model"] == json.loads(answer)["model"]
        else:
            assert answer == "not called: curl is not installed"
        # Once more, as somebody would after editing the demo's documents.
        assert "running already" in demo("up", str(state))
    finally:
        assert "are gone" in demo("down", str(state))
    assert not state.exists()
    # What removes the kubeconfigs of Pulumi's providers ends some seconds after the engine.
    wait_ended(str(state))


def test_nothing_to_stop(tmp_path: Path) -> None:
    assert demo("down", str(tmp_path / "none")) == "No demo was running.\n"


@pytest.mark.parametrize("command", ["up", "down"])
def test_help(command: str) -> None:
    assert "directory" in demo(command, "--help")
