"""What is wrong with the input, said so that a person can fix it: where, which field, what was expected, a code."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from slicewise.diagnostics.codes import Code
from slicewise.diagnostics.printable_text import printable

FieldPath = tuple[str | int, ...]
_LONGEST = 60
# A DNS subdomain's length, and what the names of Kubernetes' objects, of MIG profiles and of resources are made of.
_LONGEST_NAME = 253
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.+/]*[A-Za-z0-9])?")
MOST_PROBLEMS = 1000


def quoted(text: str) -> str:
    """Quote what a user wrote, on one line and no longer than a line bears."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return json.dumps(shown, ensure_ascii=not shown.isprintable())


def shown(value: object) -> str:
    """Write a value as its YAML looks, on one line; of lists and mappings only what they are."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | float):
        return str(value)
    return "a list" if isinstance(value, list) else "a mapping"


def named(text: str) -> str:
    """Write a name as it is, or quoted where it is not a name: a plan from elsewhere may call anything by any text."""
    if len(text) <= _LONGEST_NAME and _NAME.fullmatch(text):
        return text
    return f'"{printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")}"'


def dotted(path: FieldPath) -> str:
    """Write a field's path as people do: ``("spec", "nodePools", 0, "name")`` is ``spec.nodePools[0].name``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif len(part) <= _LONGEST and part.replace("-", "").replace("_", "").isalnum():
            text += f".{part}" if text else part
        else:
            text += f"[{quoted(part)}]"
    return text


def shown_file(name: str) -> str:
    """Write a file's name as it is, or quoted where a terminal would take it for something else."""
    return name if name.isprintable() else json.dumps(name)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One error at one place. Its order is by file, line and column (both from 1; 0 where a whole file is meant)."""

    file: str
    line: int
    column: int
    field: str
    message: str
    code: Code

    def __str__(self) -> str:
        """Write the one line that docs/errors.md begins with: place, field, message, code."""
        file = shown_file(self.file)
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        parts = [part for part in (place, self.field, self.message) if part]
        return f"{': '.join(parts)} [{self.code.value}]"


@dataclass(frozen=True, slots=True, order=True)
class Advice:
    """Something that will work and yet deserves a look. `path` names the document and the field, never a file."""

    path: str
    code: Code
    message: str

    def __str__(self) -> str:
        """Write it on one line, as errors are."""
        return f"{self.path}: {self.message} [{self.code.value}]"


class InvalidInputError(Exception):
    """The input cannot be used; `problems` says everything that is wrong with it, sorted and without repeats.

    Of more than anybody would read, the first, and how many more there are.
    """

    def __init__(self, problems: list[Problem]) -> None:
        ordered = sorted(set(problems))
        if rest := ordered[MOST_PROBLEMS:]:
            message = f"{len(rest):,} more mistakes; fix these first"
            ordered = [*ordered[:MOST_PROBLEMS], Problem("", 0, 0, "", message, rest[0].code)]
        self.problems = tuple(ordered)
        super().__init__("\n".join(map(str, self.problems)))
