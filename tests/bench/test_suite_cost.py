"""Two commits are compared by the tests that both have, wherever these are by now."""

from __future__ import annotations

from bench.suite_cost import common_tests


def test_tests_are_found_again_in_other_files() -> None:
    before = [
        "tests/a.py::test_one",
        "tests/a.py::test_pair[1-a::b]",
        "tests/a.py::test_pair[2]",
        "tests/a.py::test_gone",
    ]
    after = [
        "tests/b.py::test_new",
        "tests/b.py::test_pair[1-a::b]",
        "tests/c.py::test_one",
        "tests/b.py::test_pair[3]",
    ]
    assert common_tests([before, after]) == [
        ["tests/a.py::test_one", "tests/a.py::test_pair[1-a::b]"],
        ["tests/b.py::test_pair[1-a::b]", "tests/c.py::test_one"],
    ]


def test_of_a_name_that_stands_several_times_both_have_as_many() -> None:
    before = ["tests/a.py::test_one", "tests/b.py::test_one"]
    after = ["tests/a.py::test_one", "tests/c.py::test_one", "tests/d.py::test_one"]
    assert common_tests([before, after]) == [before, after[:2]]
