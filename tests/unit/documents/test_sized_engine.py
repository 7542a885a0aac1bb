"""How an engine is started, as far as its memory goes, by everything in its document."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.documents import ServingProfile, engine_options


@pytest.mark.parametrize(
    ("engine", "reasons"),
    [
        ({}, 0),
        ({"env": [{"name": "HF_HOME", "value": "/models/cache"}]}, 0),
        ({"env": [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--max-num-seqs=1024"}]}, 1),
        ({"env": [{"name": "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "value": "1"}]}, 1),
        ({"command": ["sh", "-c", "exec another-engine"]}, 1),
        ({"args": ["--hf-overrides={}"], "env": [{"name": "VLLM_USE_V1", "value": "0"}]}, 2),
    ],
)
def test_commands_and_variables_may_change_what_is_needed(engine: dict[str, Any], reasons: int) -> None:
    profile = ServingProfile.model_validate({"name": "whole", "engine": engine})
    assert len(engine_options(profile, adapters=False).changing) == reasons
