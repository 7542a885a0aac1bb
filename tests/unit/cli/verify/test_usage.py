"""Input and options that `verify` does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import slicewise
from tests.unit.cli.verify.verifying import CANARY, kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kubeconfig", "FILE"], "is for; write --kubeconfig ENVIRONMENT=FILE with one of east, west, such as "),
        (
            ["--kubeconfig", "north=FILE"],
            "such as --kubeconfig east=FILE; or read one alone with --environment [SW402]",
        ),
        (
            ["--context", "here", "--environment", "east", "--kubeconfig", "/none"],
            "/none: there is no such file; name a kubeconfig",
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--context", "other"],
            'cannot be used: there is no context "other"; there are "here", "nowhere" [SW403]',
        ),
        (["--environment", "east", "--kubeconfig", "FILE", "--context", "nowhere"], "does not answer"),
        (["--environment", "north"], '"north" is not an environment that is declared; there are east, west'),
        (["--previous", "/none"], "/none: cannot be read"),
    ],
)
def test_wrong_input_ends_with_2(documents: str, server: str, tmp_path: Path, options: list[str], said: str) -> None:
    file = kubeconfig(tmp_path, server)
    run = slicewise(
        "verify", documents, *(option.replace("FILE", file) if "FILE" in option else option for option in options)
    )
    assert run.returncode == 2
    # Errors of the command line itself come in a box as wide as the terminal.
    flat = " ".join(run.stderr.replace("│", " ").split())
    assert said in flat
    assert CANARY not in run.stdout + run.stderr


NOT_VERIFIED = (
    "is for the environment west, which --environment leaves out; leave it out, or add --environment west [SW402]"
)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--environment", "east", "--kubeconfig", "west=FILE"],
            f'--kubeconfig: "west=FILE" {NOT_VERIFIED}',
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--context", "west=here"],
            f'--context: "west=here" {NOT_VERIFIED}',
        ),
        (
            ["--environment", "east", "--kubeconfig", "east=FILE", "--kubeconfig", "east=/other"],
            '--kubeconfig: the environment east has two, "FILE" and "/other"; write one of them [SW402]',
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--kubeconfig", "FILE"],
            '--kubeconfig: the environment east has two, "FILE" and "FILE"; write one of them [SW402]',
        ),
        (
            ["--environment", "east", "--kubeconfig", "FILE", "--context", "here", "--context", "east=here"],
            '--context: the environment east has two, "here" and "here"; write one of them [SW402]',
        ),
    ],
)
def test_no_option_is_swallowed(
    documents: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    """Whatever is not used might have been meant: the ambient kubeconfig may lead to another cluster."""
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, server))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text((tmp_path / "kubeconfig").read_text())
    run = slicewise("verify", documents, *options)
    assert (run.returncode, run.stdout, run.stderr.splitlines()) == (2, "", [said])
