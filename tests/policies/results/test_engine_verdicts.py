"""That an engine may not start is one finding, though both the plan and the policy `engine-memory` find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.results.engine_events import Preview
from policies.results.findings import findings
from policies.results.reported_finding import ReportedFinding
from slicewise.documents import load_fleet
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.policies.results.demo import CHECKOUT, MANIFESTS
from tests.policies.results.stream import ANALYZED, SUCCEEDED, placement, service, service_urn, stream, violation

SMALL = "onprem-b/team-b/chat-small"
POLICY = "engine-memory"
VERDICT = 'metadata.annotations["slicewise.dev/engine-memory"]: the engine may not start on a unit of 9.75 GiB'
OTHERS = "spec.template.containers[0].args: image or arguments are others than those that the plan compared"


def found(directory: Path, *said: tuple[str, str]) -> list[ReportedFinding]:
    """Return what is found of the demo with the latest vLLM, of which it is not known what it needs."""
    directory.mkdir()
    for file in MANIFESTS.iterdir():
        text = file.read_text().replace("      engine:\n", "      engine:\n        image: vllm/vllm-openai:latest\n")
        (directory / file.name).write_text(text)
    fleet = load_fleet([str(directory)])
    (item,) = [each for each in make_plan(fleet).placements if f"{each.environment}/{each.deployment}" == SMALL]
    events = [violation(service_urn(SMALL), message, policy=POLICY, level=level) for message, level in said]
    declared = (placement(SMALL), service(SMALL, placement_objects(fleet, item)[0]))
    preview = Preview.read(stream(ANALYZED, *declared, *events, SUCCEEDED))
    return findings(preview, [str(directory)], CHECKOUT, CHECKOUT)[0]


@pytest.mark.parametrize(("level", "mandatory"), [("advisory", False), ("mandatory", True)])
def test_the_plans_reason_is_told_as_strictly_as_the_policy_is(tmp_path: Path, level: str, mandatory: bool) -> None:
    alone = found(tmp_path / "alone")
    both = found(tmp_path / "both", (VERDICT, level))
    assert {each.rule for each in both} == {"SW719"}
    assert [each.message for each in both] == [each.message for each in alone]
    # Only of the placement that the policy has looked at.
    assert [(each.mandatory, each.urns) for each in both if each.urns] == [(mandatory, (service_urn(SMALL),))]
    assert not any(each.mandatory for each in both if not each.urns)


def test_an_engine_that_was_not_judged_is_a_finding_of_its_own(tmp_path: Path) -> None:
    rules = [each.rule for each in found(tmp_path / "stack", (VERDICT, "advisory"), (OTHERS, "advisory"))]
    assert rules.count(POLICY) == 1
    assert rules.count("SW719") == len(rules) - 1
