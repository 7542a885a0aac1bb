"""What labels say of GPUs, by the rules of those who write them.

Expected values: k8s-device-plugin v0.20 (internal/lm, internal/rm), mig-parted v0.15, GKE's node plugin
and autoscaler, EC2 instance types; slices a GPU from the MIG User Guide.
"""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.clusters.live.gpus import Gpus, LabelledBy, Offer, UnitFlaw
from slicewise.clusters.live.nodes import live_node
from slicewise.mig import MigStrategy
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.live.labels import COUNT, GKE_GPU, GKE_SIZE, GPU, H100, MACHINE, MEMORY, PRODUCT, STRATEGY


def gpus_of(labels: dict[str, str], resources: dict[str, Any]) -> Gpus:
    gpus = live_node(node_json("n-0", labels, resources)).gpus
    assert gpus
    return gpus


def test_gfd_whole_gpus() -> None:
    labels = {PRODUCT: H100, COUNT: "8", MEMORY: "81559", "nvidia.com/gpu.replicas": "1"}
    gpus = gpus_of(labels, {GPU: 8})
    assert (gpus.told_by, gpus.accelerator, gpus.physical, gpus.strategy) == (LabelledBy.GFD, H100, 8, None)
    assert gpus.model
    assert gpus.model.name == "h100-80gb"
    assert gpus.offers == (Offer(GPU, 8, None, 81559),)
    assert gpus.offers[0].flaw is None


def test_gfd_mixed_counts_physical_gpus_and_has_memory_a_profile() -> None:
    labels = {
        PRODUCT: H100,
        COUNT: "8",
        MEMORY: "81559",
        STRATEGY: "mixed",
        "nvidia.com/gpu.replicas": "0",
        "nvidia.com/mig-1g.10gb.me.memory": "9984",
        "nvidia.com/mig-3g.40gb.memory": "40448",
    }
    gpus = gpus_of(labels, {"nvidia.com/mig-1g.10gb.me": 8, "nvidia.com/mig-3g.40gb": 8, GPU: 0})
    assert (gpus.physical, gpus.strategy) == (8, MigStrategy.MIXED)
    assert gpus.offers == (
        Offer("nvidia.com/mig-1g.10gb.me", 8, "1g.10gb+me", 9984),
        Offer("nvidia.com/mig-3g.40gb", 8, "3g.40gb", 40448),
    )


@pytest.mark.parametrize(
    ("profile", "slices", "physical"),
    [("3g.40gb", 16, 8), ("1g.10gb", 56, 8), ("1g.20gb", 32, 8), ("7g.80gb", 8, 8), ("1g.10gb", 50, 8)],
)
def test_gfd_single_counts_slices(profile: str, slices: int, physical: int) -> None:
    labels = {PRODUCT: f"{H100}-MIG-{profile}", COUNT: str(slices), MEMORY: "9984", STRATEGY: "single"}
    gpus = gpus_of(labels, {GPU: slices})
    assert (gpus.accelerator, gpus.physical, gpus.strategy) == (H100, physical, MigStrategy.SINGLE)
    assert gpus.offers == (Offer(GPU, slices, profile, 9984),)


def test_gfd_single_writes_a_dot_for_a_plus() -> None:
    gpus = gpus_of({PRODUCT: f"{H100}-MIG-1g.10gb.me", COUNT: "8", STRATEGY: "single"}, {GPU: 8})
    assert (gpus.offers[0].profile, gpus.physical) == ("1g.10gb+me", 8)
    assert gpus_of({PRODUCT: f"{H100}-MIG-1g.24gb-me"}, {GPU: 8}).offers[0].profile == "1g.24gb-me"


def test_strategy_single_without_a_gpu_in_mig_mode_is_like_none() -> None:
    gpus = gpus_of({PRODUCT: H100, COUNT: "8", STRATEGY: "single"}, {GPU: 8})
    assert (gpus.strategy, gpus.physical, gpus.offers[0].profile) == (None, 8, None)


def test_the_machine_type_knows_better_how_many_gpus_few_slices_are_on() -> None:
    labels = {PRODUCT: f"{H100}-MIG-3g.40gb", COUNT: "12", STRATEGY: "single", MACHINE: "p5.48xlarge"}
    assert gpus_of(labels, {GPU: 12}).physical == 8


def test_an_invalid_layout_offers_nothing() -> None:
    labels = {PRODUCT: f"{H100}-MIG-INVALID", COUNT: "0", MEMORY: "0", STRATEGY: "single"}
    gpus = gpus_of(labels, {GPU: 0})
    assert (gpus.invalid, gpus.offers, gpus.accelerator, gpus.strategy) == (True, (), H100, MigStrategy.SINGLE)


@pytest.mark.parametrize(
    ("labels", "resources"),
    [
        ({PRODUCT: f"{H100}-SHARED", COUNT: "8"}, {GPU: 32}),
        ({PRODUCT: f"{H100}-MIG-1g.10gb-SHARED", COUNT: "56", STRATEGY: "single"}, {GPU: 112}),
        ({PRODUCT: H100, COUNT: "8", "nvidia.com/gpu.sharing-strategy": "mps"}, {GPU: 16}),
        ({PRODUCT: H100, COUNT: "8", "nvidia.com/gpu.replicas": "4"}, {"nvidia.com/gpu.shared": 32}),
        (
            {PRODUCT: H100, COUNT: "8", STRATEGY: "mixed", "nvidia.com/mig-1g.10gb.replicas": "2"},
            {"nvidia.com/mig-1g.10gb": 112},
        ),
        (
            {
                GKE_GPU: "nvidia-h100-80gb",
                "cloud.google.com/gke-max-shared-clients-per-gpu": "4",
                MACHINE: "a3-highgpu-8g",
            },
            {GPU: 32},
        ),
        (
            {
                GKE_GPU: "nvidia-h100-80gb",
                "cloud.google.com/gke-gpu-sharing-strategy": "time-sharing",
                "cloud.google.com/gke-max-shared-clients-per-gpu": "2",
                GKE_SIZE: "3g.40gb",
            },
            {GPU: 32},
        ),
    ],
)
def test_shared_units(labels: dict[str, str], resources: dict[str, int]) -> None:
    gpus = gpus_of(labels, resources)
    assert ({offer.flaw for offer in gpus.offers}, gpus.physical) == ({UnitFlaw.SHARED}, 8)
    assert not any(gpus.is_exceeded_by(offer) for offer in gpus.offers)
    assert gpus.accelerator in (H100, "nvidia-h100-80gb")


def test_gpus_beside_shares_of_another_are_exclusive() -> None:
    # k8s-device-plugin, README (renameByDefault, devices): one GPU of eight is shared, and the others keep their name.
    labels = {PRODUCT: H100, COUNT: "8", "nvidia.com/gpu.replicas": "1", "nvidia.com/gpu.sharing-strategy": "none"}
    gpus = gpus_of(labels, {GPU: 7, f"{GPU}.shared": 10})
    assert {offer.resource: offer.flaw for offer in gpus.offers} == {GPU: None, f"{GPU}.shared": UnitFlaw.SHARED}
    assert gpus_of(labels, {f"{GPU}.shared": 80}).offers[0].flaw is UnitFlaw.SHARED


def test_more_units_than_gpus_are_no_slices_where_gpu_feature_discovery_would_say_so() -> None:
    # Under strategy single it writes -MIG-<profile> behind the product of GPUs that are cut (internal/lm).
    labels = {PRODUCT: "NVIDIA-A100-SXM4-40GB", COUNT: "8", STRATEGY: "single", "nvidia.com/gpu.replicas": "1"}
    gpus = gpus_of(labels, {GPU: 32})
    (offer,) = gpus.offers
    assert (offer.profile, offer.supposed, gpus.strategy) == (None, False, None)
    assert gpus.is_exceeded_by(offer)


@pytest.mark.parametrize(
    ("accelerator", "size", "slices", "physical", "model"),
    [
        ("nvidia-tesla-a100", "1g.5gb", 7, 1, "a100-40gb"),
        ("nvidia-a100-80gb", "3g.40gb", 4, 2, "a100-80gb"),
        ("nvidia-h100-mega-80gb", "1g.10gb", 56, 8, "h100-80gb"),
        ("nvidia-h200-141gb", "2g.35gb", 24, 8, "h200"),
        ("nvidia-b200", "1g.45gb", 32, 8, "b200"),
        ("nvidia-rtx-pro-6000", "1g.24gb.me", 1, 1, "rtx-pro-6000"),
        ("nvidia-rtx-pro-6000", "1g.24gb-me", 4, 1, "rtx-pro-6000"),
    ],
)
def test_gke_slices_are_nvidia_com_gpu(accelerator: str, size: str, slices: int, physical: int, model: str) -> None:
    gpus = gpus_of({GKE_GPU: accelerator, GKE_SIZE: size}, {GPU: slices})
    assert (gpus.told_by, gpus.strategy, gpus.physical) == (LabelledBy.GKE, MigStrategy.SINGLE, physical)
    assert gpus.model
    assert gpus.model.name == model
    assert gpus.offers == (Offer(GPU, slices, size.replace(".me", "+me"), None),)


def test_gke_whole_gpus() -> None:
    gpus = gpus_of({GKE_GPU: "nvidia-h200-141gb", MACHINE: "a3-ultragpu-8g"}, {GPU: 8})
    assert (gpus.strategy, gpus.physical, gpus.offers) == (None, 8, (Offer(GPU, 8, None, None),))


def test_gfd_beside_gkes_partitions_tells_of_whole_gpus() -> None:
    labels = {PRODUCT: H100, COUNT: "8", MEMORY: "81559", GKE_GPU: "nvidia-h100-80gb", GKE_SIZE: "1g.10gb"}
    gpus = gpus_of(labels, {GPU: 56})
    assert (gpus.told_by, gpus.strategy, gpus.physical) == (LabelledBy.GFD, MigStrategy.SINGLE, 8)
    assert gpus.offers == (Offer(GPU, 56, "1g.10gb", None),)


@pytest.mark.parametrize(
    ("machine", "model", "count"),
    [
        ("p4d.24xlarge", "a100-40gb", 8),
        ("p4de.24xlarge", "a100-80gb", 8),
        ("p5.48xlarge", "h100-80gb", 8),
        ("p5e.48xlarge", "h200", 8),
        ("p5en.48xlarge", "h200", 8),
        ("p6-b200.48xlarge", "b200", 8),
        # The table has no counts of these, and a unit may be a share of a GPU.
        ("g5.12xlarge", "a10g", None),
        ("g6.12xlarge", "l4", None),
        ("g6e.12xlarge", "l40s", None),
    ],
)
@pytest.mark.parametrize("label", [MACHINE, "beta.kubernetes.io/instance-type"])
def test_ec2_machines(machine: str, model: str, count: int | None, label: str) -> None:
    gpus = gpus_of({label: machine}, {GPU: count or 4})
    assert (gpus.told_by, gpus.accelerator, gpus.physical) == (LabelledBy.EKS, model, count)
    assert gpus.model
    assert gpus.model.name == model


def test_a_machine_whose_device_plugin_is_missing() -> None:
    gpus = gpus_of({MACHINE: "p5.48xlarge"}, {})
    assert (gpus.offers, gpus.physical, gpus.strategy) == ((), 8, None)


def test_mixed_slices_on_ec2_without_gfd() -> None:
    resources = {"nvidia.com/mig-1g.10gb": 2, "nvidia.com/mig-2g.20gb": 1, "nvidia.com/mig-3g.40gb": 1}
    assert gpus_of({MACHINE: "p5.48xlarge"}, resources).physical == 8
    gpus = gpus_of({MACHINE: "g7e.2xlarge"}, {"nvidia.com/mig-1g.24gb": 2, "nvidia.com/mig-2g.48gb": 1})
    assert (gpus.physical, gpus.strategy) == (1, MigStrategy.MIXED)


def test_resources_alone() -> None:
    gpus = gpus_of({}, {"nvidia.com/mig-3g.40gb": 16})
    assert (gpus.told_by, gpus.accelerator, gpus.model) == (LabelledBy.ALLOCATABLE, None, None)
    assert (gpus.physical, gpus.strategy) == (None, MigStrategy.MIXED)
    # Four GPUs, or one that is cut in four.
    assert gpus_of({}, {GPU: 4}).physical is None


@pytest.mark.parametrize(
    ("labels", "units", "profile", "physical"),
    [
        # MIG User Guide: seven 1g.5gb, four 1g.10gb, three 2g.10gb, two 3g.20gb on an A100 40GB.
        ({MACHINE: "p4d.24xlarge"}, 56, "1g.5gb", 8),
        ({MACHINE: "p4d.24xlarge"}, 32, "1g.10gb", 8),
        ({MACHINE: "p4d.24xlarge"}, 24, "2g.10gb", 8),
        ({MACHINE: "p4d.24xlarge"}, 16, "3g.20gb", 8),
        ({MACHINE: "p5.4xlarge"}, 7, "1g.10gb", 1),
        ({MACHINE: "p4d.24xlarge"}, 8, None, 8),
        ({MACHINE: "p4d.24xlarge"}, 7, None, 8),
        ({MACHINE: "p4d.24xlarge"}, 9, None, 8),
        ({MACHINE: "p4d.24xlarge"}, 55, None, 8),
        ({MACHINE: "p4d.24xlarge"}, 80, None, 8),
        # GPU feature discovery would say of slices that they are some (internal/lm/mig-strategy.go).
        ({PRODUCT: H100, COUNT: "8", MEMORY: "81559", STRATEGY: "none"}, 56, None, 8),
        ({PRODUCT: H100, COUNT: "8", MEMORY: "81559"}, 16, None, 8),
        ({GKE_GPU: "nvidia-h100-80gb", MACHINE: "a3-highgpu-8g"}, 16, "3g.40gb", 8),
        # 1g.24gb, 1g.24gb+gfx and 1g.24gb-me, four of each on a GPU (MIG User Guide, RTX PRO 6000).
        ({GKE_GPU: "nvidia-rtx-pro-6000", "cloud.google.com/gke-accelerator-count": "1"}, 4, None, 1),
        # The catalogue knows neither model nor profiles.
        ({PRODUCT: "NVIDIA-Z900", COUNT: "8"}, 56, None, 8),
        # As Azure labels it: the name of the machine says nothing that is in a table.
        ({MACHINE: "H100-1-80G"}, 7, None, None),
    ],
)
def test_more_units_than_gpus_are_no_gpus(
    labels: dict[str, str], units: int, profile: str | None, physical: int | None
) -> None:
    gpus = gpus_of(labels, {GPU: units})
    assert gpus.physical == physical
    assert gpus.strategy == (MigStrategy.SINGLE if profile else None)
    (offer,) = gpus.offers
    memory = 81559 if MEMORY in labels and not profile else None
    assert offer == Offer(GPU, units, profile, memory, supposed=profile is not None)
    assert gpus.is_exceeded_by(offer) == (physical is not None and units > physical)


@pytest.mark.parametrize(
    ("labels", "resources"),
    [
        # Time-slicing says so itself; beside slices of strategy mixed, nvidia.com/gpu are whole GPUs.
        ({"nvidia.com/gpu.replicas": "7"}, {GPU: 56}),
        ({}, {GPU: 16, "nvidia.com/mig-1g.5gb": 7}),
    ],
)
def test_units_that_are_explained_are_not_taken_for_slices(labels: dict[str, str], resources: dict[str, int]) -> None:
    gpus = gpus_of({MACHINE: "p4d.24xlarge"} | labels, resources)
    assert gpus.physical == 8
    assert not any(offer.supposed for offer in gpus.offers)
    assert gpus.offers[0].profile is None


def test_a_profiles_own_label_says_its_model() -> None:
    labels = {
        PRODUCT: H100,
        COUNT: "8",
        STRATEGY: "mixed",
        "nvidia.com/mig-3g.40gb.product": f"{H100}-MIG-3g.40gb",
        "nvidia.com/mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
    }
    slices = ("nvidia.com/mig-3g.40gb", "nvidia.com/mig-1g.5gb", "nvidia.com/mig-1g.10gb")
    gpus = gpus_of(labels, {slices[0]: 8, slices[1]: 28, slices[2]: 7})
    models = [gpus.model_of(resource) for resource in slices]
    assert [model.name for model in models if model] == ["h100-80gb", "a100-40gb", "h100-80gb"]
    assert [gpus.physical_of(resource) for resource in slices] == [8, None, 8]
    assert gpus.has_several_models
    shared = labels | {"nvidia.com/mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb-SHARED"}
    assert gpus_of(shared, {slices[1]: 28}).model_of(slices[1]) == models[1]


def test_memory_tells_boards_of_one_name_apart() -> None:
    # NVML calls the board of 96 GB "NVIDIA H20", and its product label says no more.
    assert gpus_of({PRODUCT: "NVIDIA-H20", COUNT: "8"}, {GPU: 8}).model is None
    h20 = gpus_of({PRODUCT: "NVIDIA-H20", COUNT: "8", MEMORY: "97871"}, {GPU: 8}).model
    assert h20
    assert h20.name == "h20-96gb"


def test_mig_manager() -> None:
    labels = {
        PRODUCT: H100,
        COUNT: "8",
        "nvidia.com/mig.config": "all-balanced",
        "nvidia.com/mig.config.state": "pending",
    }
    gpus = gpus_of(labels, {})
    assert (gpus.mig_config, gpus.mig_state, gpus.offers) == ("all-balanced", "pending", ())
