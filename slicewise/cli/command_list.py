"""The commands, each imported when it runs: what `plan` needs is not what `--help` needs."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import find_spec
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from slicewise.cli.help_format import Command, without_types_of_flags

COMMANDS: Final = {
    "plan": "plan",
    "explain": "explain",
    "size": "judge_size",
    "layout": "propose_layout",
    "validate": "validate",
    "render": "render",
    "discover": "discover",
    "verify": "verify",
    "status": "status",
    "endpoints": "endpoints",
    "errors": "errors",
    "schema": "schema",
    "init": "init",
}
"""Commands in the order of `--help`, each in the file of its name, with its function."""


class CommandList(TyperGroup):
    """The program: it knows of each command no more than its name and what it says of itself."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever typer gives
        super().__init__(*arguments, **named)
        # Among these typer looks for the name that was meant.
        self.commands = {name: TyperCommand(name=name) for name in COMMANDS}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - as typer has it
        """Return the names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ANN401, ARG002 - as typer has it
        """Return a command by its name and its description alone."""
        return TyperCommand(name=cmd_name, help=_docstring(cmd_name)) if cmd_name in COMMANDS else None

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - as typer has it
        """Return the options before a command."""
        return without_types_of_flags(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - as typer has it
        """Return the command that is called, whole, and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _whole(name, self.rich_markup_mode) if name and command else command, rest


def _whole(name: str, markup: Any) -> Any:  # noqa: ANN401 - as typer has it
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=markup)
    function = getattr(import_module(f"slicewise.cli.{name}"), COMMANDS[name])
    alone.command(name, cls=Command)(function)
    return get_command(alone)


def _docstring(name: str) -> str:
    """Return what a command says of itself, without importing it."""
    module = find_spec(f"slicewise.cli.{name}")
    loader = module.loader if module else None
    source = loader.get_source(f"slicewise.cli.{name}") if isinstance(loader, InspectLoader) else None
    functions = (each for each in ast.parse(source or "").body if isinstance(each, ast.FunctionDef))
    return next(ast.get_docstring(each) or "" for each in functions if each.name == COMMANDS[name])
