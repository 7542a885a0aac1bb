"""GitLab's code quality report: what it shows in a merge request, and on its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policies.results.reported_finding import ReportedFinding
from slicewise.diagnostics import printable, printable_lines


def code_quality(found: Sequence[ReportedFinding]) -> list[dict[str, Any]]:
    """Return the findings as GitLab reads them: paths relative to the repository, and no line 0."""
    return [
        {
            "check_name": printable(f"{finding.pack}/{finding.rule}"),
            "description": printable_lines(finding.message),
            "fingerprint": finding.fingerprint,
            "severity": "critical" if finding.mandatory else "minor",
            "location": {"path": printable(finding.place.file), "lines": {"begin": finding.place.line or 1}},
        }
        for finding in found
    ]
