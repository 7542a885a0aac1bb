"""A model's `config.json` in a file of its own, which a document names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from slicewise.diagnostics import Diagnostic, FieldPath, InvalidInputError, shown_file
from slicewise.sources import JsonObject, SourceDocument, read_model_config

ARCHITECTURE: Final[FieldPath] = ("spec", "architecture")
CONFIG: Final[FieldPath] = (*ARCHITECTURE, "config")
_FILE: Final[FieldPath] = (*ARCHITECTURE, "configFile")


def read_config_file(source: SourceDocument) -> JsonObject | Diagnostic | None:
    """Return the file that `spec.architecture.configFile` names, or what is wrong with it; None where none is named."""
    architecture = _architecture(source.data)
    name = architecture.get("configFile")
    if not isinstance(name, str) or not name or architecture.get("config") is not None:
        return None
    try:
        return read_model_config(Path(source.file).parent / name)
    except InvalidInputError as error:
        (problem,) = error.problems
        if problem.place.line:
            return problem
        # What cannot be read has no lines: the document that names it has.
        message = f"{shown_file(problem.place.file)}: {problem.message}"
        return source.placed(replace(problem, message=message, field=_FILE))


def fill_in(source: SourceDocument, config: JsonObject) -> None:
    """Put what the file holds where a document may have it itself."""
    _architecture(source.data)["config"] = config.data


def of_config(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic is about a field of the config."""
    return diagnostic.field[: len(CONFIG)] == CONFIG


def in_file(diagnostic: Diagnostic, config: JsonObject) -> Diagnostic:
    """Return a diagnostic about a field of the config, at its place in the file."""
    field = diagnostic.field
    assert not isinstance(field, str)  # noqa: S101 - `of_config` has compared it with a path
    return config.placed(replace(diagnostic, field=field[len(CONFIG) :]))


def _architecture(data: Any) -> dict[str, Any]:  # noqa: ANN401 - plain data
    spec = data.get("spec") if isinstance(data, dict) else None
    found = spec.get("architecture") if isinstance(spec, dict) else None
    return found if isinstance(found, dict) else {}
