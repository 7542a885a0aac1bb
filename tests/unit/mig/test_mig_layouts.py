"""Layouts of NVIDIA's MIG manager by the names of profiles, and what they make of each GPU model of the catalogue."""

from __future__ import annotations

import pytest

from slicewise.mig import ALL_GPU_MODELS, find_gpu_model, kubernetes_spelling, layout_name, slices_made

# mig-parted v0.13.1, deployments/systemd/config-default.yaml: every layout `all-...` without a filter of device ids, by
# how many slices it makes on a GPU.
LAYOUTS = {
    1: "1g.5gb.me 4g.20gb 7g.40gb 1g.24gb.me.all 2g.48gb.me.all 4g.96gb 4g.96gb.gfx 1g.10gb.me 4g.40gb 7g.80gb "
    "1g.6gb.me 2g.12gb.me 4g.24gb 1g.12gb.me 1g.24gb.me 4g.93gb 7g.186gb 4g.47gb 7g.94gb 4g.48gb 7g.96gb "
    "1g.18gb.me 1g.23gb.me 4g.71gb 7g.141gb 1g.34gb.me 1g.35gb.me 4g.72gb 4g.90gb 4g.95gb 4g.135gb "
    "4g.139gb 7g.144gb 7g.180gb 7g.189gb 7g.269gb 7g.278gb",
    2: "3g.20gb 2g.48gb 2g.48gb.gfx 2g.48gb-me 3g.40gb 2g.12gb 3g.93gb 3g.47gb 3g.48gb 3g.71gb 3g.72gb 3g.90gb 3g.95gb "
    "3g.135gb 3g.139gb",
    3: "2g.10gb 2g.20gb 2g.24gb 2g.47gb 2g.35gb 2g.36gb 2g.45gb 2g.67gb 2g.70gb",
    4: "1g.24gb.gfx 1g.24gb-me 1g.20gb 1g.6gb 1g.24gb 1g.47gb 1g.36gb 1g.45gb 1g.67gb 1g.70gb",
    7: "1g.5gb 1g.12gb 1g.18gb 1g.23gb 1g.34gb",
}
MADE = {name: number for number, names in LAYOUTS.items() for name in names.split()}
# Those with filters, by the GPU models whose boards have these ids (NVIDIA's list of them in the same file's comments,
# and pci.ids): 0x2335 is H200 SXM, 0x233B H200 NVL, 0x31C2 GB300; 0x20B0, 0x20B1, 0x20F1 and 0x20F6 are A100s of 40 GB.
FILTERED = {
    "1g.10gb": {"a100-40gb": 4, "a100-80gb": 7, "h100-80gb": 7},
    "1g.35gb": {"h200": 4, "gb300": 7},
}
PAIRS = [(model.name, profile.name) for model in ALL_GPU_MODELS for profile in model.profiles]


def test_the_table_has_all_layouts_of_profiles() -> None:
    # all-disabled, all-enabled and all-balanced are the other three.
    assert len(MADE) + len(FILTERED) + 3 == 81


@pytest.mark.parametrize(("model", "profile"), PAIRS)
def test_what_a_layout_makes(model: str, profile: str) -> None:
    name = kubernetes_spelling(profile)
    expected = FILTERED[name].get(model, 0) if name in FILTERED else MADE.get(name, 0)
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
