"""The kubeconfig that a command was given, or that kubectl would use, checked before a cluster is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from slicewise.clusters.access import KubeconfigError, check_kubeconfig, read_ambient, read_files
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, quoted, there_are
from slicewise.sources import read_plain

_NAME_ONE: Final = "name the file that kubectl uses, by default ~/.kube/config"


class Kubeconfig(NamedTuple):
    """A kubeconfig that can be used from here.

    Attributes:
        text: Its text, with absolute paths; secret.
        context: The name of its current context.
    """

    text: str
    context: str


def read_given(file: str | None) -> str:
    """Return the text of a kubeconfig with absolute paths: of `file`, or of the one that kubectl would use.

    Raises:
        KubeconfigError: it cannot be read.
    """
    return read_files([Path(file)]) if file else read_ambient(os.environ)


def read_kubeconfig(
    where: str, file: str | None, context: str | None, read: Callable[[str | None], str] = read_given
) -> Kubeconfig:
    """Return a kubeconfig in the context asked for.

    Args:
        where: What errors call it.
        file: Its file; None for the one that kubectl would use.
        context: The context, if not the current one.
        read: Reads it.

    Raises:
        InvalidInputError: it cannot be used (SW402, SW403, SW407, SW408); it has all reasons.
    """
    try:
        # Relative paths in a file are meant from its directory: the same reading for all.
        (config,) = read_plain(read(file))
        names = [each["name"] for each in config["contexts"]]
        current = context or str(config["current-context"])
        if current and current not in names:
            raise InvalidInputError(
                [Diagnostic.error(Code.KUBECONFIG_INVALID, _no_context(current, names), place=Place(where))]
            )
        text = yaml.dump({**config, "current-context": current}, Dumper=yaml.CSafeDumper)
        found = check_kubeconfig(text)
    except KubeconfigError as error:
        code = Code.KUBECONFIG_INVALID if file else Code.KUBECONFIG_MISSING
        remedy = _NAME_ONE if file else "name one with --kubeconfig"
        raise InvalidInputError(
            [Diagnostic.error(code, f"cannot be used: {error}", remedy, place=Place(where))]
        ) from None
    problems = [(flaw, Code.KUBECONFIG_INVALID) for flaw in found.flaws]
    problems += [(f"{field} names a file that is not here", Code.KUBECONFIG_NEEDS_FILES) for field in found.files]
    problems += [(found.plugin, Code.KUBECONFIG_NEEDS_PLUGIN)] if found.plugin else []
    if problems:
        raise InvalidInputError([Diagnostic.error(code, message, place=Place(where)) for message, code in problems])
    return Kubeconfig(text, current)


def _no_context(context: str, names: Sequence[str]) -> str:
    there = there_are([quoted(name) for name in names]) if names else "it has none"
    return f"cannot be used: there is no context {quoted(context)}; {there}"
