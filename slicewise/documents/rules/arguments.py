"""Rules of the engine's arguments: they arrive as written, and say nothing that is said elsewhere already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted
from slicewise.sizing import SHORT, full_name, misspelt_option
from slicewise.sources import HUGGING_FACE, issued_token

# En dash and em dash, which word processors make of "--".
_DASHES: Final = "\u2013\u2014"
# No argument can have a NUL in it, and of the others only tabs and line breaks are meant by anybody.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_KSERVE: Final = "KServe sets it, and sends its probes and its router there; leave it out"
_EXPERT: Final = "write it as replicaTopology.parallelism.expert, which starts vLLM with the one or the other"
# The option -> what sets it. KServe's own presets start `vllm serve` with all of these (LLMInferenceServiceConfig).
_SET: Final = {
    "tensor-parallel-size": "write it as replicaTopology.parallelism.tensor, which Slicewise plans by",
    "pipeline-parallel-size": "write it as replicaTopology.parallelism.pipeline, which Slicewise plans by",
    "data-parallel-size": "write it as replicaTopology.parallelism.data, which Slicewise plans by",
    "data-parallel-size-local": "write it as replicaTopology.parallelism.dataLocal, which Slicewise plans by",
    # vLLM takes the last of these two, wherever KServe puts its own.
    "enable-expert-parallel": _EXPERT,
    "no-enable-expert-parallel": _EXPERT,
    "served-model-name": "KServe sets it; write it as spec.model.name, or as servedModelName of the ModelDeployment",
    "model": "KServe serves the weights of spec.huggingFace.repo; write it there",
    "port": _KSERVE,
}
# vLLM's `append` options (entrypoints/openai/cli_args.py): each time adds a value.
_SEVERAL: Final = frozenset({"middleware"})
# Between an option and its value.
_END: Final = re.compile(r"[=\s]")
_TWO_ITEMS: Final = re.compile(r"(--?[A-Za-z][\w-]*)\s+(\S.*)", re.ASCII | re.DOTALL)
_BLANKS_AROUND: Final = re.compile(r"\s+(--?[A-Za-z].*)|(--?[A-Za-z][\w-]*)\s+", re.ASCII | re.DOTALL)


def check_arguments(arguments: Sequence[str], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, the engine's arguments, whose list is at `path`."""
    first: dict[str, int] = {}
    for number, argument in enumerate(arguments):
        yield from check_argument(argument, (*path, number))
        option, name = _option(argument)
        known = first.setdefault(name, number)
        if name and known != number and name not in _SET and name not in _SEVERAL:
            message = f"{option} is in args[{known}] already, and vLLM takes the last of the two"
            remedy = "leave one of them out"
            yield Diagnostic.warning(
                Code.ARGUMENT_TWICE, message, remedy, field=(*path, number), option=option, first=known
            )


def check_words(words: Sequence[str], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the words at `path`, whatever reads them: they are not known to be vLLM's."""
    for number, word in enumerate(words):
        yield from _check_word(word, (*path, number))


def _option(argument: str) -> tuple[str, str]:
    """Return the option that an argument begins with, as it is written and by its long name; empty names for none."""
    option = _END.split(argument, maxsplit=1)[0]
    # vLLM takes `_` for `-` in its options.
    return option, SHORT.get(option) or (full_name(option[2:].replace("_", "-")) if option.startswith("--") else "")


def check_argument(argument: str, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, one argument of the engine, which is at `path`."""
    yield from _check_word(argument, path)
    if argument.startswith(tuple(_DASHES)):
        meant = f"--{argument.lstrip(_DASHES + '-')}"
        message = f"got {quoted(argument)}, which begins with a dash of text, not with hyphens"
        remedy = f"write {quoted(meant)}"
        yield Diagnostic.error(Code.BAD_VALUE, message, remedy, field=path)
    if (around := _BLANKS_AROUND.fullmatch(argument)) is not None:
        meant = quoted((around[1] or around[2]).rstrip())
        message = f"{quoted(argument)} has a space before or after it, so vLLM does not recognise the option"
        remedy = f"write {meant}"
        yield Diagnostic.error(Code.BAD_VALUE, message, remedy, field=path)
        return
    option, name = _option(argument)
    if name in _SET:
        message = f"{option} is set already: {_SET[name]}"
        yield Diagnostic.warning(Code.ARGUMENT_SET_ALREADY, message, field=path, option=option)
    elif (two := _TWO_ITEMS.fullmatch(argument)) is not None:
        # argparse takes what has a blank before any `=` for no option, and vLLM ends.
        message = f"{quoted(argument)} is one argument with a space in it, so vLLM does not recognise the option"
        remedy = f"write two items, or {quoted(f'{two[1]}={two[2]}')}"
        yield Diagnostic.error(Code.BAD_VALUE, message, remedy, field=path)
    elif (misspelt := misspelt_option(option, path)) is not None:
        yield _elsewhere(misspelt)


def _elsewhere(misspelt: Diagnostic) -> Diagnostic:
    """Say where an option is written that was misspelt and is not one for arguments at all."""
    meant = str(misspelt.facts.get("meant", "")).removeprefix("--")
    return replace(misspelt, remedy=f"{misspelt.remedy} If so: {_SET[meant]}") if meant in _SET else misspelt


def _check_word(argument: str, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with a text in which nothing is looked for that only vLLM reads."""
    if "{{" in argument:
        message = 'KServe reads every string of a service as a Go template, and "{{" begins an expression there'
        remedy = "write the argument without it"
        yield Diagnostic.error(Code.TEMPLATE_CHARACTERS, message, remedy, field=path)
    if (control := _CONTROL.search(argument)) is not None:
        message = f"{quoted(argument)} has the control character U+{ord(control[0]):04X}"
        remedy = "remove it"
        yield Diagnostic.error(Code.BAD_VALUE, message, remedy, field=path)
    if kind := issued_token(argument):
        instead = ", and name a Secret with a new one in spec.huggingFace.secretRef" if kind == HUGGING_FACE else ""
        message = (
            f"the argument looks as if it has {kind}, which the state, the cluster and its logs would show to "
            "everybody who reads them"
        )
        remedy = f"take it out and revoke it{instead}"
        yield Diagnostic.warning(Code.SECRET_IN_ARGUMENT, message, remedy, field=path)
