"""What is published for tests is what NVIDIA's DRA driver publishes.

Facts: a run of the driver (commit 9593204) on NVIDIA's mock of an H100 with measured memory.
"""

from __future__ import annotations

from typing import Any

from embedded.dra_devices import (
    cut_gpus,
    driver_classes,
    dynamic_gpus,
    gpus_cut_alike,
    profile_class,
    resource_slices,
    whole_gpus,
    without_attribute,
)

H100_DEVICES = [
    "gpu-0",
    *(f"gpu-0-mig-1g10gb-19-{start}" for start in range(7)),
    *(f"gpu-0-mig-1g10gb-me-20-{start}" for start in range(7)),
    *(f"gpu-0-mig-1g20gb-15-{start}" for start in (0, 2, 4, 6)),
    *(f"gpu-0-mig-2g20gb-14-{start}" for start in (0, 2, 4)),
    *("gpu-0-mig-3g40gb-9-0", "gpu-0-mig-3g40gb-9-4", "gpu-0-mig-4g40gb-5-0", "gpu-0-mig-7g80gb-0-0"),
]
H100_COUNTERS = {
    "copy-engines": "8",
    "decoders": "7",
    "encoders": "0",
    "jpeg-engines": "7",
    "memory": "81152Mi",
    "multiprocessors": "132",
    "ofa-engines": "1",
    **{f"memory-slice-{number}": "1" for number in range(8)},
}


def values(of: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: each["value"] for name, each in of.items()}


def only(slices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    (single,) = slices
    devices: list[dict[str, Any]] = single["spec"]["devices"]
    return devices


def test_a_static_slice_says_what_it_is_where_it_is_and_what_it_has() -> None:
    (device,) = only(resource_slices("n", cut_gpus("h100-80gb", (("3g.40gb", 4),))))
    attributes = {name: next(iter(each.values())) for name, each in device["attributes"].items()}
    assert device["name"] == "gpu-0-mig-3g40gb-9-4"
    assert {name: attributes[name] for name in ("type", "profile", "productName", "driverVersion")} == {
        "type": "mig",
        "profile": "3g.40gb",
        "productName": "NVIDIA H100 80GB HBM3",
        "driverVersion": "580.65.6",
    }
    assert {"uuid", "parentUUID", "architecture", "cudaComputeCapability"} <= set(attributes)
    assert values(device["capacity"]) == {
        "memory": "40448Mi",
        "multiprocessors": "60",
        "copyEngines": "3",
        "decoders": "3",
        "encoders": "0",
        "jpegEngines": "3",
        "ofaEngines": "0",
        **{f"memorySlice{number}": "1" for number in (4, 5, 6, 7)},
    }


def test_a_suffix_keeps_its_plus_in_the_attribute_alone() -> None:
    (device,) = only(resource_slices("n", gpus_cut_alike("h100-80gb", 1, "1g.10gb+me")))
    assert device["name"] == "gpu-0-mig-1g10gb-me-20-0"
    assert device["attributes"]["profile"] == {"string": "1g.10gb+me"}


def test_a_whole_gpu_has_memory_and_nothing_else() -> None:
    devices = only(resource_slices("n", whole_gpus("h100-80gb", 8)))
    assert [device["name"] for device in devices] == [f"gpu-{minor}" for minor in range(8)]
    assert {str(values(device["capacity"])) for device in devices} == {"{'memory': '81559Mi'}"}
    assert "parentUUID" not in devices[0]["attributes"]


def test_a_gpu_in_mig_mode_without_slices_publishes_nothing() -> None:
    assert only(resource_slices("n", cut_gpus("h100-80gb", (), ()))) == []


def test_gpus_that_are_cut_on_demand_have_a_device_for_each_place() -> None:
    counters, devices = resource_slices("n", dynamic_gpus("h100-80gb", 1))
    assert "devices" not in counters["spec"]
    assert counters["spec"]["pool"] == {"name": "n", "generation": 1, "resourceSliceCount": 2}
    (shared,) = counters["spec"]["sharedCounters"]
    assert shared["name"] == "gpu-0-counter-set"
    assert values(shared["counters"]) == H100_COUNTERS
    found = {device["name"]: device for device in devices["spec"]["devices"]}
    assert list(found) == H100_DEVICES
    assert values(found["gpu-0"]["capacity"])["memory"] == "81152Mi"
    (whole,) = found["gpu-0"]["consumesCounters"]
    assert values(whole["counters"]) == H100_COUNTERS
    (part,) = found["gpu-0-mig-3g40gb-9-4"]["consumesCounters"]
    assert {name for name in part["counters"] if name.startswith("memory-slice-")} == {
        f"memory-slice-{number}" for number in (4, 5, 6, 7)
    }
    assert "uuid" not in found["gpu-0-mig-3g40gb-9-4"]["attributes"]


def test_before_1_35_counters_and_devices_are_together() -> None:
    slices = resource_slices("n", dynamic_gpus("h100-80gb", 2), kubernetes=(1, 34))
    assert [len(each["spec"]["devices"]) for each in slices] == [26, 26]
    assert [each["spec"]["sharedCounters"][0]["name"] for each in slices] == ["gpu-0-counter-set", "gpu-1-counter-set"]


def test_an_a100_in_mig_mode_cannot_be_had_whole_and_one_out_of_it_cannot_be_cut() -> None:
    _, cut = resource_slices("n", dynamic_gpus("a100-40gb", 1))
    assert len(cut["spec"]["devices"]) == 25
    assert all("-mig-" in device["name"] for device in cut["spec"]["devices"])
    counters, whole = resource_slices("n", dynamic_gpus("a100-40gb", 1, in_mig_mode=False))
    assert counters["spec"]["sharedCounters"] == []
    assert [device["name"] for device in whole["spec"]["devices"]] == ["gpu-0"]


def test_taints_are_of_one_device() -> None:
    devices = only(resource_slices("n", whole_gpus("l40s", 2).with_taint("gpu-1")))
    assert [device.get("taints") for device in devices] == [
        None,
        [{"key": "gpu.nvidia.com/xid", "effect": "NoSchedule"}],
    ]


def test_an_attribute_can_be_left_out() -> None:
    slices = resource_slices("n", gpus_cut_alike("h100-80gb", 1, "3g.40gb"))
    assert all("profile" not in device["attributes"] for device in only(without_attribute(slices, "profile")))
    assert all("profile" in device["attributes"] for device in only(slices))


def test_classes_are_those_of_the_chart() -> None:
    named = {each["metadata"]["name"]: each["spec"] for each in driver_classes()}
    assert {name: spec.get("extendedResourceName") for name, spec in named.items()} == {
        "gpu.nvidia.com": "nvidia.com/gpu",
        "vfio.gpu.nvidia.com": None,
        "mig.nvidia.com": None,
    }
    assert named["mig.nvidia.com"]["selectors"][0]["cel"]["expression"] == (
        "device.driver == 'gpu.nvidia.com' && device.attributes['gpu.nvidia.com'].type == 'mig'"
    )
    assert all("extendedResourceName" not in each["spec"] for each in driver_classes(extended=False))


def test_a_class_of_one_profile_is_guarded_unless_that_is_refused() -> None:
    guarded, bare = (
        profile_class("c", "3g.40gb", "nvidia.com/mig-3g.40gb", guarded=each)["spec"]["selectors"][0]["cel"][
            "expression"
        ]
        for each in (True, False)
    )
    assert guarded == (
        "device.driver == 'gpu.nvidia.com' && 'profile' in device.attributes['gpu.nvidia.com'] && "
        "device.attributes['gpu.nvidia.com'].profile == '3g.40gb'"
    )
    assert bare == "device.attributes['gpu.nvidia.com'].profile == '3g.40gb'"
