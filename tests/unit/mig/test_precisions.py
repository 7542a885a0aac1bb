"""Number formats by NVIDIA's data sheets: tensor core and CUDA core rates of A100, H100, B200, L4, T4 and V100."""

from __future__ import annotations

import pytest

from slicewise.documents.environment import Precision
from slicewise.mig import ALL_GPU_MODELS
from slicewise.mig.precisions import computed_precisions


@pytest.mark.parametrize(
    ("model", "has", "lacks"),
    [
        ("a100-40gb", {"fp16", "bf16", "int8", "int4"}, {"fp8", "fp4"}),
        ("h100-94gb", {"fp16", "bf16", "fp8", "int8"}, {"fp4", "int4"}),
        ("b200", {"bf16", "fp8", "fp4", "int8"}, {"int4"}),
        ("l4", {"bf16", "fp8", "int8", "int4"}, {"fp4"}),
        ("t4", {"fp16", "int8", "int4"}, {"bf16", "fp8"}),
        ("v100", {"fp16"}, {"bf16", "fp8", "int8"}),
    ],
)
def test_formats_of_a_model(model: str, has: set[str], lacks: set[str]) -> None:
    found = set(computed_precisions(model))
    assert found >= has
    assert not found & lacks


def test_every_model_of_the_catalogue_is_in_the_table() -> None:
    for model in ALL_GPU_MODELS:
        formats = computed_precisions(model.name)
        assert "fp32" in formats
        assert {Precision(each) for each in formats}


def test_what_is_not_in_the_table() -> None:
    assert computed_precisions("z900") == ()
