"""The stack's documents: where they are is configuration, and so is what is wrong with the place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pulumi

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, shown_file
from slicewise.documents import Fleet, load_fleet
from slicewise.sources import path_meant

from .stack_config import StackConfig, stack_file

_FIELD: Final = "slicewise:manifests"
_COMMAND: Final = f"pulumi config set {_FIELD} DIRECTORY"


def load_documents(config: StackConfig) -> Fleet:
    """Load what the stack's configuration names.

    Raises:
        InvalidInputError: anything is wrong with it, or with where it is.
    """
    try:
        return load_fleet(config.manifests)
    except InvalidInputError as error:
        raise InvalidInputError(list(_of_the_stack(error.problems, config.manifests))) from None


def _of_the_stack(problems: Iterable[Diagnostic], manifests: Iterable[str]) -> Iterable[Diagnostic]:
    named = {str(Path(path)) for path in manifests}
    by_default = pulumi.Config("slicewise").get("manifests") is None
    for problem in problems:
        if problem.place.file not in named or problem.code not in (Code.PATH_MISSING, Code.NO_DOCUMENTS):
            yield problem
            continue
        path = shown_file(problem.place.file)
        message = f"{path}: {problem.text}; run: {_COMMAND}"
        if problem.code is Code.PATH_MISSING and by_default:
            message = (
                f"is not set, and the default, {path}, is not there; create that directory, or run: {_COMMAND} (after "
                "`pulumi stack rename` the documents are still where they were)"
            )
        elif problem.code is Code.PATH_MISSING:
            then = f"{hint} Run: {_COMMAND}" if (hint := path_meant(Path(problem.place.file))) else f"; run: {_COMMAND}"
            message = f"there is no file or directory {path}, seen from the directory of Pulumi.yaml{then}"
        yield Diagnostic.error(problem.code, message, field=_FIELD, place=Place(stack_file()))
