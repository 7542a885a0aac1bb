"""vLLM's arguments as vLLM reads them."""

from __future__ import annotations

import pytest

from slicewise.diagnostics import Code, InvalidInputError
from slicewise.sizing import EngineOptions, memory_variables, read_options, split_arguments
from slicewise.sizing.option_effects import READ, WITHOUT_EFFECT
from slicewise.sizing.vllm_options import OPTIONS


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        ("--max-model-len=16384", "max_model_len", 16384),
        ("--max-model-len 16384", "max_model_len", 16384),
        ("--max_model_len=16384", "max_model_len", 16384),
        ("--max-model-len=16k", "max_model_len", 16_000),
        ("--max-model-len=16K", "max_model_len", 16_384),
        ("--max-model-len=1.5k", "max_model_len", 1500),
        ("--max-model-len=4096 --max-model-len=8192", "max_model_len", 8192),
        # argparse takes the beginning of one option for all of it.
        ("--max-num-seq=4", "max_num_seqs", 4),
        ("--gpu_memory_util 0.5", "gpu_memory_utilization", 0.5),
        ("--no-enable-prefix-cach", "prefix_caching", False),
        ("--enforce", "enforce_eager", True),
        ("--max-model-len=auto", "fits_length", True),
        ("--max-model-len=-1", "fits_length", True),
        ("--max-model-len -1 --enforce-eager", "enforce_eager", True),
        ("-tp 2", "tensor", 2),
        ("-tp=2", "tensor", 2),
        ("--pipeline-parallel-size=3", "pipeline", 3),
        ("-q fp8", "quantization", "fp8"),
        ("--enforce-eager", "enforce_eager", True),
        ("--enforce-eager --no-enforce-eager", "enforce_eager", False),
        ("--no-enable-prefix-caching", "prefix_caching", False),
        ("--enable-prefix-caching --port 8000", "prefix_caching", True),
        ("--gpu-memory-utilization=0.95", "gpu_memory_utilization", 0.95),
        ("--language-model-only", "language_only", True),
        ('--limit-mm-per-prompt={"image":0,"video":0}', "left_out", {"image", "video"}),
        ('--limit-mm-per-prompt={"image":1,"video":0}', "left_out", {"video"}),
        ('--limit-mm-per-prompt={"image":{"count":0,"width":512},"video":{"count":1}}', "left_out", {"image"}),
        ("--limit-mm-per-prompt image=0", "left_out", {"image"}),
        ("--limit-mm-per-prompt.image=0 --limit-mm-per-prompt.video 0", "left_out", {"image", "video"}),
        ("--limit-mm-per-prompt.image=0 --limit-mm-per-prompt.video=1", "left_out", {"image"}),
        ("--limit-mm-per-prompt.image.count=0", "left_out", {"image"}),
        ("--limit-mm-per-prompt={image:0}", "left_out", set()),
        ("--limit-mm-per-prompt=image", "left_out", set()),
        ("--disable-hybrid-kv-cache-manager", "hybrid", False),
        ('--kv-transfer-config={"kv_connector":"NixlConnector"}', "hybrid", True),
        ("--cpu-offload-gb=0", "changing", ()),
        ("--served-model-name gemma --trust-remote-code --seed 3", "changing", ()),
    ],
)
def test_an_argument_is_read(arguments: str, field: str, value: object) -> None:
    assert getattr(read_options(arguments.split()), field) == value


@pytest.mark.parametrize(
    "argument",
    [
        "--cpu-offload-gb=6",
        "--kv-cache-memory-bytes=4G",
        '--hf-overrides={"a":1}',
        "--num-gpu-blocks-override=100",
        "--load-format=gguf",
        "--block-size=32",
        '--compilation-config={"level":0}',
        "--compilation-config.cudagraph_mode=NONE",
        "--cudagraph-capture-sizes",
        "--max-cudagraph-capture-size=64",
        "--attention-backend=FLASHMLA",
        "--moe-backend=marlin",
        "--model-impl=transformers",
        "--quantization-config={}",
        '--rope-scaling={"rope_type":"yarn"}',
        # Options whose effect nobody has looked at, and what no version has.
        "--mamba-ssm-cache-dtype=float16",
        "--mamba-cache-mode=all",
        "--disable-sliding-window",
        "--kv-cache-dtype-skip-layers=0",
        "--use-fp64-gumbel",
        "--worker-cls=mine.Worker",
        "--skip-mm-profiling",
        "--an-option-of-tomorrow=1",
        "--no-enable-chunked-prefill",
    ],
)
def test_what_changes_memory_in_other_ways_is_noted(argument: str) -> None:
    (reason,) = read_options([argument]).changing
    assert argument.split("=", maxsplit=1)[0].split(".", maxsplit=1)[0] in reason.cause


@pytest.mark.parametrize(
    ("argument", "option"), [("-cc.mode=none", "compilation-config"), ("-ac={}", "attention-config"), ("-tp2", "tp2")]
)
def test_short_options_that_change_memory_are_noted(argument: str, option: str) -> None:
    (reason,) = read_options([argument]).changing
    assert f"--{option}" in reason.cause.replace("(-tp2)", "(--tp2)")


@pytest.mark.parametrize(
    "line",
    [
        "--no-enable-log-requests --enable-log-outputs --disable-log-stats --tool-call-parser hermes --host 0.0.0.0",
        "--attention-backend FLASHINFER --moe-backend auto --cpu-offload-gb 0.0 --offload-backend auto",
        "--swap-space 16 --max-logprobs 20 --generation-config vllm --chat-template /etc/template.jinja",
        "--no-enable-chunked-prefill --max-num-batched-tokens 16384 --enable-chunked-prefill --api-key x",
        "--max-loras 4 --nnodes 1 -n 1 -r 0 -dpl 1 --ssl-keyfile k --uvicorn-log-level warning",
    ],
)
def test_what_memory_does_not_go_by_is_passed_over(line: str) -> None:
    options = read_options(line.split())
    assert (options.changing, options.adding) == ((), ())


def test_options_without_effect_are_vllms_and_not_among_the_others() -> None:
    assert WITHOUT_EFFECT <= OPTIONS
    assert not WITHOUT_EFFECT & READ
    assert READ <= OPTIONS
    # What each of them says is not known elsewhere: an option has one meaning.
    assert all(read_options([f"--{name}=x"]).changing == () for name in WITHOUT_EFFECT)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["VLLM_LOGGING_LEVEL", "VLLM_API_KEY", "HF_HOME", "VLLM_NIXL_SIDE_CHANNEL_PORT"], []),
        (["VLLM_USE_V1"], ["VLLM_USE_V1"]),
        (["VLLM_MARLIN_USE_ATOMIC_ADD", "VLLM_OF_TOMORROW"], ["VLLM_MARLIN_USE_ATOMIC_ADD", "VLLM_OF_TOMORROW"]),
    ],
)
def test_variables_of_vllm_that_are_not_known_are_noted(names: list[str], found: list[str]) -> None:
    assert [reason.cause.split("variable ")[1].split()[0] for reason in memory_variables(names)] == found


def test_levels_of_optimisation_are_noted() -> None:
    (reason,) = read_options(["-O0"]).changing
    assert "--optimization-level" in reason.cause


@pytest.mark.parametrize("argument", ["--enable-lora", '--speculative-config={"method":"mtp"}', "--lora-modules=a=b"])
def test_what_needs_more_memory_is_noted(argument: str) -> None:
    (reason,) = read_options([argument]).adding
    assert argument.split("=", maxsplit=1)[0] in reason


@pytest.mark.parametrize(
    "argument",
    [
        "--max-model-len=long",
        "--max-model-len=0",
        "--max-num-seqs=-4",
        "--max-num-seqs=1e99",
        "--max-num-batched-tokens=1.00001",
        "--gpu-memory-utilization=1.5",
        "--gpu-memory-utilization=nan",
        "--gpu-memory-utilization=0",
        "--tensor-parallel-size=100000",
    ],
)
def test_what_vllm_refuses_is_said(argument: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_options([argument])
    (problem,) = caught.value.problems
    assert (problem.code, problem.field_name) == (Code.ENGINE_ARGUMENT, argument.split("=", maxsplit=1)[0])


def test_a_line_is_split_as_a_shell_does() -> None:
    assert split_arguments("""--a=b --limit-mm-per-prompt '{"image": 0}'""") == [
        "--a=b",
        "--limit-mm-per-prompt",
        '{"image": 0}',
    ]
    with pytest.raises(InvalidInputError):
        split_arguments("--a='b")


def test_what_documents_say_holds_where_arguments_say_nothing() -> None:
    start = EngineOptions(tensor=4, adding=("adapters",))
    options = read_options(["--enforce-eager"], start)
    assert (options.tensor, options.enforce_eager, options.adding) == (4, True, ("adapters",))
