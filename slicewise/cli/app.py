"""The program: what it says of itself, and how it runs."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from shutil import get_terminal_size
from typing import Annotated

import typer

from slicewise import __version__
from slicewise.cli.command_list import CommandList
from slicewise.cli.help_colours import WIDE_ENOUGH_FOR_BOXES, use_palette
from slicewise.cli.help_format import HELP
from slicewise.presentation import replace_what_is_lacking
from slicewise.sources import paused_collector


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"slicewise {__version__}")
        raise typer.Exit


_Version = Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")]

app = typer.Typer(
    name="slicewise",
    cls=CommandList,
    help="Plan which node pool of which cluster serves which model, counted in MIG slices. "
    "Reads InferenceEnvironment, ClusterModel, Model, ModelDeployment and Quota documents. Only discover, verify, "
    "status and endpoints read clusters, and nothing changes one.",
    epilog="Exit codes: 0 all is well, 2 the input is wrong, 3 a deployment gets fewer environments than it asks for, "
    "a model does not fit, or slices find no GPU, 4 what the clusters have or run differs from what is declared, "
    "5 render would move what runs.",
    no_args_is_help=True,
    context_settings={"help_option_names": HELP},
    add_completion=False,
    pretty_exceptions_enable=False,
    # Boxes are for people: a pipe gets plain lines, and so does a terminal where boxes would split names.
    rich_markup_mode="rich" if sys.stdout.isatty() and get_terminal_size().columns >= WIDE_ENOUGH_FOR_BOXES else None,
)


@app.callback()
def program(*, version: _Version = False) -> None:
    """What goes before a command; the text of `--help` is above."""


def main() -> None:
    """Run the command line; its output may be closed by its reader at any time."""
    replace_what_is_lacking((sys.stdout, sys.stderr))
    if sys.stdout.isatty():
        use_palette()
    # At its end Python looks at everything once more for garbage in cycles: a fifth of what a small plan takes.
    atexit.register(gc.freeze)
    code: str | int | None = 0
    try:
        # A command is over before garbage in cycles is worth a look: with 10,000 deployments a fifth of its time.
        with paused_collector():
            app()
    except SystemExit as end:
        code = end.code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would be written once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
