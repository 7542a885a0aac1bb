"""A mock engine that remembers every registration with its options, which Pulumi's own mocks leave out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.runtime import mocks, rpc


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it."""

    urn: str
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
    ignored: frozenset[str]
    """Paths of inputs whose changes are ignored."""
    retained: bool
    """Whether the object stays when the resource leaves the stack."""


@dataclass(frozen=True)
class Invoke:
    """One function of a provider as the program called it; arguments that were left out are not there."""

    token: str
    arguments: dict[str, Any]


class Refusal(grpc.RpcError):  # type: ignore[misc]
    """What a provider answers where its function fails; `text` is in the SDK's exception."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def code(self) -> grpc.StatusCode:
        """Return what providers of Terraform's bridge return."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """Return the provider's words."""
        return self._text


# The engine's own function: what the state has.
STATE = "pulumi:pulumi:readStackResourceOutputs"


@dataclass
class Recorder:
    """What was registered and invoked so far, and what invokes answer."""

    registrations: list[Registration] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """Names of the components whose outputs were registered."""
    invokes: list[Invoke] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    """By token: from the arguments to the result, as the provider names its parts; it may raise Refusal."""
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By resource type: what a provider adds to the inputs."""

    def of_type(self, resource_type: str) -> dict[str, Registration]:
        """Return the registrations of one type, by name."""
        return {item.name: item for item in self.registrations if item.resource_type == resource_type}


class _Inputs(pulumi.runtime.Mocks):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", {**args.inputs, **self._recorder.outputs.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        if args.token == STATE:
            # Nothing has been applied yet.
            return {"outputs": {}}, []
        self._recorder.invokes.append(Invoke(args.token, dict(args.args)))
        assert args.token in self._recorder.answers, f"nothing here should invoke {args.token}"
        return self._recorder.answers[args.token](dict(args.args)), []


class RecordingMonitor(mocks.MockMonitor):
    """Records every registration, then does what Pulumi's mock does."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(_Inputs(recorder))
        self._recorder = recorder

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Record, and answer as the mock does."""
        self._recorder.registrations.append(
            Registration(
                urn=self.make_urn(request.parent, request.type, request.name),
                resource_type=request.type,
                name=request.name,
                custom=request.custom,
                inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                parent=_name(request.parent),
                provider=_name(request.provider.rpartition("::")[0]),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                delete_timeout=request.customTimeouts.delete,
                ignored=frozenset(request.ignoreChanges),
                retained=request.retainOnDelete,
            )
        )
        with _loop_of_its_own():
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Record, and answer as the test says."""
        with _loop_of_its_own():
            return super().Invoke(request)  # type: ignore[no-untyped-call]

    def ReadResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Answer as the mock does: a stack that a reference reads has no outputs."""
        with _loop_of_its_own():
            return super().ReadResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Record, and answer as the mock does."""
        self._recorder.finished.append(_name(request.urn))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


@contextmanager
def _loop_of_its_own() -> Iterator[None]:
    """Pulumi calls the monitor in worker threads, where the mock makes an event loop and never closes it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def run(program: Callable[[], pulumi.Output[Any]]) -> None:
    """Run `program` against the mock engine until everything it declared is registered; its failures fail the test."""
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
