"""The options of `vllm serve`, by their long names without the hyphens before them.

Source: what its parser is made of in the packages of five versions of vLLM (0.11.0, 0.17.0, 0.20.0, 0.23.0 and 0.33.0),
`vllm/engine/arg_utils.py` and `vllm/entrypoints/openai/cli_args.py` (in 0.33.0 `vllm/entrypoints/common/cli_args.py`):
the arguments of each `add_argument`, and the fields of `FrontendArgs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

VERSION: Final = "0.33.0"
_FILE: Final = Path(__file__).with_name("vllm_options.txt")
_NEWEST, _OLDER = (
    frozenset(line for line in part.split("\n") if line and line[0] != "#")
    for part in _FILE.read_text(encoding="utf-8").split("\n# Older: ")
)
OPTIONS: Final = _NEWEST | _OLDER
"""Those of `VERSION`, and those that an older version had, as an image may be older."""
# vLLM takes each switch with any of these (BooleanOptionalAction, and EnableDisableAction in 0.33.0).
_SWITCHES: Final = ("no-", "enable-", "disable-")


def is_option(name: str) -> bool:
    """Return whether `vllm serve` takes `name`: an option, its opposite, or the beginning of one, as argparse does.

    Args:
        name: What was written, without the hyphens before it and with hyphens for underscores; of an option that takes
            JSON, a field may follow (`speculative-config.model`).
    """
    option = name.partition(".")[0]
    return option in OPTIONS or _bare(option) in _BARE or any(known.startswith(option) for known in OPTIONS)


def is_older(option: str) -> bool:
    """Return whether `option` is one that only versions before `VERSION` have."""
    return option in _OLDER


def _bare(option: str) -> str:
    """Return an option without the words that switch it on or off: `no-enable-lora` is `lora`."""
    for switch in _SWITCHES:
        option = option.removeprefix(switch)
    return option


_BARE: Final = frozenset(map(_bare, OPTIONS))
