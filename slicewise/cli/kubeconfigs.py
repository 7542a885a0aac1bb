"""The kubeconfig that a command was given, or that kubectl would use, checked before a cluster is asked."""

from __future__ import annotations

import os
from typing import NamedTuple

import yaml

from slicewise.access.ambient import read_ambient
from slicewise.access.examination import examine
from slicewise.access.kubeconfig import KubeconfigError
from slicewise.access.plain_yaml import read_plain
from slicewise.spec import Code, InvalidInputError, Problem


class Kubeconfig(NamedTuple):
    """A kubeconfig that can be used from here.

    Attributes:
        text: Its text, with absolute paths; secret.
        context: The name of its current context.
    """

    text: str
    context: str


def read_kubeconfig(where: str, file: str | None, context: str | None) -> Kubeconfig:
    """Return a kubeconfig in the context asked for.

    Args:
        where: What errors call it.
        file: Its file; None for the one that kubectl would use.
        context: The context, if not the current one.

    Raises:
        InvalidInputError: it cannot be used (SW402, SW403, SW407, SW408); it has all reasons.
    """
    try:
        # Relative paths in a file are meant from its directory: the same reading for all.
        (config,) = read_plain(read_ambient({"KUBECONFIG": file} if file else os.environ))
        current = context or str(config["current-context"])
        text = yaml.dump({**config, "current-context": current}, Dumper=yaml.CSafeDumper)
        found = examine(text)
    except KubeconfigError as error:
        code = Code.KUBECONFIG_INVALID if file else Code.KUBECONFIG_MISSING
        remedy = "" if file else "; name one with --kubeconfig"
        raise InvalidInputError([Problem(where, 0, 0, "", f"cannot be used: {error}{remedy}", code)]) from None
    problems = [(flaw, Code.KUBECONFIG_INVALID) for flaw in found.flaws]
    problems += [(f"{field} names a file that is not here", Code.KUBECONFIG_NEEDS_FILES) for field in found.files]
    problems += [(found.plugin, Code.KUBECONFIG_NEEDS_PLUGIN)] if found.plugin else []
    if problems:
        raise InvalidInputError([Problem(where, 0, 0, "", message, code) for message, code in problems])
    return Kubeconfig(text, current)
