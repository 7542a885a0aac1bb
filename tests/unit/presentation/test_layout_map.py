"""GPUs with their slices before and after, as lines and as a picture."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from slicewise.layouts import FleetLayout, propose_for_fleet
from slicewise.presentation import layout_picture, print_layout_map
from tests.documents import Document, deployment, environment, fleet_of, model, profile, several, slices


def proposal(written: Document, memory: str, replicas: int) -> FleetLayout:
    served = model("m", profile("s", memoryPerGpu=memory), cpu="100m", memory="1Gi")
    return propose_for_fleet(
        fleet_of([environment("east", written), served, deployment("d", "m", replicas=replicas)]), (), None, 30
    )


def shown(found: FleetLayout) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    print_layout_map(console, found)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_each_gpu_is_a_bar_of_its_memory_slices() -> None:
    found = proposal(slices("a", "3g.40gb", memoryPerGpu="39Gi"), "9Gi", 56)
    assert shown(found) == [
        "east a: 1 node of 1",
        "  now",
        "    8 GPUs |3g.40gb    |3g.40gb    |",
        "  proposed",
        "    8 GPUs |1g|1g|1g|1g|1g|1g|1g|  |",
    ]


def test_slices_of_several_profiles_are_laid_on_gpus() -> None:
    found = proposal(several("a", {"3g.40gb": 2, "1g.10gb": 9}, acceleratorCount=3), "70Gi", 3)
    now = shown(found)[2 : shown(found).index("  proposed")]
    drawn = " ".join(now)
    assert (drawn.count("3g.40gb"), drawn.count("1g|")) == (2, 9)
    assert shown(found)[-1] == "    3 GPUs |7g.80gb                |"


@pytest.mark.parametrize(
    ("accelerator", "cut", "memory", "line"),
    [
        ("nvidia-rtx-pro-6000", "4g.96gb", "20Gi", "    2 GPUs |1g.24gb |1g.24gb |1g.24gb |1g.24gb |"),
        ("nvidia-a30", "4g.24gb", "5Gi", "    2 GPUs |1g   |1g   |1g   |1g   |"),
    ],
)
def test_boards_that_count_other_memory_slices(accelerator: str, cut: str, memory: str, line: str) -> None:
    written = slices("a", cut, acceleratorType=accelerator, acceleratorCount=2, memoryPerGpu="22Gi")
    assert shown(proposal(written, memory, 8))[-1] == line


def test_a_picture_is_svg_of_the_same_text_and_fetches_nothing() -> None:
    found = proposal(slices("a", "3g.40gb", memoryPerGpu="39Gi"), "9Gi", 56)
    picture = layout_picture(found)
    assert picture.isascii()
    texts = "".join(ET.fromstring(picture).itertext()).replace("\xa0", " ")  # noqa: S314 - made here
    assert "|1g|1g|1g|1g|1g|1g|1g|" in texts
    assert "url(http" not in picture


def test_pools_that_stay_are_not_drawn() -> None:
    assert shown(proposal(slices("a", "3g.40gb", memoryPerGpu="39Gi"), "38Gi", 16)) == []
