"""Where the engine is, as Pulumi's language host tells the program."""

from __future__ import annotations

import subprocess

import pytest

from components.kubeconfig.sweeping import engine_address, sweep_while_the_engine_runs


def test_the_engines_address_is_among_the_hosts_arguments() -> None:
    # What pulumi-language-python 3.75 and 3.259 start a program with.
    arguments = ["python", "-u", "pulumi-language-python-exec", "--monitor", "127.0.0.1:1", "--engine", "127.0.0.1:2"]
    assert engine_address([*arguments, "--project", "slicewise", "/program"]) == "127.0.0.1:2"
    assert engine_address(["python", "__main__.py", "--engine"]) is None


def test_nothing_is_started_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started a process"))

    sweep_while_the_engine_runs()
