"""What a kubeconfig source is: how it reads what references name, and what a person does about one that is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from components.stack_config import StackConfig
from slicewise.diagnostics import Code

R = TypeVar("R")


class SourceError(Exception):
    """A kubeconfig, or all of a source's, cannot be had; the message says why, and has nothing of any secret."""

    def __init__(self, message: str, code: Code = Code.KUBECONFIG_SOURCE_FAILED) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Source(Generic[R]):
    """One place that kubeconfigs come from.

    Attributes:
        read: Returns what is stored for each reference, in their order: a text where all is well, and where it is not,
            the error. Raises SourceError where the whole source cannot be asked.
        remedy: Returns what to do where what a reference names is missing or no kubeconfig, for the end of a message.
    """

    read: Callable[[Sequence[R], StackConfig], Awaitable[Sequence[object]]]
    remedy: Callable[[R, StackConfig], str]


async def settle(reads: Iterable[Awaitable[object]]) -> list[object]:
    """Await all, and return each one's result or its SourceError; any other error is raised."""
    results = await asyncio.gather(*reads, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, SourceError):
            raise result
    return list(results)
