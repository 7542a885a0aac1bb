"""What the plan says of the documents: its warnings and shortfalls, at their lines, and a summary for a job."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.results.document_places import Documents
from slicewise.changes import PlanChanges, parts_of_plan, plan_changes
from slicewise.diagnostics import Diagnostic, Place
from slicewise.documents import Fleet
from slicewise.kubernetes import mapping
from slicewise.planning import Plan, PreviousPlacement, Rejections, make_plan, parse_previous
from slicewise.presentation import plan_as_markdown, shortfall_lines


@dataclass(frozen=True, slots=True)
class PlanOfDocuments:
    """The plan for the documents, as the program makes it.

    Attributes:
        fleet: What they declare.
        plan: The plan for it.
        changes: What it changes of the earlier plan; None where there is none.
    """

    fleet: Fleet
    plan: Plan
    changes: PlanChanges | None

    @classmethod
    def make(cls, fleet: Fleet, previous: tuple[PreviousPlacement, ...]) -> PlanOfDocuments:
        """Plan for `fleet`, with the placements of an earlier plan."""
        plan = make_plan(fleet, previous)
        changes = plan_changes(previous, plan, parts_of_plan(fleet, plan)) if previous else None
        return cls(fleet, plan, changes)

    @property
    def summary(self) -> str:
        """What changes, what is wrong, and all placements, as Markdown."""
        return plan_as_markdown(self.fleet, self.plan, self.changes)

    def warnings(self, documents: Documents) -> Iterator[tuple[Diagnostic, Place | None]]:
        """Yield each warning, and where it is; None where that is no document's line."""
        for warning in self.plan.warnings:
            yield warning, documents.place_of(warning)

    def shortfalls(self, documents: Documents) -> Iterator[tuple[str, Place | None]]:
        """Yield why each deployment gets too few environments and what would help, and where it is declared."""
        rejections = Rejections(self.fleet, self.plan)
        for shortfall in self.plan.shortfalls:
            alone = Plan(self.plan.placements, (shortfall,), self.plan.node_pools, ())
            text = "\n".join(shortfall_lines(self.fleet, alone, rejections))
            yield text, documents.deployment(shortfall.deployment, ("metadata", "name"))


def earlier_placements(file: Path | None, outputs: Mapping[str, Any]) -> tuple[PreviousPlacement, ...]:
    """Return the placements of the earlier plan: of `file`, or else what the stack had in its `outputs`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not JSON.
        InvalidInputError: it is not a plan (SW109).
    """
    if file is None:
        placements = outputs.get("placements")
        return () if placements is None else parse_previous(placements, "the stack's outputs")
    data = json.loads(file.read_text(encoding="utf-8"))
    return parse_previous(mapping(data).get("placements"), str(file))
