"""`slicewise plan`: which pool serves what."""

from __future__ import annotations

import json

import typer
import yaml

# Each part of it is imported when it is used: JSON needs none of what draws tables.
from slicewise import presentation
from slicewise.changes import parts_of_plan, plan_changes, plan_with_changes
from slicewise.cli import exit_codes
from slicewise.cli.command_inputs import read_inputs
from slicewise.cli.json_text import json_pieces
from slicewise.cli.options import By, EveryPlacement, Paths, PlanAs, PlanOutput, Previous
from slicewise.cli.results import print_pieces, print_result
from slicewise.documents import Fleet
from slicewise.planning import AccountsBy, Plan, accounts_to_dict, read_lists


def plan(
    paths: Paths,
    previous: Previous = None,
    output: PlanAs = PlanOutput.TABLE,
    by: By = None,
    *,
    every: EveryPlacement = False,
) -> None:
    """Show which pool of which environment serves each deployment, and why the others do not.

    With an earlier plan it begins with what changes, and the tables have only that. What is not placed comes with its
    reasons and the cheapest remedies. In a terminal the plan ends with a map: every pool a bar, coloured by deployment.

    Example: slicewise plan stacks/prod --previous plan.json
    """
    fleet, made, before, _ = read_inputs(paths, previous)
    # Costs as much as planning: only to compare are all of them needed.
    parts = parts_of_plan(fleet, made) if before else None
    changes = None if parts is None else plan_changes(before, made, parts)
    if by:
        _print_accounts(fleet, made, by, output)
    elif output is PlanOutput.JSON:
        print_pieces(json_pieces(plan_with_changes(fleet, made, parts, changes)))
    elif output is PlanOutput.YAML:
        whole = read_lists(plan_with_changes(fleet, made, parts, changes))
        print_result(yaml.dump(whole, Dumper=_Dumper, sort_keys=False).removesuffix("\n"))
    elif output is PlanOutput.MARKDOWN:
        print_result(presentation.plan_as_markdown(fleet, made, changes).removesuffix("\n"))
    elif output is PlanOutput.SVG:
        print_result(presentation.fleet_picture(made).removesuffix("\n"))
    else:
        presentation.print_plan(presentation.printing_console(), fleet, made, changes, every=every)
    if made.shortfalls:
        raise typer.Exit(exit_codes.SHORTFALL)


class _Dumper(yaml.SafeDumper):
    """Writes everything out: one reason of several profiles is the same data."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - of none, whatever it is
        return True


def _print_accounts(fleet: Fleet, made: Plan, by: AccountsBy, output: PlanOutput) -> None:
    if output is PlanOutput.JSON:
        print_result(json.dumps(accounts_to_dict(fleet, made, by), indent=2))
    elif output is PlanOutput.YAML:
        print_result(yaml.safe_dump(accounts_to_dict(fleet, made, by), sort_keys=False).removesuffix("\n"))
    elif output is PlanOutput.TABLE:
        presentation.print_accounts(presentation.printing_console(), fleet, made, by)
    elif output is PlanOutput.MARKDOWN:
        print_result(presentation.accounts_as_markdown(fleet, made, by))
    else:
        raise typer.BadParameter(f"--by makes no {output.value}: write --output table, json, yaml or markdown")
