"""Layouts of NVIDIA's MIG manager by the names of profiles, and what they make of each GPU model of the catalogue."""

from __future__ import annotations

import pytest

from embedded.nvidia import DEVICE_IDS, mig_layouts
from slicewise.mig import ALL_GPU_MODELS, find_gpu_model, layout_name, slices_made

PAIRS = [(model.name, profile.name) for model in ALL_GPU_MODELS for profile in model.profiles]


def test_the_table_has_all_layouts() -> None:
    # mig-parted v0.13.1, deployments/systemd/config-default.yaml.
    assert len(mig_layouts()) == 81


@pytest.mark.parametrize(("model", "profile"), PAIRS)
def test_what_a_layout_makes(model: str, profile: str) -> None:
    made = mig_layouts().get(layout_name(profile), {})
    # Of boards with ids that no layout has, that for all GPUs is made.
    expected = made.get(model if model in DEVICE_IDS else "l40s", {}).get(profile, 0)
    assert slices_made(find_gpu_model(model), profile) == expected


def test_h200_nvl_gets_no_1g_35gb() -> None:
    h200 = find_gpu_model("h200")
    assert slices_made(h200, "1g.35gb", "NVIDIA-H200-NVL") == 0
    assert slices_made(h200, "1g.35gb", "NVIDIA-H200") == 4
    assert slices_made(h200, "1g.18gb", "NVIDIA-H200-NVL") == 7
    # Another GPU model's profile.
    assert slices_made(h200, "1g.10gb") == 0


def test_names_of_layouts() -> None:
    assert [layout_name(each) for each in ("3g.40gb", "1g.24gb+me.all", None)] == [
        "all-3g.40gb",
        "all-1g.24gb.me.all",
        "all-disabled",
    ]
