"""This repository keeps the layout that docs/architecture.md describes."""

from __future__ import annotations

import pytest

from tests.unit.cli.running import ROOT
from tools.structure import ONE_THING_SEEN_TWICE, Structure, measure, seen_twice, two_meanings

# With a face, any import from it would load the whole program.
WITHOUT_A_FACE = {"components"}


@pytest.fixture(scope="module")
def structure() -> Structure:
    return measure(ROOT)


def test_no_modules_import_each_other_in_a_circle(structure: Structure) -> None:
    assert {each.name: each.circles for each in structure.packages if each.circles} == {}


def test_no_import_goes_against_the_layers(structure: Structure) -> None:
    assert structure.against_layers == 0


def test_no_import_passes_a_face(structure: Structure) -> None:
    assert {each.name: each.face_bypassed for each in structure.packages if each.has_face and each.face_bypassed} == {}


def test_packages_that_others_import_from_have_a_face(structure: Structure) -> None:
    without = {each.name for each in structure.packages if each.face_bypassed and not each.has_face}
    assert without == WITHOUT_A_FACE


def test_no_file_of_the_product_has_more_than_400_lines(structure: Structure) -> None:
    assert structure.long_files == {}


def test_no_file_of_tests_has_more_than_400_lines(structure: Structure) -> None:
    assert structure.long_test_files == {}


def test_no_word_has_two_meanings(structure: Structure) -> None:
    assert two_meanings(structure) == {}


def test_names_that_are_one_thing_seen_twice_are_defined_twice(structure: Structure) -> None:
    assert seen_twice(structure) == list(ONE_THING_SEEN_TWICE)


def test_the_whole_product_is_measured(structure: Structure) -> None:
    measured = {each.name for each in structure.packages}
    there = (path.relative_to(ROOT).parent for path in ROOT.glob("[a-z]*/**/__init__.py"))
    assert measured == {".".join(each.parts) for each in there if each.parts[0] not in {"tests", "tools", "toolchain"}}
