"""Work that needs the event loop, done while a constructor waits: components are complete when they are returned."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.sync_await import _sync_await

from slicewise.diagnostics import InvalidInputError, printable_lines

ResultT = TypeVar("ResultT")


def complete(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run `work` to its end, as Pulumi's SDK does for an invoke; the rest of the program's work goes on meanwhile.

    `depends_on` takes what children a component has when it is looked at, so these must be there when it is returned.

    Raises:
        pulumi.RunError: the input is wrong; one line a mistake, and no traceback.
    """
    try:
        return _sync_await(work)
    except InvalidInputError as error:
        raise pulumi.RunError(printable_lines(f"the input cannot be used:\n{error}")) from None
