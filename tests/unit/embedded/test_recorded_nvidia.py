"""The recorded table is what NVIDIA's components say; spot checks against what was reported of real nodes."""

from __future__ import annotations

from collections import Counter

import pytest

from embedded.nvidia import (
    MIG_LAYOUTS,
    RECORDED,
    ask_components,
    ask_mig_parted,
    layouts,
    mig_layouts,
    record,
    record_layouts,
    recorded_nodes,
)

NVIDIA = "nvidia.com/"


@pytest.mark.long
def test_it_is_what_the_components_say() -> None:
    assert record(ask_components(layouts())) == RECORDED.read_text(encoding="utf-8")


@pytest.mark.long
def test_layouts_are_what_mig_parted_makes() -> None:
    assert record_layouts(ask_mig_parted()) == MIG_LAYOUTS.read_text(encoding="utf-8")


def test_balanced_nodes_are_cut_as_mig_manager_cuts_them() -> None:
    made = mig_layouts()["all-balanced"]
    balanced = {name.split("/")[0]: layout for name, layout in layouts().items() if "/balanced/" in name}
    assert len(balanced) == 6
    for board, layout in balanced.items():
        assert all(Counter(gpu.slices) == made[board] for gpu in layout.gpus), board


def test_a_layout_for_other_device_ids_does_nothing() -> None:
    # 1g.35gb is of both, and the layout is for H200 SXM and GB300 alone.
    made = mig_layouts()["all-1g.35gb"]
    assert (made["h200"], made.get("h200-nvl")) == ({"1g.35gb": 4}, None)


def test_every_layout_is_recorded() -> None:
    assert list(recorded_nodes()) == list(layouts())
    assert len({str(layout.as_json()) for layout in layouts().values()}) == len(layouts())


def test_units_of_a_real_node() -> None:
    # NVIDIA/k8s-device-plugin, issue 1462: an A100 80GB with slices 1g.10gb and 1g.10gb+me offers one resource of both.
    node = recorded_nodes()["a100-80gb/me/mixed"]
    assert node.resources == {NVIDIA + "mig-1g.10gb": 56}
    assert node.labels[0][NVIDIA + "mig-1g.10gb.count"] == "48"
    assert node.labels[0][NVIDIA + "mig-1g.10gb.me.count"] == "8"


def test_slices_that_do_not_fit_strategy_single() -> None:
    # NVIDIA/gpu-operator, issue 603: MIG-INVALID, count 0, on A100 80GB whose GPUs were not cut.
    node = recorded_nodes()["a100-80gb/not-cut/single"]
    assert node.resources == {}
    assert node.problem is not None
    assert node.problem.endswith("device 0 has no MIG devices configured")
    assert node.labels[0][NVIDIA + "gpu.product"] == "NVIDIA-A100-SXM4-80GB-MIG-INVALID"
    assert node.labels[0][NVIDIA + "gpu.count"] == "0"


def test_labels_too_long_for_kubernetes_are_dropped() -> None:
    node = recorded_nodes()["rtx-pro-6000-max-q/all-1g.24gb/single"]
    assert len(node.dropped[NVIDIA + "gpu.product"]) > 63
    assert NVIDIA + "gpu.product" not in node.labels[0]
    assert all(
        len(value) <= 63 for each in recorded_nodes().values() for labels in each.labels for value in labels.values()
    )
