"""What differs between documents and clusters, as people read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import typer
from rich.console import Console

from slicewise.cli import exit_codes
from slicewise.cli.clusters import chosen_environments, kubeconfig_texts, options_by_environment, read_live_clusters
from slicewise.cli.command_inputs import fail, read_inputs
from slicewise.cli.options import (
    Environments,
    KubeconfigContexts,
    KubeconfigFiles,
    Output,
    Paths,
    Previous,
    StacksOfDocuments,
    TableOrJson,
)
from slicewise.cli.results import print_result
from slicewise.clusters.verify import PoolReality, Verified, compare_clusters, objects_named
from slicewise.diagnostics import (
    Diagnostic,
    InvalidInputError,
    Severity,
    counted,
    difference_line,
    errors_first,
    lacks_rights,
)
from slicewise.presentation import ERROR, WARNING, Column, printing_console, show, show_line

_COLUMNS = (
    *map(Column, ("environment", "node pool", "unit", "slices")),
    *(Column(heading, number=True) for heading in ("nodes", "units", "others", "plan", "free")),
)


def verify(
    paths: Paths,
    *,
    kubeconfig: KubeconfigFiles = None,
    context: KubeconfigContexts = None,
    environment: Environments = None,
    previous: Previous = None,
    stack: StacksOfDocuments = None,
    output: TableOrJson = Output.TABLE,
) -> None:
    """Compare the documents with the real clusters: nodes, slices, taints, memory, and who holds units.

    Reads the clusters and changes nothing. Every difference has a code, a severity and a remedy: what pods of the plan
    lack is an error, what no pod needs a warning. With --previous it also looks for the services of that plan.

    Exit codes: 0 no errors (there may be warnings), 2 the input is wrong or not all of a cluster can be read, 4 errors.

    Example: slicewise verify stacks/prod --kubeconfig mig-a=mig-a.kubeconfig
    """
    fleet, made, earlier, uids = read_inputs(paths, previous)
    chosen = chosen_environments(fleet, environment or [])
    files, contexts = options_by_environment(fleet, chosen, kubeconfig or [], context or [])
    texts, wrong = kubeconfig_texts(chosen, files, contexts)
    read, unread = read_live_clusters(texts, objects_named(fleet, made))
    clusters = {name: replace(cluster, known_uid=uids.get(name)) for name, cluster in read.items()}
    verified = compare_clusters(fleet, made, clusters, earlier, stacks=stack or [])
    unread |= wrong
    if output is Output.JSON:
        print_result(json.dumps(verified_to_dict(verified, unread), indent=2))
    elif clusters:
        print_verified(printing_console(), verified)
    if unread:
        # One cluster could not be read: the others' differences are printed all the same.
        fail(InvalidInputError([problem for problems in unread.values() for problem in problems]))
    if any(map(lacks_rights, verified.differences)):
        raise typer.Exit(exit_codes.INVALID)
    if verified.has_errors:
        raise typer.Exit(exit_codes.DIFFERENT)


def print_verified(console: Console, verified: Verified) -> None:
    """Print each pool, declared beside real, then what differs: errors first, each with its remedy."""
    show(console, "Node pools: real/declared", _COLUMNS, [_row(pool) for pool in verified.pools])
    for title, style, severity in (
        ("Errors", f"bold {ERROR}", Severity.ERROR),
        ("Warnings", f"bold {WARNING}", Severity.WARNING),
    ):
        found = [each for each in errors_first(verified.differences) if each.severity is severity]
        if found:
            console.print(title, style=style)
            for line in difference_lines(found):
                show_line(console, f"  {line}")
            console.print()
    show_line(console, _summary(verified))


def verified_to_dict(verified: Verified, unread: Mapping[str, Sequence[Diagnostic]]) -> dict[str, Any]:
    """Return the result as JSON data, and with it why the other environments could not be read."""
    refused = [
        {"environment": name, "code": problem.code.value, "message": problem.text, "facts": dict(problem.facts)}
        for name, problems in sorted(unread.items())
        for problem in problems
    ]
    return {**verified.to_dict(), "unread": refused}


def difference_lines(differences: Sequence[Diagnostic]) -> list[str]:
    """Return two lines a difference: what, and what to do."""
    return [line for each in differences for line in (difference_line(each), f"  remedy: {each.remedy}")]


def _row(pool: PoolReality) -> Sequence[str]:
    most = "" if pool.max_nodes_declared is None else f"-{pool.max_nodes_declared}"
    return (
        pool.environment,
        pool.node_pool,
        pool.resource,
        _profiles(pool),
        f"{pool.nodes}/{pool.nodes_declared}{most}",
        f"{pool.units}/{pool.units_declared}",
        _number(pool.held_by_others),
        _number(pool.held_by_plan),
        _number(pool.free),
    )


def _number(units: int | None) -> str:
    return "?" if units is None else str(units)


def _profiles(pool: PoolReality) -> str:
    declared = pool.profile_declared or "whole GPUs"
    if not pool.profiles or pool.profiles == (pool.profile_declared,):
        return declared
    return f"{', '.join(each or 'whole GPUs' for each in pool.profiles)}/{declared}"


def _summary(verified: Verified) -> str:
    errors = sum(each.is_error for each in verified.differences)
    warnings = len(verified.differences) - errors
    where = counted(len(verified.environments), "environment")
    if not verified.differences:
        return f"{where} verified: as declared"
    return f"{where} verified: {counted(errors, 'error')}, {counted(warnings, 'warning')}"
