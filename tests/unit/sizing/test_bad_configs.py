"""A file that is not a config, or is one of a future model type: a code, the field and what to do, never a guess."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError
from slicewise.sizing import KNOWN_MODEL_TYPES, read_architecture
from tests.unit.sizing.configs import GEMMA_27B, GPT_OSS_20B, LLAMA_8B, PUBLISHED, QWEN_35_27B


def problem(config: dict[str, Any]) -> Diagnostic:
    with pytest.raises(InvalidInputError) as caught:
        read_architecture(config)
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"model_type": None}, Code.CONFIG_INCOMPLETE, "model_type"),
        ({"model_type": "qwen9"}, Code.MODEL_TYPE_UNKNOWN, "model_type"),
        ({"model_type": 3}, Code.CONFIG_VALUE, "model_type"),
        ({"hidden_size": None}, Code.CONFIG_INCOMPLETE, "hidden_size"),
        ({"num_hidden_layers": None}, Code.CONFIG_INCOMPLETE, "num_hidden_layers"),
        ({"hidden_size": "4096"}, Code.CONFIG_VALUE, "hidden_size"),
        ({"hidden_size": float("nan")}, Code.CONFIG_VALUE, "hidden_size"),
        ({"hidden_size": float("inf")}, Code.CONFIG_VALUE, "hidden_size"),
        ({"hidden_size": True}, Code.CONFIG_VALUE, "hidden_size"),
        ({"hidden_size": -4096}, Code.CONFIG_VALUE, "hidden_size"),
        ({"hidden_size": 10**30}, Code.CONFIG_VALUE, "hidden_size"),
        ({"num_attention_heads": 0}, Code.CONFIG_VALUE, "num_attention_heads"),
        ({"num_hidden_layers": 10**7}, Code.CONFIG_VALUE, "num_hidden_layers"),
        ({"num_hidden_layers": [32]}, Code.CONFIG_VALUE, "num_hidden_layers"),
        ({"attention_bias": "no"}, Code.CONFIG_VALUE, "attention_bias"),
        ({"layer_types": ["full_attention"]}, Code.CONFIG_VALUE, "layer_types"),
        ({"layer_types": ["quantum_attention"] * 32}, Code.CONFIG_VALUE, "layer_types"),
        ({"rope_scaling": "yarn"}, Code.CONFIG_VALUE, "rope_scaling"),
        ({"rope_scaling": {"rope_type": "linear", "factor": "8"}}, Code.CONFIG_VALUE, "rope_scaling.factor"),
        ({"quantization_config": "fp8"}, Code.CONFIG_VALUE, "quantization_config"),
        ({"quantization_config": {"quant_method": 8}}, Code.CONFIG_VALUE, "quantization_config.quant_method"),
        ({"quantization_config": {"quant_method": "gptq"}}, Code.CONFIG_INCOMPLETE, "quantization_config.bits"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], code: Code, field: str) -> None:
    found = problem({**LLAMA_8B, **change})
    assert (found.code, found.field_name) == (code, field)
    assert found.remedy


def test_fields_of_the_decoder_inside_are_named_with_their_path() -> None:
    broken = {**GEMMA_27B, "text_config": {**GEMMA_27B["text_config"], "intermediate_size": -1}}
    assert problem(broken).field_name == "text_config.intermediate_size"


def test_a_decoder_of_tomorrow_inside_is_not_taken_for_an_old_one() -> None:
    found = problem({**GEMMA_27B, "text_config": {**GEMMA_27B["text_config"], "model_type": "gemma9_text"}})
    assert found.code is Code.MODEL_TYPE_UNKNOWN


@pytest.mark.parametrize("config", [{}, {"architectures": ["LlamaForCausalLM"]}, {"r": 16, "peft_type": "LORA"}])
def test_what_is_no_models_config_is_said(config: dict[str, Any]) -> None:
    assert problem(config).code is Code.CONFIG_INCOMPLETE


def test_every_known_type_says_what_an_empty_config_lacks() -> None:
    for kind in KNOWN_MODEL_TYPES:
        with pytest.raises(InvalidInputError) as caught:
            read_architecture({"model_type": kind})
        assert all(found.code is Code.CONFIG_INCOMPLETE for found in caught.value.problems), kind


def test_ten_megabytes_are_read_in_a_moment() -> None:
    names = [f"model.layers.{number}.mlp.down_proj" for number in range(300_000)]
    config = {**LLAMA_8B, "quantization_config": {"quant_method": "fp8", "modules_to_not_convert": names}}
    assert len(json.dumps(config)) > 10_000_000
    start = time.process_time()
    assert read_architecture(config).quantization.method == "fp8"
    assert time.process_time() - start < 20


@pytest.mark.parametrize("pattern", ["re:(.*)*x", "re:(a+)+$", "re:[", "re:.*.*.*.*.*.*x", f"re:{'a' * 400}"])
def test_a_pattern_that_could_run_for_ever_is_not_run(pattern: str) -> None:
    config = {
        "quant_method": "compressed-tensors",
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float"}}},
        "ignore": [pattern],
    }
    assert read_architecture({**LLAMA_8B, "quantization_config": config}).quantization.unknown


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
REAL = [LLAMA_8B, GEMMA_27B, GPT_OSS_20B, QWEN_35_27B, *PUBLISHED.values()]


@pytest.mark.long
@settings(max_examples=400)
@given(st.sampled_from(REAL), st.data())
def test_any_value_in_any_field_is_read_or_refused_with_a_code(config: dict[str, Any], data: st.DataObject) -> None:
    broken = json.loads(json.dumps(config))
    where = broken
    inner = [key for key, value in broken.items() if isinstance(value, dict)]
    if inner and data.draw(st.sampled_from([True, False])):
        where = broken[data.draw(st.sampled_from(inner))]
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(JSON)
    problems: tuple[Diagnostic, ...] = ()
    try:
        read_architecture(broken)
    except InvalidInputError as error:
        problems = error.problems
    assert all(found.code.value.startswith("SW70") and found.text for found in problems)
