"""MIG manager's configuration: what mig-parted v0.13.1 itself reads in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.nvidia import ask_mig_parted
from slicewise.layouts import GpuCut, NodeGpus, cut_into, mig_parted_config
from slicewise.mig import find_gpu_model

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
