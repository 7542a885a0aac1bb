"""Options that vLLM does not know: misspellings are told, and nothing is said of what may be newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from slicewise.documents.rules.arguments import check_argument
from slicewise.sizing.vllm_options import OPTIONS
from tests.unit.documents.advising import advice
from tests.unit.documents.documents import minimal

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    ("argument", "option", "meant"),
    [
        ("--max-modell-len=4096", "--max-modell-len", "--max-model-len"),
        ("--max_modell_len", "--max_modell_len", "--max-model-len"),
        ("--gpu-memory-utilisation=0.9", "--gpu-memory-utilisation", "--gpu-memory-utilization"),
        ("--enable-prefix-cacheing", "--enable-prefix-cacheing", "--enable-prefix-caching"),
        ("--trust-remotecode", "--trust-remotecode", "--trust-remote-code"),
        ("--Max-Model-Len=1", "--Max-Model-Len", "--max-model-len"),
        # Other forms of a word, another order, a word forgotten, another engine's name, hyphens.
        ("--max-model-length=8192", "--max-model-length", "--max-model-len"),
        ("--max-num-sequences=8", "--max-num-sequences", "--max-num-seqs"),
        ("--max-number-seqs=8", "--max-number-seqs", "--max-num-seqs"),
        ("--gpu-mem-utilization=0.9", "--gpu-mem-utilization", "--gpu-memory-utilization"),
        ("--model-max-len=8192", "--model-max-len", "--max-model-len"),
        ("--max-seqs=8", "--max-seqs", "--max-num-seqs"),
        ("--max-batched-tokens=8", "--max-batched-tokens", "--max-num-batched-tokens"),
        ("--max-seq-len=8192", "--max-seq-len", "--max-model-len"),
        ("--context-length=8192", "--context-length", "--max-model-len"),
        ("--no-enable-prefix-cacheing", "--no-enable-prefix-cacheing", "--no-enable-prefix-caching"),
        ("-max-model-len=8192", "-max-model-len", "--max-model-len"),
        ("---max-model-len=8192", "---max-model-len", "--max-model-len"),
    ],
)
def test_a_misspelt_option(loader: Loader, argument: str, option: str, meant: str) -> None:
    serving = [{"name": "a", "engine": {"args": [argument]}}]
    (said,) = advice(loader, minimal("ClusterModel", ("spec", "serving"), serving))
    assert said == (
        f'ClusterModel gemma: spec.serving[0].engine.args[0]: vLLM (as of 0.33.0) has no option "{option}", and ends '
        f'where it does not know one; did you mean "{meant}"? [SW349]'
    )


def test_an_option_that_only_older_versions_have_is_not_said_to_be_in_this_one() -> None:
    # vllm/engine/arg_utils.py has --swap-space in 0.17.0, and no longer in 0.33.0.
    (said,) = check_argument("--swap-spacce=4", ("args", 0))
    assert (said.code.value, said.is_error) == ("SW349", False)
    assert said.message.startswith('vLLM (as of 0.33.0) has no option "--swap-spacce"')
    assert said.remedy == 'did you mean "--swap-space", which older versions have?'


@pytest.mark.parametrize(
    "argument",
    [
        # An abbreviation, as argparse takes them; the opposites of switches; a field of JSON; an option of 0.11.0.
        *("--max-model=4096", "--max-num-batched-token=8", "--speculative-config.n=4"),
        *("--no-enable-lora", "--no-trust-remote-code", "--disable-chunked-prefill"),
        *("--speculative-config.model=x", "--hf-overrides.a.b+=1", "--swap-space=4", "--rope-scaling={}"),
        # Options that no version had when this was written, and values.
        *(
            "--max-num-batched-requests=7",
            "--kv-cache-memory-gb=4",
            "--max-tokens-of-thought=7",
            "--paged-eviction",
            "--",
            "---",
            "--x",
            "max-modell-len",
            "-q",
            "--=5",
        ),
    ],
)
def test_an_option_that_may_be_one(argument: str) -> None:
    assert [each.code.value for each in check_argument(argument, ("args", 0)) if each.code.value == "SW349"] == []


def test_an_abbreviation_of_several_options_is_none() -> None:
    """As argparse says of it: `ambiguous option: --max-num could match --max-num-batched-tokens, --max-num-seqs`."""
    (said,) = check_argument("--max-num=8", ("args", 0))
    begins = 'has more than one option that begins with "--max-num", and ends: '
    assert said.message.startswith(f"vLLM (as of 0.33.0) {begins}")
    assert said.remedy == "write the one that is meant in full"


@pytest.mark.parametrize("argument", ["--max-num-seq=8", "--gpu-memory-util=0.9", "--no-enable-lor"])
def test_an_abbreviation_of_one_option_is_that_option(argument: str) -> None:
    assert [*check_argument(argument, ("args", 0))] == []


@pytest.mark.parametrize("argument", ["--tensor-paralel-size=2", "--tp=2", "--tensor-parallelism-size=2"])
def test_of_an_option_that_a_field_sets_the_field_is_named(argument: str) -> None:
    (said,) = check_argument(argument, ("args", 0))
    assert said.remedy == (
        'did you mean "--tensor-parallel-size"? If so: write it as replicaTopology.parallelism.tensor, which Slicewise '
        "plans by"
    )


def test_options_of_versions_between_are_known() -> None:
    """As in vllm/engine/arg_utils.py of 0.17.0, of 0.20.0 and of 0.23.0, which KServe 0.20.0 starts."""
    between = {"use-gpu-for-pooling-score", "override-attention-dtype", "renderer-num-workers", "use-fp64-gumbel"}
    assert between <= OPTIONS


def test_slips_of_one_key_are_nearly_all_told() -> None:
    slips: dict[str, str] = {}
    for option in OPTIONS:
        middle = len(option) // 2
        before, after = option[:middle], option[middle:]
        slips |= dict.fromkeys(
            (f"--{before}z{after}", f"--{before}z{after[1:]}", f"--{before}{after[1:]}"), f"--{option}"
        )
    told = {slip: [each.facts.get("meant") for each in check_argument(slip, ("args", 0))] for slip in slips}
    assert sum(told[slip] == [option] for slip, option in slips.items()) / len(slips) > 0.85
