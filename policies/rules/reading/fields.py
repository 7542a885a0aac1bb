"""Reading plain data with the path to every value, and with values that are not known yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policies.rules.rule_types import UNKNOWN, Resource

# A dict is asked for first: an abstract class takes ten times as long to answer.
_MAPPING: Final = (dict, Mapping)
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


class NotKnownError(Exception):
    """A rule reads a value that a preview does not know."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


# Not frozen: hundreds of thousands are made of a large stack, and each would take three times as long.
@dataclass(slots=True)
class Field:
    """A value and where it is; it may be absent (None).

    Reading raises NotKnownError where the value is not known. A value of another type than the one asked for reads as
    absent: the API server's schema says so better than a policy could.
    """

    value: Any
    _parent: Field | None = None
    _key: str | int = ""

    @property
    def path(self) -> str:
        """Where it is, as a rule's finding names it: `spec.containers[0].env`."""
        above = self._parent.path if self._parent else ""
        if isinstance(self._key, int):
            return f"{above}[{self._key}]"
        if not _PLAIN_KEY.fullmatch(self._key):
            return f'{above}["{self._key}"]' if self._parent else ""
        return f"{above}.{self._key}" if above else self._key

    @property
    def present(self) -> bool:
        """Whether there is a value, known or not."""
        return self.value is not None

    @property
    def known(self) -> bool:
        """Whether reading it does not raise."""
        return self.value is not UNKNOWN

    def _read(self) -> Any:  # noqa: ANN401 - a value of any type
        if self.value is UNKNOWN:
            raise NotKnownError(self.path)
        return self.value

    def __getitem__(self, key: str) -> Field:
        value = self._read()
        return Field(value.get(key) if isinstance(value, _MAPPING) else None, self, key)

    def at(self, *keys: str) -> Field:
        """Return the field that `keys` lead to."""
        found = self
        for key in keys:
            found = found[key]
        return found

    def entries(self) -> dict[str, Field]:
        """Return the fields of a mapping; what is null is not there, as Kubernetes has it."""
        value = self._read()
        if not isinstance(value, _MAPPING):
            return {}
        return {key: Field(item, self, key) for key, item in value.items() if item is not None}

    def elements(self) -> list[Field]:
        """Return the fields of a list."""
        value = self._read()
        if not isinstance(value, list | tuple):
            return []
        return [Field(item, self, index) for index, item in enumerate(value)]

    def text(self) -> str | None:
        """Return a string; a number or a boolean as it would be written."""
        value = self._read()
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float) else None

    def number(self) -> int | None:
        """Return a whole number, which may be written as a string."""
        text = self.text()
        return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None

    def texts(self) -> Iterator[Field]:
        """Yield every string in here, and every value that is not known."""
        if isinstance(self.value, str) or not self.known:
            yield self
        elif isinstance(self.value, _MAPPING):
            for entry in self.entries().values():
                yield from entry.texts()
        else:
            for element in self.elements():
                yield from element.texts()

    def plain(self) -> Any:  # noqa: ANN401 - a value of any type
        """Return the value with all that is in it; all of it must be known."""
        for text in self.texts():
            text._read()  # noqa: SLF001 - another field
        return self.value


def properties(resource: Resource) -> Field:
    """Return all properties of `resource`."""
    return Field(resource.properties)
