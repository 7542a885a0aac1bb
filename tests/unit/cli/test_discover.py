"""`slicewise discover`: what is wrong with how it is called, and clusters that are not there."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.running import COMMAND, ROOT, SECONDS, slicewise


def kubeconfig(file: Path, **changes: object) -> Path:
    """Write a kubeconfig with one context, `prod`, for a server that is not there."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "prod", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "prod", "user": {"token": secrets.token_hex(16)}}],
        "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "prod"}}],
        "current-context": "prod",
    }
    file.write_text(json.dumps(config | changes), encoding="utf-8")
    return file


def error_of(*arguments: str) -> str:
    run = slicewise("discover", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    return line


def test_no_such_file() -> None:
    assert error_of("--kubeconfig", "nowhere") == (
        "nowhere: there is no such file; name a kubeconfig, such as ~/.kube/config [SW402]"
    )


def test_no_ambient_kubeconfig(tmp_path: Path) -> None:
    environ = {**os.environ, "HOME": str(tmp_path)}
    environ.pop("KUBECONFIG", None)
    run = subprocess.run(
        [*COMMAND, "discover"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert run.returncode == 2
    assert run.stderr.endswith("there is no ~/.kube/config; name one with --kubeconfig [SW402]\n")


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    line = error_of("--kubeconfig", str(kubeconfig(tmp_path / "k")), "--context", "staging")
    assert line.endswith('cannot be used: there is no context "staging"; there is "prod" [SW403]')


def test_a_current_context_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    line = error_of("--kubeconfig", str(kubeconfig(tmp_path / "k", **{"current-context": "prdo"})))
    assert line.endswith('cannot be used: there is no context "prdo"; there is "prod" [SW403]')


def test_a_file_that_is_no_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("# Slicewise\n\n*Many* models\n")
    assert error_of("--kubeconfig", str(tmp_path / "notes")).endswith(
        "cannot be used: the file notes is not a kubeconfig: it is not one YAML document with `kind: Config`; name the "
        "file that kubectl uses, by default ~/.kube/config [SW403]"
    )


def test_contexts_where_there_are_many_or_none(tmp_path: Path) -> None:
    context = {"cluster": "prod", "user": "prod"}
    many = kubeconfig(tmp_path / "many", contexts=[{"name": f"c{n}", "context": context} for n in range(12)])
    line = error_of("--kubeconfig", str(many), "--context", "staging")
    assert line.endswith('"c8", "c9" and 2 more [SW403]')
    none = kubeconfig(tmp_path / "none", contexts=[])
    assert error_of("--kubeconfig", str(none), "--context", "x").endswith('no context "x"; it has none [SW403]')


def test_a_path_with_a_colon_is_one_file(tmp_path: Path) -> None:
    # Only $KUBECONFIG is a list of files.
    (tmp_path / "a:b").mkdir()
    line = error_of("--kubeconfig", str(kubeconfig(tmp_path / "a:b" / "k")))
    assert line.endswith(
        "https://127.0.0.1:1 does not answer (Connection refused); check the address, the VPN and the firewall [SW404]"
    )


def test_an_authority_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority": "ca.crt"}
    file = kubeconfig(tmp_path / "k", clusters=[{"name": "prod", "cluster": cluster}])
    assert error_of("--kubeconfig", str(file)).endswith("certificate-authority names a file that is not here [SW407]")


def test_a_plugin_that_is_not_here(tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "no-such-plugin-here"}
    file = kubeconfig(tmp_path / "k", users=[{"name": "prod", "user": {"exec": plugin}}])
    assert error_of("--kubeconfig", str(file)).endswith("[SW408]")


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    line = error_of("--kubeconfig", str(kubeconfig(tmp_path / "k")))
    assert line.endswith(
        "https://127.0.0.1:1 does not answer (Connection refused); check the address, the VPN and the firewall [SW404]"
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--name", "Mig_A"), ("--name", "x" * 64), ("--name", "a\n"), ("--secret-name", "a b")]
)
def test_names_that_no_document_can_have(tmp_path: Path, option: str, value: str) -> None:
    run = slicewise("discover", "--kubeconfig", str(kubeconfig(tmp_path / "k")), option, value)
    assert run.returncode == 2
    assert option in run.stderr
