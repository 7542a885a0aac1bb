"""What the engine says of a resource as plain data for the rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Final

import pulumi_policy  # type: ignore[import-not-found] # only in the pack's own virtual environment
from pulumi_policy import policy as sdk
from pulumi_policy import proxy

from policies.rules import UNKNOWN, Resource

# Where `convert_once` tells which properties are secret.
_SECRETS: Final = "slicewise:secrets"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
# What stands for a value that a preview does not know, by its type.
_NOT_KNOWN: Final = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret


class _Converted(threading.local):
    """What was converted for the request that this thread answers: each value with what became of it.

    The value is kept beside it, so that its identity is not another's in the meantime.
    """

    def __init__(self) -> None:
        self._by_identity: dict[tuple[str, int], tuple[Any, Any]] = {}

    def once(self, how: str, value: Any, convert: Callable[[], Any]) -> Any:  # noqa: ANN401 - a value of any type
        """Return what becomes of `value`, converted at the first call in a request."""
        found = self._by_identity.get((how, id(value)))
        if found is None:
            found = self._by_identity[how, id(value)] = value, convert()
        return found[1]

    def forget(self) -> None:
        """Begin another request."""
        self._by_identity.clear()


_converted: Final = _Converted()
_message_to_dictionary: Final = sdk.json_format.MessageToDict


class _Messages:
    """In place of protobuf's `json_format`: the SDK converts each resource's message again for each policy."""

    @staticmethod
    def MessageToDict(message: Any) -> Any:  # noqa: ANN401, N802 - protobuf's own function
        """Return a message as a dictionary."""
        return _converted.once("dictionary", message, lambda: _message_to_dictionary(message))


def convert_once() -> None:
    """Let the SDK (pulumi-policy 1.21) convert each resource once a request, and say which properties are secret.

    It would convert it for every policy, which takes most of the pack's time, and drop what the engine says of secrets
    before a policy sees the properties, except in remediations. `rule_input` knows what the engine does not know.
    """
    original, servicer = sdk.deserialize_properties, sdk._PolicyAnalyzerServicer  # noqa: SLF001 - has no other name

    def deserialize(props: dict[str, Any], *args: Any, **options: Any) -> Any:  # noqa: ANN401 - the SDK's own function
        def convert() -> Any:  # noqa: ANN401 - what the SDK makes of it
            result = original(props, *args, **options)
            secrets = [key for key, value in props.items() if _is_secret(value)]
            if secrets and type(result) is dict:
                result[_SECRETS] = secrets
            return result

        return _converted.once(f"properties {args}", props, convert)

    sdk.json_format, sdk.deserialize_properties = _Messages, deserialize
    sdk.unknown_checking_proxy = lambda props: props
    for name in ("Analyze", "AnalyzeStack", "Remediate"):
        setattr(servicer, name, _forgetting(getattr(servicer, name)))


def _forgetting(answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(answer)
    def forgotten(*args: Any) -> Any:  # noqa: ANN401 - gRPC's
        _converted.forget()
        try:
            return answer(*args)
        finally:
            _converted.forget()

    return forgotten


def rule_input(item: pulumi_policy.ResourceValidationArgs | pulumi_policy.PolicyResource) -> Resource:
    """Return one resource."""
    properties, secrets = _converted.once("plain", item.props, lambda: _split(item.props))
    return Resource(
        type=item.resource_type,
        name=item.name,
        properties=properties,
        urn=item.urn,
        cluster=item.provider.urn if item.provider else "",
        provider=item.provider.name if item.provider else "",
        secrets=secrets,
    )


def _split(props: Mapping[str, Any]) -> tuple[Any, frozenset[str]]:
    """Return properties as plain data, and which of them are secret."""
    properties = _plain(props)
    return properties, frozenset(properties.pop(_SECRETS, ()))


class OpenedSecrets:
    """Properties as they go over the wire, with what is secret readable until it is closed again.

    One secret in a list makes the whole list secret: rules could not find a container otherwise.
    """

    def __init__(self, properties: dict[str, Any]) -> None:
        self._opened: list[tuple[Any, Any]] = []
        self._open(properties)

    def close(self) -> bool:
        """Make everything secret again that was; return False if something that was secret is no longer there."""
        for container, key in reversed(self._opened):
            if isinstance(container, dict) and key not in container:
                return False
            container[key] = {_SIGNATURE: _SECRET, "value": container[key]}
        return True

    def _open(self, container: Any) -> None:  # noqa: ANN401 - a value of any type
        keys: Any = container if isinstance(container, dict) else range(len(container))
        for key in list(keys):
            while _is_secret(container[key]):
                container[key] = container[key]["value"]
                self._opened.append((container, key))
            if isinstance(container[key], dict | list):
                self._open(container[key])


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of any type
    if isinstance(value, str):
        return UNKNOWN if value in _NOT_KNOWN else value
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(item) for item in value]
    # The engine has floating-point numbers only.
    return int(value) if isinstance(value, float) and value.is_integer() else value
