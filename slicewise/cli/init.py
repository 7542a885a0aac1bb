"""`slicewise init`: a project of one's own."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Final

from slicewise import __version__
from slicewise.cli.command_inputs import fail
from slicewise.cli.manifest_files import not_written
from slicewise.cli.options import NewProject, ProjectName
from slicewise.cli.output_directory import replace_all
from slicewise.cli.results import print_result
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, quoted, shown_file, some
from slicewise.documents import any_schema

_TEMPLATES: Final = Path(__file__).parent / "new_project"
# Where each file of the directory of templates goes.
_FILES: Final = {
    "Pulumi.yaml": "Pulumi.yaml",
    "README.txt": "README.md",
    "deployments.yaml": "stacks/dev/deployments.yaml",
    "environments.yaml": "stacks/dev/environments.yaml",
    "gitignore.txt": ".gitignore",
    "models.yaml": "stacks/dev/models.yaml",
    "program.txt": "__main__.py",
    "requirements.txt": "requirements.txt",
    "stack.yaml": "stacks/Pulumi.dev.yaml",
    "workflow.yml": ".github/workflows/slicewise.yml",
}
_SCHEMA: Final = "schemas/slicewise.json"
# Pulumi's rule for the names of projects (sdk/go/common/tokens, ValidateProjectName).
_PROJECT_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def init(directory: NewProject, name: ProjectName = None) -> None:
    """Make a Pulumi project of your own: program, stack, example documents, schema, CI. Nothing is overwritten.

    Example: slicewise init models
    """
    try:
        files = {directory / place: text for place, text in project_files(_checked_name(directory, name)).items()}
        _refuse_to_overwrite(directory, [path for path in files if path.exists() or path.is_symlink()])
        replace_all(files, [], alone=False)
    except InvalidInputError as error:
        fail(error)
    except OSError as error:
        fail(not_written(error, directory))
    there = shown_file(str(directory))
    print_result(f"wrote {len(files)} files to {there}; next: cd {shlex.quote(str(directory))} && cat README.md")


def project_files(name: str) -> dict[str, str]:
    """Return the text of each file of a new project, by its path in it.

    Args:
        name: What the project is called.
    """
    texts = {place: (_TEMPLATES / template).read_text(encoding="utf-8") for template, place in _FILES.items()}
    filled = {place: text.replace("PROJECT", name).replace("VERSION", __version__) for place, text in texts.items()}
    return {**filled, _SCHEMA: json.dumps(any_schema(), indent=2) + "\n"}


def _checked_name(directory: Path, given: str | None) -> str:
    name = given or directory.resolve().name
    if _PROJECT_NAME.fullmatch(name):
        return name
    message = f"a Pulumi project cannot be called {quoted(name)}; expected letters, digits, -, _ and ., at most 100"
    raise InvalidInputError(
        [Diagnostic.error(Code.PROJECT_NOT_MADE, message, "pass --name NAME", place=Place(str(directory)))]
    )


def _refuse_to_overwrite(directory: Path, taken: list[Path]) -> None:
    if taken:
        message = (
            f"has {some([str(path.relative_to(directory)) for path in taken])} already, and nothing is overwritten"
        )
        remedy = "choose a directory that has none of them"
        raise InvalidInputError(
            [Diagnostic.error(Code.PROJECT_NOT_MADE, message, remedy, place=Place(str(directory)), files=len(taken))]
        )
