"""GPUs of clusters that the stack makes: what their clouds offer, and how they cut it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.made_clusters import EKS, GKE, H100, P5, environment, pool, sliced

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

GKE_TYPES = (
    "nvidia-tesla-a100, nvidia-a100-80gb, nvidia-h100-80gb, nvidia-h100-mega-80gb, nvidia-h200-141gb, nvidia-b200, "
    "nvidia-gb200, nvidia-gb300, nvidia-rtx-pro-6000, nvidia-l4, nvidia-tesla-t4, nvidia-tesla-v100, "
    "nvidia-tesla-p100, nvidia-tesla-p4, nvidia-tesla-k80"
)


@pytest.mark.parametrize(("gpu", "shown"), [("h100-nvl", "h100-94gb"), ("a30", "a30"), ("z900", '"z900"')])
def test_gpus_that_gke_does_not_offer(loader: Loader, gpu: str, shown: str) -> None:
    message = loader.refuse_at(environment(GKE, pool("machineType: n9-new", gpu=f"§{gpu}")))
    assert message == f"spec.nodePools[0].acceleratorType: GKE does not offer {shown}; it has {GKE_TYPES} [SW223]"


@pytest.mark.parametrize(
    ("gpu", "machine", "profile", "has"),
    [
        ("h100-80gb", "a3-highgpu-8g", "4g.40gb", "it has 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 7g.80gb"),
        ("h100-80gb", "a3-highgpu-8g", "1g.10gb+me", "it has 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 7g.80gb"),
        # Double memory: NVIDIA's driver has it on A100, GKE from H100 on.
        ("a100-80gb", "a2-ultragpu-8g", "1g.20gb", "it has 1g.10gb, 2g.20gb, 3g.40gb, 7g.80gb"),
        ("gb300", "a4x-maxgpu-4g", "3g.139gb", "it cuts none; leave migConfiguration out"),
    ],
)
def test_profiles_that_gke_does_not_offer(loader: Loader, gpu: str, machine: str, profile: str, has: str) -> None:
    count = machine[-2]
    declared = pool(f"machineType: {machine}", gpu=gpu, count=count, mig=sliced(f"§{profile}"))
    message = loader.refuse_at(environment(GKE, declared))
    field = "spec.nodePools[0].capabilities.migConfiguration.profile"
    assert message == f'{field}: "{profile}" is not a size that GKE cuts {gpu} into; {has} [SW223]'


def test_the_strategy_of_gke(loader: Loader) -> None:
    message = loader.refuse_at(environment(GKE, pool(H100, mig=sliced("3g.40gb", "§mixed"))))
    assert message == (
        "spec.nodePools[0].capabilities.migConfiguration.strategy: GKE's own device plugin advertises every slice as "
        "nvidia.com/gpu, never as nvidia.com/mig-3g.40gb; write strategy: single [SW224]"
    )


def test_one_strategy_on_eks(loader: Loader) -> None:
    pools = [
        pool(P5, mig=sliced("3g.40gb", "mixed")),
        pool(P5, name="whole", selector="nodeSelector: {pool: whole}"),
        pool(P5, name="other", mig=sliced("1g.10gb", "§single"), selector="nodeSelector: {pool: other}"),
    ]
    message = loader.refuse_at(environment(EKS, *pools))
    assert message == (
        'spec.nodePools[2].capabilities.migConfiguration.strategy: "slices" has mixed, this has single, and one GPU '
        "Operator with one strategy serves the whole cluster; write the same in both [SW224]"
    )


def test_one_strategy_on_eks_beside_a_pool_whose_name_is_wrong(loader: Loader) -> None:
    pools = [
        pool(P5, name="Not_A_Name", mig=sliced("3g.40gb", "mixed")),
        pool(P5, name="other", mig=sliced("1g.10gb", "single"), selector="nodeSelector: {pool: other}"),
    ]
    name, strategy = loader.refuse(environment(EKS, *pools))
    assert "nodePools[0].name" in name
    assert strategy.split("strategy: ", 1)[1] == (
        "nodePools[0] has mixed, this has single, and one GPU Operator with one strategy serves the whole cluster; "
        "write the same in both [SW224]"
    )


@pytest.mark.parametrize(
    ("cluster", "machine", "model"),
    [
        (GKE, "a2-highgpu-8g", "a100-40gb"),
        (GKE, "a3-ultragpu-8g", "h200"),
        (EKS, "p4d.24xlarge", "a100-40gb"),
        (EKS, "p5en.48xlarge", "h200"),
        (EKS, "g6e.48xlarge", "l40s"),
    ],
)
def test_machines_with_other_gpus(loader: Loader, cluster: str, machine: str, model: str) -> None:
    message = loader.refuse_at(environment(cluster, pool(f"machineType: §{machine}")))
    assert message == (
        f"spec.nodePools[0].machineType: a {machine} has {model} GPUs, and the pool is declared with h100-80gb; "
        "correct whichever is wrong [SW225]"
    )


@pytest.mark.parametrize(
    ("cluster", "machine", "has"), [(GKE, "a3-highgpu-2g", 2), (EKS, "p5.48xlarge", 8), (EKS, "p5.4xlarge", 1)]
)
def test_machines_with_more_or_fewer_gpus(loader: Loader, cluster: str, machine: str, has: int) -> None:
    message = loader.refuse_at(environment(cluster, pool(f"machineType: {machine}", count="§4")))
    gpus = "1 GPU" if has == 1 else f"{has} GPUs"
    assert message == (
        f"spec.nodePools[0].acceleratorCount: a {machine} has {gpus}; write {has}, or correct machineType [SW225]"
    )


@pytest.mark.parametrize(("gpu", "mig"), [("h100", ""), ("z900", sliced("1g.10gb"))])
def test_a_gpu_that_is_an_error_already_on_eks(loader: Loader, gpu: str, mig: str) -> None:
    assert "[SW205]" in loader.refuse_at(environment(EKS, pool(P5, gpu=f"§{gpu}", mig=mig)))
