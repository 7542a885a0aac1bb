"""The map of the fleet: bars whose cells are units, in a terminal and as a picture."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from slicewise.planning import Plan, PoolUsage, make_plan
from slicewise.presentation.bars import Part, bar, colours
from slicewise.presentation.fleet_map import print_map
from slicewise.presentation.picture import fleet_picture
from tests.documents import Document, deployment, environment, fleet_of, model, on_demand, pool, profile, slices
from tests.unit.cli.running import DEMO, SHORTFALL, in_terminal, slicewise
from tests.unit.planning.strategies import fleets, steady

DOCUMENTS = [
    environment("mig-a", slices("small", "3g.40gb", acceleratorCount=4, reservedUnits=2), slices("tiny", "1g.10gb")),
    environment("onprem", pool("whole", nodeCount=2), pool("off", nodeCount=0)),
    model("m"),
    *[deployment("dev", "m", replicas=3), deployment("prod", "m", replicas=12, environments=2)],
]


def shown(plan: Plan, width: int = 80, limit: int = 40, encoding: str = "utf-8") -> list[str]:
    text = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_map(Console(file=text, width=width, color_system=None, force_terminal=True, _environ={}), plan, limit)
    text.seek(0)
    return [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", text.read()).splitlines()]


def plan_of(documents: list[Document]) -> Plan:
    return make_plan(fleet_of(documents))


def test_a_cell_is_a_unit_where_there_is_room_and_the_sums_are_gpus() -> None:
    # 4 GPUs of two 3g.40gb, 8 of seven 1g.10gb and 16 whole: 15/7 + 12 used, 2 of 3g.40gb one reserved GPU.
    # tiny has 56 slices for 40 cells: the 12 of prod are 8.6 of them, the 3 of dev 2.1, what is free 29.3.
    assert shown(plan_of(DOCUMENTS), width=120) == [
        "Fleet  28 GPUs  █ 14.1 used  ▒ 1 reserved  ░ 12.9 free",
        "mig-a",
        "  small ▒▒░░░░░░                                   0/8 = 0/4 GPUs    ▒ reserved 2",
        "  tiny  ███████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 15/56 = 2.1/8 GPUs  ■ team/prod 12  ■ team/dev 3",
        "onprem",
        "  off                                              0/0",
        "  whole ████████████░░░░                         12/16               ■ team/prod 12",
    ]


def test_profiles_that_are_cut_on_demand_share_their_gpus() -> None:
    """Four H100s: of eight slices two are 3g.40gb, four 1g.10gb are free, and none beyond them is promised."""
    cut = on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=2, nodeCount=2, reservedSlices={"1g.10gb": 2})
    documents = [
        environment("env", cut),
        model("m", profile("s", memoryPerGpu="39Gi")),
        deployment("d", "m", replicas=2),
    ]
    # Memory slices: 2 x 4 of 32 used, 2 x 1 reserved.
    assert shown(plan_of(documents), width=120) == [
        "Fleet  4 GPUs  █ 1 used  ▒ 0.2 reserved  ░ 2.8 free",
        "env",
        "  cut (3g.40gb) ██░░░░··                      2/8 = 1/4 GPUs  ■ team/d 2  · blocked 2",
        "  cut (1g.10gb) ▒▒░░░░······················ 0/28 = 0/4 GPUs  ▒ reserved 2  · blocked 22",
    ]


def test_a_narrow_terminal_has_a_pool_on_three_lines() -> None:
    assert shown(plan_of(DOCUMENTS), width=60)[:7] == [
        "Fleet  28 GPUs  █ 14.1 used  ▒ 1 reserved  ░ 12.9 free",
        "mig-a",
        "  small",
        "    ▒▒░░░░░░                              0/8 = 0/4 GPUs",
        "    ▒ reserved 2",
        "  tiny",
        "    █████████░░░░░░░░░░░░░░░░░░░░░░░░░░ 15/56 = 2.1/8 GPUs",
    ]


def test_a_pool_that_shrank_reserves_what_is_left() -> None:
    usage = PoolUsage("e", "p", "nvidia.com/gpu", 8, 1, allocated=7, reserved=4, units_per_gpu=1)
    assert shown(Plan((), (), (usage,), ()), width=120)[:3] == [
        "Fleet  8 GPUs  █ 7 used  ▒ 1 reserved  ░ 0 free",
        "e",
        "  p ▒        7/8   ▒ reserved 1",
    ]


def test_what_has_no_room_in_the_legend_is_counted() -> None:
    lines = shown(plan_of(DOCUMENTS), width=28)
    assert lines[lines.index("  tiny") + 2].split() == ["■", "team/prod", "12", "+1"]


def test_ascii_where_the_terminal_has_no_more() -> None:
    lines = shown(plan_of(DOCUMENTS), encoding="ascii")
    assert all(line.isascii() for line in lines)
    assert lines[0] == "Fleet  28 GPUs  # 14.1 used  = 1 reserved  . 12.9 free"


def test_many_pools_are_the_fullest_and_a_line_on_the_rest() -> None:
    documents = [
        *[environment(f"e{number:04}", pool("p")) for number in range(3000)],
        *[model("m"), deployment("d", "m", replicas=8, environments=2), deployment("e", "m", replicas=4)],
    ]
    lines = shown(plan_of(documents), limit=2)
    assert len(lines) == 10
    assert lines[1:5] == ["e0000", "  p", "    ████████ 8/8", "    ■ team/d 8"]
    assert lines[-1] == "and 2,998 more pools, 23,980 of 23,984 GPUs free"


@steady
@given(fleets(), st.integers(20, 200))
def test_no_line_is_wider_than_the_terminal(documents: list[Document], width: int) -> None:
    assert all(len(line) <= width for line in shown(plan_of(documents), width))


@given(st.lists(st.integers(0, 500), max_size=12), st.integers(1, 60))
def test_a_bar_shows_the_shares(amounts: list[int], width: int) -> None:
    text = bar([Part(amount, chr(ord("a") + index), "") for index, amount in enumerate(amounts)], width).plain
    total = sum(amounts)
    assert len(text) == min(total, width)
    present = [index for index, amount in enumerate(amounts) if amount]
    for index in present:
        cells = text.count(chr(ord("a") + index))
        assert cells or len(present) > width
        if total <= width:
            assert cells == amounts[index]
    assert list(text) == sorted(text)


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), unique=True, max_size=30))
def test_colours_are_shared_only_when_there_are_no_more(names: Sequence[str]) -> None:
    given_colours = colours(sorted(names))
    assert len(set(given_colours.values())) == min(len(names), 12)


def test_a_terminal_ends_with_the_map_and_a_pipe_has_none() -> None:
    run = in_terminal("plan", DEMO)
    assert run.returncode == 0
    lines = re.sub(r"\x1b\[[\d;]*m", "", run.stdout).splitlines()
    map_ = lines[[line.startswith("Fleet") for line in lines].index(True) :]
    assert [line.strip().split()[0] for line in map_ if line[2:3].isalpha()] == [
        *("Fleet", "mig-a", "small-models-mig", "onprem-b", "h100-tiny", "h100-whole"),
    ]
    assert "■ team-b/chat-small 6" in "\n".join(map_)
    assert "Fleet" not in slicewise("plan", DEMO).stdout


def test_a_terminal_without_unicode() -> None:
    run = in_terminal("plan", SHORTFALL, encoding="ascii")
    assert run.returncode == 3
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize(("path", "code"), [(DEMO, 0), (SHORTFALL, 3)])
def test_the_picture_is_svg_that_fetches_nothing(path: str, code: int) -> None:
    run = slicewise("plan", path, "--output", "svg")
    assert (run.returncode, run.stderr) == (code, "")
    root = ET.fromstring(run.stdout)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    rest = run.stdout.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|@import|url\((?!#)|<script|<image|font-face", rest)
    assert run.stdout == slicewise("plan", path, "--output", "svg").stdout


def test_the_picture_has_every_pool_and_deployment() -> None:
    text = "".join(ET.fromstring(fleet_picture(plan_of(DOCUMENTS))).itertext())  # noqa: S314 - our own
    for name in ("mig-a", "small", "tiny", "onprem", "whole", "off", "team/dev", "team/prod"):
        assert name in text.replace("\xa0", " ")
