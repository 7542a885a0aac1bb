"""MIG manager's configuration: what mig-parted v0.13.1 itself reads in it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.nvidia import apply_mig_parted, ask_mig_parted, mock_placements
from slicewise.layouts import GpuCut, NodeGpus, cut_into, fullest_cuts, mig_parted_config
from slicewise.mig import find_gpu_model
from tests.unit.layouts.boards import BOARDS, COMPUTE, first_free, fits, has_media, multisets

GPUS = 4
H100 = find_gpu_model("h100-80gb")


def cut(**slices: int) -> GpuCut:
    found = cut_into(H100, {name.replace("_", ".").removeprefix("of."): count for name, count in slices.items()})
    assert found
    return found


BALANCED = cut(of_3g_40gb=1, of_2g_20gb=1, of_1g_10gb=2)
SMALL = cut(of_1g_10gb=7)


def written(*gpus: GpuCut, whole: int = 0) -> list[dict[str, Any]]:
    config = mig_parted_config([("slicewise-a", NodeGpus(gpus, whole))])
    assert config["version"] == "v1"
    found: list[dict[str, Any]] = config["mig-configs"]["slicewise-a"]
    return found


def test_gpus_that_are_all_cut_alike_are_all_devices() -> None:
    assert written(SMALL, SMALL) == [{"devices": "all", "mig-enabled": True, "mig-devices": {"1g.10gb": 7}}]


def test_gpus_that_differ_are_numbered_and_those_that_are_whole_come_last() -> None:
    assert written(BALANCED, SMALL, SMALL, whole=1) == [
        {"devices": [0], "mig-enabled": True, "mig-devices": BALANCED.counts},
        {"devices": [1, 2], "mig-enabled": True, "mig-devices": {"1g.10gb": 7}},
        {"devices": [3], "mig-enabled": False, "mig-devices": {}},
    ]


def driven(board: str, gpus: int, *, last: bool) -> dict[str, object]:
    """Return a node whose driver has the limits that NVIDIA's tables say; it takes the first or the last free place."""
    return {
        "board": board,
        "gpus": gpus,
        "compute": COMPUTE.get(board, 7),
        "last": last,
        "profiles": {
            name: {"size": size, "starts": starts, "most": most, "media": has_media(name)}
            for name, (size, starts, most) in BOARDS[board].items()
        },
    }


def configs(board: str) -> dict[str, NodeGpus]:
    """Return every cut of a GPU that `layout` may propose, and nodes whose GPUs are cut in several ways."""
    proposed = {name: row for name, row in BOARDS[board].items() if name.endswith("gb")}
    model = find_gpu_model(board)
    cuts = [found for slices in multisets(proposed) if slices and (found := cut_into(model, slices))]
    assert len(cuts) == sum(1 for slices in multisets(proposed) if slices and fits(board, list(slices.items())))
    nodes = [NodeGpus((each,) * GPUS) for each in cuts]
    fullest = fullest_cuts(model, proposed)
    nodes += [NodeGpus((one, *(other,) * (GPUS - 2)), whole=1) for one, other in pairwise((*fullest, fullest[0]))]
    return {f"slicewise-{number}": node for number, node in enumerate(nodes)}


@pytest.mark.long
@pytest.mark.parametrize("last", [False, True], ids=["first free place", "last free place"])
@pytest.mark.parametrize("board", ["a100-40gb", "a100-80gb", "a30", "h100-80gb", "h200", "rtx-pro-6000"])
def test_every_config_that_is_applied_ends_in_the_slices_that_were_asked_for(
    board: str, last: bool, tmp_path: Path
) -> None:
    nodes = configs(board)
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(mig_parted_config(nodes.items()), sort_keys=False), encoding="utf-8")
    made = apply_mig_parted(file, driven(board, GPUS, last=last))
    assert {name: each.get("error", "") for name, each in made.items()} == dict.fromkeys(nodes, "")
    for name, node in nodes.items():
        asked = [*(cut.counts for cut in node.cuts), *[None] * node.whole]
        assert [gpu and gpu["slices"] for gpu in made[name]["gpus"]] == asked
        assert [
            gpu and {profile: len(at) for profile, at in gpu["places"].items()} for gpu in made[name]["gpus"]
        ] == asked


@pytest.mark.long
@pytest.mark.parametrize("board", ["a100-40gb", "a30", "h100-80gb", "rtx-pro-6000"])
def test_where_slices_begin_is_what_a_driver_that_takes_the_first_free_place_makes(board: str) -> None:
    fullest = fullest_cuts(find_gpu_model(board), [name for name in BOARDS[board] if name.endswith("gb")])
    for cut in fullest:
        assert first_free(BOARDS[board], [each.profile for each in cut.slices]) == [
            (each.profile, each.start) for each in cut.slices
        ]


@pytest.mark.long
@pytest.mark.parametrize(
    "asked",
    [{"3g.40gb": 3}, {"1g.10gb": 8}, {"1g.10gb": 5, "3g.40gb": 1}, {"1g.10gb+me": 2}, {"4g.40gb": 1, "3g.40gb": 2}],
    ids=str,
)
def test_a_driver_with_limits_refuses_what_does_not_fit(asked: dict[str, int], tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    devices = [{"devices": "all", "mig-enabled": True, "mig-devices": asked}]
    file.write_text(yaml.safe_dump({"version": "v1", "mig-configs": {"too-much": devices}}), encoding="utf-8")
    (made,) = apply_mig_parted(file, driven("h100-80gb", 1, last=False)).values()
    assert made["gpus"] is None
    assert made["error"].startswith("GPU 0: error attempting multiple config orderings")


@pytest.mark.long
def test_places_of_an_a100_are_those_of_nvidias_mock() -> None:
    board = find_gpu_model("a100-40gb")
    mock = mock_placements()
    catalogue = {
        each.name: {"size": each.memory_slices, "starts": list(each.starts), "most": each.per_gpu, "media": False}
        for each in board.profiles
    }
    assert mock == catalogue


@pytest.mark.long
def test_mig_parted_reads_every_config(tmp_path: Path) -> None:
    cuts = {
        "slicewise-a": NodeGpus((BALANCED, SMALL)),
        "slicewise-b": NodeGpus((SMALL,) * 8),
        "slicewise-c": NodeGpus((SMALL, SMALL, BALANCED), whole=2),
    }
    config = mig_parted_config(cuts.items())
    file = tmp_path / "config.yaml"
    file.write_text("# labels\n" + yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    made = ask_mig_parted(file)
    assert {name: set(map(str, by_id.values())) for name, by_id in made.items()} == {
        name: {str(dict(sorted(node.cuts[0].counts.items())))} for name, node in cuts.items()
    }
