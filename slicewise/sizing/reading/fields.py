"""Numbers and words of a `config.json`, each checked, so that what reads them meets only what it expects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, InvalidInputError, shown

# Beyond every model that there is by orders of magnitude: a larger number is a mistake.
_MOST: Final = 10**8
_MOST_LAYERS: Final = 1000
LAYERS: Final = "num_hidden_layers"


class Fields:
    """The fields of one mapping of a config.

    A field that is missing or wrong is an `InvalidInputError` that names it; nothing is guessed. A default is given
    only where the model's config class (transformers v5.23, `configuration_*.py`) has it and real files leave it out.
    """

    def __init__(
        self, values: Mapping[str, object], path: FieldPath = (), defaults: Mapping[str, object] | None = None
    ) -> None:
        """Read from `values`, which are at `path`, and where they lack a field from `defaults`."""
        self._values = values
        self._path = path
        self._defaults = defaults or {}

    def with_defaults(self, defaults: Mapping[str, object]) -> Fields:
        """Return the same fields with other defaults."""
        return Fields(self._values, self._path, defaults)

    def retyped(self, model_type: str, defaults: Mapping[str, object]) -> Fields:
        """Return the same fields as those of a model of another type, with defaults."""
        return Fields({**self._values, "model_type": model_type}, self._path, defaults)

    def has(self, name: str) -> bool:
        """Whether the field is there and is not null."""
        return self._value(name) is not None

    def _value(self, name: str) -> object:
        value = self._values.get(name)
        return self._defaults.get(name) if value is None else value

    def count(self, *names: str, default: int | None = None, least: int = 1) -> int:
        """Return a whole number, of the first of `names` that is there.

        Raises:
            InvalidInputError: It is missing and has no default, or is not a whole number between `least` and what
                any model has.
        """
        for name in names:
            value = self._value(name)
            if value is None:
                continue
            most = _MOST_LAYERS if name == LAYERS else _MOST
            number = int(value) if isinstance(value, float) and value.is_integer() else value
            if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
                raise self.wrong(name, f"a whole number from {least:,} to {most:,}", least=least, most=most)
            return number
        if default is None:
            raise self.missing(names[0])
        return default

    def maybe_count(self, *names: str) -> int | None:
        """Return a whole number; None where the field is missing, null or 0."""
        return self.count(*names, default=0, least=0) or None

    def number(self, name: str, default: float) -> float:
        """Return a positive number."""
        value = self._value(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST:
            raise self.wrong(name, "a number above 0")
        return float(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean."""
        value = self._value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def word(self, name: str, default: str = "") -> str:
        """Return a text."""
        value = self._value(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; an empty one where the field is missing."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, str) for one in value):
            raise self.wrong(name, "a list of texts")
        return tuple(value)

    def counts(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers; an empty one where the field is missing."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.wrong(name, "a list of whole numbers")
        if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= _MOST for one in value):
            raise self.wrong(name, "a list of whole numbers")
        return tuple(value)

    def below(self, name: str, defaults: Mapping[str, object] | None = None) -> Fields:
        """Return the fields of a mapping in this one; of an empty one where it is missing."""
        value = self._value(name)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise self.wrong(name, "a mapping")
        return Fields(value, (*self._path, name), defaults)

    def items(self, name: str) -> dict[str, Fields]:
        """Return the mappings in a mapping by their names; none where it is missing."""
        outer = self.below(name)
        inner: dict[str, Fields] = {}
        for key in outer.names():
            inner[key] = outer.below(key)
        return inner

    def names(self) -> tuple[str, ...]:
        """Return the names of all fields."""
        return tuple(self._values)

    def is_mapping(self, name: str) -> bool:
        """Whether a field is a mapping."""
        return isinstance(self._value(name), Mapping)

    def is_word(self, name: str) -> bool:
        """Whether a field is a text."""
        return isinstance(self._value(name), str)

    def empty(self) -> bool:
        """Whether there are no fields at all."""
        return not self._values

    def missing(self, name: str) -> InvalidInputError:
        """Return the error that a field is missing."""
        message = f'"{name}" is required to compute the memory of such a model, and is not there'
        remedy = "take the whole config.json of the model's repository"
        return InvalidInputError([Diagnostic.error(Code.CONFIG_INCOMPLETE, message, remedy, field=(*self._path, name))])

    def wrong(self, name: str, expected: str, **facts: int) -> InvalidInputError:
        """Return the error that a field is not what it must be; `facts` are the numbers in `expected`."""
        value = self._value(name)
        number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        said: dict[str, Any] = {**facts, "got": value} if number else {**facts}
        message = f"expected {expected}, got {shown(value)}"
        remedy = "take the config.json of the model's repository as it is"
        return InvalidInputError(
            [Diagnostic.error(Code.CONFIG_VALUE, message, remedy, field=(*self._path, name), **said)]
        )
