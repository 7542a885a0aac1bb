"""The clusters that a command reads: which kubeconfig belongs to which environment, and reading them all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slicewise.cli.kubeconfigs import read_kubeconfig
from slicewise.cli.waiting import waiting_bar
from slicewise.inventory.answering import read_or_refusal
from slicewise.spec import Code, InvalidInputError, Problem
from slicewise.spec.problems import quoted

if TYPE_CHECKING:
    from slicewise.inventory.facts import LiveCluster

_OPTION = "--kubeconfig"


def by_environment(
    option: str, values: Sequence[str], known: Sequence[str], chosen: Sequence[str], what: str
) -> dict[str, str]:
    """Return what an option of the form `[ENVIRONMENT=]VALUE` says of each environment.

    Args:
        option: The option's name, for errors.
        values: What was written.
        known: All environments that are declared: a value may hold a `=` of its own.
        chosen: Those that are read.
        what: What a value is, for errors.

    Raises:
        InvalidInputError: a value without a name where several environments are read (SW402).
    """
    found: dict[str, str] = {}
    for value in values:
        name, _, rest = value.partition("=")
        if rest and name in known:
            found[name] = rest
        elif len(chosen) == 1:
            found[chosen[0]] = value
        else:
            message = (
                f"which environment is {quoted(value)} for? Write {option} ENVIRONMENT={what} with one of "
                f"{', '.join(known)}, such as {option} {known[0]}={what}; or read one alone with --environment"
            )
            raise InvalidInputError([_problem(option, message, Code.KUBECONFIG_MISSING)])
    return found


def kubeconfig_texts(chosen: Sequence[str], files: Mapping[str, str], contexts: Mapping[str, str]) -> dict[str, str]:
    """Return the text of the kubeconfig of every environment; the ambient one only where one environment is read.

    Raises:
        InvalidInputError: one is missing or cannot be used (SW402, SW403, SW407, SW408); it holds all of them.
    """
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for name in chosen:
        file = files.get(name)
        if file is None and len(chosen) > 1:
            message = f"environment {name} has none; write {_OPTION} {name}=FILE, or read fewer with --environment"
            problems.append(_problem(_OPTION, message, Code.KUBECONFIG_MISSING))
        elif file is not None and not Path(file).is_file():
            message = f"environment {name}: there is no file {file}"
            problems.append(_problem(_OPTION, message, Code.KUBECONFIG_MISSING))
        else:
            where = f"{_OPTION} {file}" if file else "the kubeconfig that kubectl would use"
            try:
                texts[name] = read_kubeconfig(where, file, contexts.get(name)).text
            except InvalidInputError as error:
                problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return texts


def read_clusters(kubeconfigs: Mapping[str, str]) -> dict[str, LiveCluster]:
    """Read every cluster at once, by the name of its environment; in a terminal with a bar if that takes long.

    Raises:
        InvalidInputError: one cannot be read (SW404, SW621); it holds all of them.
    """
    with waiting_bar("reading clusters", len(kubeconfigs)) as progress:
        return asyncio.run(_read_all(kubeconfigs, progress))


async def _read_all(kubeconfigs: Mapping[str, str], progress: Callable[[], None]) -> dict[str, LiveCluster]:
    async def read(kubeconfig: str) -> LiveCluster | str:
        read = await read_or_refusal(kubeconfig)
        progress()
        return read

    answers = await asyncio.gather(*map(read, kubeconfigs.values()))
    answered = dict(zip(kubeconfigs, answers, strict=True))
    problems = [
        _problem(_OPTION, f"environment {name}: {answer}", Code.CLUSTER_UNREADABLE)
        for name, answer in answered.items()
        if isinstance(answer, str)
    ]
    if problems:
        raise InvalidInputError(problems)
    return {name: answer for name, answer in answered.items() if not isinstance(answer, str)}


def _problem(option: str, message: str, code: Code) -> Problem:
    return Problem(option, 0, 0, "", message, code)
