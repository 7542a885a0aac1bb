"""The program: which commands there are, in the order of `--help`. Each is in the file of its name."""

from __future__ import annotations

import os
import sys
from shutil import get_terminal_size

import typer

from slicewise.cli.discover import discover
from slicewise.cli.endpoints import endpoints
from slicewise.cli.errors import errors
from slicewise.cli.explain import explain
from slicewise.cli.help_colours import WIDE_ENOUGH_FOR_BOXES, use_palette
from slicewise.cli.help_format import HELP, Command
from slicewise.cli.init import init
from slicewise.cli.options import Version
from slicewise.cli.plan import plan
from slicewise.cli.render import render
from slicewise.cli.schema import schema
from slicewise.cli.size import judge_size
from slicewise.cli.status import status
from slicewise.cli.validate import validate
from slicewise.cli.verify import verify
from slicewise.presentation import replace_what_is_lacking

app = typer.Typer(
    name="slicewise",
    help="Plan which node pool of which cluster serves which model, counted in MIG slices. "
    "Reads InferenceEnvironment, ClusterModel, Model and ModelDeployment documents. Only discover, verify, status "
    "and endpoints read clusters, and nothing changes one.",
    epilog="Exit codes: 0 all is well, 2 the input is wrong, 3 a deployment gets fewer environments than it asks for, "
    "or a model does not fit, 4 what the clusters have or run differs from what is declared, 5 render would move what "
    "runs.",
    no_args_is_help=True,
    context_settings={"help_option_names": HELP},
    add_completion=False,
    pretty_exceptions_enable=False,
    # Boxes are for people: a pipe gets plain lines, and so does a terminal where boxes would split names.
    rich_markup_mode="rich" if sys.stdout.isatty() and get_terminal_size().columns >= WIDE_ENOUGH_FOR_BOXES else None,
)


@app.callback()
def program(*, version: Version = False) -> None:
    """What goes before a command; the text of `--help` is above."""


for _command in (
    plan,
    explain,
    judge_size,
    validate,
    render,
    discover,
    verify,
    status,
    endpoints,
    errors,
    schema,
    init,
):
    app.command(_command.__name__.removeprefix("judge_"), cls=Command)(_command)


def main() -> None:
    """Run the command line; its output may be closed by its reader at any time."""
    replace_what_is_lacking((sys.stdout, sys.stderr))
    if sys.stdout.isatty():
        use_palette()
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
