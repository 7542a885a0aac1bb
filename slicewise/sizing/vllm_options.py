"""The options of `vllm serve`, by their long names without the hyphens before them.

Source: what its parser is made of in the packages of five versions of vLLM (0.11.0, 0.17.0, 0.20.0, 0.23.0 and 0.33.0),
`vllm/engine/arg_utils.py` and `vllm/entrypoints/openai/cli_args.py` (in 0.33.0 `vllm/entrypoints/common/cli_args.py`):
the arguments of each `add_argument`, and the fields of `FrontendArgs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, closest, quoted

OPTIONS_VERSION: Final = "0.33.0"
_FILE: Final = Path(__file__).with_name("vllm_options.txt")
_NEWEST, _OLDER = (
    frozenset(line for line in part.split("\n") if line and line[0] != "#")
    for part in _FILE.read_text(encoding="utf-8").split("\n# Older: ")
)
OPTIONS: Final = _NEWEST | _OLDER
"""Those of `OPTIONS_VERSION`, and those that an older version had, as an image may be older."""
# Of what is written and an option of vLLM's, how much is the same in a misspelling (as for `closest`). It was chosen by
# 0.11.0 and 0.33.0. Against the options of 0.17.0, 0.20.0 and 0.23.0 it finds 19 of 20 slips of one key (2,166 slips);
# and of the 106, 86 and 64 options that vLLM got after each of these, one is so near an option that was there already:
# cpu-distributed-timeout-seconds, after 0.20.0.
_MISSPELT: Final = 0.9
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


def full_name(option: str) -> str:
    """Return the option for which vLLM takes `option`: itself, or the only one that begins so, as argparse does.

    `max-num-seq` means `max-num-seqs`, and `no-enable-lo` means `no-enable-lora`. What is not an option, or could be
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


def misspelt_option(written: str, path: FieldPath) -> Diagnostic | None:
    """Return what is wrong with an option that is nearly one of vLLM's (`UNKNOWN_OPTION`, a warning).

    Newer versions may have others, which are not like any known.

    Args:
        written: The option as it is written, with its hyphens and without its value.
        path: Where it is.
    """
    name = written.removeprefix("--").replace("_", "-")
    meant = None if is_option(name) else closest(name, OPTIONS, _MISSPELT)
    if meant is None:
        return None
    message = f"vLLM {OPTIONS_VERSION} has no option {quoted(written)}, and ends where it does not know one"
    remedy = f'did you mean "--{meant}"{", which older versions have" if meant in _OLDER else ""}?'
    return Diagnostic.warning(Code.UNKNOWN_OPTION, message, remedy, field=path, option=written, meant=f"--{meant}")
