"""`python -m policies.results EVENTS --manifests PATH`: what the policies found, for people and for CI."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from policies.results.code_quality import code_quality
from policies.results.engine_events import Preview, UnusableEventsError
from policies.results.findings import findings
from policies.results.junit import junit
from policies.results.planned import earlier_placements
from policies.results.reported_finding import ReportedFinding
from policies.results.sarif import sarif
from slicewise.diagnostics import InvalidInputError, printable, printable_lines
from slicewise.sources import paused_collector

EXIT_FAILED: Final = 1
EXIT_UNUSABLE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the reports asked for, print the findings, and say by the exit code whether the stack may be updated."""
    options = _options(arguments)
    with paused_collector():  # a preview of a thousand services is kept whole to the end
        return _check(options)


def _check(options: argparse.Namespace) -> int:
    try:
        preview = Preview.read(options.events.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UnusableEventsError) as error:
        sys.stderr.write(f"{printable(f'{options.events}: {error}')}\n")
        return EXIT_UNUSABLE
    try:
        previous = earlier_placements(options.previous, preview.earlier)
    except (OSError, ValueError, InvalidInputError) as error:
        sys.stderr.write(f"{printable(f'{options.previous}: {error}')}\n")
        return EXIT_UNUSABLE
    found, summary = findings(preview, options.manifests, options.root, options.project, previous)
    if options.summary:
        _write(options.summary, summary)
    if options.sarif:
        _write(options.sarif, json.dumps(sarif(found, completed=preview.completed), indent=2))
    if options.code_quality:
        _write(options.code_quality, json.dumps(code_quality(found), indent=2))
    if options.junit:
        _write(options.junit, junit(found, preview.passed))
    return _report(found)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m policies.results",
        description="Show what the policies found in a preview, at the lines of the documents that it comes from.",
        epilog="Exit codes: 0 nothing stops an update, 1 something does, 2 EVENTS does not tell.",
    )
    parser.add_argument(
        "events",
        metavar="EVENTS",
        type=Path,
        help="what `pulumi preview --json` wrote with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true",
    )
    parser.add_argument("--manifests", metavar="PATH", nargs="+", required=True, help="the stack's documents")
    parser.add_argument("--root", type=Path, default=Path(), help="what files are named relative to: the repository")
    parser.add_argument("--project", type=Path, default=Path(), help="where Pulumi.yaml is")
    parser.add_argument(
        "--previous",
        metavar="PLAN.json",
        type=Path,
        help="the earlier plan, as `pulumi stack output --json` writes it. Left out: what the previewed stack had",
    )
    parser.add_argument("--summary", metavar="FILE", type=Path, help="write what the plan changes, as Markdown")
    parser.add_argument("--sarif", metavar="FILE", type=Path, help="write SARIF 2.1.0, for GitHub code scanning")
    parser.add_argument("--code-quality", metavar="FILE", type=Path, help="write GitLab's code quality report")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write JUnit's XML")
    return parser.parse_args(arguments)


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads: findings quote what documents hold."""
    with open(path, "w", encoding="utf-8", opener=partial(os.open, mode=0o600)) as file:
        file.write(f"{text}\n")


def _report(found: Sequence[ReportedFinding]) -> int:
    """Say everything on a line of its own, as compilers do: `--json` leaves nothing else for people to read."""
    for finding in found:
        level = "error" if finding.mandatory else "warning"
        headline, *rest = finding.message.split("\n")
        sys.stdout.write(_as_line("\n".join([f"{finding.place}: {level}: {headline} [{finding.rule}]", *rest])))
    mandatory = sum(finding.mandatory for finding in found)
    sys.stdout.write(f"{mandatory} to fix, {len(found) - mandatory} to consider\n")
    return EXIT_FAILED if mandatory else 0


def _as_line(text: str) -> str:
    """Return the line of a finding, and more below it where its message has more."""
    first, *rest = printable_lines(text).split("\n")
    return "\n".join([first, *(f"    | {line}" for line in rest), ""])


if __name__ == "__main__":
    sys.exit(main())
