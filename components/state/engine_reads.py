"""What the engine says of a stack as its last write left it, asked again where the engine was just writing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import pulumi

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place

from ..stack_name import stack_name

# The engine's own functions, which Pulumi's SDK for Python gives no names.
_OUTPUTS: Final = "pulumi:pulumi:readStackOutputs"
_RESOURCES: Final = "pulumi:pulumi:readStackResourceOutputs"
# What every backend that keeps state in files or buckets says before its reason (pulumi/pkg/v3/backend/diy/state.go).
_NOT_LOADED: Final = "failed to load checkpoint: "
_RETURNED: Final = "returned an error: "
# A state in files has FILE.attrs beside it, which the engine empties and then writes, for less than a millisecond.
_WAITS: Final = (0.1, 0.2, 0.4, 0.8)
_REMEDY: Final = (
    "run it again; if `pulumi stack export` ends with the same reason, docs/troubleshooting.md says what a killed "
    'update left and how to remove it ("failed to load checkpoint: EOF")'
)


async def read_stack_outputs() -> Mapping[str, Any]:
    """Return the outputs of the stack itself, by name; none before its first update.

    A StackReference would fail the whole update where this is asked again: it is a resource that the engine reads.

    Raises:
        InvalidInputError: the state cannot be loaded (SW436).
    """
    return await _asked(_OUTPUTS, "name", stack_name())


class StackUnreadableError(Exception):
    """The outputs of another stack cannot be had; the message says why."""


async def read_outputs_of(stack: str) -> Mapping[str, Any]:
    """Return the outputs of another stack, by name; none where it has been destroyed, or never updated.

    Its secrets stay encrypted: no passphrase or key of that stack is needed, and nothing of its credentials is seen.

    Args:
        stack: Its organization, project and name, with slashes between them.

    Raises:
        StackUnreadableError: there is no such stack, or it may not be read.
        InvalidInputError: the state cannot be loaded (SW436).
    """
    try:
        return await _asked(_OUTPUTS, "name", stack)
    except InvalidInputError:
        raise
    except Exception as error:  # noqa: BLE001 - the SDK raises no other for what a function fails with
        # invoke of … failed: invocation of … returned an error: unknown stack "organization/slicewise/plan"
        raise StackUnreadableError(str(error).rpartition(_RETURNED)[2]) from None


async def read_resources() -> Mapping[str, Mapping[str, Any]]:
    """Return every resource of the stack itself, by URN: its `type` and its `outputs`.

    Raises:
        InvalidInputError: the state cannot be loaded (SW436).
    """
    return await _asked(_RESOURCES, "stackName", stack_name())


async def _asked(function: str, parameter: str, stack: str) -> Mapping[str, Any]:
    for wait in _WAITS:
        try:
            return await _ask(function, parameter, stack)
        except InvalidInputError:
            await asyncio.sleep(wait)
    return await _ask(function, parameter, stack)


async def _ask(function: str, parameter: str, stack: str) -> Mapping[str, Any]:
    try:
        answer = await pulumi.runtime.invoke_async(function, {parameter: stack})
    except Exception as error:
        # Pulumi's SDK raises a bare Exception for whatever a function fails with.
        _, failed, reason = str(error).partition(_NOT_LOADED)
        if not failed:
            raise
        problem = Diagnostic.error(
            Code.STATE_NOT_LOADED,
            f"Pulumi's engine cannot read it: {_NOT_LOADED}{reason}",
            _REMEDY,
            place=Place(f"the state of stack {stack}"),
        )
        raise InvalidInputError([problem]) from None
    outputs: Mapping[str, Any] = answer["outputs"]
    return outputs
