"""How commands say what they take: as manual pages do, without the types of Python."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypedDict, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from slicewise.diagnostics import did_you_mean, quoted

_Choice = TypeVar("_Choice", bound=StrEnum)


HELP: Final = ["--help", "-h"]


class Choices(TypedDict):
    """What typer's Option and Argument need to take one of several words."""

    parser: Callable[[str], Any]
    metavar: str


def one_of(choices: type[_Choice]) -> Choices:
    """Return what makes an option or an argument take one of `choices`, and say so where it is something else."""

    def parse(written: str) -> _Choice:
        try:
            return choices(written)
        except ValueError:
            message = f"{quoted(written)} is not one of {', '.join(choices)}{did_you_mean(written, choices)}"
            raise typer.BadParameter(message) from None

    return {"parser": parse, "metavar": "|".join(choices)}


class _Argument(TyperArgument):
    """`PATH...`, where typer writes `{PATH}...` and `PATH <list[str]>`."""

    def display_type_rich(self, ctx: Any) -> str | None:  # noqa: ANN401, ARG002 - as typer has it
        return None

    def _usage_display_name(self) -> str:
        name = self.display_name_raw + ("..." if self.nargs != 1 else "")
        return name if self.required else f"[{name}]"


class _Flag(TyperOption):
    """A flag, without the `<bool>` that typer writes beside it."""

    def display_type_rich(self, ctx: Any) -> str | None:  # noqa: ANN401, ARG002 - as typer has it
        return None


def without_types_of_flags(parameters: list[Any]) -> list[Any]:
    """Return the parameters, of which flags are shown without a type."""
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.__class__ = _Flag
    return parameters


class Command(TyperCommand):
    """A command whose arguments are shown so."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever typer gives
        super().__init__(*arguments, **named)
        self.context_settings = {"help_option_names": HELP, **self.context_settings}
        for parameter in self.params:
            if isinstance(parameter, TyperArgument):
                parameter.__class__ = _Argument

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - as typer has it
        """Return the parameters, `--help` among them."""
        return without_types_of_flags(super().get_params(ctx))
