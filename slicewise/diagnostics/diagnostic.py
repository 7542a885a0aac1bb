"""What is wrong, or deserves a look, said so that a person can fix it: a code, where, what was expected."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from slicewise.diagnostics.codes import Code
from slicewise.diagnostics.printable_text import printable
from slicewise.diagnostics.wording import plural

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


class Severity(StrEnum):
    """How bad it is, the worst first."""

    ERROR = "error"
    """It cannot be used, or would give something else than was declared."""
    WARNING = "warning"
    """It will work, and yet deserves a look."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in what somebody wrote.

    Attributes:
        file: The file, as it was named; or what else was written: an option of a command, the outputs of a stack.
        line: The line, from 1; 0 where the whole file is meant.
        column: The column, from 1; 0 where the whole file is meant.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Write it as editors and compilers do."""
        file = shown_file(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else file


NOWHERE: Final = Place("")
"""No file is to blame."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A document, or a node pool of one, by its names: they stay the same wherever its file is.

    Attributes:
        kind: The kind of the document: `InferenceEnvironment`, `ModelDeployment` and so on.
        name: Its name.
        namespace: Its namespace; empty for kinds that live in none.
        node_pool: The name of a pool of an environment; None where the whole document is meant.
    """

    kind: str
    name: str
    namespace: str = ""
    node_pool: str | None = None

    def __str__(self) -> str:
        """Write the document: `ModelDeployment team/chat`."""
        if not self.name:
            return ""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


NO_DOCUMENT: Final = Subject("", "")
"""It is about none of the documents, or the place says about which."""


class Statement(NamedTuple):
    """What a diagnostic says, whatever its code and wherever it is; each part is that of `Diagnostic`."""

    message: str
    remedy: str = ""
    facts: Mapping[str, Any] = MappingProxyType({})

    @property
    def text(self) -> str:
        """What is wrong and what to do, in one sentence."""
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, or deserves a look.

    Attributes:
        code: Which kind of thing; docs/errors.md has a paragraph on each.
        severity: How bad it is.
        message: What is there, and what was expected.
        remedy: What to write or do; empty where the message says so itself.
        subject: The document that it is about.
        place: Where that is written, if a file is to blame. Where it has one, the subject is not printed.
        facts: The numbers that the message has in words, and the names that a program would want (what was found, what
            is allowed), by names as in JSON: `declaredBytes`; docs/errors.md says which.
        field: The field: its path in the document, or its name as it is written elsewhere (`slicewise:manifests`).
    """

    code: Code
    severity: Severity
    message: str
    remedy: str = ""
    subject: Subject = NO_DOCUMENT
    place: Place = NOWHERE
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict, compare=False)
    field: FieldPath | str = ""

    @classmethod
    def error(
        cls,
        code: Code,
        message: str,
        remedy: str = "",
        *,
        field: FieldPath | str = "",
        place: Place = NOWHERE,
        subject: Subject = NO_DOCUMENT,
        **facts: object,
    ) -> Diagnostic:
        """Return one that keeps the input from being used."""
        return cls(code, Severity.ERROR, message, remedy, subject, place, facts, field)

    @classmethod
    def warning(
        cls,
        code: Code,
        message: str,
        remedy: str = "",
        *,
        field: FieldPath | str = "",
        place: Place = NOWHERE,
        subject: Subject = NO_DOCUMENT,
        **facts: object,
    ) -> Diagnostic:
        """Return one of what works, and yet deserves a look."""
        return cls(code, Severity.WARNING, message, remedy, subject, place, facts, field)

    @property
    def is_error(self) -> bool:
        """Whether it is an error, not a warning."""
        return self.severity is Severity.ERROR

    @property
    def field_name(self) -> str:
        """The field as people write it: `spec.nodePools[0].name`."""
        return self.field if isinstance(self.field, str) else dotted(self.field)

    @property
    def path(self) -> str:
        """Where it is, on one line: the place, or else the document; then the field."""
        where = str(self.place if self.place.file else self.subject)
        return ": ".join(part for part in (where, self.field_name) if part)

    @property
    def text(self) -> str:
        """What is wrong and what to do, in one sentence."""
        return Statement(self.message, self.remedy).text

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{': '.join(part for part in (self.path, self.text) if part)} [{self.code.value}]"


def by_place(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort errors by file (or document, where no file is to blame), line and column."""
    return sorted(diagnostics, key=place_order)


def place_order(diagnostic: Diagnostic) -> tuple[str, int, int, str, str, Code]:
    """Return what `by_place` compares."""
    place = diagnostic.place
    where = place.file or str(diagnostic.subject)
    return where, place.line, place.column, diagnostic.field_name, diagnostic.text, diagnostic.code


def by_document(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort warnings by document and field: shuffled files give the same."""
    return sorted(diagnostics, key=lambda each: (each.path, each.code, each.text))


class InvalidInputError(Exception):
    """The input cannot be used; `problems` says everything that is wrong with it, sorted and without repeats.

    Of more than anybody would read, the first, and how many more there are.
    """

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        ordered = by_place(set(problems))
        if rest := ordered[MOST_PROBLEMS:]:
            message = f"{len(rest):,} more {plural(len(rest), 'mistake')}"
            ordered = [*ordered[:MOST_PROBLEMS], Diagnostic.error(rest[0].code, message, "fix these first")]
        self.problems = tuple(ordered)
        super().__init__("\n".join(map(str, self.problems)))
