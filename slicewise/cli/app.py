"""The commands. Results go to standard output, errors and progress to standard error."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace

import typer
import yaml
from rich.console import Console

from slicewise.cli import exit_codes
from slicewise.cli.clusters import kubeconfig_texts, read_live_clusters, values_by_environment
from slicewise.cli.command_inputs import fail, print_lines, read_fleet, read_inputs, read_plan, read_previous
from slicewise.cli.discover import discover_environment
from slicewise.cli.errors import find_section, print_list, print_section, read_sections
from slicewise.cli.explain import explanation_to_dict, find_deployment, print_explanation, shortfall_of
from slicewise.cli.help_format import Command
from slicewise.cli.options import (
    Deployment,
    EnvironmentName,
    Environments,
    ErrorCode,
    KubeconfigContext,
    KubeconfigContexts,
    KubeconfigFile,
    KubeconfigFiles,
    Output,
    OutputDirectory,
    Paths,
    PlanAs,
    PlanOutput,
    Previous,
    RenderOwner,
    SchemaKind,
    SecretName,
    StackOfCluster,
    StackOfDocuments,
    TableOrJson,
    Version,
    WhenShort,
)
from slicewise.cli.render import documents_owner, not_written, rendering_line, write_manifests
from slicewise.cli.verify import chosen_environments, print_verified, verified_to_dict
from slicewise.clusters.verify import compare_clusters
from slicewise.diagnostics import (
    MOST_PROBLEMS,
    InvalidInputError,
    by_document,
    counted,
    printable,
    shown_file,
)
from slicewise.documents import any_schema, document_schema
from slicewise.planning import DecisionLog, Rejections, make_plan, plan_with_remedies, prospects
from slicewise.presentation import OnShortfall, fleet_picture, print_plan, printing_console, shortfall_lines

app = typer.Typer(
    name="slicewise",
    help="Plan which node pool of which cluster serves which model, counted in MIG slices. "
    "Reads InferenceEnvironment, ClusterModel, Model and ModelDeployment documents. Only discover and verify read "
    "clusters, and nothing changes one.",
    epilog="Exit codes: 0 all is well, 2 the input is wrong, 3 a deployment gets fewer environments than it asks for, "
    "4 what is declared differs from what the clusters have.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Boxes are for people: a pipe gets plain lines.
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
)


@app.callback()
def program(*, version: Version = False) -> None:
    """What goes before a command; the text of `--help` is above."""


@app.command(cls=Command)
def plan(paths: Paths, previous: Previous = None, output: PlanAs = PlanOutput.TABLE) -> None:
    """Show which pool of which environment serves each deployment, and why the others do not.

    What is not placed comes with its reasons and the cheapest remedies. In a terminal the plan ends with a map: every
    pool a bar, coloured by deployment.

    Example: slicewise plan stacks/prod --previous plan.json
    """
    fleet, made = read_plan(paths, previous)
    if output is PlanOutput.JSON:
        _write(json.dumps(plan_with_remedies(fleet, made), indent=2))
    elif output is PlanOutput.YAML:
        _write(yaml.safe_dump(plan_with_remedies(fleet, made), sort_keys=False).removesuffix("\n"))
    elif output is PlanOutput.SVG:
        _write(fleet_picture(made).removesuffix("\n"))
    else:
        print_plan(printing_console(), fleet, made)
    if made.shortfalls:
        raise typer.Exit(exit_codes.SHORTFALL)


@app.command(cls=Command)
def explain(
    deployment: Deployment, paths: Paths, previous: Previous = None, output: TableOrJson = Output.TABLE
) -> None:
    """Show every pool that could serve one deployment, and what came of it.

    placed: it is there. fits: there is room, and another pool was preferred, with the rule that decided. full: it
    matches, and the numbers say what is missing. rejected: the first rule that fails. If the deployment lacks
    environments, the cheapest remedies follow.

    Example: slicewise explain team-a/gemma stacks/prod
    """
    fleet = read_fleet(paths)
    old, _ = read_previous(previous)
    log = DecisionLog(find_deployment(fleet, deployment))
    made = make_plan(fleet, old, log)
    if output is Output.JSON:
        _write(json.dumps(explanation_to_dict(fleet, made, log), indent=2))
    else:
        print_explanation(printing_console(), fleet, made, log)
    if shortfall_of(made, log.deployment):
        raise typer.Exit(exit_codes.SHORTFALL)


@app.command(cls=Command)
def validate(paths: Paths) -> None:
    """Check the documents: every mistake of every file at once, each at its line, with a code and a remedy.

    Warnings go to standard error, too, and do not change the exit code.

    Example: slicewise validate stacks/prod
    """
    fleet = read_fleet(paths)
    warnings = by_document([*fleet.advice, *prospects(fleet)])
    print_lines(f"warning: {warning}" for warning in warnings[:MOST_PROBLEMS])
    if rest := warnings[MOST_PROBLEMS:]:
        print_lines([f"{len(rest):,} more warnings; fix these first"])
    counts = [
        (len(fleet.environments), "environment"),
        (len(fleet.models), "model"),
        (len(fleet.deployments), "deployment"),
        *([(len(warnings), "warning")] if warnings else []),
    ]
    summary = ", ".join(counted(count, noun) for count, noun in counts)
    _write(f"valid: {summary}")


@app.command(cls=Command)
def render(
    paths: Paths,
    output_dir: OutputDirectory,
    previous: Previous = None,
    owner: RenderOwner = None,
    on_shortfall: WhenShort = OnShortfall.FAIL,
) -> None:
    """Write the manifests of what is placed, one directory an environment, for GitOps.

    All files are written or none. Manifests that the same documents were rendered to before and the plan no longer
    has are removed; files of other documents and of other people are left alone.

    Example: slicewise render stacks/prod --output-dir manifests
    """
    fleet, made = read_plan(paths, previous)
    if made.shortfalls:
        print_lines(shortfall_lines(fleet, made, Rejections(fleet, made)))
        if on_shortfall is OnShortfall.FAIL:
            print_lines(["nothing is written; make room, or write the rest with --on-shortfall warn"])
            raise typer.Exit(exit_codes.SHORTFALL)
    try:
        rendering = write_manifests(fleet, made, output_dir, owner or documents_owner(paths, output_dir), paths)
    except InvalidInputError as error:
        fail(error)
    except OSError as error:
        fail(not_written(error, output_dir))
    _write(printable(rendering_line(rendering, shown_file(str(output_dir)))))


@app.command(cls=Command)
def discover(
    kubeconfig: KubeconfigFile = None,
    context: KubeconfigContext = None,
    name: EnvironmentName = None,
    secret_name: SecretName = None,
    stack: StackOfCluster = None,
) -> None:
    """Write the InferenceEnvironment that describes a live cluster: its node pools, as nodes and labels show them.

    Reads the cluster and changes nothing. What labels do not show is left out, or has a comment that says CHECK.

    Example: slicewise discover --kubeconfig mig-a.kubeconfig --name mig-a > stacks/prod/mig-a.yaml
    """
    try:
        written = discover_environment(kubeconfig, context, name, secret_name, stack)
    except InvalidInputError as error:
        fail(error)
    _write(written.removesuffix("\n"))


@app.command(cls=Command)
def verify(
    paths: Paths,
    *,
    kubeconfig: KubeconfigFiles = None,
    context: KubeconfigContexts = None,
    environment: Environments = None,
    previous: Previous = None,
    stack: StackOfDocuments = None,
    output: TableOrJson = Output.TABLE,
) -> None:
    """Compare the documents with the real clusters: nodes, slices, taints, memory, and who holds units.

    Reads the clusters and changes nothing. Every difference has a code, a severity and a remedy: what pods of the plan
    lack is an error, what no pod needs a warning. With --previous it also looks for the services of that plan.

    Exit codes: 0 no errors (there may be warnings), 2 the input is wrong or a cluster cannot be read, 4 errors.

    Example: slicewise verify stacks/prod --kubeconfig mig-a=mig-a.kubeconfig
    """
    fleet, made, earlier, uids = read_inputs(paths, previous)
    chosen = chosen_environments(fleet, environment or [])
    known = list(fleet.environment)
    try:
        files = values_by_environment("--kubeconfig", kubeconfig or [], known, chosen, "FILE")
        contexts = values_by_environment("--context", context or [], known, chosen, "CONTEXT")
    except InvalidInputError as error:
        fail(error)
    texts, wrong = kubeconfig_texts(chosen, files, contexts)
    read, unread = read_live_clusters(texts)
    clusters = {name: replace(cluster, known_uid=uids.get(name)) for name, cluster in read.items()}
    verified = compare_clusters(fleet, made, clusters, earlier, stacks=[stack] if stack else [])
    unread |= wrong
    if output is Output.JSON:
        _write(json.dumps(verified_to_dict(verified, unread), indent=2))
    elif clusters:
        print_verified(printing_console(), verified)
    if unread:
        # One cluster could not be read: the others' differences are printed all the same.
        fail(InvalidInputError([problem for problems in unread.values() for problem in problems]))
    if verified.has_errors:
        raise typer.Exit(exit_codes.DIFFERENT)


@app.command(cls=Command)
def errors(code: ErrorCode = None) -> None:
    """Say what a code means: the cause, an example and the remedy.

    Example: slicewise errors SW204
    """
    sections = read_sections()
    if code is None:
        print_list(Console(), sections)
    else:
        print_section(Console(), find_section(code, sections))


@app.command(cls=Command)
def schema(kind: SchemaKind = None) -> None:
    """Print the JSON Schema of a kind of document, or of all kinds, for editors.

    Example: slicewise schema > schemas/slicewise.json
    """
    _write(json.dumps(document_schema(kind.value) if kind else any_schema(), indent=2))


def main() -> None:
    """Run the command line; its output may be closed by its reader at any time."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or a pipe in Latin-1 or cp1252 lacks characters that tables and names have.
            stream.reconfigure(errors="backslashreplace")
    code: str | int | None = 0
    try:
        app()
    except SystemExit as end:
        code = end.code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would be written once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _write(text: str) -> None:
    print(text)  # noqa: T201 - the result
