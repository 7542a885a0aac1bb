"""SARIF 2.1.0: what GitHub shows on the lines of a pull request."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from policies.results.reported_finding import ReportedFinding
from slicewise import __version__
from slicewise.diagnostics import Place, printable, printable_lines

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub shows no more of one run, and refuses a file with five times as many.
_MOST: Final = 5000


def sarif(found: Sequence[ReportedFinding], *, completed: bool) -> dict[str, Any]:
    """Return the findings as a SARIF log: one run for all packs, as GitHub wants a category to have."""
    # What stops an update first, so that the cut takes what matters least.
    shown = sorted(found, key=lambda finding: not finding.mandatory)[:_MOST]
    rules = {_identity(finding): finding for finding in shown}
    index = {identity: number for number, identity in enumerate(rules)}
    driver = {
        "name": "Slicewise policies",
        "version": __version__,
        "rules": [_rule(finding) for finding in rules.values()],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": completed}],
                "results": [_result(finding, index[_identity(finding)]) for finding in shown],
            }
        ],
    }


def _rule(finding: ReportedFinding) -> dict[str, Any]:
    return {
        "id": _identity(finding),
        "name": printable(finding.rule),
        "shortDescription": {"text": _message(finding.description)},
        "defaultConfiguration": {"level": _level(finding)},
    }


def _result(finding: ReportedFinding, index: int) -> dict[str, Any]:
    logical = [{"fullyQualifiedName": printable(urn), "kind": "resource"} for urn in finding.urns]
    location: dict[str, Any] = {"physicalLocation": _physical(finding.place)}
    if logical:
        location["logicalLocations"] = logical
    return {
        "ruleId": _identity(finding),
        "ruleIndex": index,
        "level": _level(finding),
        "message": {"text": _message(finding.message)},
        "locations": [location],
        "partialFingerprints": {"slicewise/v1": finding.fingerprint},
    }


def _message(text: str) -> str:
    """Return a message without links (SARIF 2.1.0, 3.11.6): `[text](address)` in an image is not ours to offer."""
    return printable_lines(text).replace("](", "] (")


def _physical(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(os.fsencode(place.file))}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": place.column}
    return physical


def _identity(finding: ReportedFinding) -> str:
    return printable(f"{finding.pack}/{finding.rule}")


def _level(finding: ReportedFinding) -> str:
    return "error" if finding.mandatory else "warning"
