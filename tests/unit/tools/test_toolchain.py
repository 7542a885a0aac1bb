"""Where built programs are kept: two releases of Kubernetes have one Pulumi, one KServe and one etcd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.errors import ControlPlaneError
from embedded.toolchain import kubernetes_dir

TOOLCHAIN = Path(__file__).parents[3] / "toolchain"


def say(*words: str, toolchain: Path = TOOLCHAIN, **settings: str) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if key != "KUBERNETES"} | settings
    return subprocess.run(
        [sys.executable, toolchain / "build.py", *words],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def where(what: str = "", toolchain: Path = TOOLCHAIN, **settings: str) -> Path:
    run = say(f"where{what}", toolchain=toolchain, **settings)
    assert (run.returncode, run.stderr) == (0, "")
    return Path(run.stdout.strip())


def test_a_release_has_a_directory_of_its_own_and_shares_the_rest() -> None:
    assert where("-kubernetes") == where("-kubernetes-1.37")
    assert where("-kubernetes", KUBERNETES="1.34") == where("-kubernetes-1.34")
    assert len({where(), where("-kubernetes-1.37"), where("-kubernetes-1.34")}) == 3
    for what in ("", "-contour", "-nvidia", "-yaml"):
        assert where(what, KUBERNETES="1.34") == where(what)


@pytest.mark.parametrize(
    ("changed", "built_anew"),
    [
        ("kubernetes-1.37", {"-kubernetes-1.37"}),
        ("kubernetes-1.34", {"-kubernetes-1.34"}),
        ("kserve", {""}),
        ("contour", {"-contour"}),
    ],
)
def test_only_what_a_module_is_for_is_built_anew(changed: str, built_anew: set[str], tmp_path: Path) -> None:
    copy = shutil.copytree(TOOLCHAIN, tmp_path / "toolchain", ignore=shutil.ignore_patterns("__pycache__"))
    places = ("", "-kubernetes-1.37", "-kubernetes-1.34", "-contour", "-nvidia", "-yaml")
    before = {what: where(what, copy) for what in places}
    assert before == {what: where(what) for what in places}
    with (copy / changed / "go.mod").open("a") as module:
        module.write("// another\n")
    assert {what for what in places if where(what, copy) != before[what]} == built_anew


def test_an_unknown_release_is_refused_where_it_is_used() -> None:
    run = say("where-kubernetes", KUBERNETES="1.35")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "error: KUBERNETES=1.35: the embedded cluster can be 1.37 or 1.34.\n"
    assert say("where", KUBERNETES="1.35").returncode == 0
    with pytest.raises(ControlPlaneError, match=r"invalid choice: 'where-kubernetes-1\.35'"):
        kubernetes_dir("1.35")
