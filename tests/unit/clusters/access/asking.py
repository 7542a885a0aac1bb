"""Asking a cluster through a kubeconfig, as `discover`, `verify` and `verify: true` do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from slicewise.clusters.live.cluster_answer import Unreadable, read_or_refusal
from slicewise.clusters.live.facts import LiveCluster
from tests.unit.clusters.access.kubeconfigs import CANARY, kubeconfig


def kubeconfig_text(
    server: str, user: dict[str, Any] | None = None, cluster: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Return a kubeconfig for `server`, with further fields of its `cluster`, and a token if there is no `user`."""
    return json.dumps(
        kubeconfig(
            clusters=[{"name": "one", "cluster": {"server": server, **cluster}}],
            users=[{"name": "me", "user": {"token": CANARY} if user is None else user}],
        )
    )


def read(text: str) -> LiveCluster:
    """Return what the cluster has, which can be read."""
    answer = asyncio.run(read_or_refusal(text))
    assert isinstance(answer, LiveCluster), answer
    return answer


def refused(text: str) -> str:
    """Return why the cluster could not be read; no credential is in it."""
    answer = asyncio.run(read_or_refusal(text))
    assert isinstance(answer, Unreadable)
    assert CANARY not in answer.text
    return answer.text
