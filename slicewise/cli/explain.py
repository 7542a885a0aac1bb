"""`slicewise explain`: every candidate of one deployment, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer
from rich.console import Console

from slicewise.cli import exit_codes
from slicewise.cli.command_inputs import read_fleet, read_previous
from slicewise.cli.options import Deployment, Output, Paths, Previous, TableOrJson
from slicewise.cli.results import print_result
from slicewise.cli.sized_models import size_model
from slicewise.cli.sizes import print_sizes
from slicewise.diagnostics import closest_few, quoted, some
from slicewise.documents import DeploymentKey, Fleet, model_key
from slicewise.planning import (
    Candidate,
    DecisionLog,
    Plan,
    Rejections,
    Remedies,
    Shortfall,
    Verdict,
    candidate_to_dict,
    candidates,
    endpoint_to_dict,
    make_plan,
    placement_endpoint,
    remedies_to_dict,
)
from slicewise.presentation import (
    ERROR,
    FAINT,
    GOOD,
    NOTE,
    WARNING,
    Column,
    headline,
    print_endpoints,
    printing_console,
    remedy_lines,
    show,
    show_line,
)

_STYLES = {
    Verdict.PLACED: GOOD,
    Verdict.FITS: NOTE,
    Verdict.FULL: WARNING,
    Verdict.TOO_SMALL: WARNING,
    Verdict.REJECTED: FAINT,
}

_MOST_MEANT = 3


def explain(
    deployment: Deployment, paths: Paths, previous: Previous = None, output: TableOrJson = Output.TABLE
) -> None:
    """Show every pool that could serve one deployment, and what came of it.

    placed: it is there. fits: there is room, and another pool was preferred, with the rule that decided. full: it
    matches, and others have too much of it. too small: it matches, and would not do if it were empty. rejected: the
    first rule that fails. If the deployment lacks environments, the cheapest remedies follow.

    Example: slicewise explain team-a/gemma stacks/prod
    """
    fleet = read_fleet(paths)
    old, _ = read_previous(previous)
    log = DecisionLog(find_deployment(fleet, deployment))
    made = make_plan(fleet, old, log)
    if output is Output.JSON:
        print_result(json.dumps(explanation_to_dict(fleet, made, log), indent=2))
    else:
        print_explanation(printing_console(), fleet, made, log)
    if shortfall_of(made, log.deployment):
        raise typer.Exit(exit_codes.SHORTFALL)


def find_deployment(fleet: Fleet, written: str) -> DeploymentKey:
    """Return the deployment that `written` means: namespace/name, or a name that only one has.

    Raises:
        typer.BadParameter: there is no such deployment, or more than one; the message says what could be meant.
    """
    named = [key for key in fleet.deployment if written in (str(key), key.name)]
    if len(named) == 1:
        return named[0]
    if named:
        raise typer.BadParameter(f"{quoted(written)} may be {' or '.join(map(str, sorted(named)))}; write which")
    whole = {str(key): str(key) for key in fleet.deployment}
    by_text = whole | {key.name: str(key) for key in fleet.deployment}
    # One of this name in another namespace is meant more often than another name in this one.
    elsewhere = [str(key) for key in sorted(fleet.deployment) if key.name == written.rpartition("/")[2]]
    close = elsewhere[:_MOST_MEANT] or [by_text[text] for text in closest_few(written, by_text, _MOST_MEANT)]
    hint = f"; did you mean {' or '.join(dict.fromkeys(close))}?" if close else f"; {_known(fleet)}"
    raise typer.BadParameter(f"there is no ModelDeployment {quoted(written)}{hint}")


def _known(fleet: Fleet) -> str:
    names = [str(key) for key in sorted(fleet.deployment)]
    return f"the documents declare {some(names)}" if names else "the documents declare none"


def shortfall_of(plan: Plan, key: DeploymentKey) -> Shortfall | None:
    """Return what a deployment lacks, if it lacks anything."""
    return next((item for item in plan.shortfalls if item.deployment == key), None)


def explanation_to_dict(fleet: Fleet, plan: Plan, log: DecisionLog) -> dict[str, Any]:
    """Return the explanation of the deployment that `log` is of as JSON data."""
    key = log.deployment
    shortfall = shortfall_of(plan, key)
    wanted = fleet.deployment[key].spec.environments
    remedies = Remedies(fleet, plan, Rejections(fleet, plan))
    return {
        "deployment": {"namespace": key.namespace, "name": key.name},
        "wanted": wanted,
        "placed": shortfall.placed if shortfall else wanted,
        "endpoints": [
            {"environment": item.environment, **endpoint_to_dict(placement_endpoint(fleet, item))}
            for item in plan.placements
            if item.deployment == key
        ],
        "candidates": [candidate_to_dict(candidate) for candidate in candidates(fleet, plan, log)],
        **remedies_to_dict(fleet, remedies, shortfall),
    }


def print_explanation(console: Console, fleet: Fleet, plan: Plan, log: DecisionLog) -> None:
    """Print the explanation as a table: coloured in a terminal, plain when piped."""
    key = log.deployment
    shortfall = shortfall_of(plan, key)
    wanted = fleet.deployment[key].spec.environments
    title = headline(shortfall) if shortfall else f"{key}: {wanted} of {wanted} environments"
    show_line(console, title, f"bold {ERROR}" if shortfall else "bold")
    found = candidates(fleet, plan, log)
    show(console, "", _COLUMNS, [_row(each) for each in found], [_STYLES[each.verdict] for each in found])
    print_endpoints(console, fleet, [item for item in plan.placements if item.deployment == key])
    model = model_key(fleet.deployment[key])
    if fleet.models[model].architecture is not None:
        print_sizes(console, size_model(fleet, model))
    if shortfall:
        remedies = Remedies(fleet, plan, Rejections(fleet, plan))
        show_line(console, "")
        for line in remedy_lines(fleet, remedies, shortfall):
            show_line(console, line)


_COLUMNS = (
    *map(Column, ("verdict", "environment", "node pool")),
    Column("serving profile", short="serving"),
    Column("why", prose=True),
)


def _row(item: Candidate) -> Sequence[str]:
    why = item.message if item.verdict is not Verdict.REJECTED else f"{item.message} ({item.code})"
    return (item.verdict.value, item.environment, item.pool_in_words or "(all)", item.profile or "(all)", why)
