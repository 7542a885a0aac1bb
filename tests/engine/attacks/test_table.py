"""The table of attacks is whole, and each has a test that is run."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from tests.engine.attacks.table import ATTACKS, CHECKOUT, HERE, attacks_of, function_of

pytestmark = pytest.mark.long


def test_every_attack_has_a_test_that_pytest_finds() -> None:
    elsewhere = {test for attack in ATTACKS.values() for test in attack.elsewhere}
    files = sorted({test.partition("::")[0] for test in elsewhere})
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", HERE, *files],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {function_of(line) for line in run.stdout.splitlines() if "::" in line}
    assert sorted(elsewhere - found) == []
    tried = Counter(number for test in found for number in attacks_of(test))
    assert sorted(set(ATTACKS) - set(tried)) == []
    # Each is either here or elsewhere.
    here = {number for test in found if test.startswith(HERE) for number in attacks_of(test)}
    assert [number for number in here if number not in ATTACKS or ATTACKS[number].elsewhere] == []


def test_the_numbers_are_those_of_the_table() -> None:
    assert list(ATTACKS) == list(range(1, 72))
    assert attacks_of(f"{HERE}/test_kills.py::test_28_the_engine[0]@kills") == [28]
    assert attacks_of("tests/unit/test_requirements.py::test_every_package_has_its_version_and_hashes[x.txt]") == [68]
    assert attacks_of("tests/unit/test_requirements.py::test_every_file_that_is_named_is_pinned") == []


def test_a_test_is_the_same_in_whatever_group_it_is_run() -> None:
    function = "tests/unit/test_requirements.py::test_every_package_has_its_version_and_hashes"
    for test in (function, f"{function}[x@y]", f"{function}@group", f"{function}[x]@group"):
        assert function_of(test) == function
        assert attacks_of(test) == [68]
