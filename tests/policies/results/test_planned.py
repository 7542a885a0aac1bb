"""Warnings and shortfalls of the plan are findings at their lines, and a job's summary says what changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.results.__main__ import main
from policies.results.engine_events import Preview
from policies.results.findings import findings
from policies.results.reported_finding import ReportedFinding
from slicewise import __version__
from slicewise.changes import parts_of_plan, plan_with_changes
from slicewise.documents import load_fleet
from slicewise.planning import make_plan, read_lists
from tests.documents import deployment, environment, model, profile, slices
from tests.policies.results.stream import ANALYZED, FAILED, SUCCEEDED, Event, said, stream

# As Pulumi v3.259.0 prints it of a program that fails.
TAIL = "an unhandled error occurred: program exited with non-zero exit code: 1"
SHORT = f"some deployments get fewer environments than they ask for: team/chat: 0 of 1 environments [SW501]\n{TAIL}"


def written(directory: Path, replicas: int, memory: str = "39.5Gi") -> Path:
    """Write a fleet of one pool with 16 slices, and a deployment; a comment above moves every line."""
    pool = slices("cut", "3g.40gb", memoryPerGpu=memory)
    small = model("m", profile("any", mig="only", memoryPerGpu="30Gi"))
    file = directory / "fleet.yaml"
    documents = [environment("east", pool), small, deployment("chat", "m", replicas=replicas)]
    file.write_text("# A fleet.\n" + yaml.safe_dump_all(documents, sort_keys=False))
    return file


def found(file: Path, *events: Event) -> list[ReportedFinding]:
    preview = Preview.read(stream(ANALYZED, *events))
    return findings(preview, [str(file)], file.parent, file.parent)[0]


def line_of(file: Path, text: str, after: str = "") -> int:
    whole = file.read_text()
    return whole[: whole.index(text, whole.index(after))].count("\n") + 1


def test_a_warning_is_advice_at_its_line(tmp_path: Path) -> None:
    """A 3g.40gb slice of an H100 has 39.5 GiB for programs (docs/mig-catalogue.md)."""
    file = written(tmp_path, 2, memory="40Gi")
    (warning,) = [each for each in found(file, SUCCEEDED) if each.rule == "SW301"]
    assert (warning.mandatory, warning.place.file) == (False, "fleet.yaml")
    assert warning.place.line == line_of(file, "memoryPerGpu: 40Gi")
    assert warning.message.startswith("spec.nodePools[0].capabilities.memoryPerGpu: one 3g.40gb slice")


def test_a_shortfall_is_at_its_deployment_with_reasons_and_remedies(tmp_path: Path) -> None:
    file = written(tmp_path, 17)
    (finding,) = [each for each in found(file, said(SHORT), FAILED) if each.mandatory]
    assert (finding.rule, finding.place.line) == ("SW501", line_of(file, "name: chat", "ModelDeployment"))
    assert "16 of 16 units free, needs 17" in finding.message
    assert "remedy: " in finding.message
    assert "unhandled" not in finding.message


def test_the_code_of_a_finding_with_several_lines_ends_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tools that read compilers' lines look for it there, and once is enough for people."""
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, 17)
    events = tmp_path / "events.json"
    events.write_text(stream(ANALYZED, said(SHORT), FAILED))
    main([str(events), "--manifests", str(file)])
    first, *rest = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"fleet\.yaml:\d+:\d+: error: team/chat: 0 of 1 environments \[SW501\]", first)
    assert rest[-2].startswith("    |   remedy: ")
    assert "SW501" not in "".join(rest)


def test_a_shortfall_that_stops_nothing_is_advice(tmp_path: Path) -> None:
    """`onShortfall: warn`."""
    shortfalls = [each for each in found(written(tmp_path, 17), SUCCEEDED) if each.rule == "SW501"]
    assert [each.mandatory for each in shortfalls] == [False]


@pytest.mark.parametrize("tail", [TAIL, f"\n{TAIL}", "Program exited with non-zero exit code: 1"])
def test_what_the_engine_adds_to_an_error_is_not_shown(tmp_path: Path, tail: str) -> None:
    (finding,) = found(written(tmp_path, 1), said(f"no such key [SW404]\n{tail}"), FAILED)
    assert (finding.rule, finding.message) == ("preview-complete", "no such key [SW404]")


def test_the_summary_says_what_changes_of_the_earlier_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, 2)
    fleet = load_fleet([str(file)])
    plan = make_plan(fleet)
    whole = read_lists(plan_with_changes(fleet, plan, parts_of_plan(fleet, plan), None))
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    written(tmp_path, 3)
    (tmp_path / "events").write_text(stream(ANALYZED, SUCCEEDED))
    options = ["events", "--manifests", str(file), "--summary", "summary.md", "--sarif", "sarif"]
    assert main([*options, "--previous", "plan.json"]) == 0
    assert "### Changes: 1 changed" in (tmp_path / "summary.md").read_text()
    assert "replicas 2 -> 3; no pod restarts" in (tmp_path / "summary.md").read_text()
    # Without a file: what the previewed stack had.
    assert main(options) == 0
    assert "no earlier plan to compare with" in (tmp_path / "summary.md").read_text()
    driver: dict[str, Any] = json.loads((tmp_path / "sarif").read_text())["runs"][0]["tool"]["driver"]
    assert driver["version"] == __version__
    # Optional in SARIF 2.1.0 (3.19.2), and the project has no home page.
    assert set(driver) == {"name", "version", "rules"}
    capsys.readouterr()
    (tmp_path / "plan.json").write_text('{"placements": 7}')
    assert main([*options, "--previous", "plan.json"]) == 2
    assert "SW109" in capsys.readouterr().err
