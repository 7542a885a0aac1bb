"""Formats of weights, and the formats that GPUs compute in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.advising import advice
from tests.unit.documents.documents import minimal

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


def _serving(args: list[str], repo: str, *precisions: str) -> str:
    topology = {"requires": {"memoryPerGpu": "9Gi", "precisionSupport": list(precisions)}}
    document = minimal(
        "ClusterModel", ("spec", "serving"), [{"name": "a", "engine": {"args": args}, "replicaTopology": topology}]
    )
    return document.replace("google/gemma-3-27b-it", repo)


@pytest.mark.parametrize(
    ("args", "repo", "precisions", "why"),
    [
        (["--quantization=awq"], "org/model", ["int4"], "AWQ packs the weights alone"),
        (["-q", "gptq_marlin"], "org/model", ["int8", "fp16"], "GPTQ packs the weights alone"),
        (["--quantization", "bitsandbytes"], "org/model", ["fp8"], "bitsandbytes packs the weights alone"),
        ([], "Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", ["int8"], "GPTQ packs the weights alone"),
        ([], "neuralmagic/Llama-3.1-8B-quantized.w4a16", ["int4"], "W4A16 packs the weights alone"),
        ([], "org/model", ["int4"], "4-bit weights (AWQ, GPTQ) are unpacked"),
    ],
)
def test_weights_alone_need_no_gpu_that_computes_in_their_format(
    loader: Loader, args: list[str], repo: str, precisions: list[str], why: str
) -> None:
    (line,) = advice(loader, _serving(args, repo, *precisions))
    place = "ClusterModel gemma: spec.serving[0].replicaTopology.requires.precisionSupport: "
    assert line.startswith(
        f"{place}{why}, and vLLM computes in fp16 or bf16, so the GPU need not compute in {precisions[0]}"
    )
    assert line.endswith("; write [fp16] or [bf16], whichever is the model's dtype [SW331]")
    assert advice(loader, _serving(args, repo, "fp16")) == []
    assert advice(loader, _serving(args, repo, "bf16")) == []


@pytest.mark.parametrize(
    ("args", "repo", "precisions"),
    [
        # W8A8 and FP8 are computed in, where the GPU can.
        (["--quantization=fp8"], "org/model", ["fp8"]),
        ([], "neuralmagic/Llama-3.1-8B-quantized.w8a8", ["int8"]),
        ([], "nvidia/Llama-3.1-8B-Instruct-FP4", ["fp4"]),
        ([], "org/awqward-model", ["int8"]),
    ],
)
def test_formats_that_gpus_compute_in(loader: Loader, args: list[str], repo: str, precisions: list[str]) -> None:
    assert advice(loader, _serving(args, repo, *precisions)) == []
