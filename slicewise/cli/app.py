"""The commands. Results go to standard output, errors and progress to standard error."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import yaml
from rich.console import Console

from slicewise.cli.render import write_manifests
from slicewise.cli.tables import print_plan, shortfall_lines
from slicewise.placement import Plan, make_plan, parse_previous, plan_to_dict
from slicewise.placement.plan_json import PreviousPlacement
from slicewise.spec import KINDS, Code, Fleet, InvalidInputError, Problem, document_schema, load_fleet

EXIT_INVALID = 2
EXIT_SHORTFALL = 3

app = typer.Typer(
    name="slicewise",
    help="Plan which node pool of which cluster serves which model, counted in MIG slices. "
    "Reads InferenceEnvironment, ClusterModel, Model and ModelDeployment documents; touches no cluster.",
    epilog="Exit codes: 0 all is well, 2 the input is wrong, 3 a deployment gets fewer environments than it asks for.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Paths = Annotated[
    list[str],
    typer.Argument(help="Files, directories of *.yaml and *.yml files, or - for standard input.", show_default=False),
]
Previous = Annotated[
    Path | None,
    typer.Option(
        help="An earlier plan (`plan --output json`, or `pulumi stack output --json`): what it placed stays.",
        show_default=False,
    ),
]


class Output(StrEnum):
    """How a plan is written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


@app.command()
def plan(
    paths: Paths,
    previous: Previous = None,
    output: Annotated[Output, typer.Option(help="A table for people, or the plan as JSON or YAML.")] = Output.TABLE,
) -> None:
    """Show which pool of which environment serves each deployment, and why the others do not."""
    _, made = _plan(paths, previous)
    if output is Output.JSON:
        print(json.dumps(plan_to_dict(made), indent=2))  # noqa: T201 - the result
    elif output is Output.YAML:
        print(yaml.safe_dump(plan_to_dict(made), sort_keys=False), end="")  # noqa: T201 - the result
    else:
        print_plan(Console(), made)
    if made.shortfalls:
        raise typer.Exit(EXIT_SHORTFALL)


@app.command()
def validate(paths: Paths) -> None:
    """Check the documents: every mistake of every file at once, each at its line, with a code and a remedy."""
    fleet = _load(paths)
    counts = [
        (len(fleet.environments), "environment"),
        (len(fleet.models), "model"),
        (len(fleet.deployments), "deployment"),
    ]
    summary = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
    print(f"valid: {summary}")  # noqa: T201 - the result


@app.command()
def render(
    paths: Paths,
    output_dir: Annotated[
        Path,
        typer.Option(help="Where to write: a directory for each environment, made if missing.", show_default=False),
    ],
    previous: Previous = None,
) -> None:
    """Write the manifests of what is placed, one directory an environment, for GitOps."""
    fleet, made = _plan(paths, previous)
    try:
        written, removed = write_manifests(fleet, made, output_dir)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        where = str(error.filename or output_dir)
        _fail(InvalidInputError([Problem(where, 0, 0, "", message, Code.BAD_OUTPUT_DIRECTORY)]))
    gone = f", removed {removed} that the plan no longer has" if removed else ""
    print(f"wrote {written} manifests to {output_dir}{gone}")  # noqa: T201 - the result
    if made.shortfalls:
        Console(stderr=True, soft_wrap=True, highlight=False).print("\n".join(shortfall_lines(made)), markup=False)
        raise typer.Exit(EXIT_SHORTFALL)


Kind = StrEnum("Kind", {kind: kind for kind in KINDS})  # type: ignore[misc]  # the kinds are known once the spec is loaded


@app.command()
def schema(kind: Annotated[Kind, typer.Argument(help="The kind of document.", show_default=False)]) -> None:
    """Print the JSON Schema of a kind of document, for editors."""
    print(json.dumps(document_schema(kind.value), indent=2))  # noqa: T201 - the result


def main() -> None:
    """Run the command line."""
    app()


def _plan(paths: list[str], previous: Path | None) -> tuple[Fleet, Plan]:
    fleet = _load(paths)
    try:
        old = _read_previous(previous) if previous else ()
    except InvalidInputError as error:
        _fail(error)
    return fleet, make_plan(fleet, old)


def _load(paths: list[str]) -> Fleet:
    try:
        return load_fleet(paths)
    except InvalidInputError as error:
        _fail(error)


def _read_previous(path: Path) -> tuple[PreviousPlacement, ...]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InvalidInputError([Problem(str(path), 0, 0, "", message, Code.BAD_PREVIOUS_PLAN)]) from error
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}; expected what `plan --output json` writes"
        raise InvalidInputError([Problem(str(path), 0, 0, "", message, Code.BAD_PREVIOUS_PLAN)]) from error
    placements = data.get("placements") if isinstance(data, dict) else None
    return parse_previous(placements, str(path))


def _fail(error: InvalidInputError) -> NoReturn:
    for problem in error.problems:
        print(problem, file=sys.stderr)  # noqa: T201 - errors go to standard error, one a line
    raise typer.Exit(EXIT_INVALID)
