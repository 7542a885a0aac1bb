"""The structure of a tiny checkout, counted by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.structure import PackageShape, Structure, measure

SCRIPT = Path(__file__).parents[3] / "tools" / "structure.py"
# house <- garden, where house.cellar has a face and house.roof has none; shed and fence import each other.
FILES = {
    "house/__init__.py": '"""No face."""\n',
    "house/cellar/__init__.py": "from house.cellar.wine import Wine\n",
    "house/cellar/wine.py": "from house.cellar import rack\n\nclass Wine: ...\n\nclass _Cork: ...\n",
    "house/cellar/rack.py": "Labels = dict[str, str]\nLIMIT = 5\ndef main(): ...\n",
    "house/roof/__init__.py": "",
    "house/roof/tile.py": "from house.cellar import Wine\nfrom house.cellar.rack import LIMIT\n" + "# a line\n" * 399,
    "garden/__init__.py": "",
    "garden/shed.py": "from garden import fence\nfrom house.roof import tile\nfrom house.cellar import wine\n",
    "garden/fence.py": "from typing import Any\nfrom garden import shed\nLabels = dict[str, Any]\nclass Wine: ...\n",
    "__main__.py": "from garden.fence import Labels\nfrom house.cellar import Wine, rack\n",
    "tests/__init__.py": "",
    "tests/test_house.py": "# a line\n" * 401,
    "tests/test_garden.py": "# a line\n" * 400,
    "pyproject.toml": """\
[[tool.importlinter.contracts]]
type = "layers"
layers = ["cellar", "roof"]
containers = ["house"]

[[tool.importlinter.contracts]]
type = "layers"
layers = ["garden", "house"]

[[tool.importlinter.contracts]]
type = "forbidden"
source_modules = ["house"]
""",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def structure(checkout: Path) -> Structure:
    return measure(checkout)


def shape(structure: Structure, name: str) -> PackageShape:
    return next(each for each in structure.packages if each.name == name)


def test_files_lines_and_rooms_of_a_package_are_its_own(structure: Structure) -> None:
    names = [each.name for each in structure.packages]
    assert names == ["garden", "house", "house.cellar", "house.roof"]
    counted = [(each.files, each.lines, each.rooms) for each in structure.packages]
    assert counted == [(3, 7, 2), (1, 1, 2), (3, 9, 2), (2, 401, 1)]


def test_arrows_inside_a_package_join_its_rooms(structure: Structure) -> None:
    # The roof imports the cellar twice: one arrow. What a face imports of its own package is not an arrow.
    assert [each.arrows for each in structure.packages] == [2, 1, 1, 0]


def test_arrows_between_packages_join_the_nearest_packages(structure: Structure) -> None:
    # house.roof -> house.cellar, garden -> house.roof, garden -> house.cellar; the program -> garden and house.cellar.
    assert structure.arrows_between == 5


def test_two_rooms_that_import_each_other_are_one_arrow_too_many(structure: Structure) -> None:
    assert [each.circles for each in structure.packages] == [1, 0, 0, 0]


def test_a_face_is_used_from_outside_and_bypassed(structure: Structure) -> None:
    cellar, roof = shape(structure, "house.cellar"), shape(structure, "house.roof")
    # Used by tile.py and the program; bypassed by tile.py and the program for the rack, and by shed.py for the wine.
    assert (cellar.has_face, cellar.face_used, cellar.face_bypassed) == (True, 2, 3)
    assert (roof.has_face, roof.face_used, roof.face_bypassed) == (False, 0, 1)
    garden = shape(structure, "garden")
    assert (garden.has_face, garden.face_used, garden.face_bypassed) == (False, 0, 1)


def test_arrows_against_the_layers_of_the_contracts(structure: Structure) -> None:
    # In the house the cellar is above the roof, and the roof imports it all the same.
    assert structure.against_layers == 1


def test_long_files_have_more_than_400_lines(structure: Structure) -> None:
    assert structure.long_files == {"house/roof/tile.py": 401}
    assert structure.long_test_files == {"tests/test_house.py": 401}


def test_words_with_two_meanings_are_public_and_no_constants(structure: Structure) -> None:
    assert structure.words == {
        "Labels": ("garden.fence", "house.cellar.rack"),
        "Wine": ("garden.fence", "house.cellar.wine"),
    }


def test_a_directory_without_packages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no directory with an __init__"):
        measure(tmp_path)


def test_the_command_measures_the_checkout_that_it_is_given(checkout: Path) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, str(SCRIPT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout

    shapes = json.loads(run(str(checkout), "--json"))["packages"]
    assert [each["name"] for each in shapes] == ["garden", "house", "house.cellar", "house.roof"]
    text = run(str(checkout))
    assert "faces bypassed: 3\nimports into packages without a face: 2\n" in text
    assert "\n  Wine: garden.fence, house.cellar.wine\n" in text
    assert "slicewise.manifests " in run()
