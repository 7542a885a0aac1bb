"""What the engine says of a resource as plain data for the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi_policy  # type: ignore[import-not-found] # only in the pack's own virtual environment
from pulumi_policy import policy as sdk
from pulumi_policy.proxy import UnknownValueError  # type: ignore[import-not-found]

from policies.rules import UNKNOWN, Resource

# Where `keep_secretness` tells which properties are secret.
_SECRETS: Final = "slicewise:secrets"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret


def keep_secretness() -> None:
    """Let policies see which properties are secret.

    The engine says so; the SDK (1.21) drops it before a policy sees the properties, except in remediations.
    """
    original = sdk.deserialize_properties

    def deserialize(props: dict[str, Any], *args: Any, **options: Any) -> Any:  # noqa: ANN401 - the SDK's own function
        result = original(props, *args, **options)
        secrets = [key for key, value in props.items() if _is_secret(value)]
        if secrets and type(result) is dict:
            result[_SECRETS] = secrets
        return result

    sdk.deserialize_properties = deserialize


def rule_input(item: pulumi_policy.ResourceValidationArgs | pulumi_policy.PolicyResource) -> Resource:
    """Return one resource."""
    properties = _plain(item.props)
    secrets = properties.pop(_SECRETS, ())
    return Resource(
        type=item.resource_type,
        name=item.name,
        properties=properties,
        urn=item.urn,
        cluster=item.provider.urn if item.provider else "",
        provider=item.provider.name if item.provider else "",
        secrets=frozenset(secrets),
    )


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
    """Return a value without the SDK's proxies, which raise where a value is not known."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_item(value, index) for index in range(len(value))]
    # The engine has floating-point numbers only.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _item(container: Any, key: Any) -> Any:  # noqa: ANN401 - a value of any type
    try:
        return _plain(container[key])
    except UnknownValueError:
        return UNKNOWN
