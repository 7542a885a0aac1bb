"""Why the services of a cluster could not be read: what its answer to the first question says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from slicewise.clusters.live import Unreadable
from slicewise.clusters.status import read_services
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.access.kubeconfigs import CANARY
from tests.unit.clusters.answering_server import Api, serving


@dataclass
class Refusing(Api):
    """A server that answers everything with one status."""

    status: int = 404

    def answer_query(self, _path: str, _query: str) -> tuple[int, Mapping[str, Any]]:
        """Return that status, whatever is asked."""
        return self.status, {"kind": "Status", "code": self.status, "message": "no"}


@pytest.mark.parametrize(
    ("status", "reason", "remedy"),
    [
        (404, "KServe is not installed there", "install KServe"),
        (403, "", "let its user list llminferenceservices.serving.kserve.io: give it"),
    ],
)
def test_why_services_cannot_be_read(status: int, reason: str, remedy: str) -> None:
    with serving(Refusing(status=status)) as address:
        found = asyncio.run(read_services(kubeconfig_text(address), ["team"]))
    assert isinstance(found, Unreadable)
    assert reason in found.reason
    assert remedy in found.remedy
    assert found.forbidden is (status == 403)
    assert CANARY not in found.text
