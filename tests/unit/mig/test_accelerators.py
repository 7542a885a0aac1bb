from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.mig import (
    ALL_GPU_MODELS,
    AmbiguousAcceleratorError,
    UnknownAcceleratorError,
    find_gpu_model,
    known_gpu_model,
)

GKE = {
    "nvidia-tesla-a100": "a100-40gb",
    "nvidia-a100-80gb": "a100-80gb",
    "nvidia-h100-80gb": "h100-80gb",
    "nvidia-h100-mega-80gb": "h100-80gb",
    "nvidia-h200-141gb": "h200",
    "nvidia-b200": "b200",
    "nvidia-gb200": "gb200",
    "nvidia-gb300": "gb300",
    "nvidia-rtx-pro-6000": "rtx-pro-6000",
    "nvidia-l4": "l4",
    "nvidia-tesla-t4": "t4",
    "nvidia-tesla-v100": "v100",
    "nvidia-tesla-p100": "p100",
    "nvidia-tesla-p4": "p4",
    "nvidia-tesla-k80": "k80",
}
PRODUCT_LABELS = {
    "NVIDIA-H100-80GB-HBM3": "h100-80gb",
    "NVIDIA-H100-80GB-HBM2e": "h100-80gb",
    "NVIDIA-H100-PCIe": "h100-80gb",
    "NVIDIA-H100-NVL": "h100-94gb",
    "NVIDIA-H800-PCIe": "h100-80gb",
    "NVIDIA-H800-NVL": "h100-94gb",
    "NVIDIA-H200": "h200",
    "NVIDIA-H200-NVL": "h200",
    "NVIDIA-H20-3e": "h20-141gb",
    "NVIDIA-A100-SXM4-40GB": "a100-40gb",
    "NVIDIA-A100-PCIE-40GB": "a100-40gb",
    "NVIDIA-A100-SXM4-80GB": "a100-80gb",
    "NVIDIA-A100-80GB-PCIe": "a100-80gb",
    "A100-SXM4-40GB": "a100-40gb",
    "NVIDIA-A800-SXM4-80GB": "a100-80gb",
    "NVIDIA-A800-80GB-PCIe": "a100-80gb",
    "NVIDIA-A800-40GB-Active": "a100-40gb",
    "NVIDIA-A30": "a30",
    "NVIDIA-B200": "b200",
    "NVIDIA-B300-SXM6-AC": "b300",
    "NVIDIA-GB200": "gb200",
    "NVIDIA-GB300": "gb300",
    "NVIDIA-GH200-480GB": "gh200-96gb",
    "NVIDIA-GH200-96GB-HBM3": "gh200-96gb",
    "NVIDIA-GH200-144G-HBM3e": "gh200-144gb",
    "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition": "rtx-pro-6000",
    "NVIDIA-RTX-PRO-6000-Blackwell-Workstation-Edition": "rtx-pro-6000",
    "NVIDIA-RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition": "rtx-pro-6000",
    "NVIDIA-RTX-PRO-5000-Blackwell": "rtx-pro-5000",
    "NVIDIA-RTX-PRO-4500-Blackwell": "rtx-pro-4500",
    "NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition": "rtx-pro-4500",
    "NVIDIA-Thor": "thor",
    "NVIDIA-L4": "l4",
    "NVIDIA-L40": "l40",
    "NVIDIA-L40S": "l40s",
    "NVIDIA-A10": "a10",
    "NVIDIA-A10G": "a10g",
    "NVIDIA-A16": "a16",
    "NVIDIA-A2": "a2",
    "NVIDIA-A40": "a40",
    "NVIDIA-RTX-A6000": "rtx-a6000",
    "NVIDIA-RTX-6000-Ada-Generation": "rtx-6000-ada",
    "Tesla-T4": "t4",
    "Tesla-K80": "k80",
    "Tesla-P4": "p4",
    "Tesla-P100-PCIE-16GB": "p100",
    "Tesla-P100-PCIE-12GB": "p100",
    "Tesla-V100-SXM2-16GB": "v100",
    "Tesla-V100-SXM3-32GB": "v100",
}
WITH_SUFFIXES = {
    "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb": "h100-80gb",
    "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb.me": "h100-80gb",
    "NVIDIA-H200-MIG-7g.141gb": "h200",
    "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition-MIG-2g.48gb": "rtx-pro-6000",
    "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition-MIG-1g.24gb-me": "rtx-pro-6000",
    "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition-MIG-1g.24gb.me.all-SHARED": "rtx-pro-6000",
    "NVIDIA H200 MIG 1g.18gb+me": "h200",
    "NVIDIA-A100-SXM4-40GB-MIG-1c.3g.20gb": "a100-40gb",
    "A100-SXM4-40GB-MIG-1g.5gb-SHARED": "a100-40gb",
    "NVIDIA-H100-NVL-MIG-INVALID": "h100-94gb",
    "Tesla-T4-SHARED": "t4",
}
AS_PEOPLE_WRITE = {
    "h100-80gb": "h100-80gb",
    "H100 80GB": "h100-80gb",
    "H100-80GB": "h100-80gb",
    "h100_80gb": "h100-80gb",
    "  H100   80GB\n": "h100-80gb",
    "H100 SXM5 94GB": "h100-94gb",
    "H100 NVL 94GB": "h100-94gb",
    "H800 NVL 94GB": "h100-94gb",
    "h100-96gb": "gh200-96gb",
    "H20 96GB": "h20-96gb",
    "gh200-144gb": "gh200-144gb",
    "h200": "h200",
    "H200 SXM": "h200",
    "b200": "b200",
    "B200-180GB": "b200",
    "GB200 186GB": "gb200",
    "GB200 189GB": "gb200",
    "GB300 251GB": "gb300",
    "a30": "a30",
    "A30 24GB": "a30",
    "RTX PRO 6000": "rtx-pro-6000",
    "rtx-pro-6000-96gb": "rtx-pro-6000",
    "RTX PRO 6000 Blackwell": "rtx-pro-6000",
    "Jetson AGX Thor": "thor",
    "Jetson Thor": "thor",
    "V100 16GB": "v100",
    "V100 32GB": "v100",
    "A6000": "rtx-a6000",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [*GKE.items(), *PRODUCT_LABELS.items(), *WITH_SUFFIXES.items(), *AS_PEOPLE_WRITE.items()],
)
def test_names_of_clouds_labels_and_people(text: str, expected: str) -> None:
    assert find_gpu_model(text).name == expected


def test_every_name_and_alias_leads_to_its_model() -> None:
    for model in ALL_GPU_MODELS:
        for name in (model.name, *model.aliases):
            for spelling in (name, name.upper(), f"nvidia-{name}", f"NVIDIA {name.replace('-', ' ')}"):
                assert find_gpu_model(spelling) is model, spelling


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("h100", ("h100-64gb", "h100-80gb", "h100-94gb", "h100-96gb")),
        ("NVIDIA-H100-SXM5", ("h100-64gb", "h100-80gb", "h100-94gb", "h100-96gb")),
        ("A100", ("a100-40gb", "a100-80gb")),
        ("nvidia-a100-pcie", ("a100-40gb", "a100-80gb")),
        ("a800", ("a800-40gb", "a800-80gb")),
        ("h800", ("h800-80gb", "h800-94gb")),
        ("GH200", ("gh200-96gb", "gh200-144gb")),
        ("nvidia-h20", ("h20-96gb", "h20-141gb")),
        ("NVIDIA-H20-MIG-1g.12gb", ("h20-96gb", "h20-141gb")),
    ],
)
def test_a_name_of_several_boards_is_never_guessed(text: str, candidates: tuple[str, ...]) -> None:
    with pytest.raises(AmbiguousAcceleratorError) as caught:
        find_gpu_model(text)
    assert caught.value.text == text
    assert caught.value.candidates == candidates
    assert str(caught.value) == f'"{text}" does not say which board it is: write one of {", ".join(candidates)}'
    assert len({find_gpu_model(name).name for name in candidates}) == len(candidates)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("nvidia-h100-88gb", "h100-80gb"),
        ("nvidia-h10-80gb", "h100-80gb"),
        ("NVIDIA-A100-SXM4-48GB", "a100-40gb"),
        ("a3o", "a30"),
        ("nvidia-tesla-t5", "tesla-t4"),
        ("nvidia-testla-t4", "tesla-t4"),
        ("rtx-pro-600", "rtx-pro-6000"),
        ("h1000", "h100-80gb"),
        ("NVIDIA-H100-80GB-HBM3-MIG-3g", "h100-80gb"),
    ],
)
def test_a_slip_gets_a_suggestion(text: str, suggestion: str) -> None:
    with pytest.raises(UnknownAcceleratorError) as caught:
        find_gpu_model(text)
    assert caught.value.text == text
    assert suggestion in caught.value.suggestions
    assert str(caught.value).startswith(f'"{text}" is not a GPU model that Slicewise knows; did you mean ')


@pytest.mark.parametrize("text", ["", " ", "-", "nvidia-", "google-tpu-v5e", "instinct", "x" * 1_000_000])
def test_what_resembles_nothing_gets_no_suggestion(text: str) -> None:
    with pytest.raises(UnknownAcceleratorError) as caught:
        find_gpu_model(text)
    assert caught.value.suggestions == ()
    assert str(caught.value) == f'"{text}" is not a GPU model that Slicewise knows'


@pytest.mark.parametrize(
    "text", ["nvidia-a100-64gb", "h100-mega", "h200-80gb", "rtx-pro-5000-72gb", "rtx-6000", "mi300x"]
)
def test_a_board_that_is_not_in_the_catalogue_is_unknown(text: str) -> None:
    with pytest.raises(UnknownAcceleratorError):
        find_gpu_model(text)


@settings(deadline=None, derandomize=True)
@given(st.text(alphabet="abghlnvxt012348-_ .+"))
def test_any_text_is_a_model_or_an_error_with_names_that_work(text: str) -> None:
    try:
        names: tuple[str, ...] = (find_gpu_model(text).name,)
    except AmbiguousAcceleratorError as error:
        names = error.candidates
    except UnknownAcceleratorError as error:
        names = error.suggestions
    models = [find_gpu_model(name) for name in names]
    assert len(set(models)) == len(models)


@pytest.mark.parametrize(
    ("text", "expected"), [("NVIDIA-H100-80GB-HBM3", "h100-80gb"), ("h100", None), ("nvidia-h1000", None), ("", None)]
)
def test_a_name_that_means_no_single_model_is_none(text: str, expected: str | None) -> None:
    found = known_gpu_model(text)
    assert (found and found.name) == expected
