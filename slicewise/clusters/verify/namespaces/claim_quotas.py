"""What ResourceQuotas count of the ResourceClaims of pods.

Source: Kubernetes 1.37.2, pkg/quota/v1/evaluator/core/resource_claims.go. Quotas with scopes count no claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from slicewise.clusters.live import GpuPod, LiveDeviceClass, answering
from slicewise.documents import Allocation
from slicewise.manifests import class_of_claim
from slicewise.planning import Placement

_CLAIMS: Final = "count/resourceclaims.resource.k8s.io"
_DEVICES: Final = ".deviceclass.resource.k8s.io/devices"
_IMPLICIT: Final = "requests.deviceclass.resource.kubernetes.io/"
Counts = Mapping[str, Decimal]
"""How much a pod's claim counts for, by the keys of quotas."""
NOTHING: Final[Counts] = {}


@dataclass(frozen=True, slots=True)
class ClaimCounts:
    """What the claims of the plan's pods in one cluster count for.

    Attributes:
        classes: The cluster's DeviceClasses.
        allocations: How the pods of each pool get their units.
    """

    classes: Sequence[LiveDeviceClass]
    allocations: Mapping[str, Allocation]

    def of_workload(self, workload: Placement) -> Counts:
        """Return what one pod's claim counts for: the pod has it by a template, or kube-scheduler makes it."""
        allocation = self.allocations.get(workload.node_pool, Allocation.DEVICE_PLUGIN)
        return self._of({workload.resource: workload.gpus_per_node}, allocation)

    def of_pod(self, pod: GpuPod) -> Counts:
        """Return what the claim of a pod counts for that is there already."""
        own = {resource: count for resource, count in pod.requests.items() if resource not in pod.counts_for.requests}
        if own:
            return self._of(own, Allocation.CLAIM)
        by_class = Allocation.EXTENDED_RESOURCE in self.allocations.values()
        return self._of(pod.requests, Allocation.EXTENDED_RESOURCE if by_class else Allocation.DEVICE_PLUGIN)

    def _of(self, devices: Mapping[str, int], allocation: Allocation) -> Counts:
        if allocation is Allocation.DEVICE_PLUGIN:
            return NOTHING
        found = Counter[str]()
        for resource, count in devices.items():
            chosen = self._class(resource, allocation)
            if chosen is None:
                continue
            found[_CLAIMS] = 1
            found[f"{chosen.name}{_DEVICES}"] += count
            # Where a class answers a resource, its devices are counted under that, too: of pods that ask for the
            # resource itself, the pod counts already.
            if chosen.resource:
                found[f"{_IMPLICIT}{chosen.name}"] += count
                if allocation is Allocation.CLAIM:
                    found[f"requests.{chosen.resource}"] += count
        return {key: Decimal(count) for key, count in found.items()}

    def _class(self, resource: str, allocation: Allocation) -> LiveDeviceClass | None:
        if allocation is Allocation.EXTENDED_RESOURCE:
            return next(iter(answering(self.classes, resource)), None)
        name = class_of_claim(resource)
        there = next((each for each in self.classes if each.name == name), None)
        return there or LiveDeviceClass(name, None, ())
