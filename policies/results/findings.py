"""What the policies found, at the places that people can change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from policies.results.document_places import Documents, relative
from policies.results.engine_events import Preview
from policies.results.engine_verdicts import told_once
from policies.results.field_origins import document_place
from policies.results.planned import PlanOfDocuments
from policies.results.reported_finding import ReportedFinding
from policies.results.violation import Violation
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place
from slicewise.planning import PreviousPlacement

# The pack of what is checked before any policy sees it.
CHECKS: Final = "slicewise"
# Where a finding is shown that no document is to blame for: GitHub takes no file of results with one that is nowhere.
PROJECT: Final = "Pulumi.yaml"


def findings(
    preview: Preview, paths: Sequence[str], root: Path, project: Path, previous: tuple[PreviousPlacement, ...] = ()
) -> tuple[list[ReportedFinding], str]:
    """Return everything found, sorted by place, and what the plan changes, as Markdown.

    Resources that break a rule in the same place are one finding. Documents that cannot be loaded have no plan.

    Args:
        preview: What the engine says.
        paths: The documents, as the program is given them.
        root: What files are named relative to.
        project: The directory of the Pulumi project.
        previous: The placements of the earlier plan.
    """
    summary = ""
    nowhere = Place(relative(str(project / PROJECT), root))
    try:
        documents = Documents.load(paths, root)
    except InvalidInputError as error:
        # The program has refused them as well, and nothing that it would have declared was looked at.
        found = [_mistake(problem, root, nowhere) for problem in error.problems]
        found += [_finding(violation, nowhere) for violation in preview.violations]
    else:
        found = [
            _finding(violation, document_place(violation, preview, documents) or nowhere)
            for violation in preview.violations
        ]
        planned = PlanOfDocuments.make(documents.fleet, previous)
        summary = planned.summary
        warned = [(warning, _warning(warning, place or nowhere)) for warning, place in planned.warnings(documents)]
        found = told_once(found, [told for warning, told in warned if "verdict" in warning.facts])
        found += [told for warning, told in warned if "verdict" not in warning.facts]
        errors = [error for error in preview.errors if not _is_shortfall(error)]
        # `onShortfall: warn` goes on.
        stops = len(errors) < len(preview.errors)
        found += [_shortfall(text, place or nowhere, stops=stops) for text, place in planned.shortfalls(documents)]
        if not preview.completed and (errors or not (stops and planned.plan.shortfalls)):
            found.append(_incomplete(errors, nowhere))
    return _merged(found), summary


def _is_shortfall(error: str) -> bool:
    return f"[{Code.SHORTFALL.value}]" in error


def _warning(warning: Diagnostic, place: Place) -> ReportedFinding:
    return _said(warning, place, "Nothing in the plan deserves a warning.", mandatory=False)


def _said(problem: Diagnostic, place: Place, description: str, *, mandatory: bool) -> ReportedFinding:
    return ReportedFinding(
        rule=problem.code.value,
        pack=CHECKS,
        description=description,
        message=": ".join(part for part in (problem.field_name, problem.text) if part),
        mandatory=mandatory,
        place=place,
    )


def _shortfall(text: str, place: Place, *, stops: bool) -> ReportedFinding:
    return ReportedFinding(
        rule=Code.SHORTFALL.value,
        pack=CHECKS,
        description="Every deployment gets as many environments as it asks for.",
        # The rule says the code already.
        message=text.replace(f" [{Code.SHORTFALL.value}]", "", 1),
        mandatory=stops,
        place=place,
    )


def _finding(violation: Violation, place: Place) -> ReportedFinding:
    return ReportedFinding(
        rule=violation.policy,
        pack=violation.pack,
        description=violation.description,
        message=violation.message,
        mandatory=violation.mandatory,
        place=place,
        urns=(violation.urn,),
    )


def _mistake(problem: Diagnostic, root: Path, nowhere: Place) -> ReportedFinding:
    # The line "1,234 more mistakes" is about no file.
    written = problem.place
    place = replace(written, file=relative(written.file, root)) if written.file else nowhere
    return _said(problem, place, "The documents are right.", mandatory=True)


def _incomplete(errors: Sequence[str], place: Place) -> ReportedFinding:
    return ReportedFinding(
        rule="preview-complete",
        pack=CHECKS,
        description="The preview completes, so that the policies see everything.",
        message="\n".join(errors or ("the preview was cut off: the policies have not seen everything",)),
        mandatory=True,
        place=place,
    )


def _merged(found: Iterable[ReportedFinding]) -> list[ReportedFinding]:
    """Sort, and make one of those that say the same of the same place: a model in ten environments is one model."""
    merged: dict[tuple[Place, str, str, str], list[ReportedFinding]] = {}
    for finding in found:
        merged.setdefault((finding.place, finding.pack, finding.rule, finding.message), []).append(finding)
    return [
        ReportedFinding(
            rule=first.rule,
            pack=first.pack,
            description=first.description,
            message=first.message,
            mandatory=first.mandatory,
            place=first.place,
            urns=tuple(sorted({urn for item in same for urn in item.urns})),
        )
        for _, same in sorted(merged.items(), key=lambda item: item[0])
        for first in same[:1]
    ]
