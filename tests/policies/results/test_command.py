"""`python -m policies.results`: what it prints, writes and ends with."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from policies.results.__main__ import main
from tests.policies.results.demo import CHECKOUT, MANIFESTS, at, service
from tests.policies.results.stream import (
    ANALYZED,
    FAILED,
    SUCCEEDED,
    Event,
    placement,
    placement_urn,
    resource,
    said,
    service_urn,
    stream,
    violation,
)

SMALL = "onprem-b/team-b/chat-small"
DECLARED = (ANALYZED, placement(SMALL), resource(service_urn(SMALL), placement_urn(SMALL), service(SMALL)))
NOT_PINNED = "spec.model.uri: main moves; name a commit"
WHERE = at("models.yaml", "repo: Qwen")


@pytest.fixture(autouse=True)
def in_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named relative to the working directory."""
    monkeypatch.chdir(CHECKOUT)


def run(directory: Path, *events: Event, text: str | None = None) -> int:
    """Run the command on events, with every report."""
    file = directory / "events.json"
    file.write_text(stream(*events) if text is None else text)
    reports = [f"--{kind}={directory / kind}" for kind in ("sarif", "code-quality", "junit")]
    return main([str(file), "--manifests", str(MANIFESTS), *reports])


def test_what_stops_an_update_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, *DECLARED, violation(service_urn(SMALL), NOT_PINNED), said("preview failed"), FAILED) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"{WHERE}: error: {NOT_PINNED} [rule]",
        "1 to fix, 0 to consider",
    ]
    assert printed.err == ""


def test_documents_of_standard_input_have_their_lines_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.json"
    file.write_text(stream(*DECLARED, violation(service_urn(SMALL), NOT_PINNED), SUCCEEDED))
    documents = b"\n---\n".join(each.read_bytes() for each in sorted(MANIFESTS.glob("*.yaml")))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(documents)))
    assert main([str(file), "--manifests", "-"]) == 1
    line = 1 + documents[: documents.index(b"repo: Qwen")].count(b"\n")
    assert f"<stdin>:{line}:" in capsys.readouterr().out


def test_advice_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, *DECLARED, violation(service_urn(SMALL), NOT_PINNED, level="advisory"), SUCCEEDED) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        f"{WHERE}: warning: {NOT_PINNED} [rule]",
        "0 to fix, 1 to consider",
    ]


def test_every_report_is_written(tmp_path: Path) -> None:
    run(tmp_path, *DECLARED, violation(service_urn(SMALL), NOT_PINNED), FAILED)
    (result,) = json.loads((tmp_path / "sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == WHERE.line
    assert json.loads((tmp_path / "code-quality").read_text())[0]["location"]["lines"]["begin"] == WHERE.line
    assert "<failure " in (tmp_path / "junit").read_text()


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ((said("no such host"), FAILED), "no such host"),
        ((), "the preview was cut off: the policies have not seen everything"),
    ],
)
def test_a_preview_that_did_not_complete_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], events: tuple[Event, ...], message: str
) -> None:
    assert run(tmp_path, *DECLARED, *events) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"Pulumi.yaml: error: {message} [preview-complete]", "1 to fix, 0 to consider"]
    # A file without results would tell GitHub that all that was ever found is fixed.
    sarif = json.loads((tmp_path / "sarif").read_text())["runs"][0]
    assert sarif["invocations"] == [{"executionSuccessful": False}]
    assert len(sarif["results"]) == 1


def test_events_that_tell_nothing_are_an_error_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, text="") == 2
    assert "there are no engine events in it" in capsys.readouterr().err
    assert not (tmp_path / "sarif").exists()


def test_a_file_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), "--manifests", str(MANIFESTS)]) == 2
    assert "No such file" in capsys.readouterr().err
