"""The page of errors, docs/errors.md, by code: `slicewise errors`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.markdown import Markdown

import slicewise
from slicewise.diagnostics import quoted
from slicewise.presentation import show_line

_PAGE: Final = Path("docs", "errors.md")
# Of the beginning of a code: every code begins with SW.
_SHORTEST: Final = 3
# The colours of a language bring a background, and leave some of the text in the terminal's own colour, unseen on it.
_LANGUAGE: Final = re.compile(r"^```\w+", re.MULTILINE)
_NO_COLOURS: Final = "ansi_light"
_HEADING: Final = re.compile(r"^## (SW[0-9]{3}): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says of one code."""

    code: str
    title: str
    text: str
    """The whole section, as Markdown, without a line break at its end."""


def read_sections() -> dict[str, Section]:
    """Return every section of the page by its code, in order."""
    package = Path(slicewise.__file__).parent
    # The wheel has the pages inside the package, a checkout beside it.
    file = package / _PAGE if (package / _PAGE).exists() else package.parent / _PAGE
    page = file.read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(page))
    ends = [heading.start() for heading in headings[1:]] + [len(page)]
    return {
        heading[1]: Section(heading[1], heading[2], page[heading.start() : end].strip())
        for heading, end in zip(headings, ends, strict=True)
    }


def find_section(written: str, sections: dict[str, Section]) -> Section:
    """Return the section of a code as people write or paste it: `SW204`, `sw204`, `[SW204]`, `204`.

    Raises:
        typer.BadParameter: there is no such code; the message names those that begin so.
    """
    code = written.strip(" []().,:").upper()
    if code.isdecimal():
        code = f"SW{code}"
    if code not in sections:
        near = [known for known in sections if known.startswith(code)] if len(code) >= _SHORTEST else []
        hint = f"those that begin so are {near[0]} to {near[-1]}; " if near else ""
        raise typer.BadParameter(f"there is no code {quoted(written)}; {hint}`slicewise errors` lists all")
    return sections[code]


def print_section(console: Console, section: Section) -> None:
    """Print the section: formatted for a person at a terminal, as it is written for a pipe."""
    if console.is_terminal:
        console.print(Markdown(_LANGUAGE.sub("```text", section.text), code_theme=_NO_COLOURS))
    else:
        console.out(section.text, highlight=False)


def print_list(console: Console, sections: dict[str, Section]) -> None:
    """Print every code with its title, a line each."""
    for section in sections.values():
        show_line(console, f"{section.code}  {section.title}")
