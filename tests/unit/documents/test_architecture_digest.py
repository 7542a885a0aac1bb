"""Configs that say the same are one: their digest is that of what they say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from slicewise.documents.architecture import ModelArchitecture
from tests.unit.sizing.configs import LLAMA_8B


def digest(config: dict[str, Any]) -> bytes:
    return ModelArchitecture(config=config).digest


def test_the_order_of_keys_is_no_difference() -> None:
    turned = {key: LLAMA_8B[key] for key in reversed(LLAMA_8B)}
    assert digest(turned) == digest(LLAMA_8B)
    labels = "id2label: {0: a, b: c, null: d}"
    other = "id2label: {null: d, b: c, 0: a}"
    assert digest(yaml.safe_load(labels)) == digest(yaml.safe_load(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{a: {0: a}}", "{a: {'0': a}}"),
        ("{a: 1}", "{a: '1'}"),
        ("{a: [1, 2]}", "{a: [2, 1]}"),
        ("{a: null}", "{}"),
        ("{a: {b: 1}, c: 2}", "{a: {b: 1, c: 2}}"),
        ("{a: {2020-01-01: a}}", "{a: {2020-01-02: a}}"),
        ("{a: [[b, c]]}", "{a: {b: c}}"),
    ],
)
def test_what_differs_has_another_digest(one: str, other: str) -> None:
    assert digest(yaml.safe_load(one)) != digest(yaml.safe_load(other))


def test_a_config_may_be_deep() -> None:
    config: dict[str, Any] = {}
    for _ in range(5_000):
        config = {"a": config}
    assert digest(config) != digest({"a": {}})


def test_equal_configs_are_read_once() -> None:
    turned = {key: LLAMA_8B[key] for key in reversed(LLAMA_8B)}
    assert ModelArchitecture(config=turned).known is ModelArchitecture(config=LLAMA_8B).known
