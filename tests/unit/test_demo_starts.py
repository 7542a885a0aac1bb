"""vLLM starts on what the demo gives it: weights, one request of the longest kind and the engine's own memory fit.

What the engine needs beside weights and KV cache is a range: the constants are those that contain what vLLM 0.17 and
later logged in 58 public startup logs. Weights and KV cache follow from the models' config.json.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import pytest

from slicewise.documents import Fleet, load_fleet, profile_engine, unit_of
from slicewise.planning import Placement, make_plan
from slicewise.planning.engine_fit import engine_sizing
from slicewise.sizing import FitVerdict
from tests.unit.cli.running import DEMO

GIB = 2**30
# vllm/config/cache.py of 0.23.0, which KServe 0.20 runs.
UTILIZATION = 0.92
# What CUDA says of an H100 80GB and its slices, in GiB.
MEMORY = {"nvidia.com/mig-1g.10gb": 9.75, "nvidia.com/mig-3g.40gb": 39.5, "nvidia.com/gpu": 79.19}
# engine/arg_utils.py: what vLLM takes where it knows that the GPU has 70 GiB or more.
SEQUENCES, TOKENS = 1024, 8192
CONTEXT = 0.5


@dataclass(frozen=True)
class Model:
    """What config.json says, and what weights are in GiB by the serving profile's quantization."""

    weights: float
    layers: int
    hidden: int
    ffn: int
    vocabulary: int
    kv_heads: int
    head: int = 128
    full_layers: int = 0
    """Of a model in which the other layers look back on a window only."""
    window: int = 0
    images: bool = False


gemma = partial(
    Model,
    layers=62,
    hidden=5376,
    ffn=21504,
    vocabulary=262_208,
    kv_heads=16,
    full_layers=10,
    window=1024,
    images=True,
)
qwen = partial(Model, layers=28, hidden=3584, ffn=18944, vocabulary=152_064, kv_heads=4)
EMBEDDINGS = 2 * 152_064 * 3584 * 2 / GIB
MODELS = {
    "fp8-slice": gemma(27.40),
    # Logged: 51.45.
    "bf16-gpu": gemma(51.38),
    # 4 bits a weight, a scale and a zero for 128 of them; embeddings and head stay in 16 bits.
    "int4-slice": qwen(6.525e9 * (0.5 + 2.5 / 128) / GIB + EMBEDDINGS),
    "int8-slice": qwen(6.525e9 * (1 + 3 / 128) / GIB + EMBEDDINGS),
}


def argument(args: tuple[str, ...], flag: str, default: int | None = None) -> int:
    found = [int(text.partition("=")[2]) for text in args if text.startswith(f"--{flag}=")]
    if default is not None and not found:
        return default
    (value,) = found
    return value


def one_request(model: Model, length: int, tokens: int) -> float:
    """Return the GiB of KV cache that a request of `length` tokens needs, in blocks of 16 tokens."""
    page = 16 * model.kv_heads * 2 * model.head * 2
    blocks = math.ceil(length / 16)
    if not model.full_layers:
        return model.layers * page * blocks / GIB
    windows = math.ceil((model.layers - model.full_layers) / model.full_layers)
    of_window = math.ceil(min(model.window - 1 + tokens, length) / 16) + 1
    return model.full_layers * page * (blocks + windows * of_window) / GIB


def most_overhead(model: Model, sequences: int, tokens: int) -> float:
    """Return the most GiB that activations, images, libraries and CUDA graphs take."""
    logits = sequences * model.vocabulary * 4 / GIB
    layer = tokens * (3 * model.ffn + 2 * model.hidden) * 2 / GIB
    activation = max(4.3 * logits, 1.5 * layer) + 0.5
    graphs = 0.5 + 0.025 * model.layers * math.sqrt(min(2 * sequences, 512) / 512)
    return activation + (1.0 if model.images else 0) + 1.0 + graphs


def requests_that_fit(model: Model, memory: float, args: tuple[str, ...]) -> float:
    """Return how many of the longest requests fit at once, at the least."""
    sequences, tokens = argument(args, "max-num-seqs", SEQUENCES), argument(args, "max-num-batched-tokens", TOKENS)
    left = memory * UTILIZATION - model.weights * 1.015 - most_overhead(model, sequences, tokens)
    return left / one_request(model, argument(args, "max-model-len"), tokens)


def headroom(model: Model, memory: float, args: tuple[str, ...]) -> float:
    """Return the GiB outside vLLM's budget that are left when it warms its sampler up."""
    logits = argument(args, "max-num-seqs", SEQUENCES) * model.vocabulary * 4 / GIB
    return memory * (1 - UTILIZATION) - CONTEXT - (2 * logits + 0.2)


def fleet() -> Fleet:
    return load_fleet([DEMO])


def args_of(placement: Placement) -> tuple[str, ...]:
    documents = fleet()
    model = documents.model_of(documents.deployment[placement.deployment])
    return tuple(model.profile(placement.profile).engine.args)


PLACEMENTS = make_plan(fleet()).placements


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda each: each.profile)
def test_every_engine_of_the_demo_starts(placement: Placement) -> None:
    model, memory, args = MODELS[placement.profile], MEMORY[placement.resource], args_of(placement)
    assert requests_that_fit(model, memory, args) > 1
    assert headroom(model, memory, args) > 0


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda each: each.profile)
def test_the_sizing_says_so(placement: Placement) -> None:
    """Weights by shapes are without what the allocator rounds up."""
    documents = fleet()
    model = documents.model_of(documents.deployment[placement.deployment])
    engine = profile_engine(model, model.profile(placement.profile))
    assert engine is not None
    found = engine_sizing(engine, unit_of(documents.node_pool[placement.environment, placement.node_pool]))
    by_hand, memory, args = MODELS[placement.profile], MEMORY[placement.resource], args_of(placement)
    assert found.verdict is FitVerdict.FITS
    assert found.weights is not None
    assert found.weights / GIB == pytest.approx(by_hand.weights, rel=0.02)
    assert found.needed is not None
    tokens = argument(args, "max-num-batched-tokens", TOKENS)
    assert found.needed / GIB == pytest.approx(one_request(by_hand, argument(args, "max-model-len"), tokens), abs=0.01)
    assert found.budget / GIB == pytest.approx(memory * UTILIZATION, rel=0.002)


@pytest.mark.parametrize(
    "placement", [each for each in PLACEMENTS if "mig" in each.resource], ids=lambda each: each.profile
)
def test_batch_sizes_are_stated_on_slices(placement: Placement) -> None:
    args = args_of(placement)
    assert argument(args, "max-num-seqs") <= 64
    assert argument(args, "max-num-batched-tokens") == 2048


def test_weights_of_eight_bits_would_not_start_on_a_small_slice() -> None:
    """The same model, as the demo had it: 8.14 GiB of weights were logged for another 8 bit format of it."""
    assert MODELS["int8-slice"].weights == pytest.approx(8.26, abs=0.02)
    assert requests_that_fit(MODELS["int8-slice"], 9.75, ("--max-model-len=4096", "--max-num-seqs=32")) < 0


def test_the_defaults_of_a_whole_gpu_would_not_start_on_a_slice() -> None:
    assert requests_that_fit(MODELS["fp8-slice"], 39.5, ("--max-model-len=16384",)) < 1


def test_what_a_request_needs_is_what_vllm_computes() -> None:
    assert one_request(MODELS["fp8-slice"], 16384, 2048) == pytest.approx(2.66, abs=0.01)
    assert one_request(MODELS["fp8-slice"], 16384, 8192) == pytest.approx(5.48, abs=0.01)
    assert one_request(MODELS["bf16-gpu"], 32768, 8192) == pytest.approx(6.73, abs=0.01)
    assert one_request(MODELS["int4-slice"], 4096, 2048) == pytest.approx(0.22, abs=0.01)
