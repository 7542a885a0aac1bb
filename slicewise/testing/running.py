"""Running functions and whole programs against the recording engine."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.stack import wait_for_rpcs

from slicewise.testing.monitor import RecordingMonitor
from slicewise.testing.recorder import Recorder


@contextmanager
def recording(
    *, project: str = "project", stack: str = "stack", organization: str = "organization", preview: bool = False
) -> Iterator[Recorder]:
    """Put a recording engine in the place of Pulumi's, with an event loop of its own.

    Work that one test leaves undone does not run inside the next.

    Args:
        project: What `pulumi.get_project()` returns.
        stack: What `pulumi.get_stack()` returns.
        organization: What `pulumi.get_organization()` returns.
        preview: Whether it is a preview: what providers would only say after making a resource is unknown then.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    recorder = Recorder()
    monitor = RecordingMonitor(recorder)
    # Pulumi keeps the stack of the first mocks, and what is under way: it would be waited for on a loop that is closed.
    set_root_resource(None)  # type: ignore[arg-type]  # as Pulumi itself calls it
    SETTINGS.rpc_manager.clear()
    SETTINGS.outputs.clear()
    pulumi.runtime.set_mocks(
        monitor.mocks, project=project, stack=stack, preview=preview, monitor=monitor, organization=organization
    )
    try:
        # The stack is there before anything is declared, and also where nothing is.
        loop.run_until_complete(wait_for_rpcs())
        yield recorder
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def run(program: Callable[[], pulumi.Output[Any] | None]) -> None:
    """Run `program` until everything that it declares is registered; its failures fail the test."""
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]


def run_program(directory: Path | str, config: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run the program of a Pulumi project in its directory, as `pulumi` does, to its end.

    Args:
        directory: Where its `__main__.py` is.
        config: The stack's configuration, as `Pulumi.<stack>.yaml` has it: `{"acme:region": "eu"}`.

    Returns:
        The outputs of the stack, with secrets as they are.
    """
    mains: list[Callable[[], Awaitable[Mapping[str, Any] | None]]] = []
    exported: dict[str, Any] = {}
    outputs: dict[str, Any] = {}

    async def finish() -> None:
        for main in mains:
            exported.update(await main() or {})
        outputs.update(await pulumi.Output.all(**exported).future() or {})

    def program() -> pulumi.Output[None]:
        runpy.run_path(str(Path.cwd()), run_name="__main__")
        return pulumi.Output.from_input(finish())

    pulumi.runtime.set_all_config(dict(config or {}), [])
    try:
        with (
            chdir(directory),
            patch.object(pulumi, "run", mains.append),
            patch.object(pulumi, "export", exported.__setitem__),
        ):
            run(program)
    finally:
        pulumi.runtime.set_all_config({}, [])
    return outputs
