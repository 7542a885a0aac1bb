"""The recorded table is what NVIDIA's components say; spot checks against what was reported of real nodes."""

from __future__ import annotations

import pytest

from embedded.nvidia import RECORDED, ask_components, layouts, record, recorded_nodes

NVIDIA = "nvidia.com/"


@pytest.mark.long
def test_it_is_what_the_components_say() -> None:
    assert record(ask_components(layouts())) == RECORDED.read_text(encoding="utf-8")


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
