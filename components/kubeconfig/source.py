"""What a kubeconfig source is: how it reads what references name, and what a person does about one that is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import Protocol, TypeVar

from slicewise.diagnostics import Code

from ..stack_config import StackConfig

R_contra = TypeVar("R_contra", contravariant=True)


class SourceError(Exception):
    """A kubeconfig, or all of a source's, cannot be had; the message says why, and has nothing of any secret."""

    def __init__(self, message: str, code: Code = Code.KUBECONFIG_SOURCE_FAILED) -> None:
        self.code = code
        super().__init__(message)


class KubeconfigSource(Protocol[R_contra]):
    """One place that kubeconfigs come from."""

    async def read(self, references: Sequence[R_contra], stack: StackConfig) -> Sequence[object]:
        """Return what is stored for each reference, in their order: a text, or the error of that one.

        Raises:
            SourceError: the whole source cannot be asked.
        """

    def remedy(self, reference: R_contra, stack: StackConfig) -> str:
        """Return what to do where what a reference names is missing or no kubeconfig, for the end of a message."""


async def gather_reads(reads: Iterable[Awaitable[object]]) -> list[object]:
    """Await all, and return each one's result or its SourceError; any other error is raised."""
    results = await asyncio.gather(*reads, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, SourceError):
            raise result
    return list(results)
