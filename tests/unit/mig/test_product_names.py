"""What NVIDIA's driver calls boards, against what is asked of it."""

from __future__ import annotations

import re

import pytest

from slicewise.mig import ALL_GPU_MODELS, product_pattern

# NVML's names of devices, from nvidia-smi -L and from the labels of GPU feature discovery.
PRODUCTS = {
    "NVIDIA H100 80GB HBM3": "h100-80gb",
    "NVIDIA H100 PCIe": "h100-pcie",
    "NVIDIA H100 NVL": "h100-nvl",
    "NVIDIA A100-SXM4-40GB": "a100-40gb",
    "NVIDIA A100-SXM4-80GB": "a100-80gb",
    "NVIDIA A800 40GB Active": "a800-40gb",
    "NVIDIA GH200 480GB": "gh200-480gb",
    "NVIDIA H200": "h200",
    "NVIDIA H20": "h20-96gb",
    "NVIDIA B200": "b200",
    "NVIDIA GB200": "gb200",
    "NVIDIA A30": "a30",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition": "rtx-pro-6000",
    "NVIDIA L4": "l4",
    "NVIDIA L40S": "l40s",
    "NVIDIA A10": "a10",
    "NVIDIA A10G": "a10g",
    "Tesla T4": "t4",
    "Tesla V100-SXM2-16GB": "v100",
}


@pytest.mark.parametrize(("product", "accelerator"), PRODUCTS.items())
def test_a_board_is_told_from_all_of_other_chips(product: str, accelerator: str) -> None:
    pattern = product_pattern(accelerator)
    assert pattern
    found = {other for other in PRODUCTS if re.search(pattern, other)}
    chip = re.split("[ -]", product.removeprefix("NVIDIA ").removeprefix("Tesla "))[0]
    # A100 and A800, H100 and H800 are one board to the catalogue.
    alike = {other for other in PRODUCTS if re.search(rf"\b{chip}\b", other)}
    assert product in found
    assert found - alike <= {each for each in PRODUCTS if re.search(r"\b(A100|A800|H100)\b", each)}


def test_every_model_of_the_catalogue_has_one_and_others_have_none() -> None:
    assert [model.name for model in ALL_GPU_MODELS if not product_pattern(model.name)] == []
    assert product_pattern("nvidia-x9000") is None
    assert product_pattern("h100-80gb") == product_pattern("NVIDIA-H100-80GB-HBM3")
