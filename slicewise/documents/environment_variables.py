"""Environment variables of containers, in Kubernetes' own shape: values, and references to where a value is kept."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, StrictStr, WrapValidator
from pydantic_core import PydanticCustomError, ValidationError
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from slicewise.documents.base import DATA_KEY, DnsSubdomain, Flag, Frozen
from slicewise.documents.patterns import Pattern
from slicewise.sources import HIDDEN

# Kubernetes' own rule before it was relaxed in 1.34: every version takes these (apimachinery, IsEnvVarName).
VARIABLE_NAME: Final = Pattern(
    r"^[-._a-zA-Z][-._a-zA-Z0-9]*$",
    "a variable's name: letters, digits, _, - and ., not beginning with a digit",
)
FIELD_PATH: Final = Pattern(
    r"^(metadata\.(name|namespace|uid)|metadata\.(labels|annotations)\['[^']+'\]"
    r"|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$",
    "a field that Kubernetes gives to containers, for example status.podIP, metadata.name or spec.nodeName",
)


def _hide(value: object, handler: ValidatorFunctionWrapHandler) -> str:
    """Refuse what is not text without repeating it: it may be secret."""
    try:
        return str(handler(value))
    except ValidationError as error:
        if value is None:
            words = "got nothing, expected text: give it a value, or remove the field"
        elif isinstance(value, bool | int | float):
            words = "expected text: put the value in quotes"
        else:
            words = "expected text"
        raise PydanticCustomError(HIDDEN, "{words}", {"words": words}) from error


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise PydanticCustomError(HIDDEN, "{words}", {"words": "no variable's value has the control character U+0000"})
    return value


VariableName = Annotated[StrictStr, VARIABLE_NAME.field(253)]
VariableValue = Annotated[StrictStr, AfterValidator(_without_nul), WrapValidator(_hide)]
"""Text, which no message repeats."""


class KeyReference(Frozen):
    """A key of a Secret or ConfigMap in the pod's namespace."""

    name: DnsSubdomain
    """The object's name."""
    key: Annotated[StrictStr, DATA_KEY.field(253)]
    """The key in it."""
    optional: Flag | None = None
    """Whether the pod starts without it."""


class FieldReference(Frozen):
    """A field of the pod itself."""

    field_path: Annotated[StrictStr, FIELD_PATH.field(512)]
    """The field, for example status.podIP."""


class VariableSource(Frozen):
    """Where a variable's value is kept: one of these."""

    secret_key_ref: KeyReference | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyReference | None = None
    """A key of a ConfigMap."""
    field_ref: FieldReference | None = None
    """A field of the pod."""


class EnvironmentVariable(Frozen):
    """One variable (core/v1 EnvVar)."""

    name: VariableName
    """The variable's name, unique in its list."""
    value: VariableValue | None = None
    """Its value, for what is not secret."""
    value_from: VariableSource | None = None
    """Where its value is kept, instead of value."""


class ObjectReference(Frozen):
    """A Secret or ConfigMap in the pod's namespace."""

    name: DnsSubdomain
    """The object's name."""
    optional: Flag | None = None
    """Whether the pod starts without it."""


class VariablesFrom(Frozen):
    """Variables that are all keys of a ConfigMap or Secret (core/v1 EnvFromSource)."""

    prefix: VariableName | None = None
    """What is put before each key."""
    config_map_ref: ObjectReference | None = None
    """The ConfigMap."""
    secret_ref: ObjectReference | None = None
    """The Secret, instead of a ConfigMap."""
