"""Layouts that MIG manager is asked for, beside what a node offers: real labels of GPU feature discovery."""

from __future__ import annotations

import pytest

from slicewise.clusters.live import asked_profile, awaits_layout
from slicewise.clusters.live.gpu_labels import read_gpus
from tests.unit.clusters.discover.describing import described
from tests.unit.clusters.kubernetes_json import node_json

GPU = "nvidia.com/gpu"
LAYOUT = "nvidia.com/mig.config"
STATE = "nvidia.com/mig.config.state"
H100 = {
    "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
    "nvidia.com/gpu.count": "8",
    "nvidia.com/gpu.memory": "81559",
}
WHOLE = {GPU: "8"}
CUT = {"nvidia.com/mig-3g.40gb": "16"}


@pytest.mark.parametrize(
    ("layout", "resources", "awaited"),
    [
        ("all-3g.40gb", WHOLE, True),
        ("all-1g.10gb", WHOLE, True),
        ("all-7g.80gb", WHOLE, True),
        ("all-balanced", WHOLE, True),
        ("all-disabled", WHOLE, False),
        ("all-disabled", CUT, True),
        ("all-3g.40gb", CUT, False),
        ("all-1g.10gb", CUT, True),
        ("all-balanced", CUT, True),
        ("all-balanced", CUT | {"nvidia.com/mig-1g.10gb": "16"}, False),
        ("all-3g.40gb", CUT | {"nvidia.com/mig-1g.10gb": "7"}, True),
        # MIG mode without slices: such GPUs offer nothing.
        ("all-enabled", WHOLE, True),
        ("all-enabled", CUT, True),
        ("all-enabled", {}, False),
        # What a name of one's own means only its own file says, but that it cuts something is likely.
        ("four-and-four", WHOLE, True),
        ("all-of-them", WHOLE, True),
        ("four-and-four", CUT, False),
        # GPUs that cannot be cut are beside those that are.
        ("all-3g.40gb", CUT | WHOLE, False),
        # Half of the GPUs are cut as asked, and the others, which could be, are not.
        ("all-3g.40gb", {"nvidia.com/mig-3g.40gb": "8", GPU: "4"}, True),
        # The device plugin up to 0.19 offers such slices under the plain name.
        ("all-1g.10gb.me", {"nvidia.com/mig-1g.10gb": "8"}, False),
        ("all-1g.10gb.me", WHOLE, True),
        ("all-3g.40gb", {}, False),
        (None, WHOLE, False),
    ],
)
def test_what_is_asked_for_is_compared_with_what_is_offered(
    layout: str | None, resources: dict[str, str], *, awaited: bool
) -> None:
    gpus = read_gpus(H100 | ({LAYOUT: layout} if layout else {}), resources)
    assert gpus is not None
    assert awaits_layout(gpus) is awaited


@pytest.mark.parametrize(
    ("layout", "state", "awaited"),
    [
        # By what a layout of one's own is, GPUs may stay whole; MIG manager knows, once it has read it.
        ("ours", "success", False),
        ("ours", "pending", True),
        ("ours", "failed", True),
        # What these make is known, and it is not there.
        ("all-enabled", "success", True),
        ("all-7g.80gb", "success", True),
        ("all-balanced", "success", True),
    ],
)
def test_what_mig_manager_says_of_its_work_counts_of_names_that_only_it_knows(
    layout: str, state: str, *, awaited: bool
) -> None:
    gpus = read_gpus(H100 | {LAYOUT: layout, STATE: state}, WHOLE)
    assert gpus is not None
    assert awaits_layout(gpus) is awaited


def test_units_of_which_nobody_says_what_they_are_say_nothing() -> None:
    gpus = read_gpus({LAYOUT: "all-1g.10gb"}, WHOLE)
    assert gpus is not None
    assert not awaits_layout(gpus)


@pytest.mark.parametrize(
    ("layout", "profile"),
    [("all-1g.10gb.me", "1g.10gb+me"), ("all-disabled", None), ("all-balanced", None), ("mine", None)],
)
def test_the_profile_that_a_layout_names(layout: str, profile: str | None) -> None:
    assert asked_profile(layout) == profile


@pytest.mark.parametrize("state", [{}, {STATE: "success"}])
def test_discover_tells_of_it_and_does_not_select_by_it(state: dict[str, str]) -> None:
    """The layout is the only label that tells the two from each other, but for their names."""
    asked = node_json("n-0", H100 | state | {LAYOUT: "all-7g.80gb"}, WHOLE)
    other = node_json("n-1", H100 | {LAYOUT: "all-disabled"}, {GPU: "4"})
    pools, comments = described([asked, other])
    assert all(LAYOUT not in each["nodeSelector"] for each in pools.values() if each["acceleratorCount"] == 8)
    shown = state.get(STATE, "no state")
    asked_for = f"CHECK: MIG manager is asked for all-7g.80gb ({LAYOUT}; {STATE}: {shown})"
    assert f"{asked_for}, and the GPUs are whole, so what they offer may change: n-0" in comments


def test_slices_are_said_too() -> None:
    _, comments = described([node_json("n-0", H100 | {LAYOUT: "all-disabled"}, CUT)])
    assert any("asked for all-disabled" in each and "the GPUs are cut into 3g.40gb" in each for each in comments)


@pytest.mark.parametrize(
    ("resources", "cut"),
    [
        ({"nvidia.com/mig-3g.40gb": "8", "nvidia.com/mig-1g.10gb": "28"}, "cut into 1g.10gb and 3g.40gb, so"),
        ({"nvidia.com/mig-3g.40gb": "8", GPU: "4"}, "cut into 3g.40gb, some of them whole, so"),
    ],
)
def test_all_that_is_there_in_place_of_a_layout_is_said(resources: dict[str, str], cut: str) -> None:
    _, comments = described([node_json("n-0", H100 | {LAYOUT: "all-1g.10gb"}, resources)])
    assert any(
        f"asked for all-1g.10gb ({LAYOUT}; {STATE}: no state), and the GPUs are {cut}" in each for each in comments
    )
