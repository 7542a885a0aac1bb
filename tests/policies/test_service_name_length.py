"""Names of services: what passes, what is found, and where."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.service_name_length import SERVICE_NAME
from tests.policies.outcomes import found
from tests.policies.resources import service


@pytest.mark.parametrize(
    ("length", "spec", "fits"),
    [
        (63, {}, True),
        (64, {}, False),
        (38, {"worker": {}}, True),
        (39, {"worker": {}}, False),
        (39, {"prefill": {"worker": {}}}, False),
        (43, {"scaling": {"maxReplicas": 2}}, True),
        (44, {"scaling": {"maxReplicas": 2}}, False),
    ],
)
def test_lengths_of_names(length: int, spec: dict[str, Any], fits: bool) -> None:
    assert found(SERVICE_NAME, service(name="a" * length, **spec)) == ([] if fits else ["metadata.name"])


@pytest.mark.parametrize("name", ["7b", "Gemma", "gemma_3", "gemma-", "gemma.3"])
def test_names_are_dns_labels(name: str) -> None:
    assert found(SERVICE_NAME, service(name=name)) == ["metadata.name"]
