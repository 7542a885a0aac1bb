"""JUnit: a suite for each pack, and a case for each finding or rule that found nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from policies.results.reported_finding import ReportedFinding
from slicewise.diagnostics import printable, printable_lines


def junit(found: Sequence[ReportedFinding], passed: Iterable[tuple[str, str]]) -> str:
    """Return the findings as JUnit's XML; `passed` are packs and names of policies that found something in order.

    What stops an update fails, and advice counts as skipped: a report that fails must be of a run that failed.
    """
    failing = {(finding.pack, finding.rule) for finding in found}
    root = Element("testsuites")
    suites: dict[str, Element] = {}
    for pack, rule in sorted(set(passed) - failing):
        _case(root, suites, pack, rule)
    for finding in found:
        case = _case(root, suites, finding.pack, finding.rule)
        case.set("name", printable(f"{finding.rule}: {finding.place}"))
        case.set("file", printable(finding.place.file))
        message = printable_lines(finding.message)
        outcome = SubElement(case, "failure" if finding.mandatory else "skipped", message=message)
        outcome.text = "\n".join((printable(str(finding.place)), message, *map(printable, finding.urns)))
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("*/failure"))))
        suite.set("skipped", str(len(suite.findall("*/skipped"))))
    return tostring(root, encoding="unicode", xml_declaration=True)


def _case(root: Element, suites: dict[str, Element], pack: str, rule: str) -> Element:
    shown = printable(pack)
    if pack not in suites:
        suites[pack] = SubElement(root, "testsuite", name=shown)
    return SubElement(suites[pack], "testcase", classname=shown, name=printable(rule))
