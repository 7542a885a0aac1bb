"""A kubeconfig judged with the machine that it is on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slicewise.clusters.access.kubeconfig_check import check_kubeconfig
from tests.unit.clusters.access.kubeconfigs import CANARY, kubeconfig


def test_files_that_are_not_here(tmp_path: Path) -> None:
    (tmp_path / "me.key").touch()
    user = {"client-certificate": str(tmp_path / "me.crt"), "client-key": str(tmp_path / "me.key")}

    found = check_kubeconfig(json.dumps(kubeconfig(users=[{"name": "me", "user": user}])))

    assert found.files == ("client-certificate",)
    assert str(tmp_path) not in repr(found)


def test_a_plugin_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "get-credentials").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    user = {"exec": {"command": "get-credentials", "args": [CANARY]}}

    assert check_kubeconfig(json.dumps(kubeconfig(users=[{"name": "me", "user": user}]))).plugin is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("get-credentials", "the program get-credentials, which is not here; install it on this machine, on PATH"),
        ("/opt/bin/kubelogin", "the program kubelogin, which is not here; install it: https://azure.github.io"),
        (f"sh -c {CANARY}", "the program (a name with unusual characters), which is not here"),
    ],
)
def test_a_plugin_that_is_not_here(command: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    found = check_kubeconfig(json.dumps(kubeconfig(users=[{"name": "me", "user": {"exec": {"command": command}}}])))

    assert words in str(found.plugin)
    assert CANARY not in repr(found)


def test_the_address_has_nothing_but_scheme_host_and_port() -> None:
    cluster = {"server": f"https://ana:{CANARY}@example.test:6443/k8s?token={CANARY}"}

    found = check_kubeconfig(json.dumps(kubeconfig(clusters=[{"name": "one", "cluster": cluster}])))

    assert found.address == "https://example.test:6443"
    assert CANARY not in repr(found)


def test_a_server_behind_a_proxy_need_not_answer_from_here() -> None:
    cluster = {"server": "https://example.test", "proxy-url": "socks5://localhost:1080"}

    assert check_kubeconfig(json.dumps(kubeconfig(clusters=[{"name": "one", "cluster": cluster}]))).server is None
