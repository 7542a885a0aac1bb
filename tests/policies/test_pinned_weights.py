"""Weights are pinned: what passes, what is found, and what has no versions."""

from __future__ import annotations

import pytest

from policies.rules.pinned_weights import WEIGHTS_PINNED
from policies.rules.rule_types import UNKNOWN
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import DIGEST, service

COMMIT = "005ad3404e59d6023443cb575daa05336842228a"
URI = "spec.model.uri"
ADAPTER = "spec.model.lora.adapters[0].uri"


@pytest.mark.parametrize(
    ("uri", "pinned", "exactly"),
    [
        (f"hf://google/gemma:{COMMIT}", True, True),
        ("hf://google/gemma:main", True, False),
        ("hf://google/gemma:v1.0", True, False),
        (f"hf://google/gemma:{COMMIT[:12]}", True, False),
        (f"hf://google/gemma:{COMMIT.upper()}", True, False),
        ("hf://google/gemma", True, False),
        ("oci://hub.example.com/gemma", False, False),
        ("oci://hub.example.com:5000/gemma", False, False),
        ("oci://hub.example.com/gemma:latest", False, False),
        ("oci+native://hub.example.com/gemma:latest", False, False),
        ("oci://hub.example.com/gemma:v1", True, False),
        (f"oci://hub.example.com/gemma@{DIGEST}", True, True),
        (f"oci+native://hub.example.com/gemma:v1@{DIGEST}", True, True),
    ],
)
def test_weights(uri: str, pinned: bool, exactly: bool) -> None:
    model = service(model={"uri": uri})
    assert found(WEIGHTS_PINNED, model) == ([] if pinned else [URI])
    assert found(WEIGHTS_PINNED, model, exact=True) == ([] if exactly else [URI])
    adapted = service(model={"uri": f"hf://google/gemma:{COMMIT}", "lora": {"adapters": [{"name": "sql", "uri": uri}]}})
    assert found(WEIGHTS_PINNED, adapted, exact=True) == ([] if exactly else [ADAPTER])


@pytest.mark.parametrize("uri", ["s3://models/gemma", "pvc://models/gemma"])
def test_sources_without_versions_are_told_where_exact_ones_are_asked_for(uri: str) -> None:
    model = service(model={"uri": uri})
    assert unchecked(WEIGHTS_PINNED, model) == []
    assert unchecked(WEIGHTS_PINNED, model, exact=True) == [URI]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ({"uri": UNKNOWN}, URI),
        ({"uri": "hf://a/b", "lora": UNKNOWN}, "spec.model.lora"),
        ({"uri": "hf://a/b", "lora": {"adapters": UNKNOWN}}, "spec.model.lora.adapters"),
        ({"uri": "hf://a/b", "lora": {"adapters": [{"uri": UNKNOWN}]}}, ADAPTER),
    ],
)
def test_what_is_not_known_yet_is_not_found_fault_with(model: dict[str, object], path: str) -> None:
    assert unchecked(WEIGHTS_PINNED, service(model=model)) == [path]
