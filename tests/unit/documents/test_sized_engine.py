"""How an engine is started, as far as its memory goes, by everything in its document."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.documents import ModelSpec, ServingProfile, engine_options, engine_version, profile_engine
from tests.unit.sizing.configs import LLAMA_8B


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


def model(profile: dict[str, Any], **fields: dict[str, Any]) -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "model": {"name": "llama"},
            "source": "HuggingFace",
            "huggingFace": {"repo": "meta-llama/Llama-3.1-8B"},
            "architecture": {"config": LLAMA_8B},
            "serving": [{"name": "whole", **profile}],
            **fields,
        }
    )


PROFILES: list[dict[str, Any]] = [
    {},
    {"engine": {"args": ["--max-model-len=8192"]}},
    {"engine": {"version": "0.19.0"}},
    {"engine": {"image": "vllm/vllm-openai:v0.20.0"}},
    {"engine": {"env": [{"name": "VLLM_USE_V1", "value": "0"}]}},
    {"engine": {"command": ["sh", "-c", "exec another-engine"]}},
    {"replicaTopology": {"gpusPerNode": 2}},
    {"replicaTopology": {"nodes": 2}},
    {"replicaTopology": {"gpusPerNode": 2, "parallelism": {"data": 2}}},
    {"replicaTopology": {"gpusPerNode": 2, "parallelism": {"data": 2, "expert": True}}},
]
ADAPTERS = {"lora": {"adapters": [{"name": "a", "source": "HuggingFace", "huggingFace": {"repo": "a/b"}}]}}


def test_an_engine_is_read_once_for_models_that_say_the_same_and_is_another_where_they_do_not() -> None:
    models = [*map(model, PROFILES), model({}, **ADAPTERS)]
    engines = [profile_engine(each, each.serving[0]) for each in models]
    again = [profile_engine(each, each.serving[0]) for each in [*map(model, PROFILES), model({}, **ADAPTERS)]]
    assert all(one is not None and one is other for one, other in zip(engines, again, strict=True))
    for said, engine in zip(models, engines, strict=True):
        assert engine is not None
        profile = said.serving[0]
        assert engine.options == engine_options(profile, adapters=said.lora is not None)
        assert engine.version == engine_version(profile.engine)
    assert len(set(map(id, engines))) == len(engines)


def test_arguments_that_are_written_in_another_way_are_the_same_engine() -> None:
    ways = [["--max-model-len=8192"], ["--max-model-len", "8192"], ["--max_model_len=8192", "--seed=1"]]
    models = [model({"engine": {"args": arguments}}) for arguments in ways]
    assert len({id(profile_engine(each, each.serving[0])) for each in models}) == 1


def test_a_checkpoint_that_contradicts_the_config_has_engines_of_its_own() -> None:
    sizes = [None, 16_060_522_240, 4 * 2**30]
    models = [model({}, architecture={"config": LLAMA_8B, "checkpointBytes": size}) for size in sizes]
    engines = [profile_engine(each, each.serving[0]) for each in models]
    assert [engine.contradicted for engine in engines if engine] == [False, False, True]
