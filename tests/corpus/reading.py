"""The corpus: wrong documents as files that people can read, with what is expected of Slicewise in their first lines.

    # Why it is wrong, where that is not plain.
    # expect: SW204 spec.nodePools[0].capabilities.migConfiguration.profile
    ...
              profile: §3g.45gb

`§` marks where the error must be; it is taken out before Slicewise sees the file. The first `expect` belongs to
the first mark, and so on; `and` is another error at the mark of the line before; without a mark the error is about the
whole file. `warn` is advice, which has no place in a file. `with` names a right document of `with/` that is loaded too.

    # remedy: did you mean "3g.40gb"?
    # fix: profile: 3g.45gb => profile: 3g.40gb

`remedy` is what the message must say to do, and `fix` the edit that follows it: the first text in the file is
replaced by the second, or its line is removed where there is none, and then nothing is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
MARK = "§"
_HEADER = re.compile(r"# (expect|and|warn|with|remedy|fix):(.*)")


class Expected(NamedTuple):
    """One error: where, which, of which field. Line and column count from 1; 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    field: str
    code: str


@dataclass(frozen=True)
class Case:
    """Files that are wrong, by their names, and what must be said of them."""

    name: str
    files: dict[str, str]
    errors: tuple[Expected, ...]
    warnings: tuple[tuple[str, str], ...]
    remedy: str | None = None
    """What the message says to do."""
    fix: str | None = None
    """The edit that follows it."""

    def fixed(self) -> Case:
        """Return the case with its one file changed as its remedy says."""
        (name, *_), fix = self.files, self.fix or ""
        old, _, new = (part.strip().replace("\\n", "\n") for part in fix.partition("=>"))
        header, separator, body = re.split(r"(^(?!#))", self.files[name], maxsplit=1, flags=re.MULTILINE)
        assert old in body, f"{name}: there is no {old!r}"
        if new:
            changed = body.replace(old, new, 1)
        else:
            changed = re.sub(rf"^.*{re.escape(old)}.*\n", "", body, count=1, flags=re.MULTILINE)
        return replace(self, files={**self.files, name: header + separator + changed})

    def write(self, directory: Path) -> list[str]:
        """Write the files, and return their names."""
        for name, text in self.files.items():
            (directory / name).write_text(text, encoding="utf-8")
        return list(self.files)


def single_cases() -> Iterator[Case]:
    """Yield every document with one mistake."""
    for path in sorted(HERE.glob("*/*.yaml")):
        if path.parent.name != "with":
            yield read_case(f"{path.parent.name}/{path.stem}", [path])


def many_cases() -> Iterator[Case]:
    """Yield every set of files with many mistakes."""
    for folder in sorted((HERE / "many").iterdir()):
        yield read_case(folder.name, sorted(folder.glob("*.yaml")))


def read_case(name: str, paths: list[Path]) -> Case:
    """Read a case from its files."""
    files: dict[str, str] = {}
    errors: list[Expected] = []
    warnings: list[tuple[str, str]] = []
    for path in paths:
        marked = path.read_text(encoding="utf-8")
        header = [(key, rest.strip()) for key, rest in _headers(marked)]
        files[path.name] = marked.replace(MARK, "")
        errors += _expected(path.name, marked, header)
        warnings += [(rest[:5], rest[6:]) for key, rest in header if key == "warn"]
        for key, rest in header:
            if key == "with":
                files[f"with-{rest}.yaml"] = (HERE / "with" / f"{rest}.yaml").read_text(encoding="utf-8")
    said = {key: rest for key, rest in header if key in ("remedy", "fix")}
    return Case(name, files, tuple(sorted(errors)), tuple(sorted(warnings)), said.get("remedy"), said.get("fix"))


def _headers(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        if not line.startswith("#"):
            return
        if match := _HEADER.fullmatch(line):
            yield match[1], match[2]


def _expected(file: str, marked: str, header: list[tuple[str, str]]) -> Iterator[Expected]:
    places = list(_places(marked))
    place = (0, 0)
    for key, rest in header:
        if key == "expect":
            place = places.pop(0) if places else (0, 0)
        if key in ("expect", "and"):
            code, _, field = rest.partition(" ")
            yield Expected(file, *place, field, code)
    assert not places, f"{file}: more marks than expectations"


def _places(marked: str) -> Iterator[tuple[int, int]]:
    """Yield line and column, counted without the marks, of every mark."""
    for number, line in enumerate(marked.split("\n"), 1):
        parts = line.split(MARK)[:-1]
        for index in range(len(parts)):
            yield number, sum(len(part) for part in parts[: index + 1]) + 1
