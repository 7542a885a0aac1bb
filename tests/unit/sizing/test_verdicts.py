"""Verdicts: the cases that people asked of."""

from __future__ import annotations

import math

import pytest

from slicewise.diagnostics import Code
from slicewise.mig import find_gpu_model
from slicewise.sizing import (
    FitJudge,
    FitVerdict,
    Sizing,
    Unit,
    UnknownModelTypeError,
    engine_memory,
    not_judged,
    parse_version,
    read_architecture,
    read_options,
    size,
    slice_of,
)
from tests.unit.sizing.configs import GEMMA_27B, GIB, GPT_OSS_20B, LLAMA_8B, PUBLISHED, QWEN_7B, QWEN_35_27B, sized

GPTQ_INT8 = {**QWEN_7B, "quantization_config": {"quant_method": "gptq", "bits": 8, "group_size": 128, "sym": True}}
GPTQ_INT4 = {**QWEN_7B, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True}}


def codes(found: Sizing) -> list[Code]:
    return [reason.code for reason in found.reasons]


def test_gemma_3_27b_in_fp8_fits_3g_40gb() -> None:
    found = sized(GEMMA_27B, "--quantization=fp8 --max-model-len=16384", 39.5)
    assert found.verdict is FitVerdict.FITS
    assert found.weights is not None
    assert found.weights / GIB == pytest.approx(27.40, rel=0.01)
    assert found.budget / GIB == pytest.approx(36.34, abs=0.01)
    assert found.needed is not None
    assert found.needed / GIB == pytest.approx(2.66, abs=0.01)
    # 10 layers that see everything keep 8 KiB of a token each.
    assert found.token_bytes == 10 * 16 * 128 * 2 * 2
    assert found.concurrency is not None
    assert 1 <= found.concurrency.low < found.concurrency.high < 4


def test_it_does_not_with_the_batches_of_a_whole_board() -> None:
    arguments = "--quantization=fp8 --max-model-len=16384 --max-num-batched-tokens=8192 --max-num-seqs=1024"
    found = sized(GEMMA_27B, arguments, 39.5)
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.CACHE_TOO_SMALL)


def test_nothing_is_sure_of_it_on_0_26() -> None:
    found = sized(GEMMA_27B, "--quantization=fp8 --max-model-len=16384", 39.5, "0.26.0")
    assert found.verdict is FitVerdict.CANNOT_SAY
    assert found.reasons[0].code is Code.CACHE_NOT_CERTAIN


def test_qwen_7b_in_int8_does_not_fit_1g_10gb() -> None:
    found = sized(GPTQ_INT8, "--max-model-len=4096", 9.75)
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.CACHE_TOO_SMALL)
    assert found.weights is not None
    assert found.weights / GIB == pytest.approx(8.26, rel=0.01)


def test_in_int4_its_cache_fits_and_fewer_sequences_leave_room_outside() -> None:
    found = sized(GPTQ_INT4, "--max-model-len=4096", 9.75)
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.CANNOT_SAY, Code.THIN_HEADROOM)
    assert "--max-num-seqs=" in found.reasons[0].remedy
    certain = sized(GPTQ_INT4, "--max-model-len=4096 --max-num-seqs=32 --max-num-batched-tokens=2048", 9.75)
    assert certain.verdict is FitVerdict.FITS


def test_weights_above_the_budget_do_not_fit_on_any_version() -> None:
    for version in ("0.11.0", "0.23.0", "0.99.0"):
        found = sized(LLAMA_8B, "--max-model-len=4096", 9.75, version)
        assert (found.verdict, found.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.WEIGHTS_ABOVE_BUDGET)


@pytest.mark.parametrize("version", ["0.16.0", "0.40.0", "none"])
def test_of_other_versions_only_weights_and_cache_are_said(version: str) -> None:
    found = sized(LLAMA_8B, "--max-model-len=4096", 39.5, version)
    assert (found.verdict, codes(found)) == (FitVerdict.CANNOT_SAY, [Code.VERSION_NOT_TESTED])
    assert found.weights is not None
    assert found.weights / GIB == pytest.approx(14.99, abs=0.01)
    assert found.needed == 4096 * 131_072
    assert (found.overhead, found.available, found.concurrency, found.sure_length) == (None, None, None, None)


def test_an_old_image_loads_the_whole_checkpoint_before_it_quantises() -> None:
    found = sized(GEMMA_27B, "--quantization=fp8 --max-model-len=4096", 39.5, "0.14.0")
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.WEIGHTS_ABOVE_BUDGET)


def test_a_utilisation_that_leaves_nothing_for_the_context() -> None:
    found = sized(LLAMA_8B, "--max-model-len=4096 --gpu-memory-utilization=0.999", 39.5)
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.NO_ROOM_FOR_CONTEXT)


def test_a_length_that_the_model_cannot_have() -> None:
    found = sized(QWEN_7B, "--max-model-len=65536", 39.5)
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.LENGTH_ABOVE_MODEL)
    stretched = {**QWEN_7B, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}}
    assert sized(stretched, "--max-model-len=65536", 39.5).verdict is FitVerdict.FITS


def test_a_length_that_nobody_says() -> None:
    found = sized({**LLAMA_8B, "max_position_embeddings": None}, "", 39.5)
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.CANNOT_SAY, Code.LENGTH_NOT_KNOWN)


def test_states_that_are_fewer_than_sequences() -> None:
    found = sized(
        QWEN_35_27B, "--max-model-len=4096 --language-model-only --quantization=fp8 --max-num-seqs=1024", 39.5
    )
    assert found.verdict is FitVerdict.DOES_NOT_FIT
    assert found.reasons[0].code in (Code.STATES_BELOW_SEQUENCES, Code.CACHE_TOO_SMALL)
    batches = "--max-num-seqs=512 --max-num-batched-tokens=2048"
    small = sized(QWEN_35_27B, f"--max-model-len=4096 --language-model-only --quantization=fp8 {batches}", 60)
    assert small.reasons[0].code is Code.STATES_BELOW_SEQUENCES


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--enable-lora", Code.MORE_THAN_COMPUTED),
        ('--speculative-config={"method":"eagle"}', Code.MORE_THAN_COMPUTED),
        ("--cpu-offload-gb=8", Code.MEMORY_NOT_COMPUTED),
        ("--data-parallel-size=2", Code.MEMORY_NOT_COMPUTED),
        ("--pipeline-parallel-size=2", Code.MEMORY_NOT_COMPUTED),
        ("--enable-expert-parallel", Code.MEMORY_NOT_COMPUTED),
        ("--kv-cache-dtype=turboquant", Code.MEMORY_NOT_COMPUTED),
        ("--quantization=bitsandbytes", Code.MEMORY_NOT_COMPUTED),
    ],
)
def test_what_is_not_computed_is_not_judged(arguments: str, code: Code) -> None:
    found = sized(LLAMA_8B, f"--max-model-len=4096 {arguments}", 39.5)
    assert (found.verdict, codes(found)) == (FitVerdict.NOT_JUDGED, [code])
    assert (found.weights is None) == ("bitsandbytes" in arguments)


def test_images_of_any_resolution_are_not_judged_and_text_alone_is() -> None:
    arguments = "--max-model-len=4096 --max-num-seqs=64 --max-num-batched-tokens=2048"
    model = PUBLISHED["Qwen/Qwen3.5-4B"]
    assert sized(model, arguments, 39.5).verdict is FitVerdict.NOT_JUDGED
    assert sized(model, f"{arguments} --language-model-only", 39.5).verdict is FitVerdict.FITS
    assert sized(model, f"{arguments} --limit-mm-per-prompt image=0,video=0", 39.5).verdict is FitVerdict.FITS
    # Videos are left: the largest of them is what vLLM encodes.
    assert sized(model, f"{arguments} --limit-mm-per-prompt image=0", 39.5).verdict is FitVerdict.NOT_JUDGED


def test_as_many_of_the_largest_images_are_encoded_as_a_batch_holds() -> None:
    def most_for_images(batch: int) -> float:
        arguments = f"--max-model-len=4096 --max-num-seqs=64 --max-num-batched-tokens={batch}"
        both = (arguments, f"{arguments} --language-model-only")
        with_images, text = (sized(PUBLISHED["Qwen/Qwen3.5-4B"], each, 79.1).overhead for each in both)
        assert with_images
        assert text
        return with_images.high - text.high

    # vLLM 0.23 logs four images of the largest size for 65,536 tokens, and never fewer than one.
    assert most_for_images(65536) == pytest.approx(4 * most_for_images(16384))
    assert most_for_images(2048) == pytest.approx(most_for_images(16384))


def test_gpt_oss_at_95_percent_of_an_h100_is_not_said_to_fit() -> None:
    # It started, and ran out of memory in the sampler's warm-up (vLLM 0.19).
    arguments = "--gpu-memory-utilization=0.95 --max-model-len=8192 --max-num-seqs=1024 --max-num-batched-tokens=8192"
    found = size(
        read_architecture(GPT_OSS_20B),
        read_options(arguments.split()),
        Unit(round(79.19 * GIB), is_slice=False, gpu_model="h100-80gb"),
        parse_version("0.19.0"),
    )
    assert (found.verdict, found.reasons[0].code) == (FitVerdict.CANNOT_SAY, Code.THIN_HEADROOM)


def test_advice_beside_a_model_that_fits() -> None:
    found = sized(LLAMA_8B, "", 79.25)
    assert found.verdict is FitVerdict.FITS
    assert codes(found) == [Code.WHOLE_CONTEXT, Code.BATCHES_NOT_STATED]
    stated = sized(LLAMA_8B, "--max-model-len=4096 --max-num-seqs=64 --max-num-batched-tokens=2048", 79.25)
    assert (stated.verdict, stated.reasons) == (FitVerdict.FITS, ())


@pytest.mark.parametrize(("is_slice", "advised"), [(True, True), (None, True), (False, False)])
def test_batches_are_advised_where_it_is_not_certain_what_nvml_says(is_slice: bool | None, *, advised: bool) -> None:
    unit = Unit(round(79.11 * GIB), is_slice=is_slice, gpu_model="h100-80gb")
    model, version = read_architecture(LLAMA_8B), parse_version("0.23.0")
    found = size(model, read_options(["--max-model-len=4096"]), unit, version)
    assert (Code.BATCHES_NOT_STATED in codes(found)) is advised


def test_a_checkpoint_that_its_config_does_not_describe() -> None:
    model, options = read_architecture(QWEN_7B), read_options(["--max-model-len=4096"])
    unit, version = Unit(round(39.5 * GIB), is_slice=True), parse_version("0.23.0")
    quantised = size(model, options, unit, version, checkpoint_bytes=5_500_000_000)
    assert (quantised.verdict, quantised.reasons[0].code) == (FitVerdict.CANNOT_SAY, Code.CHECKPOINT_DIFFERS)
    # 15,231,233,024 bytes are the total of its safetensors index; in float32 they would be twice as many.
    for size_of_files in (15_231_233_024, 2 * 15_231_233_024):
        assert size(model, options, unit, version, checkpoint_bytes=size_of_files).verdict is FitVerdict.FITS


def test_a_remedy_works_when_it_is_followed() -> None:
    arguments = "--max-model-len=32768"
    found = sized(QWEN_7B, arguments, 19.62)
    assert found.verdict is FitVerdict.CANNOT_SAY
    remedies = [way.removeprefix("write ") for way in found.reasons[0].remedy.split("; or ")]
    written = [way for way in remedies if way.startswith("--")]
    assert written
    for way in written:
        assert sized(QWEN_7B, f"{arguments} {way}", 19.62).verdict is FitVerdict.FITS, way
    (enough,) = (float(way.split()[4]) for way in remedies if way.startswith("take a unit of "))
    assert sized(QWEN_7B, arguments, enough + 0.01).verdict is FitVerdict.FITS
    assert sized(QWEN_7B, arguments, enough - 0.02).verdict is not FitVerdict.FITS


def test_the_sure_length_is_sure() -> None:
    found = sized(QWEN_7B, "--max-model-len=32768", 19.62)
    assert found.sure_length is not None
    batches = "--max-num-seqs=256 --max-num-batched-tokens=2048"
    assert sized(QWEN_7B, f"--max-model-len={found.sure_length} {batches}", 19.62).verdict is FitVerdict.FITS
    above = sized(QWEN_7B, f"--max-model-len={found.sure_length + 16} {batches}", 19.62)
    assert above.verdict is FitVerdict.CANNOT_SAY


def test_a_model_of_tomorrow_is_not_judged() -> None:
    with pytest.raises(UnknownModelTypeError) as caught:
        read_architecture({**LLAMA_8B, "model_type": "llama9"})
    (problem,) = caught.value.problems
    found = not_judged(problem, read_options([]), Unit(40 * GIB, is_slice=True), parse_version("0.23.0"))
    assert (found.verdict, found.weights, found.token_bytes) == (FitVerdict.NOT_JUDGED, None, None)
    assert (found.budget, codes(found)) == (math.ceil(40 * 0.92 * GIB), [Code.MODEL_TYPE_UNKNOWN])


def test_a_model_that_gives_vectors_is_not_judged_by_a_sampler_that_it_does_not_have() -> None:
    found = sized({**LLAMA_8B, "architectures": ["LlamaForSequenceClassification"]}, "--max-model-len=4096", 16)
    assert (found.verdict, codes(found)) == (FitVerdict.NOT_JUDGED, [Code.MEMORY_NOT_COMPUTED])


def test_a_window_that_no_request_leaves_counts_as_none() -> None:
    windowed = {**LLAMA_8B, "sliding_window": 262_144}
    assert sized(windowed, "--max-model-len=4096", 39.5).token_bytes == 131_072
    assert sized({**LLAMA_8B, "sliding_window": 1024}, "--max-model-len=4096", 39.5).token_bytes == 0


def test_a_slice_of_the_catalogue_is_a_unit() -> None:
    h100 = find_gpu_model("nvidia-h100-80gb")
    profile = h100.profile("3g.40gb")
    assert profile is not None
    assert slice_of(h100, profile) == Unit(40448 * 1024**2, is_slice=True, gpu_model="h100-80gb")
    h20 = find_gpu_model("h20-141gb")
    unmeasured = h20.profile("1g.18gb")
    assert unmeasured is not None
    assert slice_of(h20, unmeasured) is None


def test_what_a_whole_gpu_takes_for_batches() -> None:
    model, options = read_architecture(LLAMA_8B), read_options(["--max-model-len=8192"])
    memory = engine_memory(model, options, parse_version("0.23.0"))
    h100 = FitJudge(memory).sizing(Unit(80 * GIB, is_slice=False, gpu_model="h100-80gb"))
    a100 = FitJudge(memory).sizing(Unit(80 * GIB, is_slice=False, gpu_model="a100-80gb"))
    sliced = FitJudge(memory).sizing(Unit(80 * GIB, is_slice=True, gpu_model="h100-80gb"))
    assert [(one.sequences, one.batched_tokens) for one in (h100, a100, sliced)] == [
        (1024, 8192),
        (256, 2048),
        (256, 2048),
    ]


def test_a_context_stretched_by_long_rope_is_not_asked_for_unless_it_is_written() -> None:
    # vLLM v0.23, config/model.py, _get_and_verify_max_len: Phi-4 mini serves 4,096 tokens of its 131,072.
    scaling = {"type": "longrope", "long_factor": [1.0] * 48, "short_factor": [1.0] * 48}
    phi = {
        **QWEN_7B,
        "model_type": "phi3",
        "max_position_embeddings": 131_072,
        "original_max_position_embeddings": 4096,
        "rope_scaling": scaling,
    }
    assert sized(phi, "", 39.5).length == 4096
    assert sized(phi, "--max-model-len=100000", 39.5).length == 100_000


def test_the_longest_context_may_have_other_names() -> None:
    # The least of them counts, but `model_max_length` before all (transformers_utils/model_arch_config_convertor.py).
    assert sized({**QWEN_7B, "seq_length": 8192}, "", 39.5).length == 8192
    assert sized({**QWEN_7B, "model_max_length": 131_072}, "", 79.0).length == 131_072


def test_ranks_on_slices_are_not_judged_to_start() -> None:
    """NCCL connects no slices (NVIDIA/nccl #1716); of whole GPUs it is judged."""
    arguments = "--max-model-len=8192 --tensor-parallel-size=2 --max-num-seqs=64 --max-num-batched-tokens=2048"
    architecture, options = read_architecture(LLAMA_8B), read_options(arguments.split())
    found = {
        is_slice: size(architecture, options, Unit(round(39.5 * GIB), is_slice=is_slice), parse_version("0.23"))
        for is_slice in (True, False)
    }
    assert (found[True].verdict, codes(found[True])) == (FitVerdict.NOT_JUDGED, [Code.MORE_THAN_COMPUTED])
    assert found[False].verdict is FitVerdict.FITS


@pytest.mark.parametrize(
    "argument",
    [
        *("--max-model-length=4096", "--enforce-egear", "--served-modle-name=a", "--num-gpu-blocks-override=9"),
        *("--kv-cache-memory-bytes=1G", "--block-size=32", "--compilation-config={}", "--load-format=dummy"),
        *("--enable-expert-parallel", "--data-parallel-size=2", "--kv-cache-dtype=nvfp5", "--enable-lora"),
    ],
)
def test_what_leaves_the_weights_as_they_are_is_no_reason_to_try_a_unit_that_cannot_hold_them(argument: str) -> None:
    """Of a dense model in 16 bits, 15 GiB: 8.03e9 parameters x 2 bytes."""
    small = sized(LLAMA_8B, argument, 9.75)
    assert (small.verdict, small.reasons[0].code) == (FitVerdict.DOES_NOT_FIT, Code.WEIGHTS_ABOVE_BUDGET)
    assert sized(LLAMA_8B, argument, 79.0).verdict is FitVerdict.NOT_JUDGED


@pytest.mark.parametrize(
    "argument",
    [
        *("--cpu-offload-gb=8", "--quantization=bitsandbytes", "--an-option-of-tomorrow", "--load-format=gguf"),
        *("--hf-overrides={}", "--config=a.yaml", "--quantizaton=fp8"),
    ],
)
def test_what_may_make_weights_smaller_is_said_with_what_they_would_take(argument: str) -> None:
    small, large = sized(LLAMA_8B, argument, 9.75), sized(LLAMA_8B, argument, 79.0)
    assert (small.verdict, codes(small)) == (FitVerdict.NOT_JUDGED, [Code.MEMORY_NOT_COMPUTED])
    assert "without that it does not start: weights take 1" in small.reasons[0].message
    assert "does not start" not in large.reasons[0].message


@pytest.mark.parametrize(("gib", "verdict"), [(14.0, "does-not-fit"), (15.5, "not-judged")])
def test_with_the_size_of_the_cache_given_the_whole_unit_holds_the_weights(gib: float, verdict: str) -> None:
    """In v0.23, v1/worker/gpu_worker.py: "This does not respect the gpu_memory_utilization config"."""
    assert sized(LLAMA_8B, "--kv-cache-memory-bytes=100M", gib).verdict == verdict


def test_what_helps_an_option_that_is_not_known() -> None:
    assert (
        sized(LLAMA_8B, "--max-model-length=4096", 79.0).reasons[0].remedy == "write --max-model-len, if that is meant"
    )
    (reason,) = sized(LLAMA_8B, "--an-option-of-tomorrow=1", 79.0).reasons
    assert reason.message == "the effect of --an-option-of-tomorrow on memory is not known"
    assert "vllm serve --help=all" in reason.remedy
    assert "requires.memoryPerGpu" in reason.remedy
