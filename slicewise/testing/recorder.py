"""What a program declared and called, and what it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it.

    Attributes:
        urn: Its URN in the stack.
        resource_type: Its type token: `kubernetes:core/v1:Namespace`.
        name: Its name in the stack.
        custom: Whether a provider makes it; a component is made of others.
        inputs: What it is made of, with secrets as they are.
        secrets: Names of the inputs that are secret, or have a secret in them.
        parent: Name of the parent resource; empty for the stack.
        provider: Name of the explicit provider; empty where there is none.
        dependencies: Names of the resources it explicitly or implicitly waits for.
        delete_timeout: How long Pulumi waits for its deletion; empty for as long as the provider likes.
        ignored: Paths of inputs whose changes are ignored.
        protected: Whether Pulumi refuses to delete it.
        retained: Whether the object stays when the resource leaves the stack.
    """

    urn: str
    resource_type: str
    name: str
    custom: bool
    inputs: dict[str, Any]
    secrets: frozenset[str]
    parent: str
    provider: str
    dependencies: frozenset[str]
    delete_timeout: str
    ignored: frozenset[str]
    protected: bool
    retained: bool


@dataclass(frozen=True)
class Invoke:
    """One function of a provider as the program called it; arguments that were left out are not there."""

    token: str
    arguments: dict[str, Any]


class ProviderRefusal(grpc.RpcError):  # type: ignore[misc] # its base has no types
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


@dataclass
class Recorder:
    """What was registered and called so far, and what calls are answered.

    Attributes:
        registrations: The resources, in the order in which they were registered.
        finished: Names of the components whose outputs were registered.
        invokes: The calls of providers' functions, in order.
        answers: By token: from the arguments to the result, by the provider's names; it may raise ProviderRefusal.
        outputs: By resource type: what a provider adds to the inputs.
        stack_outputs: By organization, project and name of a stack: its outputs; what is not there has none.
    """

    registrations: list[Registration] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    invokes: list[Invoke] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    stack_outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def of_type(self, resource_type: str) -> dict[str, Registration]:
        """Return the registrations of one type, by name."""
        return {item.name: item for item in self.registrations if item.resource_type == resource_type}
