"""How the tests load YAML texts and say where in them something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import Fleet, load_fleet
from tests.unit.documents.documents import minimal

MARK = "§"


def marked(text: str) -> tuple[str, str]:
    """Return the text without its mark, and the line:column at which the mark was."""
    before, after = text.split(MARK)
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return before + after, f"{line}:{column}"


class Loader:
    """Writes YAML texts to files and loads them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, *texts: str) -> Fleet:
        return load_fleet(self.write(*texts))

    def accept(self, *texts: str) -> None:
        """Load the texts; all of their documents must be in the fleet."""
        fleet = self.load(*texts)
        written = sum(len(list(yaml.safe_load_all(text))) for text in texts)
        loaded = (fleet.environments, fleet.models, fleet.deployments, fleet.quotas)
        assert sum(map(len, loaded)) == written

    def refuse(self, *texts: str) -> list[str]:
        """Return every line of the errors; the file is left out where there is only one."""
        paths = self.write(*texts)
        with pytest.raises(InvalidInputError) as caught:
            load_fleet(paths)
        lines = str(caught.value).split("\n")
        return [line.removeprefix("0.yaml:").lstrip() for line in lines] if len(texts) == 1 else lines

    def refuse_at(self, text: str, *others: str) -> str:
        """Return the one error, which must be at the mark of `text`, without its position.

        A deployment alone finds the model that the least deployment refers to.
        """
        text, position = marked(text)
        alone = not others and "ModelDeployment" in text and "gemma" in text and "huggingFace" not in text
        lines = self.refuse(text, *([minimal("ClusterModel")] if alone else others))
        assert len(lines) == 1, lines
        line = lines[0].removeprefix("0.yaml:")
        assert line.startswith(f"{position}: "), (position, line)
        return line.removeprefix(f"{position}: ")

    def write(self, *texts: str) -> list[str]:
        for index, text in enumerate(texts):
            (self.directory / f"{index}.yaml").write_text(text, encoding="utf-8")
        return [f"{index}.yaml" for index in range(len(texts))]
