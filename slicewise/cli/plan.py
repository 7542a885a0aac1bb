"""`slicewise plan`: which pool serves what."""

from __future__ import annotations

import json

import typer
import yaml

from slicewise.cli import exit_codes
from slicewise.cli.command_inputs import read_plan
from slicewise.cli.options import Paths, PlanAs, PlanOutput, Previous
from slicewise.cli.results import print_result
from slicewise.planning import plan_with_remedies
from slicewise.presentation import fleet_picture, print_plan, printing_console


def plan(paths: Paths, previous: Previous = None, output: PlanAs = PlanOutput.TABLE) -> None:
    """Show which pool of which environment serves each deployment, and why the others do not.

    What is not placed comes with its reasons and the cheapest remedies. In a terminal the plan ends with a map: every
    pool a bar, coloured by deployment.

    Example: slicewise plan stacks/prod --previous plan.json
    """
    fleet, made = read_plan(paths, previous)
    if output is PlanOutput.JSON:
        print_result(json.dumps(plan_with_remedies(fleet, made), indent=2))
    elif output is PlanOutput.YAML:
        print_result(yaml.safe_dump(plan_with_remedies(fleet, made), sort_keys=False).removesuffix("\n"))
    elif output is PlanOutput.SVG:
        print_result(fleet_picture(made).removesuffix("\n"))
    else:
        print_plan(printing_console(), fleet, made)
    if made.shortfalls:
        raise typer.Exit(exit_codes.SHORTFALL)
