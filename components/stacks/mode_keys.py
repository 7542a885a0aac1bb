"""Keys of the stack's configuration that do not go with its `mode` (SW441)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place

from ..stack_config import StackConfig, StackMode, stack_file
from ..stack_name import stack_name

_STACK: Final = "ORGANIZATION/PROJECT/STACK"


def refuse_wrong_keys(config: StackConfig) -> None:
    """Refuse a configuration whose keys do not go together.

    Raises:
        InvalidInputError: there are such keys (SW441); it holds all of them.
    """
    if problems := list(_wrong_keys(config)):
        raise InvalidInputError(problems)


def _wrong_keys(config: StackConfig) -> Iterator[Diagnostic]:
    """Yield what is missing for the mode, and what has no meaning in it."""
    if config.mode is StackMode.APPLY:
        if config.plan_stack is None:
            yield _error("planStack", f"is not set, and mode is apply; run: {config.how_to_set('planStack', _STACK)}")
        if not config.environments:
            message = (
                "is not set, and mode is apply: which environments are this stack's? Run: pulumi config set --path "
                "'slicewise:environments[0]' ENVIRONMENT"
            )
            yield _error("environments", message)
    if config.plan_stack == stack_name():
        yield _error("planStack", "is this stack itself; expected the stack that has mode: plan")
    set_keys = {
        "planStack": config.plan_stack,
        "environments": config.environments,
        "applyStacks": config.apply_stacks,
        "acceptPlan": config.accept_plan,
    }
    for key, modes in _MODES.items():
        if set_keys[key] and config.mode not in modes:
            mode = f"mode is {config.mode}" if config.mode else "mode is not set, so this stack plans and applies"
            message = (
                f"means something only where mode is {' or '.join(modes)}, and {mode}; set the mode, or remove this: "
                f"pulumi config rm slicewise:{key}"
            )
            yield _error(key, message)


_MODES: Final = {
    "planStack": (StackMode.PLAN, StackMode.APPLY),
    "environments": (StackMode.APPLY,),
    "applyStacks": (StackMode.PLAN,),
    "acceptPlan": (StackMode.APPLY,),
}


def _error(key: str, message: str) -> Diagnostic:
    return Diagnostic.error(Code.MODE_KEYS, message, field=f"slicewise:{key}", place=Place(stack_file()))
