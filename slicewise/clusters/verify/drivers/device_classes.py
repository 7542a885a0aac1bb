"""Whether DeviceClasses give the pods of a pool the devices that are meant: each is evaluated over what is published.

Source: kube-scheduler 1.37, plugins/dynamicresources, and k8s.io/dynamic-resource-allocation v0.37.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from slicewise.clusters.live import (
    DRIVER,
    LiveCluster,
    LiveDeviceClass,
    Readable,
    answering,
    resource_of_device,
)
from slicewise.clusters.verify.pools import ComparedPool
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.documents import Allocation
from slicewise.kubernetes import PublishedDevice, SelectorAnswer

_CLASS_OF_SLICES: Final = "mig.nvidia.com"
_CLASS_OF_GPUS: Final = DRIVER
_DOCUMENT: Final = "docs/dra.md has one to copy"
# What a selector that is not guarded fails at, as soon as such a device comes: a GPU that is not cut, another driver's.
_POSSIBLE: Final = (
    ("a GPU that is not cut", PublishedDevice(DRIVER, "", "gpu", {"type": "gpu"}, {"memory": "80Gi"}, {})),
    ("a device of another driver", PublishedDevice("driver.example.com", "", "device", {}, {}, {})),
)


def check_device_classes(compared: ComparedPool, cluster: LiveCluster, *, creates: bool) -> Iterator[Found]:
    """Yield what is wrong with the DeviceClass by which the pods of a pool get their units.

    Args:
        compared: The pool, one resource of it.
        cluster: The cluster.
        creates: Whether the stack makes the DeviceClasses that answer a resource.
    """
    allocation = compared.pool.allocation
    if allocation is Allocation.DEVICE_PLUGIN or Readable.DEVICE_CLASSES in cluster.unread:
        return
    if not any(node.node.driver_gpus for node in compared.nodes):
        return  # the driver is missing, which is told of the nodes
    if allocation is Allocation.CLAIM:
        yield from _by_claim(compared, cluster)
    else:
        yield from _by_resource(compared, cluster, creates=creates)


def _by_claim(compared: ComparedPool, cluster: LiveCluster) -> Iterator[Found]:
    name = _CLASS_OF_SLICES if compared.profile else _CLASS_OF_GPUS
    mine = next((each for each in cluster.device_classes if each.name == name), None)
    if mine is None:
        yield _found(
            compared,
            Code.NO_DEVICE_CLASS,
            f"there is no DeviceClass {name}, by which pods claim {_kind(compared)}, so none gets any",
            f"install it with NVIDIA's DRA driver (its Helm chart has it; resources.gpus.enabled), or {_DOCUMENT}",
            name,
        )
        return
    judged = _Judged(mine, compared, cluster)
    yield from judged.unguarded()
    if judged.answers and not judged.selected and not judged.unknown:
        yield judged.without_devices()


def _by_resource(compared: ComparedPool, cluster: LiveCluster, *, creates: bool) -> Iterator[Found]:
    found = answering(cluster.device_classes, compared.resource)
    if not found:
        if not creates:
            yield _no_class(compared)
        return
    used, *others = found
    if others:
        yield _found(
            compared,
            Code.SEVERAL_DEVICE_CLASSES,
            f"{len(found)} DeviceClasses have extendedResourceName: {compared.resource} "
            f"({some([each.name for each in found])}): Kubernetes uses the newest, {used.name}, and deleting any of "
            "them leaves the resource without a class until another is written again",
            f"keep one: delete {some([each.name for each in others])}, and then delete {used.name} and make it again, "
            "unchanged",
            *(each.name for each in found),
            severity=Severity.WARNING,
            deviceClasses=[each.name for each in found],
        )
    judged = _Judged(used, compared, cluster)
    yield from judged.unguarded()
    yield from judged.other_devices()


def _no_class(compared: ComparedPool) -> Found:
    return _found(
        compared,
        Code.NO_DEVICE_CLASS,
        f"no DeviceClass has extendedResourceName: {compared.resource}, so pods that ask for it wait",
        "set createDeviceClasses: true in the stack's configuration, make one for "
        f"{_kind(compared)} ({_DOCUMENT}), or write allocation: claim, which needs none",
        compared.resource,
    )


def _found(
    compared: ComparedPool,
    code: Code,
    message: str,
    remedy: str,
    *cause: str,
    severity: Severity | None = None,
    **facts: object,
) -> Found:
    """Return a difference that is an error where the plan has pods on the pool, unless its severity is said."""
    worst = Severity.ERROR if compared.has_pods else Severity.WARNING
    return Found(code, severity or worst, message, remedy, cause, facts={"resource": compared.resource, **facts})


def _kind(compared: ComparedPool) -> str:
    return f"slices of {compared.profile}" if compared.profile else "whole GPUs"


@dataclass(frozen=True)
class _Judged:
    """A DeviceClass over all devices of a cluster."""

    judged: LiveDeviceClass
    compared: ComparedPool
    cluster: LiveCluster

    @property
    def _devices(self) -> list[PublishedDevice]:
        return [device for pool in self.cluster.published if pool.is_complete for device in pool.devices]

    @property
    def answers(self) -> list[PublishedDevice]:
        """The devices of the pool's nodes that its pods are to get."""
        names = {node.name for node in self.compared.nodes}
        return [
            device
            for pool in self.cluster.published
            if pool.is_complete and pool.driver == DRIVER and pool.node in names
            for device in pool.devices
            if resource_of_device(device) == self.compared.resource
        ]

    @property
    def selected(self) -> list[PublishedDevice]:
        """Those of `answers` that the class selects."""
        return [device for device in self.answers if self.judged.selects(device) is SelectorAnswer.YES]

    @property
    def unknown(self) -> bool:
        """Whether it cannot be told what the class selects."""
        return any(self.judged.selects(device) is SelectorAnswer.UNKNOWN for device in self._devices)

    def unguarded(self) -> Iterator[Found]:
        """Yield that the class reads what a device has not, which ends the scheduling of a pod on every node."""
        failing = [device for device in self._devices if self.judged.selects(device) is SelectorAnswer.FAILS]
        possible = [said for said, device in _POSSIBLE if self.judged.selects(device) is SelectorAnswer.FAILS]
        says = f"the selector of DeviceClass {self.judged.name} reads an attribute or a capacity"
        remedy = (
            "have it ask first whether the device has it: 'profile' in device.attributes['gpu.nvidia.com'] && …, or "
            "device.attributes['gpu.nvidia.com'].?profile.orValue('') == …"
        )
        if failing:
            first, lack = failing[0], "lacks" if len(failing) == 1 else "lack"
            yield _found(
                self.compared,
                Code.UNGUARDED_SELECTOR,
                f"{says} that {counted(len(failing), 'device')} of the cluster "
                f"{lack} ({first.driver}/{first.pool}/{first.name}): its evaluation "
                "fails there, and with it the scheduling of the pod, on every node",
                remedy,
                self.judged.name,
                deviceClass=self.judged.name,
                devices=len(failing),
            )
        elif possible:
            yield _found(
                self.compared,
                Code.UNGUARDED_SELECTOR,
                f"{says} that not every device has: as soon as there is one without it, such as "
                f"{' or '.join(possible)}, no pod that asks for the class is scheduled on any node",
                remedy,
                self.judged.name,
                severity=Severity.WARNING,
                deviceClass=self.judged.name,
            )

    def other_devices(self) -> Iterator[Found]:
        """Yield that pods may get something else by the class than units of the pool's resource, or not these."""
        others = [
            device
            for device in self._devices
            if resource_of_device(device) != self.compared.resource
            and self.judged.selects(device) is SelectorAnswer.YES
        ]
        if others:
            kinds = sorted({resource_of_device(device) or f"devices of {device.driver}" for device in others})
            yield _found(
                self.compared,
                Code.OTHER_DEVICES_BY_CLASS,
                f"DeviceClass {self.judged.name}, which answers {self.compared.resource}, selects {some(kinds)} too: "
                f"pods that ask for {_kind(self.compared)} may get these",
                f"have its selector take {_kind(self.compared)} alone ({_DOCUMENT})",
                self.judged.name,
                deviceClass=self.judged.name,
                selects=kinds,
            )
        elif self.unknown:
            yield _found(
                self.compared,
                Code.OTHER_DEVICES_BY_CLASS,
                f"the selector of DeviceClass {self.judged.name}, which answers {self.compared.resource}, has "
                f"something that is not evaluated here, so whether pods get {_kind(self.compared)} by it is not known",
                f"see that it takes {_kind(self.compared)} alone ({_DOCUMENT})",
                self.judged.name,
                severity=Severity.WARNING,
                deviceClass=self.judged.name,
            )
        elif len(self.selected) < len(self.answers):
            yield self.without_devices()

    def without_devices(self) -> Found:
        """Return that the class leaves out devices of the pool."""
        missing = len(self.answers) - len(self.selected)
        return _found(
            self.compared,
            Code.OTHER_DEVICES_BY_CLASS,
            f"DeviceClass {self.judged.name}, by which pods get {_kind(self.compared)}, selects {len(self.selected)} "
            f"of the {counted(len(self.answers), 'device')} of these on the pool's nodes: {missing} cannot be had",
            f"have its selector take all of them ({_DOCUMENT})",
            self.judged.name,
            deviceClass=self.judged.name,
            selected=len(self.selected),
            devices=len(self.answers),
        )
