"""Which kubeconfig `verify` takes for which environment, and what it says of one that it cannot use."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from slicewise.cli.clusters import values_by_environment
from slicewise.diagnostics import InvalidInputError
from tests.unit.cli.running import in_process, slicewise
from tests.unit.cli.verify.verifying import BETA, CANARY, kubeconfig

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long


def test_for_one_environment_kubectls_kubeconfig_is_taken(
    documents: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, server))
    one = slicewise("verify", documents, "--environment", "west", "--output", "json")
    assert (one.returncode, json.loads(one.stdout)["environments"]) == (0, ["west"])
    both = slicewise("verify", documents)
    assert both.returncode == 2
    assert both.stderr.splitlines() == [
        f"--kubeconfig: environment {name} has no kubeconfig; write --kubeconfig {name}=FILE, or read fewer with "
        "--environment [SW402]"
        for name in ("east", "west")
    ]


def test_the_kubeconfig_of_the_home_directory_is_taken(
    documents: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    nothing = slicewise("verify", documents, "--environment", "west")
    assert (nothing.returncode, "[SW402]" in nothing.stderr) == (2, True)
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube", server, "config")
    assert slicewise("verify", documents, "--environment", "west").returncode == 0


@contextmanager
def pipe(text: bytes) -> Iterator[str]:
    """Yield what a shell makes of `<(command)`, of a command that writes `text`: it can be read once."""
    reading, writing = os.pipe()
    os.write(writing, text)
    os.close(writing)
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def test_a_kubeconfig_from_a_pipe(documents: str, server: str, tmp_path: Path) -> None:
    content = Path(kubeconfig(tmp_path, server)).read_bytes()
    with pipe(content) as file:
        both = ("--kubeconfig", f"east={file}", "--kubeconfig", f"west={file}")
        run = in_process("verify", documents, *both)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("2 environments verified: as declared\n")
    with pipe(content) as file:
        assert "kind: InferenceEnvironment" in in_process("discover", "--kubeconfig", file).stdout


DIRECTORY = "it is a directory; name a kubeconfig, such as ~/.kube/config"


def test_a_directory_is_not_a_kubeconfig(documents: str, tmp_path: Path) -> None:
    run = in_process("verify", documents, "--environment", "east", "--kubeconfig", str(tmp_path))
    assert (run.returncode, run.stderr.endswith(f"{tmp_path}: {DIRECTORY} [SW402]\n")) == (2, True)
    run = in_process("discover", "--kubeconfig", str(tmp_path))
    assert (run.returncode, run.stderr) == (2, f"{tmp_path}: {DIRECTORY} [SW402]\n")


@pytest.mark.parametrize("content", [f"token: {CANARY}", f"{{{CANARY}", "", "kind: Config\n---\nkind: Config\n"])
def test_nothing_of_a_bad_kubeconfig_is_repeated(documents: str, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad"
    file.write_text(content)
    run = slicewise("verify", documents, "--environment", "east", "--kubeconfig", str(file))
    assert run.returncode == 2
    assert CANARY not in run.stdout + run.stderr
    assert run.stderr.startswith(f"--kubeconfig {file}: cannot be used: ")
    assert run.stderr.endswith("[SW403]\n")


def test_what_a_kubeconfig_needs_beside_its_text_is_named(documents: str, server: str, tmp_path: Path) -> None:
    file = Path(kubeconfig(tmp_path, server))
    config = yaml.safe_load(file.read_text())
    config["users"][0]["user"] = {
        "exec": {"apiVersion": BETA, "command": "no-such-plugin", "args": [CANARY]},
        "tokenFile": "gone",
    }
    file.write_text(yaml.safe_dump(config))
    run = slicewise("verify", documents, "--environment", "east", "--kubeconfig", str(file))
    assert run.returncode == 2
    assert sorted(line[-7:] for line in run.stderr.splitlines()) == ["[SW407]", "[SW408]"]
    assert "no-such-plugin" in run.stderr
    assert CANARY not in run.stderr


def test_one_kubeconfig_that_cannot_be_used_hides_no_other(documents: str, server: str, tmp_path: Path) -> None:
    east = kubeconfig(tmp_path, server)
    run = slicewise("verify", documents, "--kubeconfig", f"east={east}", "--kubeconfig", "west=/none")
    assert run.returncode == 2
    assert run.stdout.endswith("1 environment verified: as declared\n")
    assert run.stderr == (
        "--kubeconfig: environment west: /none: there is no such file; name a kubeconfig, such as ~/.kube/config "
        "[SW402]\n"
    )


def test_a_misspelt_environment_of_a_kubeconfig() -> None:
    with pytest.raises(InvalidInputError) as caught:
        values_by_environment("--kubeconfig", ["wset=file"], ["east", "west"], ["east", "west"], "FILE")
    assert (
        str(caught.value) == '--kubeconfig: "wset=file": no environment is called "wset"; did you mean "west"? [SW402]'
    )


@pytest.mark.parametrize("chosen", [["east"], ["east", "west"]])
def test_a_misspelt_environment_is_no_file_of_the_only_one(
    chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        values_by_environment("--kubeconfig", ["eas=file"], chosen, chosen, "FILE")
    assert 'no environment is called "eas"; did you mean "east"? [SW402]' in str(caught.value)
    # A file, or a context, may have such a name all the same.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eas=file").write_text("")
    assert values_by_environment("--kubeconfig", ["eas=file"], ["east"], ["east"], "FILE") == {"east": "eas=file"}
    assert values_by_environment("--context", ["x=y"], ["east"], ["east"], "CONTEXT") == {"east": "x=y"}
