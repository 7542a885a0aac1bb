"""docs/benchmarks.md has what several commands measured: one does not remove what another wrote."""

from __future__ import annotations

from bench.benchmarks_page import sections_of_others
from tests.unit.cli.running import ROOT

PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_what_other_commands_measured_stays() -> None:
    kept = sections_of_others(PAGE)
    assert kept.startswith("\n## Beside an earlier commit\n")
    assert "bench.overload_cost" in kept
    assert "## Time and memory" not in kept
    assert PAGE.endswith(kept)


def test_a_page_without_them_has_none() -> None:
    assert sections_of_others("# Benchmarks\n\n## Quality\n") == ""
