"""vLLM's arguments as vLLM reads them."""

from __future__ import annotations

import pytest

from slicewise.diagnostics import Code, InvalidInputError
from slicewise.sizing import EngineOptions, read_options, split_arguments


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
        ('--limit-mm-per-prompt={"image":0,"video":0}', "no_images", True),
        ('--limit-mm-per-prompt={"image":1,"video":0}', "no_images", False),
        ("--limit-mm-per-prompt image=0", "no_images", True),
        ("--limit-mm-per-prompt.image=0 --limit-mm-per-prompt.video 0", "no_images", True),
        ("--limit-mm-per-prompt.image=0 --limit-mm-per-prompt.video=1", "no_images", False),
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
    ],
)
def test_what_changes_memory_in_other_ways_is_noted(argument: str) -> None:
    (reason,) = read_options([argument]).changing
    assert argument.split("=", maxsplit=1)[0].split(".", maxsplit=1)[0] in reason


def test_levels_of_optimisation_are_noted() -> None:
    (reason,) = read_options(["-O0"]).changing
    assert "--optimization-level" in reason


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
