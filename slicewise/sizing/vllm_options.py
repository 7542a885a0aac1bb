"""The options of `vllm serve`, by their long names without the hyphens before them.

Source: what its parser is made of in the packages of five versions of vLLM (0.11.0, 0.17.0, 0.20.0, 0.23.0 and 0.33.0),
`vllm/engine/arg_utils.py` and `vllm/entrypoints/openai/cli_args.py` (in 0.33.0 `vllm/entrypoints/common/cli_args.py`):
the arguments of each `add_argument`, and the fields of `FrontendArgs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

OPTIONS_VERSION: Final = "0.33.0"
_FILE: Final = Path(__file__).with_name("vllm_options.txt")
_NEWEST, _OLDER = (
    frozenset(line for line in part.split("\n") if line and line[0] != "#")
    for part in _FILE.read_text(encoding="utf-8").split("\n# Older: ")
)
OPTIONS: Final = _NEWEST | _OLDER
"""Those of `OPTIONS_VERSION`, and those that an older version had, as an image may be older."""
SHORT: Final = {
    "-tp": "tensor-parallel-size",
    "-pp": "pipeline-parallel-size",
    "-dp": "data-parallel-size",
    "-dcp": "decode-context-parallel-size",
    "-pcp": "prefill-context-parallel-size",
    "-ep": "enable-expert-parallel",
    "-q": "quantization",
    "-sc": "speculative-config",
    "-cc": "compilation-config",
    "-ac": "attention-config",
    "-dpl": "data-parallel-size-local",
    "-dpa": "data-parallel-address",
    "-dpp": "data-parallel-rpc-port",
    "-dpb": "data-parallel-backend",
    "-n": "nnodes",
    "-r": "node-rank",
}
"""Options of vLLM that have a short name."""
# vLLM takes each switch with any of these (BooleanOptionalAction, and EnableDisableAction in 0.33.0).
_SWITCHES: Final = ("no-", "enable-", "disable-")


def options_meant(option: str) -> tuple[str, ...]:
    """Return the options of `OPTIONS_VERSION` that begin with `option`: with several, argparse says it is ambiguous."""
    if not option or option in OPTIONS or full_name(option) != option:
        return ()
    return tuple(sorted(known for known in _NEWEST if known.startswith(option)))


def is_older(option: str) -> bool:
    """Return whether only versions before `OPTIONS_VERSION` have an option."""
    return option in _OLDER


def is_option(name: str) -> bool:
    """Return whether `vllm serve` takes `name`: an option, its opposite, or the beginning of one, as argparse does.

    Args:
        name: What was written, without the hyphens before it and with hyphens for underscores; of an option that takes
            JSON, a field may follow (`speculative-config.model`).
    """
    option = full_name(name.partition(".")[0])
    return option in OPTIONS or _bare(option) in _BARE or any(known.startswith(option) for known in OPTIONS)


def full_name(option: str) -> str:
    """Return the option for which vLLM takes `option`: itself, or the only one that begins so, as argparse does.

    `max-num-seq` means `max-num-seqs`, and `no-enable-lor` means `no-enable-lora`. What is not an option, or could be
    one of several, is returned unchanged: vLLM does not start with it.
    """
    if option in OPTIONS:
        return option
    if option.startswith("no-"):
        return f"no-{full_name(option.removeprefix('no-'))}"
    for options in (_NEWEST, OPTIONS):
        found = [known for known in options if option and known.startswith(option)]
        if len(found) == 1:
            return found[0]
    return option


def _bare(option: str) -> str:
    """Return an option without the words that switch it on or off: `no-enable-lora` is `lora`."""
    for switch in _SWITCHES:
        option = option.removeprefix(switch)
    return option


_BARE: Final = frozenset(map(_bare, OPTIONS))
