"""Options that `vllm serve` does not have and that are nearly one that it has, by their letters or by their words.

Newer versions may have others: what resembles no option is not one that anybody misspelt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, closest, closest_few, quoted
from slicewise.sizing.vllm_options import OPTIONS, OPTIONS_VERSION, SHORT, is_older, is_option, options_meant

# Of what is written and an option of vLLM's, how much is the same in a misspelling (as for `closest`). It was chosen by
# 0.11.0 and 0.33.0. Against the options of 0.17.0, 0.20.0 and 0.23.0 it finds 19 of 20 slips of one key (2,166 slips);
# and of the 106, 86 and 64 options that vLLM got after each of these, one is so near an option that was there already:
# cpu-distributed-timeout-seconds, after 0.20.0.
_MISSPELT: Final = 0.9
# Options that are compared word by word: of the 345, each compared with the others, 15 are nearly another one.
_COMPARED: Final = 20
_AT_ALL_ALIKE: Final = 0.5
# "paralel", "egear", "utilisation".
_WORD_MISSPELT: Final = 0.75
# "len" and "length", "num" and "number", "seqs" and "sequences".
_SHORTEST_WORD: Final = 3
# --max-seqs, --max-len and --gpu-utilization; of three words and more, any one may be forgotten.
_FORGOTTEN: Final = frozenset({"max", "memory", "model", "num"})
_MANY_WORDS: Final = 3
_LENGTH: Final = "max-model-len"
_LENGTH_OF: Final = frozenset({"context", "ctx", "max", "model", "seq", "sequence"})
_LENGTHS: Final = frozenset({"len", "length"})
_OPPOSITE: Final = "no-"
_LONGEST_SHORT: Final = max(map(len, SHORT))


def misspelt_option(written: str, path: FieldPath) -> Diagnostic | None:
    """Return what is wrong with an option that is nearly one of vLLM's (`UNKNOWN_OPTION`, a warning).

    Args:
        written: The option as it is written, with its hyphens and without its value.
        path: Where it is.
    """
    if written in SHORT or not written.startswith("-"):
        return None
    name = _long_name(written)
    if written.startswith("--") and len(several := options_meant(name)) > 1:
        return _ambiguous(written, several, path)
    meant = option_meant(written)
    if meant is None:
        return None
    message = f"vLLM (as of {OPTIONS_VERSION}) has no option {quoted(written)}, and ends where it does not know one"
    remedy = f'did you mean "--{meant}"{", which older versions have" if is_older(meant) else ""}?'
    return Diagnostic.warning(Code.UNKNOWN_OPTION, message, remedy, field=path, option=written, meant=f"--{meant}")


def option_meant(written: str) -> str | None:
    """Return the option of vLLM's that a misspelt one nearly is, without hyphens before it; None for any other.

    Args:
        written: The option with its hyphens, such as `--max-model-length` or `-max-model-len`.
    """
    name = _long_name(written)
    if written.startswith("--"):
        return None if is_option(name) else SHORT.get(f"-{name}") or _nearest(name)
    # With one hyphen only short names are options.
    return _nearest(name) if len(name) > _LONGEST_SHORT else None


def _long_name(written: str) -> str:
    """Return an option without its hyphens, and without the field of one that takes JSON."""
    hyphens = "--" if written.startswith("--") else "-"
    return written.removeprefix(hyphens).replace("_", "-").partition(".")[0]


def _ambiguous(written: str, several: Sequence[str], path: FieldPath) -> Diagnostic:
    among = " and ".join(f"--{option}" for option in several[:2])
    message = (
        f"vLLM (as of {OPTIONS_VERSION}) has more than one option that begins with {quoted(written)}, and ends: {among}"
    )
    more = " among others" if len(several) > len(several[:2]) else ""
    remedy = "write the one that is meant in full"
    return Diagnostic.warning(Code.UNKNOWN_OPTION, f"{message}{more}", remedy, field=path, option=written)


def _nearest(name: str) -> str | None:
    if name.startswith(_OPPOSITE):
        found = _nearest(name.removeprefix(_OPPOSITE))
        return f"{_OPPOSITE}{found}" if found else None
    if (found := closest(name, OPTIONS, _MISSPELT)) is not None:
        return found
    words = name.lower().split("-")
    if _is_length(words):
        return _LENGTH
    alike = closest_few(name, OPTIONS, _COMPARED, _AT_ALL_ALIKE)
    return next((known for known in alike if _same_words(words, known.split("-"))), None)


def _same_words(written: Sequence[str], known: Sequence[str]) -> bool:
    """Whether what is written has an option's words, each nearly, in any order, or without one that is forgotten."""
    if sorted(written) == sorted(known):
        return True
    return any(
        len(written) == len(words) and all(map(_same_word, written, words)) for words in _with_all_or_one_less(known)
    )


def _with_all_or_one_less(known: Sequence[str]) -> Iterator[Sequence[str]]:
    yield known
    for number, word in enumerate(known):
        if word in _FORGOTTEN or len(known) > _MANY_WORDS:
            yield [*known[:number], *known[number + 1 :]]


def _is_length(written: Sequence[str]) -> bool:
    """Whether what is written is what others call `--max-model-len`: `--max-seq-len`, `--context-length`."""
    *whose, last = written
    return bool(whose) and last in _LENGTHS and _LENGTH_OF.issuperset(whose)


def _same_word(written: str, known: str) -> bool:
    if written == known:
        return True
    one, other = written.removesuffix("s"), known.removesuffix("s")
    if min(len(one), len(other)) >= _SHORTEST_WORD and (one.startswith(other) or other.startswith(one)):
        return True
    return len(known) > _SHORTEST_WORD and closest(written, (known,), _WORD_MISSPELT) is not None
