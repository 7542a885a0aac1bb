"""What a finding quotes was written by somebody: no report and no line of a log passes it on raw."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.results.__main__ import main
from policies.results.code_quality import code_quality
from policies.results.junit import junit
from policies.results.reported_finding import ReportedFinding
from policies.results.sarif import sarif
from policies.rules.images import IMAGE_PINNED
from policies.rules.rule_runner import run_rule
from policies.rules.rule_types import Finding, Unchecked
from slicewise.diagnostics import Place
from tests.policies.resources import container, pod_spec, service
from tests.policies.results.demo import CHECKOUT, MANIFESTS
from tests.policies.results.stream import ANALYZED, SUCCEEDED, passed, resource, stream, urn, violation

HOSTILE = {
    "escape sequences": "evil\x1b]0;PWNED\x07\x1b[31m",
    "8-bit escapes": "evil\x9b31m",
    "a turned direction of reading": "evil\u202egnp.exe\u2066",
    "invisible": "ev\u200bil\ufeff\U000e0041",
    "NUL": "evil\x00",
    "not for XML": "evil\x0b\x0c\x1f\ufffe\uffff",
    "half a character": "evil\ud800",
    "line breaks": "evil\n::error file=x::PWNED\r\n##[stop-commands]x\u2028\u0085y",
    "markup": "</failure><script>alert(1)</script>]]>&amp;[click](https://example.com)",
}
every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=[]), max_size=20)


def finding(text: str) -> ReportedFinding:
    """Return a finding whose every field is hostile."""
    return ReportedFinding(text, text, text, text, mandatory=True, place=Place(file_of(text), 3, 1), urns=(text,))


def file_of(text: str) -> str:
    """Return the name of a file; one that no system can have has its half characters replaced."""
    return f"stacks/{text.encode(errors='replace').decode()}"


def is_shown(text: str) -> bool:
    """Return whether nothing in `text` is anything but what is seen, beside line breaks."""
    return all(line.isprintable() for line in text.split("\n"))


def texts(value: object) -> list[str]:
    """Return every text in JSON."""
    if isinstance(value, dict):
        return [text for item in value.items() for each in item for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


@given(text=ANY_TEXT | st.sampled_from(list(HOSTILE.values())))
def test_junit_is_well_formed_and_shows_what_it_holds(text: str) -> None:
    root = fromstring(junit([finding(text)], [(text, f"other {text}")]).encode())  # noqa: S314 - XML of our own
    (failure,) = root.findall("testsuite/testcase/failure")
    shown = [
        *failure.attrib.values(),
        failure.text or "",
        *(value for case in root.iter() for value in case.attrib.values()),
    ]
    assert all(map(is_shown, shown))
    if text.isprintable() and text.isascii():
        assert failure.get("message") == text


@given(text=ANY_TEXT | st.sampled_from(list(HOSTILE.values())))
def test_json_reports_show_what_they_hold(text: str) -> None:
    found = [finding(text)]
    for report in (sarif(found, completed=True), code_quality(found)):
        assert all(map(is_shown, texts(json.loads(json.dumps(report)))))
    assert re.fullmatch("[0-9a-f]{64}", found[0].fingerprint)


@every_text
def test_sarif_offers_no_links_of_others_and_keeps_the_name_of_the_file(text: str) -> None:
    (result,) = sarif([finding(text)], completed=True)["runs"][0]["results"]
    assert "](" not in result["message"]["text"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert set(uri) <= {*string.ascii_letters, *string.digits, *"_.-~/%"}
    assert unquote_to_bytes(uri).decode() == file_of(text)


def test_a_file_name_that_is_no_text_is_written_as_its_bytes() -> None:
    place = Place("stacks/\udcff.yaml")
    found = [ReportedFinding("r", "p", "d", "m", mandatory=True, place=place)]
    (result,) = sarif(found, completed=True)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "stacks/%FF.yaml"


@every_text
@pytest.mark.parametrize("field", ["message", "policy", "urn", "error"])
def test_a_log_obeys_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, field: str
) -> None:
    monkeypatch.chdir(CHECKOUT)
    mine = urn("kubernetes:core/v1:Pod", "mine")
    event = {
        "message": violation(mine, f"spec.image: {text} has no tag; name one"),
        "policy": violation(mine, "spec: wrong; correct it", policy=text),
        "urn": violation(f"{mine}{text}", "spec: wrong; correct it"),
        "error": {"diagnosticEvent": {"message": text, "severity": "error"}},
    }[field]
    events = tmp_path / "events.json"
    events.write_text(stream(ANALYZED, resource(mine), passed(mine, text), event, SUCCEEDED))
    reports = [f"--{kind}={tmp_path / kind}" for kind in ("sarif", "code-quality", "junit")]
    assert main([str(events), "--manifests", str(MANIFESTS), *reports]) == 1
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert lines[-1] == "1 to fix, 0 to consider"
    first, *rest = lines[:-1]
    assert first.startswith("Pulumi.yaml: error: ")
    assert all(line.startswith("    | ") for line in rest)
    assert all(line.isprintable() and "##[" not in line and not line.lstrip().startswith("::") for line in lines)
    fromstring((tmp_path / "junit").read_text())  # noqa: S314 - XML of our own


@pytest.mark.parametrize("name", ["::error::x.yaml", " ::warning::x.yaml", "##[group]x.yaml", "##vso[task]x.yaml"])
def test_a_file_is_not_taken_for_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("kind: [\n")
    Path("events.json").write_text(stream(ANALYZED, SUCCEEDED))
    assert main(["events.json", "--manifests", name]) == 1
    for line in capsys.readouterr().out.splitlines():
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)


def test_events_that_cannot_be_read_are_said_in_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "\x1b[31m"), "--manifests", str(MANIFESTS)]) == 2
    assert capsys.readouterr().err.rstrip("\n").isprintable()


@every_text
def test_the_engine_gets_findings_in_print(text: str) -> None:
    (outcome,) = run_rule(IMAGE_PINNED, service(pod_spec(container(image=f"{text}/vllm"))))
    assert isinstance(outcome, Finding)
    assert text in outcome.problem
    assert outcome.message.isprintable()
    assert Unchecked(f"spec.nodeSelector.{text}").message.isprintable()
