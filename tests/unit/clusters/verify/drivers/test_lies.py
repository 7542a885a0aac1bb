"""What is declared of pools of NVIDIA's DRA driver and is not so: told once each, and gone when its remedy is followed.

What devices and classes do to pods: kube-scheduler 1.37.2, run over such ResourceSlices.
"""

from __future__ import annotations

import pytest

from embedded.dra_devices import (
    DraGpus,
    driver_classes,
    dynamic_gpus,
    gpus_cut_alike,
    resource_slices,
    whole_gpus,
    without_attribute,
)
from slicewise.clusters.live.facts import LiveCluster
from tests.documents import Document
from tests.unit.clusters.verify.drivers.driven import (
    ALL_SLICES,
    BARE,
    CUT,
    OTHER,
    RESOURCE,
    cut_pool,
    driven,
    incomplete,
    lacking,
    on_demand_pool,
    told,
    verified,
    whole_pool,
    with_selector,
)


@pytest.mark.parametrize("allocation", ["claim", "extendedResource"])
def test_what_is_as_declared_is_not_told_of(allocation: str) -> None:
    assert verified(cut_pool(allocation), driven()).differences == ()
    whole = driven({"n": whole_gpus("h100-80gb", 8)})
    assert verified(whole_pool(allocation), whole).differences == ()


def test_units_are_counted_and_those_of_pods_with_claims_are_held() -> None:
    (numbers,) = verified(cut_pool(), driven()).pools
    assert (numbers.units, numbers.units_declared, numbers.free, numbers.profiles) == (16, 16, 16, ("3g.40gb",))


# What is declared, what is there, the code that is told, and what is there when the remedy was followed.
LIES: dict[str, tuple[Document, LiveCluster, str, Document, LiveCluster]] = {
    "no class answers the resource": (
        cut_pool("extendedResource"),
        driven(classes=driver_classes()),
        "SW649",
        cut_pool("extendedResource"),
        driven(),
    ),
    "no class of the driver": (cut_pool(), driven(classes=[]), "SW649", cut_pool(), driven()),
    "a class of another profile": (
        cut_pool("extendedResource"),
        driven(classes=[OTHER]),
        "SW650",
        cut_pool("extendedResource"),
        driven(),
    ),
    "a class of every slice": (
        cut_pool("extendedResource"),
        driven(classes=[ALL_SLICES], more_slices=resource_slices("m", gpus_cut_alike("h100-80gb", 1, "1g.10gb"))),
        "SW650",
        cut_pool("extendedResource"),
        driven(),
    ),
    "a class of another GPU model": (
        cut_pool("extendedResource"),
        driven(
            classes=[
                with_selector(
                    "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].?profile.orValue('') == "
                    "'3g.40gb' && device.attributes['gpu.nvidia.com'].productName.contains('A100')"
                )
            ]
        ),
        "SW650",
        cut_pool("extendedResource"),
        driven(),
    ),
    "a device lacks what the class reads": (
        cut_pool("extendedResource"),
        driven(
            classes=[BARE],
            more_slices=without_attribute(resource_slices("m", gpus_cut_alike("h100-80gb", 1, "3g.40gb")), "profile"),
        ),
        "SW652",
        cut_pool("extendedResource"),
        driven(
            more_slices=without_attribute(resource_slices("m", gpus_cut_alike("h100-80gb", 1, "3g.40gb")), "profile"),
        ),
    ),
    "another driver's device lacks what the class reads": (
        cut_pool("extendedResource"),
        driven(
            classes=[BARE],
            more_slices=[
                {
                    "metadata": {"name": "nic"},
                    "spec": {
                        "driver": "dra.net",
                        "nodeName": "n",
                        "pool": {"name": "n", "generation": 1, "resourceSliceCount": 1},
                        "devices": [{"name": "eth0", "attributes": {"type": {"string": "nic"}}}],
                    },
                }
            ],
        ),
        "SW652",
        cut_pool("extendedResource"),
        driven(),
    ),
    "Kubernetes is too old for resources of classes": (
        cut_pool("extendedResource"),
        driven(kubernetes="1.35.4"),
        "SW653",
        cut_pool("claim"),
        driven(kubernetes="1.35.4"),
    ),
    "Kubernetes is too old for claims": (
        cut_pool(),
        driven(kubernetes="1.33.1"),
        "SW653",
        cut_pool(),
        driven(kubernetes="1.34.0"),
    ),
    "the driver is not there": (
        cut_pool(),
        driven({"n": None}, labels={"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8"}),
        "SW655",
        cut_pool(),
        driven(),
    ),
    "the device plugin is there in its place": (
        cut_pool(),
        driven({"n": None}, resources={RESOURCE: 16}),
        "SW655",
        cut_pool("devicePlugin"),
        driven({"n": None}, resources={RESOURCE: 16}),
    ),
    "nothing is cut": (
        cut_pool(),
        driven({"n": DraGpus("h100-80gb", ((),) * 8)}),
        "SW655",
        cut_pool(),
        driven(),
    ),
    "the device plugin is there, too": (
        cut_pool(),
        driven(resources={RESOURCE: 16}),
        "SW656",
        cut_pool(),
        driven(labels={"nvidia.com/gpu.deploy.device-plugin": "false"}, resources={RESOURCE: 0}),
    ),
    "all devices are tainted": (
        whole_pool(acceleratorCount=1),
        driven({"n": whole_gpus("h100-80gb", 1).with_taint("gpu-0")}),
        "SW657",
        whole_pool(acceleratorCount=1),
        driven({"n": whole_gpus("h100-80gb", 1)}),
    ),
    "slices are missing": (
        cut_pool(),
        driven({"n": None}, more_slices=incomplete(CUT)),
        "SW658",
        cut_pool(),
        driven(),
    ),
    "the GPUs are cut otherwise": (
        cut_pool(),
        driven({"n": gpus_cut_alike("h100-80gb", 8, "1g.10gb")}),
        "SW606",
        cut_pool(),
        driven(),
    ),
    "the GPUs are cut already": (
        on_demand_pool("3g.40gb", "1g.10gb"),
        driven(),
        "SW611",
        on_demand_pool("3g.40gb", "1g.10gb"),
        driven({"n": dynamic_gpus("h100-80gb", 8)}),
    ),
    "they are another model": (
        cut_pool(),
        driven({"n": gpus_cut_alike("a100-80gb", 8, "3g.40gb")}),
        "SW610",
        cut_pool(acceleratorType="nvidia-a100-80gb"),
        driven({"n": gpus_cut_alike("a100-80gb", 8, "3g.40gb")}),
    ),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_it_is_told_once_and_its_remedy_ends_it(lie: str) -> None:
    declared, live, code, instead, followed = LIES[lie]
    assert told(verified(declared, live)) == lacking(code)
    assert verified(instead, followed).differences == ()
