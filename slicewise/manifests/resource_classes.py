"""The DeviceClasses by which pods get slices of NVIDIA's DRA driver for a resource: `nvidia.com/mig-3g.40gb`.

They are cluster-scoped, and what they say depends on the resource alone, so all environments of a cluster share them.
`nvidia.com/gpu` is not among them: the driver's own class `gpu.nvidia.com` answers it (from 25.12.0).
"""

from __future__ import annotations

from slicewise.documents import Allocation, EnvironmentSpec, resources_of
from slicewise.manifests import vocabulary
from slicewise.manifests.devices import is_of_profile, profile_of_resource
from slicewise.manifests.namespaces import NEVER_REMOVED
from slicewise.manifests.vocabulary import KubernetesObject


def device_classes(environment: EnvironmentSpec) -> list[KubernetesObject]:
    """Return the DeviceClasses that pools of an environment with `allocation: extendedResource` need, by resource."""
    pools = [pool for pool in environment.node_pools if pool.allocation is Allocation.EXTENDED_RESOURCE]
    resources = sorted({resource for pool in pools for resource in resources_of(pool)})
    profiles = {resource: profile_of_resource(resource) for resource in resources}
    return [_device_class(resource, profile) for resource, profile in profiles.items() if profile]


def _device_class(resource: str, profile: str) -> KubernetesObject:
    return {
        "apiVersion": vocabulary.DEVICES_API_VERSION,
        "kind": vocabulary.DEVICE_CLASS_KIND,
        "metadata": {
            "name": f"{resource.rpartition('/')[2]}.slicewise.dev",
            "labels": {vocabulary.MANAGED_BY_LABEL: vocabulary.MANAGED_BY},
            "annotations": dict(NEVER_REMOVED),
        },
        "spec": {
            "extendedResourceName": resource,
            "selectors": [{"cel": {"expression": is_of_profile(profile)}}],
        },
    }
