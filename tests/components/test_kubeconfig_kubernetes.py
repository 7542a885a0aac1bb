"""The management cluster of `kubeconfigSource: kubernetes` where its credential does not come, or not work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.kubeconfig.from_kubernetes import KUBERNETES
from components.kubeconfig.source import SourceError
from components.stack_config import StackConfig, read_stack_config
from slicewise.clusters.access import exec_plugin as plugin
from slicewise.documents.cluster import KubeconfigReference
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.access.tls_server import Answer, server

SLEEPS = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": ["600"]}}


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (SLEEPS, "its credential plugin sleep did not answer in 0.2 s (does it wait for a login?); log in first"),
        (None, "Unauthorized; log in again, or renew the credential in the kubeconfig"),
    ],
)
def test_why_a_secret_cannot_be_read(
    user: dict[str, Any] | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    monkeypatch.setattr(plugin, "PLUGIN_SECONDS", 0.2)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "ambient"))
    refuses = Answer(401, b'{"kind": "Status", "code": 401, "message": "Unauthorized"}')
    with server(refuses) as asked:
        (tmp_path / "ambient").write_text(kubeconfig_text(asked.url, user))
        stack = replace(read_stack_config(pulumi.Config("slicewise")), kubeconfig_namespace="fleet")
        (found,) = asyncio.run(read(stack))
    assert isinstance(found, SourceError)
    assert str(found).startswith("Secret fleet/mig-a of the management cluster: ")
    assert words in str(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "KUBECONFIG names no file that is there; set KUBECONFIG to a kubeconfig that leads to it, or keep"),
        ("", "the file ambient is empty; set KUBECONFIG to a kubeconfig that leads to it, or keep kubeconfigs"),
        (kubeconfig_text("https://127.0.0.1:1", {"tokenFile": "/nowhere/token"}), "is not here; set KUBECONFIG to a "),
    ],
)
def test_no_kubeconfig_of_the_management_cluster(
    text: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "ambient"))
    if text is not None:
        (tmp_path / "ambient").write_text(text)
    with pytest.raises(SourceError) as caught:
        asyncio.run(read(read_stack_config(pulumi.Config("slicewise"))))
    assert str(caught.value).startswith("the management cluster's kubeconfig (KUBECONFIG, else ~/.kube/config) cannot")
    assert why in str(caught.value)
    assert str(caught.value).endswith("pulumi config set slicewise:kubeconfigSource config")


async def read(stack: StackConfig) -> Sequence[object]:
    """Read one Secret."""
    return await KUBERNETES.read([KubeconfigReference(name="mig-a", key="kubeconfig")], stack)
