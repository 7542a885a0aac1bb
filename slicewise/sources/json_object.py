"""A file with one JSON object, such as a model's `config.json`, and the line of each of its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, shown
from slicewise.sources.files import path_meant
from slicewise.sources.yaml_source import MAX_FILE_BYTES, SourceDocument, parse_documents


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object that was read from a file.

    Attributes:
        file: The file's name.
        content: Its bytes.
        data: What it holds.
        parts: Fields of it that are in files of their own.
    """

    file: str
    content: bytes
    data: dict[str, Any]
    parts: Mapping[str, JsonObject] = field(default_factory=dict)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return `diagnostic`, whose field is a path in the object, with its place."""
        path = diagnostic.field
        if not isinstance(path, str) and path and (part := self.parts.get(str(path[0]))):
            return replace(part.placed(replace(diagnostic, field=path[1:])), field=path)
        # JSON is YAML, but for rarities such as a tab: then the file is named without a line.
        found = next(iter(_documents(self.content, self.file)), None)
        if found is None or isinstance(path, str):
            return replace(diagnostic, place=Place(self.file))
        return replace(diagnostic, place=Place(self.file, *found.locate(path)))


def read_json_object(path: Path) -> JsonObject:
    """Read a file that holds one JSON object.

    Raises:
        InvalidInputError: It is not there (`PATH_MISSING`), cannot be read (`UNREADABLE`), is too large (`TOO_LARGE`),
            or is not a JSON object (`NOT_A_CONFIG`); the diagnostic has the file as its place.
    """
    name = str(path)
    try:
        if not path.is_file():
            raise _wrong(*_missing(path), Place(name))
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _wrong(Code.UNREADABLE, f"cannot be read: {error.strerror}", "", Place(name)) from error
    except ValueError as error:
        # What has a null byte in it is not a path.
        raise _wrong(*_missing(path), Place(name)) from error
    if len(content) > MAX_FILE_BYTES:
        message = f"the file has more than {MAX_FILE_BYTES:,} bytes"
        raise _wrong(Code.TOO_LARGE, message, "a config.json has a few kilobytes: name that one", Place(name))
    return JsonObject(name, content, _object(content, name))


def _missing(path: Path) -> tuple[Code, str, str]:
    if path.is_dir():
        return Code.UNREADABLE, "cannot be read: it is a directory", "name the config.json in it"
    if path.exists():
        return Code.UNREADABLE, "is a pipe, a socket or a device, not a file", "name a file"
    meant = path_meant(path)
    return Code.PATH_MISSING, f"no such file{meant}", "" if meant else "correct the path"


def _object(content: bytes, file: str) -> dict[str, Any]:
    remedy = "take the config.json of the model's repository as it is"
    try:
        data = json.loads(content)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise _wrong(Code.NOT_A_CONFIG, f"not JSON: {error.msg}", remedy, place) from error
    except UnicodeDecodeError as error:
        raise _wrong(Code.NOT_A_CONFIG, "not JSON: it is not UTF-8", remedy, Place(file)) from error
    except (ValueError, RecursionError) as error:
        message = "not usable as JSON: numbers are too long, or it is nested too deeply"
        raise _wrong(Code.NOT_A_CONFIG, message, remedy, Place(file)) from error
    if not isinstance(data, dict):
        message = f"expected a JSON object, got {shown(data)}"
        raise _wrong(Code.NOT_A_CONFIG, message, remedy, Place(file, 1, 1))
    return data


def _documents(content: bytes, file: str) -> Iterator[SourceDocument]:
    for document in parse_documents(content, file):
        if isinstance(document, SourceDocument):
            yield document


def _wrong(code: Code, message: str, remedy: str, place: Place) -> InvalidInputError:
    return InvalidInputError([Diagnostic.error(code, message, remedy, place=place)])
