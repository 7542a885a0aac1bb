"""The clusters that a command reads: which kubeconfig belongs to which environment, and reading them all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from slicewise.cli.command_inputs import fail
from slicewise.cli.kubeconfigs import read_given, read_kubeconfig
from slicewise.clusters.access import can_be_read, not_a_file
from slicewise.clusters.live import THE_RIGHTS, Right, Unreadable, denials, read_or_refusal, right_facts
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, closest, quoted, shown_file, there_are
from slicewise.documents import Fleet
from slicewise.presentation import waiting_bar

if TYPE_CHECKING:
    from slicewise.clusters.live import LiveCluster, ObjectName

_OPTION = "--kubeconfig"
_Read = TypeVar("_Read")


def chosen_environments(fleet: Fleet, names: Sequence[str]) -> list[str]:
    """Return the names of the environments to look at, sorted: those that were named, else all.

    Raises:
        typer.BadParameter: one is not declared, or none is.
    """
    known = [environment.metadata.name for environment in fleet.environments]
    if not known:
        raise typer.BadParameter("the documents declare no InferenceEnvironment: there is no cluster to look at")
    for name in names:
        if name not in known:
            message = f"{quoted(name)} is not an environment that is declared; {there_are(known)}"
            raise typer.BadParameter(message)
    return sorted(set(names) or known)


def options_by_environment(
    fleet: Fleet, chosen: Sequence[str], kubeconfigs: Sequence[str], contexts: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the kubeconfig's file and the context of each environment, as far as they are given; end if one is wrong.

    Args:
        fleet: The documents.
        chosen: The environments that are read.
        kubeconfigs: What `--kubeconfig` says.
        contexts: What `--context` says.
    """
    known = list(fleet.environment)
    try:
        files = values_by_environment(_OPTION, kubeconfigs, known, chosen, "FILE")
        return files, values_by_environment("--context", contexts, known, chosen, "CONTEXT")
    except InvalidInputError as error:
        fail(error)


def values_by_environment(
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
        InvalidInputError: a value without a name where several environments are read, one for an environment that is
            not read, or two for the same (SW402); it holds all of them.
    """
    found: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for value in values:
        name, rest = _environment_of(value, known, chosen)
        if name in chosen and name not in found:
            found[name] = rest
            continue
        if not name:
            message, remedy = _no_environment(option, value, known, what)
        elif name not in chosen:
            message = f"{quoted(value)} is for the environment {name}, which --environment leaves out"
            remedy = f"leave it out, or add --environment {name}"
        else:
            message = f"the environment {name} has two, {quoted(found[name])} and {quoted(rest)}"
            remedy = "write one of them"
        problems.append(_problem(option, message, Code.KUBECONFIG_MISSING, remedy))
    if problems:
        raise InvalidInputError(problems)
    return found


def _environment_of(value: str, known: Sequence[str], chosen: Sequence[str]) -> tuple[str, str]:
    """Return the environment that a value is for, empty if it does not say, and the value without that name."""
    name, _, rest = value.partition("=")
    if rest and name in known:
        return name, rest
    alone = len(chosen) == 1 and not _names_unknown(value, known)
    return (chosen[0] if alone else "", value)


def _no_environment(option: str, value: str, known: Sequence[str], what: str) -> tuple[str, str]:
    """Return what is wrong with a value that is for no environment, and what to write."""
    name, equals, _ = value.partition("=")
    close = closest(name, known) if equals and name not in known else None
    if close:
        return f"{quoted(value)}: no environment is called {quoted(name)}", f'did you mean "{close}"?'
    remedy = (
        f"write {option} ENVIRONMENT={what} with one of {', '.join(known)}, such as {option} {known[0]}={what}; or "
        "read one alone with --environment"
    )
    return f"{quoted(value)} does not say which environment it is for", remedy


def _names_unknown(value: str, known: Sequence[str]) -> bool:
    """Return whether a value has a name before its `=` that only looks like an environment's, and is not a file."""
    name, equals, rest = value.partition("=")
    return bool(equals and rest and name not in known and closest(name, known) and not can_be_read(Path(value)))


def kubeconfig_texts(
    chosen: Sequence[str], files: Mapping[str, str], contexts: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, list[Diagnostic]]]:
    """Return the text of the kubeconfig of every environment; the ambient one only where one environment is read.

    Returns:
        The texts by environment, and what is wrong with the others: one is missing or cannot be used (SW402, SW403,
        SW407, SW408).
    """
    texts: dict[str, str] = {}
    wrong: dict[str, list[Diagnostic]] = {}
    # A pipe can be read once, and may have the contexts of several environments.
    read = cache(read_given)
    for name in chosen:
        file = files.get(name)
        if file is None and len(chosen) > 1:
            message = f"environment {name} has no kubeconfig"
            remedy = f"write {_OPTION} {name}=FILE, or read fewer with --environment"
            wrong[name] = [_problem(_OPTION, message, Code.KUBECONFIG_MISSING, remedy)]
        elif file is not None and not can_be_read(Path(file)):
            message = f"environment {name}: {shown_file(file)}: {not_a_file(Path(file))}"
            wrong[name] = [_problem(_OPTION, message, Code.KUBECONFIG_MISSING)]
        else:
            where = f"{_OPTION} {shown_file(file)}" if file else "the kubeconfig that kubectl would use"
            try:
                texts[name] = read_kubeconfig(where, file, contexts.get(name), read).text
            except InvalidInputError as error:
                wrong[name] = list(error.problems)
    return texts, wrong


def read_live_clusters(
    kubeconfigs: Mapping[str, str], named: Mapping[str, Collection[ObjectName]] | None = None
) -> tuple[dict[str, LiveCluster], dict[str, list[Diagnostic]]]:
    """Read every cluster at once, by the name of its environment; in a terminal with a bar if that takes long.

    Args:
        kubeconfigs: How each is reached.
        named: The objects that are looked for by name, by environment.

    Returns:
        What was read, and why the others could not be (SW621), both by environment.
    """
    wanted = named or {}
    return read_at_once(kubeconfigs, lambda name, text: read_or_refusal(text, wanted.get(name, ())))


def read_at_once(
    kubeconfigs: Mapping[str, str], read: Callable[[str, str], Awaitable[_Read | Unreadable]]
) -> tuple[dict[str, _Read], dict[str, list[Diagnostic]]]:
    """Read every cluster at once, by the name of its environment; in a terminal with a bar if that takes long.

    Args:
        kubeconfigs: How each is reached.
        read: What reads one, of its environment's name and its kubeconfig.

    Returns:
        What was read, and why the others could not be (SW621), both by environment.
    """
    with waiting_bar("reading clusters", len(kubeconfigs)) as progress:
        return asyncio.run(_read_all(kubeconfigs, read, progress))


async def _read_all(
    kubeconfigs: Mapping[str, str],
    read: Callable[[str, str], Awaitable[_Read | Unreadable]],
    progress: Callable[[], None],
) -> tuple[dict[str, _Read], dict[str, list[Diagnostic]]]:
    async def answer(name: str, kubeconfig: str) -> _Read | Unreadable:
        found = await read(name, kubeconfig)
        progress()
        return found

    answers = await asyncio.gather(*(answer(*each) for each in kubeconfigs.items()))
    answered = dict(zip(kubeconfigs, answers, strict=True))
    read_ = {name: answer for name, answer in answered.items() if not isinstance(answer, Unreadable)}
    unread = {
        name: [_problem(_OPTION, f"environment {name}: {answer.reason}", Code.CLUSTER_UNREADABLE, answer.remedy)]
        for name, answer in answered.items()
        if isinstance(answer, Unreadable)
    }
    return read_, unread


def lacking_rights(environment: str, missing: Sequence[Right], unknown: str) -> Diagnostic:
    """Return what is wrong where a part of a cluster may not be read.

    Args:
        environment: The name of its environment.
        missing: The rights that its user lacks.
        unknown: What is not known for that, as a clause.
    """
    message = f"environment {environment}: this user may not {denials(missing)}, so {unknown}"
    place, remedy = Place(_OPTION), f"give it {THE_RIGHTS}"
    return Diagnostic.error(Code.CLUSTER_UNREADABLE, message, remedy, place=place, **right_facts(missing))


def _problem(option: str, message: str, code: Code, remedy: str = "") -> Diagnostic:
    return Diagnostic.error(code, message, remedy, place=Place(option))
