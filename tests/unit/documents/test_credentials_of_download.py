"""Credentials among the engine's variables: KServe v0.20 gives its init container none of these."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.documents.advising import advice
from tests.unit.documents.documents import minimal

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

TOKEN = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}


def told(loader: Loader, profile: dict[str, Any], **spec: dict[str, Any]) -> list[str]:
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", **profile}])
    model += "".join(f"  {name}: {json.dumps(block)}\n" for name, block in spec.items())
    return [each for each in advice(loader, model) if "SW383" in each]


def test_a_token_of_the_engine_alone(loader: Loader) -> None:
    (said,) = told(loader, {"engine": {"env": [TOKEN]}})
    assert said.startswith("ClusterModel gemma: spec.serving[0].engine.env[0].name: the engine alone has HF_TOKEN, ")


def test_a_token_of_the_prefill_engine_alone(loader: Loader) -> None:
    (said,) = told(loader, {"prefill": {"engine": {"env": [TOKEN]}}})
    assert "spec.serving[0].prefill.engine.env[0].name: " in said


@pytest.mark.parametrize(
    "storage",
    [
        {"env": [TOKEN]},
        {"envFrom": [{"secretRef": {"name": "hub"}}]},
        {"enabled": False},
    ],
)
def test_a_token_that_the_download_has_or_that_none_needs(loader: Loader, storage: dict[str, Any]) -> None:
    assert told(loader, {"engine": {"env": [TOKEN]}}, storageInitializer=storage) == []


def test_a_key_of_another_store_is_the_engines_own(loader: Loader) -> None:
    key = {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "id"}}}
    assert told(loader, {"engine": {"env": [key]}}) == []
