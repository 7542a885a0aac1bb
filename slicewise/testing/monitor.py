"""Pulumi's mock engine, with what it leaves out: the options of each registration, and loops that are closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pulumi
from pulumi.runtime import mocks, rpc

from slicewise.testing.recorder import Invoke, Recorder, Registration

_STACK: Final = "pulumi:pulumi:Stack"
# The engine's own functions: what a stack's state (nothing has been applied yet) and outputs have.
_STATE: Final = ("pulumi:pulumi:readStackResourceOutputs", "pulumi:pulumi:readStackOutputs")


class RecordingMonitor(mocks.MockMonitor):
    """Records every registration, then does what Pulumi's mock does."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(_Answers(recorder))
        self._recorder = recorder

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the name and types are Pulumi's
        """Record all but the stack itself, and answer as the mock does."""
        if request.type == _STACK:
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        self._recorder.registrations.append(
            Registration(
                urn=self.make_urn(request.parent, request.type, request.name),
                resource_type=request.type,
                name=request.name,
                custom=request.custom,
                inputs=_opened(inputs),
                secrets=frozenset(name for name, value in inputs.items() if _has_secret(value)),
                parent="" if f"::{_STACK}::" in request.parent else _name(request.parent),
                provider=_name(request.provider.rpartition("::")[0]),
                dependencies=frozenset(_name(urn) for urn in request.dependencies),
                delete_timeout=request.customTimeouts.delete,
                ignored=frozenset(request.ignoreChanges),
                protected=request.protect,
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


class _Answers(pulumi.runtime.Mocks):
    """What resources and functions give back."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", {**args.inputs, **self._recorder.outputs.get(args.typ, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        if args.token in _STATE:
            return {"outputs": self._recorder.stack_outputs.get(str(args.args.get("name")), {})}, []
        arguments = dict(args.args)
        self._recorder.invokes.append(Invoke(args.token, arguments))
        if args.token not in self._recorder.answers:
            message = f"the program calls {args.token}, and recorder.answers has nothing for it"
            raise AssertionError(message)
        return dict(self._recorder.answers[args.token](arguments)), []


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


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _opened(value: Any) -> Any:  # noqa: ANN401 - whatever a resource takes
    """Return the value with every secret in it as it is."""
    if rpc.is_rpc_secret(value):
        return _opened(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _opened(part) for key, part in value.items()}
    return [_opened(part) for part in value] if isinstance(value, list) else value


def _has_secret(value: Any) -> bool:  # noqa: ANN401 - the same
    if rpc.is_rpc_secret(value):
        return True
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(map(_has_secret, parts))
