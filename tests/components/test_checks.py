"""What is said of kubeconfigs that can be used and are weak."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

from components.kubeconfig.checks import EnvironmentKubeconfig, check
from components.stack_config import StackConfig
from slicewise.documents.cluster import KubeconfigReference
from tests.components.kubeconfigs import kubeconfig


@pytest.mark.parametrize("tell", [False, True])
def test_what_is_weak_is_said_only_on_request(monkeypatch: pytest.MonkeyPatch, tell: bool) -> None:
    """Kubeconfigs of new environments are read twice: to see whether they are renamed ones, and to use them."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    # Port 9 takes no connections: that is another matter.
    subjects: list[Any] = [
        EnvironmentKubeconfig(
            name, "secretRef", None, "", KubeconfigReference(name=name), kubeconfig("https://127.0.0.1:9", **user)
        )
        for name, user in (("a", {"username": "me", "password": "p"}), ("b", {"token": "t"}))
    ]

    _, problems = asyncio.run(check(subjects, StackConfig(manifests=("fleet",)), tell=tell))

    assert [environment for environment, _ in problems] == ["a", "b"]
    assert [message[-7:] for message in told] == (["[SW308]", "[SW312]"] if tell else [])
