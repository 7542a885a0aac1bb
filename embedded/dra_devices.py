"""ResourceSlices and DeviceClasses as NVIDIA's DRA driver publishes them, as JSON of `resource.k8s.io/v1`.

Source: kubernetes-sigs/dra-driver-nvidia-gpu v0.5.0, cmd/gpu-kubelet-plugin (deviceinfo.go, mig.go, partitions.go,
driver.go) and the DeviceClasses of its Helm chart. Devices are in the order of their names, which the driver keeps only
where it cuts on demand.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from embedded.dra_boards import DRA_BOARDS, ENGINES, DraBoard, DraProfile

Json = dict[str, Any]
API_VERSION: Final = "resource.k8s.io/v1"
DRIVER: Final = "gpu.nvidia.com"
# A device of 1.35 and later that consumes counters is in another ResourceSlice than the counters.
SPLIT_FROM: Final = (1, 35)
_NAMESPACE: Final = uuid.UUID(int=0x20)


@dataclass(frozen=True)
class DraGpus:
    """The GPUs of a node.

    Attributes:
        board: The board's name in `DRA_BOARDS`.
        cuts: For each GPU its instances, as profile and first memory slice; None for a GPU that is not in MIG mode.
        dynamic: Whether the driver cuts on demand (its feature gate DynamicMIG); then `cuts` says of each GPU only
            whether it is in MIG mode.
        taints: Taints of devices, by their names, as the driver writes them of GPUs that fail.
    """

    board: str
    cuts: tuple[tuple[tuple[str, int], ...] | None, ...]
    dynamic: bool = False
    taints: Mapping[str, Sequence[Mapping[str, str]]] | None = None

    def with_taint(self, device: str, key: str = "gpu.nvidia.com/xid", effect: str = "NoSchedule") -> DraGpus:
        """Return the same with a taint of one device."""
        return replace(self, taints={**(self.taints or {}), device: [{"key": key, "effect": effect}]})


def whole_gpus(board: str, count: int) -> DraGpus:
    """Return GPUs that are not in MIG mode."""
    return DraGpus(board, (None,) * count)


def cut_gpus(board: str, *cuts: tuple[tuple[str, int], ...] | None) -> DraGpus:
    """Return GPUs that are cut as said, each by profile and first memory slice; None leaves a GPU whole."""
    return DraGpus(board, cuts)


def gpus_cut_alike(board: str, count: int, profile: str) -> DraGpus:
    """Return GPUs that hold as many instances of one profile as there is room for."""
    found = DRA_BOARDS[board].profile(profile)
    alone = found.starts[:1] if found.name.endswith(("+me", "+me.all")) else found.starts
    return DraGpus(board, (tuple((profile, start) for start in alone),) * count)


def dynamic_gpus(board: str, count: int, *, in_mig_mode: bool = True) -> DraGpus:
    """Return GPUs that the driver cuts on demand; boards before Hopper only where they are in MIG mode."""
    return DraGpus(board, ((() if in_mig_mode else None),) * count, dynamic=True)


def resource_slices(node: str, gpus: DraGpus, kubernetes: tuple[int, int] = (1, 37)) -> list[Json]:
    """Return the ResourceSlices of a node.

    Args:
        node: Its name.
        gpus: Its GPUs.
        kubernetes: The server's version, by which the driver decides where counters go.
    """
    by_gpu = [_gpu_devices(node, gpus, minor) for minor in range(len(gpus.cuts))]
    if not gpus.dynamic:
        return _slices(node, [{"devices": [device for devices in by_gpu for device in devices]}])
    counters = [_counter_sets(gpus, minor) for minor in range(len(gpus.cuts))]
    if kubernetes < SPLIT_FROM:
        together = zip(by_gpu, counters, strict=True)
        return _slices(node, [{"devices": devices, "sharedCounters": own} for devices, own in together])
    shared = [each for own in counters for each in own]
    return _slices(node, [{"sharedCounters": shared}, *({"devices": devices} for devices in by_gpu)])


def driver_classes(*, extended: bool = True) -> list[Json]:
    """Return the DeviceClasses of the driver's chart for GPUs and their slices.

    Args:
        extended: Whether that of whole GPUs answers `nvidia.com/gpu`, as since 25.12.0.
    """
    gpu, mig = (_class(f"{name}{DRIVER}", _of_type(kind)) for name, kind in (("", "gpu"), ("vfio.", "vfio")))
    of_slices = _class("mig.nvidia.com", _of_type("mig"))
    if extended:
        gpu["spec"]["extendedResourceName"] = "nvidia.com/gpu"
    return [gpu, of_slices, mig]


def profile_class(name: str, profile: str, resource: str | None, *, guarded: bool = True) -> Json:
    """Return a DeviceClass of slices of one profile, which people add so that pods get them by a resource.

    Args:
        name: Its name.
        profile: The profile in the driver's spelling.
        resource: The extended resource that it answers; None for none.
        guarded: Whether its selector minds devices without the attribute that it reads.
    """
    device = f"device.attributes['{DRIVER}']"
    condition = f"{device}.profile == '{profile}'"
    guard = f"device.driver == '{DRIVER}' && 'profile' in {device} && " if guarded else ""
    found = _class(name, guard + condition)
    if resource:
        found["spec"]["extendedResourceName"] = resource
    return found


def without_attribute(slices: Iterable[Json], name: str) -> list[Json]:
    """Return the slices without one attribute of their devices."""
    found = []
    for each in slices:
        spec = dict(each["spec"])
        if "devices" in spec:
            spec["devices"] = [
                device | {"attributes": {key: value for key, value in device["attributes"].items() if key != name}}
                for device in spec["devices"]
            ]
        found.append(each | {"spec": spec})
    return found


def _slices(node: str, parts: Sequence[Json]) -> list[Json]:
    pool = {"name": node, "generation": 1, "resourceSliceCount": len(parts)}
    return [
        {
            "apiVersion": API_VERSION,
            "kind": "ResourceSlice",
            "metadata": {"name": f"{node}-{DRIVER}-{number}"},
            "spec": {"driver": DRIVER, "nodeName": node, "pool": pool, **part},
        }
        for number, part in enumerate(parts)
    ]


def _gpu_devices(node: str, gpus: DraGpus, minor: int) -> list[Json]:
    board, cut = DRA_BOARDS[gpus.board], gpus.cuts[minor]
    own = _attributes(board, node, minor)
    gpu = {"name": f"gpu-{minor}", "attributes": own, "capacity": {"memory": _mebibytes(board.memory_mib)}}
    if gpus.dynamic:
        devices = _dynamic_devices(board, node, minor, gpu, in_mig_mode=cut is not None)
    elif cut is None:
        devices = [gpu]
    else:
        devices = [_static(board, node, minor, board.profile(profile), start) for profile, start in cut]
    tainted = [_tainted(device, gpus.taints or {}) for device in devices]
    return sorted(tainted, key=lambda device: str(device["name"]))


def _dynamic_devices(board: DraBoard, node: str, minor: int, gpu: Json, *, in_mig_mode: bool) -> list[Json]:
    if not board.profiles or not (in_mig_mode or board.toggles_mig):
        return [gpu]
    consumes = [{"counterSet": _counter_set(minor), "counters": _counters(board)}]
    whole = gpu | {"capacity": {name: {"value": each} for name, each in _most(board).items()}}
    whole |= {"consumesCounters": consumes}
    places = [(profile, start) for profile in board.profiles for start in profile.starts]
    devices = [_placeable(board, node, minor, profile, start) for profile, start in places]
    return [whole, *devices] if board.toggles_mig else devices


def _tainted(device: Json, taints: Mapping[str, Sequence[Mapping[str, str]]]) -> Json:
    own = taints.get(str(device["name"]))
    return device | {"taints": [dict(taint) for taint in own]} if own else device


def _attributes(board: DraBoard, node: str, minor: int) -> Json:
    texts = {
        "type": "gpu",
        "uuid": _uuid("GPU", node, minor),
        "productName": board.product,
        "brand": board.brand,
        "architecture": board.architecture,
        "resource.kubernetes.io/pciBusID": f"0000:{0x10 + minor:02x}:00.0",
        "resource.kubernetes.io/pcieRoot": f"pci0000:{0x10 + minor:02x}",
        "addressingMode": "None",
    }
    # 580.65.06, as a semantic version.
    versions = {"cudaComputeCapability": board.capability, "driverVersion": "580.65.6", "cudaDriverVersion": "13.0.0"}
    return {
        **{name: {"string": text} for name, text in texts.items()},
        **{name: {"version": version} for name, version in versions.items()},
        "resource.kubernetes.io/numaNode": {"int": minor // 4},
    }


def _slice_attributes(board: DraBoard, node: str, minor: int, profile: DraProfile) -> Json:
    own = _attributes(board, node, minor)
    parent = own.pop("uuid")
    return own | {"type": {"string": "mig"}, "profile": {"string": profile.name}, "parentUUID": parent}


def _static(board: DraBoard, node: str, minor: int, profile: DraProfile, start: int) -> Json:
    attributes = _slice_attributes(board, node, minor, profile)
    name = _device_name(minor, profile, start)
    places = {f"memorySlice{place}": {"value": "1"} for place in range(start, start + profile.size)}
    return {
        "name": name,
        "attributes": attributes | {"uuid": {"string": _uuid("MIG", node, name)}},
        "capacity": _capacity(profile) | places,
    }


def _placeable(board: DraBoard, node: str, minor: int, profile: DraProfile, start: int) -> Json:
    counters = _as_counters(_amounts(profile)) | _memory_counters(start, profile.size)
    return {
        "name": _device_name(minor, profile, start),
        "attributes": _slice_attributes(board, node, minor, profile),
        "capacity": _capacity(profile),
        "consumesCounters": [{"counterSet": _counter_set(minor), "counters": counters}],
    }


def _device_name(minor: int, profile: DraProfile, start: int) -> str:
    written = re.sub("[^a-z0-9-]", "-", profile.name.replace(".", ""))
    return f"gpu-{minor}-mig-{written}-{profile.number}-{start}"


def _capacity(profile: DraProfile) -> Json:
    return {name: {"value": value} for name, value in _amounts(profile).items()}


def _amounts(profile: DraProfile) -> dict[str, str]:
    engines = {name: str(count) for name, count in zip(ENGINES, profile.engines, strict=True)}
    return engines | {"memory": _mebibytes(profile.memory_mib)["value"]}


def _most(board: DraBoard) -> dict[str, str]:
    """Return the most of everything that any profile has: what the driver takes for the whole GPU."""
    most = {name: str(max(each)) for name, each in zip(ENGINES, zip(*_engines(board), strict=True), strict=True)}
    return most | {"memory": _mebibytes(max(profile.memory_mib for profile in board.profiles))["value"]}


def _engines(board: DraBoard) -> list[tuple[int, ...]]:
    return [profile.engines for profile in board.profiles]


def _counter_sets(gpus: DraGpus, minor: int) -> list[Json]:
    board = DRA_BOARDS[gpus.board]
    if not board.profiles or not (gpus.cuts[minor] is not None or board.toggles_mig):
        return []
    return [{"name": _counter_set(minor), "counters": _counters(board)}]


def _counters(board: DraBoard) -> Json:
    return _as_counters(_most(board)) | _memory_counters(0, max(profile.size for profile in board.profiles))


def _as_counters(amounts: Mapping[str, str]) -> Json:
    return {re.sub("(?=[A-Z])", "-", name).lower(): {"value": value} for name, value in amounts.items()}


def _memory_counters(start: int, size: int) -> Json:
    return {f"memory-slice-{place}": {"value": "1"} for place in range(start, start + size)}


def _counter_set(minor: int) -> str:
    return f"gpu-{minor}-counter-set"


def _mebibytes(mib: int) -> dict[str, str]:
    """Return MiB as Kubernetes writes a number of bytes that is a multiple of 1024: with the largest suffix."""
    return {"value": f"{mib // 1024}Gi" if mib % 1024 == 0 else f"{mib}Mi"}


def _uuid(kind: str, node: str, device: object) -> str:
    return f"{kind}-{uuid.uuid5(_NAMESPACE, f'{node}/{device}')}"


def _of_type(kind: str) -> str:
    return f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == '{kind}'"


def _class(name: str, expression: str) -> Json:
    return {
        "apiVersion": API_VERSION,
        "kind": "DeviceClass",
        "metadata": {"name": name},
        "spec": {"selectors": [{"cel": {"expression": expression}}]},
    }
