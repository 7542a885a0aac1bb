"""The reports, as the tools read them that they are for."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import fromstring

from policies.results.code_quality import code_quality
from policies.results.junit import junit
from policies.results.reported_finding import ReportedFinding
from policies.results.sarif import sarif
from slicewise.diagnostics import Place

GEMMA = "urn:pulumi:demo::slicewise::kubernetes:core/v1:Pod::gemma"


def finding(
    rule: str = "image-pinned",
    *,
    file: str = "stacks/a b.yaml",
    line: int = 7,
    mandatory: bool = True,
    urns: tuple[str, ...] = (GEMMA,),
) -> ReportedFinding:
    """Return a finding."""
    place = Place(file, line, 9 if line else 0)
    return ReportedFinding(
        rule, "slicewise", "Images are pinned.", "spec.image: <latest>; pin it", mandatory, place, urns
    )


ADVICE = finding("slice-would-do", mandatory=False)
NOWHERE = finding(file="Pulumi.yaml", line=0)
MISTAKE = finding("SW204", urns=())


def run_of(*found: ReportedFinding, completed: bool = True) -> dict[str, Any]:
    """Return the only run of a SARIF log."""
    log = sarif(found, completed=completed)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_sarif_has_a_rule_for_every_result_and_a_result_for_every_finding() -> None:
    run = run_of(finding(), ADVICE, NOWHERE)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["slicewise/image-pinned", "slicewise/slice-would-do"]
    assert rules[0]["shortDescription"] == {"text": "Images are pinned."}
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"] == {"text": "spec.image: <latest>; pin it"}
        assert len(result["partialFingerprints"]["slicewise/v1"]) == 64


def test_sarif_levels_say_what_stops_an_update() -> None:
    levels = {item["ruleId"]: item["level"] for item in run_of(finding(), ADVICE)["results"]}
    assert levels == {"slicewise/image-pinned": "error", "slicewise/slice-would-do": "warning"}


def test_sarif_points_at_the_line_and_names_the_resource() -> None:
    (location,) = run_of(finding())["results"][0]["locations"]
    assert location == {
        "physicalLocation": {
            "artifactLocation": {"uri": "stacks/a%20b.yaml"},
            "region": {"startLine": 7, "startColumn": 9},
        },
        "logicalLocations": [{"fullyQualifiedName": GEMMA, "kind": "resource"}],
    }


def test_sarif_has_a_file_for_every_result_as_github_demands() -> None:
    (result,) = run_of(NOWHERE)["results"]
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "Pulumi.yaml"}}
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == GEMMA


def test_sarif_of_a_mistake_names_no_resource() -> None:
    assert "logicalLocations" not in run_of(MISTAKE)["results"][0]["locations"][0]


def test_sarif_is_cut_where_github_cuts_it_and_keeps_what_stops_an_update() -> None:
    run = run_of(*[ADVICE] * 5000, finding())
    assert len(run["results"]) == 5000
    assert run["results"][0]["level"] == "error"


def test_sarif_without_findings_says_whether_everything_was_looked_at() -> None:
    assert run_of()["results"] == []
    assert run_of()["invocations"] == [{"executionSuccessful": True}]
    assert run_of(completed=False)["invocations"] == [{"executionSuccessful": False}]


def test_gitlabs_report_has_what_gitlab_demands() -> None:
    wrong, advice, nowhere = code_quality([finding(), ADVICE, NOWHERE])
    assert wrong == {
        "check_name": "slicewise/image-pinned",
        "description": "spec.image: <latest>; pin it",
        "fingerprint": finding().fingerprint,
        "severity": "critical",
        "location": {"path": "stacks/a b.yaml", "lines": {"begin": 7}},
    }
    assert advice["severity"] == "minor"
    assert nowhere["location"] == {"path": "Pulumi.yaml", "lines": {"begin": 1}}
    assert len({wrong["fingerprint"], advice["fingerprint"], nowhere["fingerprint"]}) == 3


def test_junit_fails_what_stops_an_update_and_skips_advice() -> None:
    found = [finding(), ADVICE]
    passed = [("slicewise", "slice-pinned"), ("slicewise", "image-pinned"), ("other", "all-well")]

    root = fromstring(junit(found, passed))  # noqa: S314 - XML of our own
    suites = {suite.get("name"): suite for suite in root}

    assert set(suites) == {"slicewise", "other"}
    counts = suites["slicewise"]
    assert [counts.get(name) for name in ("tests", "failures", "skipped")] == ["3", "1", "1"]
    # A policy that one resource breaks has not passed, though others keep to it.
    assert [case.get("name") for case in counts] == [
        "slice-pinned",
        "image-pinned: stacks/a b.yaml:7:9",
        "slice-would-do: stacks/a b.yaml:7:9",
    ]
    failure = counts.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "spec.image: <latest>; pin it"
    assert GEMMA in (failure.text or "")
