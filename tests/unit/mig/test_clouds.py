"""What clouds call GPUs, offer and sell: the tables fit the catalogue, and the facts they were taken from."""

from __future__ import annotations

import pytest

from slicewise.mig import ALL_GPU_MODELS, find_gpu_model
from slicewise.mig.azure_sizes import azure_size
from slicewise.mig.gke import GKE_ACCELERATORS, gke_accelerator, gke_partition_sizes
from slicewise.mig.machines import ec2_instance, gce_machine

# GKE's cluster autoscaler, cloudprovider/gke: sizes and how many of each a GPU holds.
AUTOSCALER = {
    "nvidia-tesla-a100": {"1g.5gb": 7, "2g.10gb": 3, "3g.20gb": 2, "7g.40gb": 1},
    "nvidia-a100-80gb": {"1g.10gb": 7, "2g.20gb": 3, "3g.40gb": 2, "7g.80gb": 1},
    "nvidia-h100-80gb": {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "7g.80gb": 1},
    "nvidia-h100-mega-80gb": {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "7g.80gb": 1},
    "nvidia-h200-141gb": {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "7g.141gb": 1},
    "nvidia-b200": {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "7g.180gb": 1},
    "nvidia-gb200": {"1g.23gb": 7, "1g.47gb": 4, "2g.47gb": 3, "3g.93gb": 2, "7g.186gb": 1},
    "nvidia-gb300": {},
    "nvidia-l4": {},
    "nvidia-tesla-t4": {},
}


@pytest.mark.parametrize("accelerator", sorted(AUTOSCALER))
def test_partition_sizes(accelerator: str) -> None:
    model = find_gpu_model(accelerator)
    sizes = AUTOSCALER[accelerator]
    assert gke_partition_sizes(model.name) == tuple(sizes)
    # GKE cuts as many as the catalogue counts: what is planned on a GKE pool is there.
    assert {profile.name: profile.per_gpu for profile in model.profiles if profile.name in sizes} == sizes


@pytest.mark.parametrize("accelerator", GKE_ACCELERATORS)
def test_gkes_names_are_found_both_ways(accelerator: str) -> None:
    machine = "a3-megagpu-8g" if "mega" in accelerator else "other"
    model = find_gpu_model(accelerator)
    assert gke_accelerator(model.name, machine) == accelerator
    assert all(model.profile(size) for size in gke_partition_sizes(model.name))


def test_a_machine_makes_no_other_gpu_of_one() -> None:
    assert gke_accelerator("h100-94gb", "a3-megagpu-8g") is None
    assert gke_accelerator("a100-80gb", "a3-megagpu-8g") == "nvidia-a100-80gb"
    assert gke_accelerator("h100-80gb", None) == "nvidia-h100-80gb"


# Compute Engine and EC2, machine types with GPUs.
@pytest.mark.parametrize(
    ("machine", "model", "count"),
    [
        ("a2-highgpu-1g", "a100-40gb", 1),
        ("a2-megagpu-16g", "a100-40gb", 16),
        ("a2-ultragpu-2g", "a100-80gb", 2),
        ("a3-highgpu-8g", "h100-80gb", 8),
        ("a3-ultragpu-8g-nolssd", "h200", 8),
        ("a4-highgpu-8g", "b200", 8),
        ("a4x-highgpu-4g", "gb200", 4),
        ("g2-standard-96", "l4", None),
        ("g4-standard-48", "rtx-pro-6000", None),
    ],
)
def test_machines_of_compute_engine(machine: str, model: str, count: int | None) -> None:
    found = gce_machine(machine)
    assert found is not None
    assert (found.model, found.count) == (model, count)
    assert model in {known.name for known in ALL_GPU_MODELS}


@pytest.mark.parametrize(
    ("instance", "model", "count"),
    [
        ("p3.2xlarge", "v100", None),
        ("p4d.24xlarge", "a100-40gb", 8),
        ("p4de.24xlarge", "a100-80gb", 8),
        ("p5.4xlarge", "h100-80gb", 1),
        ("p5en.48xlarge", "h200", 8),
        ("p6-b200.48xlarge", "b200", 8),
        ("p6-b300.48xlarge", "b300", 8),
        ("p6e-gb200.36xlarge", "gb200", 4),
        ("g5.12xlarge", "a10g", None),
        ("g6e.xlarge", "l40s", None),
        ("g7e.2xlarge", "rtx-pro-6000", 1),
        ("g7e.12xlarge", "rtx-pro-6000", 2),
        ("g7e.24xlarge", "rtx-pro-6000", 4),
        ("g7e.48xlarge", "rtx-pro-6000", 8),
    ],
)
def test_instances_of_ec2(instance: str, model: str, count: int | None) -> None:
    found = ec2_instance(instance)
    assert found is not None
    assert (found.model, found.count) == (model, count)
    assert model in {known.name for known in ALL_GPU_MODELS}


# Microsoft's pages of sizes, tab Accelerators: how many, and the memory of all together in GB.
@pytest.mark.parametrize(
    ("size", "gpu", "count", "memory"),
    [
        ("Standard_NC24ads_A100_v4", "a100", 1, 80),
        ("Standard_NC48ads_A100_v4", "a100", 2, 160),
        ("Standard_NC96ads_A100_v4", "a100", 4, 320),
        ("Standard_ND96asr_v4", "a100", 8, 320),
        ("Standard_ND96amsr_A100_v4", "a100", 8, 640),
        ("Standard_NC40ads_H100_v5", "h100", 1, 94),
        ("Standard_NC80adis_H100_v5", "h100", 2, 188),
        ("Standard_NCC40ads_H100_v5", "h100", 1, 94),
        ("Standard_ND96isr_H100_v5", "h100", 8, 640),
        ("Standard_ND96isr_H200_v5", "h200", 8, 1128),
        ("Standard_NC128ds_xl_RTXPRO6000BSE_v6", "rtx-pro-6000", 1, 96),
        ("Standard_NC256lds_xl_RTXPRO6000BSE_v6", "rtx-pro-6000", 2, 192),
        ("Standard_NC320ds_xl_RTXPRO6000BSE_v6", "rtx-pro-6000", 2, 192),
        ("Standard_NC16as_T4_v3", "t4", 1, 16),
        ("Standard_NC64as_T4_v3", "t4", 4, 64),
        ("Standard_NV36adms_A10_v5", "a10", 1, 24),
        ("Standard_NV72ads_A10_v5", "a10", 2, 48),
    ],
)
def test_sizes_of_azure(size: str, gpu: str, count: int, memory: int) -> None:
    found = azure_size(size)
    assert found is not None
    model = find_gpu_model(found.model)
    assert found.model.startswith(gpu)
    assert (found.count, model.memory_gib * count) == (count, memory)
    assert azure_size(size.lower()) == azure_size(size.upper()) == found


@pytest.mark.parametrize(
    ("size", "model"), [("Standard_ND128isr_NDR_GB200_v6", "gb200"), ("Standard_ND128isr_GB300_v6", "gb300")]
)
def test_sizes_of_azure_with_grace(size: str, model: str) -> None:
    """Microsoft gives the memory of one of the four GPUs, in numbers of its own: 192 and 288."""
    found = azure_size(size)
    assert found is not None
    assert (found.model, found.count) == (model, 4)


@pytest.mark.parametrize(
    "size", ["Standard_NV6ads_A10_v5", "Standard_NV18ads_A10_v5", "Standard_D8s_v5", "Standard_ND96isr_MI300X_v5", ""]
)
def test_sizes_of_azure_without_whole_gpus_of_nvidia(size: str) -> None:
    assert azure_size(size) is None


@pytest.mark.parametrize("name", ["n1-standard-8", "e2-standard-4", "a3", "", "m7i.xlarge", "p5"])
def test_machines_whose_name_says_nothing(name: str) -> None:
    assert gce_machine(name) is None
    if name != "p5":
        assert ec2_instance(name) is None
