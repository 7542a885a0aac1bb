"""Clusters whose GPUs NVIDIA's DRA driver serves, read of what an API server answers, and pools of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from embedded.dra_devices import DraGpus, driver_classes, dynamic_gpus, gpus_cut_alike, profile_class, resource_slices
from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.verify.verification import Creates, Verified, compare_clusters
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.clusters.live.answers import NAMESPACES, NODES, everything, page, read
from tests.unit.clusters.live.dra_answers import dra_answers, path_of

LABELS = {"pool": "p"}
RESOURCE = "nvidia.com/mig-3g.40gb"
GOOD_CLASS = profile_class("mig-3g.40gb.example.com", "3g.40gb", RESOURCE)
CUT = gpus_cut_alike("h100-80gb", 8, "3g.40gb")
SMALL = model("m", profile("any", memoryPerGpu="4Gi"))


def cut_pool(allocation: str = "claim", **fields: object) -> Document:
    """Return a pool of one node with sixteen slices."""
    return slices("p", "3g.40gb", memoryPerGpu="39Gi", nodeSelector=LABELS, allocation=allocation, **fields)


def whole_pool(allocation: str = "claim", **fields: object) -> Document:
    """Return a pool of one node with eight whole GPUs."""
    return pool("p", nodeSelector=LABELS, allocation=allocation, **fields)


def on_demand_pool(*profiles: str, **fields: object) -> Document:
    """Return a pool of one node with eight GPUs that are cut on demand."""
    found = pool("p", nodeSelector=LABELS, **{"allocation": "claim", "acceleratorCount": 8, **fields})
    mig = {"enabled": True, "dynamic": True, "profiles": list(profiles)}
    return {**found, "capabilities": {"migConfiguration": mig}}


def driven(
    gpus: Mapping[str, DraGpus | None] | None = None,
    *,
    resources: Mapping[str, object] | None = None,
    labels: Mapping[str, str] | None = None,
    classes: Iterable[Json] = (*driver_classes(), GOOD_CLASS),
    kubernetes: str = "1.37.2",
    answers: Mapping[str, Any] | None = None,
    more_slices: Iterable[Json] = (),
) -> LiveCluster:
    """Return a cluster that is read of what its API server answers.

    Args:
        gpus: What the driver has of each node; a node `n` with sixteen slices where it is not said.
        resources: What the device plugin offers on each node.
        labels: Labels of each node beside the pool's.
        classes: Its DeviceClasses.
        kubernetes: Its version.
        answers: Other answers, by path.
        more_slices: ResourceSlices beside those of `gpus`.
    """
    nodes = {"n": CUT} if gpus is None else gpus
    release = int(kubernetes.split(".")[1])
    published = [
        each for name, devices in nodes.items() if devices for each in resource_slices(name, devices, (1, release))
    ]
    listed = [node_json(name, LABELS | dict(labels or {}), resources) for name in nodes]
    return read(
        everything()
        | {
            NODES: page("NodeList", *listed),
            NAMESPACES: page("NamespaceList", {"metadata": {"name": "team"}}),
            **dra_answers(slices=[*published, *more_slices], classes=classes, kubernetes=kubernetes),
            **(answers or {}),
        }
    )


def with_claims(*devices: str, node: str = "n", shared: bool = False) -> dict[str, Any]:
    """Return answers: pods of others, each with a claim of one device; all with the same one if it is shared."""
    pods, claims = [], []
    for number, device in enumerate(devices):
        name = "shared" if shared else f"claim-{number}"
        pods.append(
            {
                "metadata": {"namespace": "research", "name": f"pod-{number}"},
                "spec": {
                    "nodeName": node,
                    "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "t"}],
                    "containers": [{"name": "main", "resources": {"claims": [{"name": "gpu"}]}}],
                },
                "status": {"phase": "Running", "resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": name}]},
            }
        )
        results = [{"request": "gpu", "driver": "gpu.nvidia.com", "pool": node, "device": device}]
        claims.append(
            {
                "metadata": {"namespace": "research", "name": name},
                "status": {
                    "allocation": {"devices": {"results": results}},
                    "reservedFor": [
                        {"resource": "pods", "name": f"pod-{each}"}
                        for each in (range(len(devices)) if shared else [number])
                    ],
                },
            }
        )
    listed = {"kind": "List", "apiVersion": "v1", "metadata": {}}
    held = claims[:1] if shared else claims
    return {"/api/v1/pods": {**listed, "items": pods}, path_of("resourceclaims"): {**listed, "items": held}}


def verified(declared: Document, live: LiveCluster, *, replicas: int = 1, **spec: object) -> Verified:
    """Return what verifying an environment of one pool gives, with a deployment on it."""
    return compared(declared, live, replicas=replicas, creates=Creates(), **spec)


def compared(declared: Document, live: LiveCluster, *, creates: Creates, replicas: int = 1, **spec: object) -> Verified:
    """Return the same for a stack that makes what it says."""
    declares = environment(ENVIRONMENT, declared)
    declares["spec"].update(spec)
    fleet = fleet_of([declares, SMALL, deployment("d", "m", replicas=replicas)])
    return compare_clusters(fleet, make_plan(fleet), {ENVIRONMENT: live}, creates=creates)


def told(result: Verified) -> list[tuple[str, str]]:
    """Return code and severity of what is told of devices, and of the pool."""
    return [
        (each.code.value, each.severity.value)
        for each in result.differences
        if each.subject.node_pool or each.code.value.startswith("SW65")
    ]


BARE = profile_class("bare", "3g.40gb", RESOURCE, guarded=False)
OTHER = profile_class("other", "1g.10gb", RESOURCE)
ALL_SLICES: Json = {
    "metadata": {"name": "all"},
    "spec": {
        "extendedResourceName": RESOURCE,
        "selectors": [
            {
                "cel": {
                    "expression": "device.driver == 'gpu.nvidia.com' && "
                    "device.attributes['gpu.nvidia.com'].type == 'mig'"
                }
            }
        ],
    },
}


def with_selector(expression: str) -> Json:
    """Return a DeviceClass that answers the slices' resource by an expression."""
    return {
        "metadata": {"name": "own"},
        "spec": {"extendedResourceName": RESOURCE, "selectors": [{"cel": {"expression": expression}}]},
    }


def created(found: Json, time: str) -> Json:
    """Return an object that was made at a time."""
    return found | {"metadata": found["metadata"] | {"creationTimestamp": time}}


def incomplete(gpus: DraGpus) -> list[Json]:
    """Return the slices of a node of which one is still to come."""
    slices = resource_slices("n", gpus)
    for each in slices:
        each["spec"]["pool"] = each["spec"]["pool"] | {"resourceSliceCount": len(slices) + 1}
    return slices


def lacking(*codes: str, severity: str = "error") -> list[tuple[str, str]]:
    """Return codes with one severity, as `told` returns them."""
    return [(code, severity) for code in codes]


def without_counters(node: str) -> list[Json]:
    """Return what Kubernetes 1.34 keeps of a GPU that is cut on demand: its feature gate of counters is off."""
    slices = resource_slices(node, dynamic_gpus("h100-80gb", 1), (1, 34))
    for each in slices:
        del each["spec"]["sharedCounters"]
        for device in each["spec"]["devices"]:
            del device["consumesCounters"]
    return slices
