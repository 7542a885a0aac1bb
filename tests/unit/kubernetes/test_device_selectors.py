"""Selectors of devices: what kube-scheduler's own evaluation says (k8s.io/dynamic-resource-allocation v0.37.2, cel)."""

from __future__ import annotations

import pytest

from embedded.dra_devices import cut_gpus, resource_slices
from slicewise.kubernetes import PublishedDevice, SelectorAnswer, answer_of, answer_of_all, read_devices

NVIDIA = "device.attributes['gpu.nvidia.com']"
CAPACITY = "device.capacity['gpu.nvidia.com']"
YES = (
    "true",
    f"device.driver == 'gpu.nvidia.com' && {NVIDIA}.type == 'mig'",
    f"{NVIDIA}.profile == '3g.40gb'",
    'device.attributes["gpu.nvidia.com"]["profile"] == "3g.40gb"',
    f"'profile' in {NVIDIA} && {NVIDIA}.profile == '3g.40gb'",
    f"{NVIDIA}.nothing == 'x' || device.driver == 'gpu.nvidia.com'",
    f"{NVIDIA}.profile in ['3g.40gb', '1g.10gb']",
    f"{NVIDIA}.?profile.orValue('') == '3g.40gb'",
    f"{NVIDIA}[?'profile'].orValue('') == '3g.40gb'",
    "device.attributes[?'gpu.nvidia.com'].?profile.orValue('') == '3g.40gb'",
    f"{NVIDIA}.?profile.hasValue()",
    f"has({NVIDIA}.profile)",
    f"has({NVIDIA}.profile) && {NVIDIA}.profile.startsWith('3g')",
    f"{NVIDIA}.productName.lowerAscii().matches('^.*h100.*$')",
    f"{NVIDIA}.profile.endsWith('gb') && {NVIDIA}.profile.contains('40')",
    f"{CAPACITY}.memory.compareTo(quantity('39Gi')) >= 0",
    f"{CAPACITY}.memory.compareTo(quantity('40448Mi')) == 0",
    f"{CAPACITY}.memory == quantity('40448Mi')",
    f"{CAPACITY}.memory.isLessThan(quantity('40Gi'))",
    f"{NVIDIA}.cudaComputeCapability.compareTo(semver('9.0.0')) >= 0",
    "device.attributes['resource.kubernetes.io'].numaNode == 0",
    "device.attributes['resource.kubernetes.io'].pcieRoot == 'pci0000:10'",
    f"!({NVIDIA}.type == 'gpu')",
    f"!('profile' in {NVIDIA}) || {NVIDIA}.profile == '3g.40gb'",
    f"{NVIDIA}.type == 'mig' ? {NVIDIA}.profile == '3g.40gb' : false",
    "'gpu.nvidia.com' in device.attributes",
    f"{NVIDIA}.type == \"mig\" && {NVIDIA}.profile == r'3g.40gb'",
    f"{NVIDIA}.profile.size() == 7",
    f"(device.driver == 'gpu.nvidia.com') && (({NVIDIA}.type) == 'mig')",
    "isQuantity('3Gi')",
)
NO = (
    "false",
    f"'nothing' in {NVIDIA} && {NVIDIA}.nothing == '3g.40gb'",
    f"{NVIDIA}.nothing == 'x' && device.driver == 'other'",
    f"{NVIDIA}.profile in ['4g.40gb', \"1g.10gb\"]",
    f"{NVIDIA}.?nothing.orValue('') == '3g.40gb'",
    f"{NVIDIA}.?nothing.hasValue()",
    f"has({NVIDIA}.nothing)",
    f"{NVIDIA}.productName.matches('A100')",
    f"{CAPACITY}.memory.isGreaterThan(quantity('40Gi'))",
    f"{NVIDIA}.driverVersion.isGreaterThan(semver('600.0.0'))",
    f"{NVIDIA}.profile == 3",
    f"{NVIDIA}.profile != '3g.40gb'",
    f"{NVIDIA}.type == 'gpu' ? {NVIDIA}.nothing == '3g.40gb' : false",
    "'other.com' in device.attributes",
    "device.allowMultipleAllocations",
)
FAILS = (
    f"{NVIDIA}.nothing == '3g.40gb'",
    "device.attributes['other.com'].profile == '3g.40gb'",
    f"{NVIDIA}.nothing == 'x' && device.driver == 'gpu.nvidia.com'",
    f"{CAPACITY}.nothing.isLessThan(quantity('40Gi'))",
    f"{NVIDIA}.profile > 3",
    f"{NVIDIA}.type",
)
# What kube-scheduler understands, and this does not; and what is no CEL.
UNKNOWN = (
    f"cel.bind(a, {NVIDIA}, a.profile == '3g.40gb')",
    f"{NVIDIA}.exists(name, name == 'profile')",
    f"{NVIDIA}.profile.matches('(3g)+.40gb')",
    f"{NVIDIA}.profile == '3g.40gb' &&",
    "node.name == 'n'",
    "?!",
    "'unended",
    "(" * 100 + "true" + ")" * 100,
    " && ".join(["true"] * 2000),
)


def device(profile: str = "3g.40gb") -> PublishedDevice:
    (single,) = resource_slices("n", cut_gpus("h100-80gb", ((profile, 4),)))
    (found,) = read_devices(single["spec"])
    return found


@pytest.mark.parametrize(
    ("expressions", "answer"),
    [
        (YES, SelectorAnswer.YES),
        (NO, SelectorAnswer.NO),
        (FAILS, SelectorAnswer.FAILS),
        (UNKNOWN, SelectorAnswer.UNKNOWN),
    ],
    ids=["yes", "no", "fails", "unknown"],
)
def test_each_is_as_in_kube_scheduler(expressions: tuple[str, ...], answer: SelectorAnswer) -> None:
    mine = device()
    assert {each: answer_of(each, mine) for each in expressions} == dict.fromkeys(expressions, answer)


def test_what_is_not_understood_does_not_hide_what_decides() -> None:
    assert answer_of("device.driver == 'other' && cel.bind(a, 1, a == 1)", device()) is SelectorAnswer.NO
    assert answer_of("device.driver == 'gpu.nvidia.com' && cel.bind(a, 1, a == 1)", device()) is SelectorAnswer.UNKNOWN


def test_selectors_are_asked_one_after_the_other_up_to_the_first_that_does_not_select() -> None:
    assert answer_of_all([], device()) is SelectorAnswer.YES
    assert answer_of_all(["false", f"{NVIDIA}.nothing == 1"], device()) is SelectorAnswer.NO
    assert answer_of_all(["true", f"{NVIDIA}.nothing == 1"], device()) is SelectorAnswer.FAILS


def test_a_malformed_device_is_one_without_what_is_malformed() -> None:
    spec = {
        "driver": "gpu.nvidia.com",
        "pool": "n",
        "devices": [{"name": "d", "attributes": {"type": "mig"}, "capacity": [], "taints": {}}, 3],
    }
    (found,) = read_devices(spec)
    assert (found.pool, found.text("type"), found.mebibytes("memory"), found.taints) == ("", "", None, ())


def test_a_version_that_is_none_is_not_there() -> None:
    spec = {"driver": "d", "devices": [{"name": "d", "attributes": {"a": {"version": "580.65.06"}, "b": {"int": 1}}}]}
    (found,) = read_devices(spec)
    assert dict(found.attributes) == {"b": 1}


def test_lists_of_values_are_lists() -> None:
    attributes = {"numa": {"ints": [0, 1]}, "versions": {"versions": ["1.0.0"]}}
    (found,) = read_devices({"driver": "d", "devices": [{"name": "d", "attributes": attributes}]})
    assert answer_of("1 in device.attributes['d'].numa", found) is SelectorAnswer.YES
    assert answer_of("semver('1.0.0') in device.attributes['d'].versions", found) is SelectorAnswer.YES


def test_in_v1beta1_a_device_is_basic() -> None:
    spec = {
        "driver": "gpu.nvidia.com",
        "devices": [{"name": "d", "basic": {"attributes": {"type": {"string": "mig"}}}}],
    }
    (found,) = read_devices(spec)
    assert found.text("type") == "mig"


def test_only_taints_that_keep_pods_out_count() -> None:
    taints = [{"key": key, "effect": key} for key in ("NoSchedule", "NoExecute", "None")]
    (found,) = read_devices({"devices": [{"name": "d", "taints": taints}]})
    assert found.taints == ("NoSchedule", "NoExecute")
