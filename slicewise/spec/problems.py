"""What is wrong with the input, said so that a person can mend it: where, which field, what was expected, a code."""

from __future__ import annotations

import json
from dataclasses import dataclass

from slicewise.spec.codes import Code

FieldPath = tuple[str | int, ...]
_LONGEST = 60


def quoted(text: str) -> str:
    """Quote what a user wrote, on one line and no longer than a line bears."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return json.dumps(shown, ensure_ascii=not shown.isprintable())


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
        """Write the one line of the design's section 8."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        field = f"{self.field}: " if self.field else ""
        return f"{place}: {field}{self.message} [{self.code.value}]"


@dataclass(frozen=True, slots=True, order=True)
class Advice:
    """Something that will work and yet deserves a look. `path` names the document and the field, never a file."""

    path: str
    code: Code
    message: str


class InvalidInputError(Exception):
    """The input cannot be used; `problems` says everything that is wrong with it, sorted and without repeats."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
