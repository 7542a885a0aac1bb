"""A plan as Markdown: what changes comes first, and nothing that was written elsewhere is Markdown in it."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from slicewise.changes import parts_of_plan, plan_changes
from slicewise.diagnostics import Code, Diagnostic
from slicewise.planning import make_plan
from slicewise.presentation import plain_console, plan_as_markdown, print_plan
from tests.documents import deployment, environment, fleet_of, model, quota, slices
from tests.unit.changes.comparing import remembered

POOLS = environment("east", slices("cut", "3g.40gb", nodeCount=9))


def test_quotas_and_endpoints_are_as_in_the_table() -> None:
    pools = environment("east", slices("cut", "3g.40gb", nodeCount=9))
    pools["spec"]["gateway"] = {"namespace": "gateways", "name": "models", "hostname": "models.example.com"}
    limited = quota("team", {"units": 7}, namespaces=["team"])
    fleet = fleet_of([pools, model("m"), deployment("chat", "m", replicas=3), limited])
    lines = plan_as_markdown(fleet, make_plan(fleet), None).splitlines()
    start = lines.index("### 1 quota")
    assert start < next(number for number, line in enumerate(lines) if "<details>" in line)
    assert lines[start + 2] == "```text"
    assert [line.split() for line in lines[start + 3 : start + 6] if "─" not in line] == [
        ["quota", "measure", "used", "limit"],
        ["team", "units", "3", "7"],
    ]
    folded = "\n".join(lines).partition("<details>")[2]
    assert "models.example.com" in folded


def test_changes_come_first_and_the_tables_are_folded() -> None:
    stays = deployment("stays", "m", servedModelName="s")
    old = fleet_of([POOLS, model("m"), deployment("chat", "m"), stays])
    now = fleet_of([POOLS, model("m"), deployment("chat", "m", replicas=2), stays])
    previous = remembered(old, make_plan(old))
    plan = make_plan(now, previous)
    changes = plan_changes(previous, plan, parts_of_plan(now, plan))
    lines = plan_as_markdown(now, plan, changes).splitlines()
    assert lines[:5] == [
        "### Changes: 1 changed, 1 unchanged",
        "",
        "```diff",
        "~ team/chat  east/cut  replicas 1 -> 2; no pod restarts",
        "```",
    ]
    folded = "\n".join(lines).partition("<details>")[2]
    assert re.search(r"team/stays .* kept", folded)
    assert re.search(r"team/chat .* changed", folded)
    # As `plan` prints it, with and without --all.
    for every in (False, True):
        text = io.StringIO()
        print_plan(plain_console(text), now, plan, changes, every=every)
        assert text.getvalue().startswith("Changes: 1 changed, 1 unchanged")
        assert ("team/stays" in text.getvalue()) is every


def test_no_text_ends_its_block_and_none_is_longer_than_a_comment() -> None:
    fleet = fleet_of([POOLS, model("m"), deployment("chat", "m")])
    told = "```\n[link](https://example.com) <img src=x> @someone"
    warning = Diagnostic.warning(Code.NO_UNIT_FOR_ROLLING_UPDATE, told)
    plan = make_plan(fleet)
    text = plan_as_markdown(fleet, replace(plan, warnings=(warning,)), None)
    fences = [line for line in text.splitlines() if re.fullmatch(r"`{3,}\w*", line)]
    assert fences[0] == "````text"
    assert fences[1] == "````"
    # GitHub takes 65,536 characters.
    many = tuple(Diagnostic.warning(Code.NO_UNIT_FOR_ROLLING_UPDATE, f"{number} {'x' * 200}") for number in range(1000))
    text = plan_as_markdown(fleet, replace(plan, warnings=many), None)
    assert len(text) < 65_536
    assert re.search(r"\.\.\. and \d+ more lines", text)
