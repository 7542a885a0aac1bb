"""`slicewise validate`: only the mistakes, and warnings."""

from __future__ import annotations

from slicewise.cli.command_inputs import print_lines, read_fleet
from slicewise.cli.options import Paths
from slicewise.cli.results import print_result
from slicewise.diagnostics import MOST_PROBLEMS, by_document, counted, plural
from slicewise.planning import prospects
from slicewise.presentation import unchecked_line


def validate(paths: Paths) -> None:
    """Check the documents: every mistake of every file at once, each at its line, with a code and a remedy.

    Warnings go to standard error, too, and do not change the exit code.

    Example: slicewise validate stacks/prod
    """
    fleet = read_fleet(paths)
    warnings = by_document([*fleet.advice, *prospects(fleet)])
    print_lines(f"warning: {warning}" for warning in warnings[:MOST_PROBLEMS])
    if rest := warnings[MOST_PROBLEMS:]:
        print_lines([f"{len(rest):,} more {plural(len(rest), 'warning')}; fix these first"])
    counts = [
        (len(fleet.environments), "environment"),
        (len(fleet.models), "model"),
        (len(fleet.deployments), "deployment"),
        *([(len(fleet.quotas), "quota")] if fleet.quotas else []),
        *([(len(warnings), "warning")] if warnings else []),
    ]
    summary = ", ".join(counted(count, noun) for count, noun in counts)
    lines = [f"valid: {summary}"]
    if unchecked := unchecked_line(fleet):
        lines.append(unchecked)
    print_result("\n".join(lines))
