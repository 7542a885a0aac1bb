"""A mock engine that remembers every registration with its options, which Pulumi's own mocks leave out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pulumi
from pulumi.runtime import mocks, rpc


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it."""

    resource_type: str
    name: str
    custom: bool
    inputs: dict[str, Any]
    parent: str
    """Name of the parent resource; empty for the stack."""
    provider: str
    """Name of the explicit provider; empty where there is none."""
    dependencies: frozenset[str]
    """Names of the resources it explicitly or implicitly waits for."""
    delete_timeout: str
    """How long Pulumi waits for its deletion; empty for as long as the provider likes."""


@dataclass
class Recorder:
    """What was registered so far."""

    registrations: list[Registration] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """Names of the components whose outputs were registered."""

    def of_type(self, resource_type: str) -> dict[str, Registration]:
        """Return the registrations of one type, by name."""
        return {item.name: item for item in self.registrations if item.resource_type == resource_type}


class _Inputs(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        raise AssertionError(f"nothing here should invoke {args.token}")


class RecordingMonitor(mocks.MockMonitor):
    """Records every registration, then does what Pulumi's mock does."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(_Inputs())
        self._recorder = recorder

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Record, and answer as the mock does."""
        self._recorder.registrations.append(
            Registration(
                resource_type=request.type,
                name=request.name,
                custom=request.custom,
                inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                parent=_name(request.parent),
                provider=_name(request.provider.rpartition("::")[0]),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                delete_timeout=request.customTimeouts.delete,
            )
        )
        # Pulumi calls this in worker threads, where the mock makes an event loop and never closes it.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Record, and answer as the mock does."""
        self._recorder.finished.append(_name(request.urn))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def run(program: Callable[[], pulumi.Output[Any]]) -> None:
    """Run `program` against the mock engine until everything it declared is registered; its failures fail the test."""
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
