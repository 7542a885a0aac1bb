"""Labels that say which GPUs a node has, and how they are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.documents.advising import advice
from tests.unit.documents.documents import mig, pools

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

PRODUCT = "nvidia.com/gpu.product"
PARTITION = "cloud.google.com/gke-gpu-partition-size"
SLICES = mig("3g.40gb", "39Gi", strategy="single")
WHOLE = {"memoryPerGpu": "79Gi"}


@pytest.mark.parametrize(
    ("key", "value", "capabilities", "why"),
    [
        (PARTITION, "1g.10gb", SLICES, "it says 1g.10gb, but the pool is declared with 3g.40gb"),
        (PARTITION, "3g.40gb", WHOLE, "it says 3g.40gb slices, but the pool is declared with whole GPUs"),
        (
            "cloud.google.com/gke-accelerator",
            "nvidia-a100-80gb",
            WHOLE,
            "it says a100-80gb, but the pool is declared with",
        ),
        (PRODUCT, "NVIDIA-A100-SXM4-80GB", WHOLE, "it says a100-80gb, but the pool is declared with h100-80gb"),
        (
            PRODUCT,
            "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb",
            SLICES,
            "it says 1g.10gb, but the pool is declared with 3g.40gb",
        ),
        (PRODUCT, "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb-SHARED", WHOLE, "it says 1g.10gb slices"),
        ("nvidia.com/mig.config", "all-1g.10gb", SLICES, "it says 1g.10gb, but the pool is declared with 3g.40gb"),
        ("nvidia.com/mig.config", "all-disabled", SLICES, "it says that no GPU is cut, but the pool is declared with"),
    ],
)
def test_a_label_that_contradicts_the_gpus(
    loader: Loader, key: str, value: str, capabilities: dict[str, Any], why: str
) -> None:
    (line,) = advice(loader, pools({"nodeSelector": {key: value}, "capabilities": capabilities}))
    where = f'InferenceEnvironment mig-a: spec.nodePools[0].nodeSelector["{key}"]: '
    assert line.startswith(f"{where}the label contradicts the pool's GPUs, so no node has both: {why}")
    assert line.endswith("; correct whichever is wrong [SW326]")


@pytest.mark.parametrize(
    ("labels", "capabilities"),
    [
        ({PARTITION: "3g.40gb", "cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}, SLICES),
        # Of A3 Mega machines: the same model of the catalogue.
        ({"cloud.google.com/gke-accelerator": "nvidia-h100-mega-80gb"}, WHOLE),
        ({PRODUCT: "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"}, SLICES),
        ({PRODUCT: "NVIDIA-H100-80GB-HBM3-SHARED"}, WHOLE),
        ({PRODUCT: "NVIDIA-H100-PCIe"}, WHOLE),
        ({"nvidia.com/mig.config": "all-3g.40gb"}, SLICES),
        # A label cannot hold the `+`.
        ({"nvidia.com/mig.config": "all-1g.10gb.me"}, mig("1g.10gb+me", "9Gi")),
        # Names of one's own say nothing.
        ({"nvidia.com/mig.config": "all-balanced", "mig.config": "all-1g.10gb"}, SLICES),
        ({"nvidia.com/mig.config": "all-disabled"}, WHOLE),
        ({PRODUCT: "NVIDIA-H900", "gpu": "a100-80gb"}, WHOLE),
    ],
)
def test_labels_that_go_with_the_gpus(loader: Loader, labels: dict[str, str], capabilities: dict[str, Any]) -> None:
    assert advice(loader, pools({"nodeSelector": labels, "capabilities": capabilities})) == []
