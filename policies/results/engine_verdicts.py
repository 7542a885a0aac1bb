"""One finding where the plan warns that an engine may not start, and the policy `engine-memory` says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from policies.results.reported_finding import ReportedFinding
from slicewise.manifests import ENGINE_MEMORY_ANNOTATION, prefill_annotation

_POLICY: Final = "engine-memory"
# The policy also finds engines that are not those that were judged, of which the plan knows nothing.
_VERDICTS: Final = tuple(
    f'metadata.annotations["{named(ENGINE_MEMORY_ANNOTATION)}"]' for named in (str, prefill_annotation)
)


def told_once(of_policies: Sequence[ReportedFinding], of_plan: Iterable[ReportedFinding]) -> list[ReportedFinding]:
    """Return both, where they agree as one: the plan's, which has the reason, as strict as the policy.

    Args:
        of_policies: What the policies found.
        of_plan: What the plan says of engines that may not start.
    """
    engines = list(of_plan)
    places = {each.place for each in engines}
    same = [each for each in of_policies if _is_verdict(each) and each.place in places]
    for number, engine in enumerate(engines):
        agreeing = [each for each in same if each.place == engine.place]
        engines[number] = replace(
            engine,
            mandatory=any(each.mandatory for each in agreeing),
            urns=tuple(urn for each in agreeing for urn in each.urns),
        )
    return [*(each for each in of_policies if each not in same), *engines]


def _is_verdict(finding: ReportedFinding) -> bool:
    return finding.rule == _POLICY and finding.message.startswith(_VERDICTS)
