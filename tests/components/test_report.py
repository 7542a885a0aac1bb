"""What the engine is given to log of a plan."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from components.fleet_plan import FleetPlan, plan_fleet
from components.report import report
from components.stack_config import StackConfig
from slicewise.diagnostics.printable_text import printable
from slicewise.documents import Fleet
from slicewise.planning import OnShortfall, Rejections, make_plan, parse_previous
from tests.documents import (
    Document,
    deployment,
    environment,
    fleet_of,
    model,
    planned_outputs,
    pool,
    profile,
    quota,
    slices,
)
from tests.unit.cli.test_hostile import every_text, plan_of
from tests.unit.sizing.configs import QWEN_7B

WARN = StackConfig(on_shortfall=OnShortfall.WARN)


@every_text
def test_no_name_of_an_earlier_plan_gets_through_to_the_terminal(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    logged: list[str] = []
    log: Callable[[str], None] = logged.append
    monkeypatch.setattr(pulumi.log, "info", log)
    monkeypatch.setattr(pulumi.log, "warn", log)

    fleet, plan = fleet_of([]), plan_of(text)
    report(WARN, FleetPlan(fleet, (), plan, {}, (), {}), Rejections(fleet, plan))

    # The tables, a move and a warning.
    assert len(logged) == 3
    for message in logged:
        assert printable(text) in message
        assert all(line.isprintable() for line in message.split("\n"))


def test_it_is_said_once_for_how_many_models_the_memory_was_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    log: Callable[[str], None] = logged.append
    monkeypatch.setattr(pulumi.log, "info", log)
    monkeypatch.setattr(pulumi.log, "warn", log)
    silent, known = model("silent", profile("any")), model("known", profile("any"))
    known["spec"]["architecture"] = {"config": QWEN_7B}
    pools = environment("east", pool("whole", nodeCount=2))

    def said(*models: Document) -> int:
        fleet = fleet_of(
            [
                pools,
                *models,
                *(deployment(f"of-{each['metadata']['name']}", each["metadata"]["name"]) for each in models),
            ]
        )
        plan = make_plan(fleet)
        logged.clear()
        report(WARN, FleetPlan(fleet, (), plan, {}, (), {}), Rejections(fleet, plan))
        return " ".join(logged).count("was not checked for 1 of ")

    assert [said(silent), said(silent, known), said(known)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("skipped", "room", "told"), [((), 1, True), (("west",), 1, False), (("east",), 1, True), (("west",), 0, True)]
)
def test_what_has_moved_out_of_a_skipped_environment_is_not_said_again(
    monkeypatch: pytest.MonkeyPatch, skipped: tuple[str, ...], room: int, told: bool
) -> None:
    """While west is skipped its placement stays in the outputs, beside the one in east."""
    warned: list[str] = []
    log: Callable[[str], None] = warned.append
    monkeypatch.setattr(pulumi.log, "info", lambda _: None)
    monkeypatch.setattr(pulumi.log, "warn", log)
    tiny = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))

    def fleet(site: dict[str, str], replicas: int, environments: int) -> Fleet:
        clusters = [environment(name, slices("slices", "3g.40gb"), labels={"site": name}) for name in ("east", "west")]
        chat = deployment("chat", "tiny", replicas=replicas, environments=environments, environmentSelector=site)
        return fleet_of([*clusters, tiny, chat])

    both = planned_outputs(fleet({}, 1, 2))["placements"]
    west = {"west/team/chat": both["west/team/chat"]}
    previous = parse_previous(both if room else west, "outputs")
    after = fleet({"site": "east"}, 1 if room else 1000, 1)
    planned = plan_fleet(WARN, after, previous)
    report(WARN, planned, Rejections(after, planned.plan), skipped)

    assert any("chat: from west/slices with any to nowhere" in line for line in warned) is told


def test_what_is_taken_of_quotas_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    log: Callable[[str], None] = logged.append
    monkeypatch.setattr(pulumi.log, "info", log)
    documents = [environment("east", pool("whole")), model("m", profile("any")), deployment("chat", "m", replicas=3)]
    fleet = fleet_of([*documents, quota("team", {"units": 7}, namespaces=["team"])])
    plan = make_plan(fleet)
    report(WARN, FleetPlan(fleet, (), plan, {}, (), {}), Rejections(fleet, plan))
    assert ["team", "units", "3", "7"] in [line.split() for line in logged[0].splitlines()]
