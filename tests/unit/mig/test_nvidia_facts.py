"""NVIDIA's and Google's figures, written out here a second time: a mistyped entry of the tables disagrees with them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from slicewise.mig import ALL_GPU_MODELS, find_gpu_model, parse_profile_name

# MIG User Guide, "Supported MIG profiles", v620: the column "Number of Instances" of each table.
USER_GUIDE = {
    "a30": "1g.6gb=4 1g.6gb+me=1 2g.12gb=2 2g.12gb+me=1 4g.24gb=1",
    "a100-40gb": "1g.5gb=7 1g.5gb+me=1 1g.10gb=4 2g.10gb=3 3g.20gb=2 4g.20gb=1 7g.40gb=1",
    "a100-80gb": "1g.10gb=7 1g.10gb+me=1 1g.20gb=4 2g.20gb=3 3g.40gb=2 4g.40gb=1 7g.80gb=1",
    "h100-80gb": "1g.10gb=7 1g.10gb+me=1 1g.20gb=4 2g.20gb=3 3g.40gb=2 4g.40gb=1 7g.80gb=1",
    "h100-94gb": "1g.12gb=7 1g.12gb+me=1 1g.24gb=4 2g.24gb=3 3g.47gb=2 4g.47gb=1 7g.94gb=1",
    "h100-96gb": "1g.12gb=7 1g.12gb+me=1 1g.24gb=4 2g.24gb=3 3g.48gb=2 4g.48gb=1 7g.96gb=1",
    "h200": "1g.18gb=7 1g.18gb+me=1 1g.35gb=4 2g.35gb=3 3g.71gb=2 4g.71gb=1 7g.141gb=1",
    "b200": "1g.23gb=7 1g.23gb+me=1 1g.45gb=4 2g.45gb=3 3g.90gb=2 4g.90gb=1 7g.180gb=1",
    "rtx-pro-6000": (
        "1g.24gb=4 1g.24gb+me=1 1g.24gb+gfx=4 1g.24gb+me.all=1 1g.24gb-me=4 "
        "2g.48gb=2 2g.48gb+gfx=2 2g.48gb+me.all=1 2g.48gb-me=2 4g.96gb=1 4g.96gb+gfx=1"
    ),
    "rtx-pro-5000": ("1g.24gb=2 1g.24gb+me=1 1g.24gb+gfx=2 1g.24gb+me.all=1 1g.24gb-me=2 2g.48gb=1 2g.48gb+gfx=1"),
    "rtx-pro-4500": "1g.16gb=2 1g.16gb+gfx=2 1g.16gb+me.all=1 1g.16gb-me=2 2g.32gb=1 2g.32gb+gfx=1",
    "thor": "1g.0gb=1 1g.0gb+me=1 1g.0gb+gfx=1 2g.0gb=1 2g.0gb+gfx=1 3g.0gb=1 3g.0gb+gfx=1",
}

# Boards that the guide has no table for: NVIDIA's vGPU types page (H100 64GB, H20), mig-parted v0.15 (GH200, GB200,
# B300), dgx-spark-playbooks (GB300, by driver). Counts are those of every seven-slice board.
ELSEWHERE = {
    "h100-64gb": "1g.8gb=7 1g.8gb+me=1 1g.16gb=4 2g.16gb=3 3g.32gb=2 4g.32gb=1 7g.64gb=1",
    "h20-96gb": "1g.12gb=7 1g.12gb+me=1 1g.24gb=4 2g.24gb=3 3g.48gb=2 4g.48gb=1 7g.96gb=1",
    "h20-141gb": "1g.18gb=7 1g.18gb+me=1 1g.35gb=4 2g.35gb=3 3g.71gb=2 4g.71gb=1 7g.141gb=1",
    "gh200-144gb": "1g.18gb=7 1g.18gb+me=1 1g.36gb=4 2g.36gb=3 3g.72gb=2 4g.72gb=1 7g.144gb=1",
    "gb200": (
        "1g.23gb=7 1g.23gb+me=1 1g.47gb=4 2g.47gb=3 3g.93gb=2 4g.93gb=1 7g.186gb=1 "
        "1g.24gb=7 1g.24gb+me=1 3g.95gb=2 4g.95gb=1 7g.189gb=1"
    ),
    "b300": "1g.34gb=7 1g.34gb+me=1 1g.67gb=4 2g.67gb=3 3g.135gb=2 4g.135gb=1 7g.269gb=1",
    "gb300": (
        "1g.35gb=7 1g.35gb+me=1 1g.70gb=4 2g.70gb=3 3g.139gb=2 4g.139gb=1 7g.278gb=1 "
        "1g.31gb=7 1g.31gb+me=1 1g.63gb=4 2g.63gb=3 3g.126gb=2 4g.126gb=1 7g.251gb=1"
    ),
}

# GKE cluster autoscaler, machine types: the partition sizes that GKE offers for each accelerator type.
GKE = {
    "nvidia-tesla-a100": "1g.5gb=7 2g.10gb=3 3g.20gb=2 7g.40gb=1",
    "nvidia-a100-80gb": "1g.10gb=7 2g.20gb=3 3g.40gb=2 7g.80gb=1",
    "nvidia-h100-80gb": "1g.10gb=7 1g.20gb=4 2g.20gb=3 3g.40gb=2 7g.80gb=1",
    "nvidia-h100-mega-80gb": "1g.10gb=7 1g.20gb=4 2g.20gb=3 3g.40gb=2 7g.80gb=1",
    "nvidia-h200-141gb": "1g.18gb=7 1g.35gb=4 2g.35gb=3 3g.71gb=2 7g.141gb=1",
    "nvidia-b200": "1g.23gb=7 1g.45gb=4 2g.45gb=3 3g.90gb=2 7g.180gb=1",
    "nvidia-gb200": "1g.23gb=7 1g.47gb=4 2g.47gb=3 3g.93gb=2 7g.186gb=1",
    "nvidia-rtx-pro-6000": (
        "1g.24gb=4 1g.24gb+me=1 1g.24gb+gfx=4 1g.24gb+me.all=1 1g.24gb-me=4 2g.48gb=2 4g.96gb=1 4g.96gb+gfx=1"
    ),
}

# mig-parted v0.15, config-default.yaml: the all-<profile> entries, for the boards that its comments and filters name.
MIG_PARTED = {
    "a100-40gb": "1g.5gb=7 1g.5gb+me=1 1g.10gb=4 2g.10gb=3 3g.20gb=2 4g.20gb=1 7g.40gb=1",
    "a100-80gb": "1g.10gb=7 1g.10gb+me=1 1g.20gb=4 2g.20gb=3 3g.40gb=2 4g.40gb=1 7g.80gb=1",
    "h100-80gb": "1g.10gb=7 1g.10gb+me=1 1g.20gb=4 2g.20gb=3 3g.40gb=2 4g.40gb=1 7g.80gb=1",
    "h100-nvl": "1g.12gb=7 1g.12gb+me=1 1g.24gb=4 2g.24gb=3 3g.47gb=2 4g.47gb=1 7g.94gb=1",
    "h100-96gb": "1g.12gb=7 1g.12gb+me=1 1g.24gb=4 2g.24gb=3 3g.48gb=2 4g.48gb=1 7g.96gb=1",
    "h20-96gb": "1g.12gb=7 2g.24gb=3 3g.48gb=2",
    "h200": "1g.18gb=7 1g.18gb+me=1 1g.35gb=4 2g.35gb=3 3g.71gb=2 4g.71gb=1 7g.141gb=1",
    "gh200-144gb": "1g.18gb=7 1g.18gb+me=1 1g.36gb=4 2g.36gb=3 3g.72gb=2 4g.72gb=1 7g.144gb=1",
    "b200": "1g.23gb=7 1g.23gb+me=1 1g.45gb=4 2g.45gb=3 3g.90gb=2 4g.90gb=1 7g.180gb=1",
    "gb200": "1g.23gb=7 1g.23gb+me=1 1g.47gb=4 2g.47gb=3 3g.93gb=2 3g.95gb=2 4g.93gb=1 4g.95gb=1 7g.186gb=1 7g.189gb=1",
    "b300": "1g.34gb=7 1g.34gb+me=1 1g.67gb=4 2g.67gb=3 3g.135gb=2 4g.135gb=1 7g.269gb=1",
    "gb300": "1g.35gb=7 1g.35gb+me=1 1g.70gb=4 2g.70gb=3 3g.139gb=2 4g.139gb=1 7g.278gb=1",
    "a30": "1g.6gb=4 1g.6gb+me=1 2g.12gb=2 2g.12gb+me=1 4g.24gb=1",
    "rtx-pro-6000": (
        "1g.24gb=4 1g.24gb+me=1 1g.24gb+gfx=4 1g.24gb+me.all=1 1g.24gb-me=4 "
        "2g.48gb=2 2g.48gb+gfx=2 2g.48gb+me.all=1 2g.48gb-me=2 4g.96gb=1 4g.96gb+gfx=1"
    ),
}

# GiB printed by `nvidia-smi mig -lgip`; two values where two driver generations were seen. H200: vllm PRs 39874, 50463.
# GB200 and GH200 144GB: as far as they were printed anywhere.
MEASURED = {
    "a100-40gb": "1g.5gb=4.75 1g.5gb+me=4.75 1g.10gb=9.62 2g.10gb=9.62 3g.20gb=19.50 4g.20gb=19.50 7g.40gb=39.25",
    "a100-80gb": "1g.10gb=9.50 1g.10gb+me=9.50 1g.20gb=19.50 2g.20gb=19.50 3g.40gb=39.25 4g.40gb=39.25 7g.80gb=79.00",
    "h100-80gb": "1g.10gb=9.75 1g.10gb+me=9.75 1g.20gb=19.62 2g.20gb=19.62 3g.40gb=39.50 4g.40gb=39.50 7g.80gb=79.25",
    "h100-94gb": (
        "1g.12gb=10.75/10.62 1g.12gb+me=10.75/10.62 1g.24gb=21.62/21.50 2g.24gb=21.62/21.50 "
        "3g.47gb=46.38/46.12 4g.47gb=46.38/46.12 7g.94gb=93.12/92.62"
    ),
    "gh200-96gb": "1g.12gb=11 1g.12gb+me=11 1g.24gb=23 2g.24gb=23 3g.48gb=46.50 4g.48gb=46.50 7g.96gb=93",
    "gh200-144gb": "1g.18gb=17.50 1g.18gb+me=17.50 1g.36gb=35.25 2g.36gb=35.25",
    "h200": (
        "1g.18gb=16.00 1g.18gb+me=16.00 1g.35gb=32.50/32.25 2g.35gb=32.50/32.25 3g.71gb=69.50 4g.71gb=69.50 "
        "7g.141gb=140.00/139.75"
    ),
    "gb200": "1g.23gb=22.00 1g.23gb+me=22.00 1g.24gb=20.00 1g.24gb+me=20.00 1g.47gb=45.50 2g.47gb=45.50",
    "b200": (
        "1g.23gb=22.00/20.50 1g.23gb+me=22.00/20.50 1g.45gb=44.25 2g.45gb=44.25 3g.90gb=89.00 4g.90gb=89.00 "
        "7g.180gb=178.50"
    ),
    "a30": "1g.6gb=5.81 1g.6gb+me=5.81 2g.12gb=11.69 2g.12gb+me=11.69 4g.24gb=23.44/23.50",
    "rtx-pro-6000": (
        "1g.24gb=23.62/23.12 1g.24gb+me=23.62/23.12 1g.24gb+gfx=23.62/23.12 1g.24gb+me.all=23.62/23.12 "
        "1g.24gb-me=23.62/23.12 "
        "2g.48gb=47.38 2g.48gb+gfx=47.38 2g.48gb+me.all=47.38 2g.48gb-me=47.38 "
        "4g.96gb=95.00/95.12 4g.96gb+gfx=95.00/95.12"
    ),
}

# MiB of the whole board as `nvidia-smi` prints it, for the boards whose slices were measured.
BOARD_MIB = {
    "a30": 24576,
    "a100-40gb": 40960,
    "a100-80gb": 81920,
    "h100-80gb": 81559,
    "h100-94gb": 95830,
    "gh200-96gb": 97871,
    "h200": 143771,
    "b200": 183359,
    "rtx-pro-6000": 97887,
}

SEVEN_SLICES = {
    *("a100-40gb", "a100-80gb", "h100-64gb", "h100-80gb", "h100-94gb", "gh200-96gb", "h20-96gb", "h20-141gb"),
    *("gh200-144gb", "h200", "b200", "gb200", "b300", "gb300"),
}

# MIG User Guide, placements of `-lgipp`: eighths of the board's memory that an instance of each compute size takes.
EIGHTHS = {"1g": {1, 2}, "2g": {2}, "3g": {4}, "4g": {4}, "7g": {8}}


def counts(row: str) -> dict[str, int]:
    return {name: int(count) for name, _, count in (entry.partition("=") for entry in row.split())}


def offered(gpu: str) -> dict[str, int]:
    return {profile.name: profile.per_gpu for profile in find_gpu_model(gpu).profiles}


@pytest.mark.parametrize(("gpu", "row"), [*USER_GUIDE.items(), *ELSEWHERE.items()])
def test_a_model_offers_exactly_the_profiles_that_nvidia_lists(gpu: str, row: str) -> None:
    assert offered(gpu) == counts(row)


def test_every_model_that_can_do_mig_is_in_the_lists_above() -> None:
    listed = {find_gpu_model(gpu).name for gpu in (*USER_GUIDE, *ELSEWHERE)}
    assert listed == {model.name for model in ALL_GPU_MODELS if model.mig_capable}


@pytest.mark.parametrize(("gpu", "row"), MIG_PARTED.items())
def test_mig_parted_makes_as_many_slices(gpu: str, row: str) -> None:
    assert counts(row).items() <= offered(gpu).items()


@pytest.mark.parametrize(("accelerator_type", "row"), GKE.items())
def test_gke_counts_as_many_slices(accelerator_type: str, row: str) -> None:
    assert counts(row).items() <= offered(accelerator_type).items()


@pytest.mark.parametrize("gpu", [model.name for model in ALL_GPU_MODELS if model.mig_capable])
def test_usable_memory_is_what_was_measured_and_nothing_else(gpu: str) -> None:
    row = [entry.partition("=") for entry in MEASURED.get(gpu, "").split()]
    printed = {name: sorted({f"{float(value):.2f}" for value in values.split("/")}) for name, _, values in row}
    held = {
        profile.name: sorted({f"{mib / 1024:.2f}" for mib in (profile.usable_mib, profile.most_mib)})
        for profile in find_gpu_model(gpu).profiles
        if profile.usable_mib is not None and profile.most_mib is not None
    }
    assert held == printed


# What GPU feature discovery writes into its labels, in MiB.
LABELLED = {
    ("a100-40gb", "1g.10gb"): 9856,
    ("h100-80gb", "1g.20gb"): 20096,
    ("rtx-pro-6000", "1g.24gb"): 24192,
    ("a30", "2g.12gb"): 11968,
    ("a30", "4g.24gb"): 24000,
    ("rtx-pro-6000", "2g.48gb"): 48512,
}


@pytest.mark.parametrize(("gpu", "profile"), LABELLED)
def test_what_a_label_says_is_within_what_was_measured(gpu: str, profile: str) -> None:
    found = find_gpu_model(gpu).profile(profile)
    assert found is not None
    assert found.usable_mib is not None
    assert found.most_mib is not None
    assert found.usable_mib <= LABELLED[gpu, profile] <= found.most_mib


@pytest.mark.parametrize(("gpu", "board_mib"), BOARD_MIB.items())
def test_names_follow_from_measured_memory_by_the_device_plugins_rule(gpu: str, board_mib: int) -> None:
    for profile in find_gpu_model(gpu).profiles:
        for mib in (profile.usable_mib, profile.most_mib):
            if mib is not None:
                eighths = math.ceil(Fraction(8) * mib / board_mib)
                assert profile.nominal_gib == named_gb(eighths, math.ceil(board_mib / 1024)), profile.name


@pytest.mark.parametrize("gpu", sorted(SEVEN_SLICES))
def test_names_of_seven_slice_boards_are_eighths_of_a_whole_board(gpu: str) -> None:
    whole_boards = [board_gb(name) for name in offered(gpu) if name.startswith("7g.")]
    expected = {
        f"{compute}.{named_gb(eighths, board)}gb"
        for board in whole_boards
        for compute, sizes in EIGHTHS.items()
        for eighths in sizes
    }
    assert {name.removesuffix("+me") for name in offered(gpu)} == expected
    assert max(whole_boards) == find_gpu_model(gpu).memory_gib


@pytest.mark.parametrize("gpu", [model.name for model in ALL_GPU_MODELS if model.mig_capable])
def test_slices_fit_the_compute_of_the_board(gpu: str) -> None:
    board = 7 if gpu in SEVEN_SLICES else {"a30": 4, "rtx-pro-6000": 4, "thor": 3}.get(gpu, 2)
    widest = 0
    for profile in find_gpu_model(gpu).profiles:
        parsed = parse_profile_name(profile.name)
        assert parsed is not None
        widest = max(widest, parsed.compute)
        assert 1 <= profile.per_gpu * parsed.compute <= board, profile.name
        if parsed.suffix in {"+me", "+me.all"}:
            assert profile.per_gpu == 1, profile.name
    assert widest == board


def named_gb(eighths: int, board_gib: int) -> int:
    """Go-nvlib, mig_profile.go: a share of the board's memory, rounded half up."""
    return math.floor(Fraction(eighths, 8) * board_gib + Fraction(1, 2))


def board_gb(name: str) -> int:
    parsed = parse_profile_name(name)
    assert parsed is not None
    return parsed.memory_gb
