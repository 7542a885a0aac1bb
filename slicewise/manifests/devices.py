"""Which devices of NVIDIA's DRA driver are a slice or a GPU, as DeviceClasses and claims say it: in CEL.

An expression that reads an attribute which some device has not ends the scheduling of its pod on every node
(kube-scheduler 1.37), so each says what a device without the attribute has.

Source: kubernetes-sigs/dra-driver-nvidia-gpu v0.5.0, cmd/gpu-kubelet-plugin/deviceinfo.go.
"""

from __future__ import annotations

from typing import Final

from slicewise.mig import WHOLE_GPU_RESOURCE, canonical_profile_name, product_pattern

DRIVER: Final = "gpu.nvidia.com"
SLICE_CLASS: Final = "mig.nvidia.com"
"""The DeviceClass of the driver's chart for slices."""
GPU_CLASS: Final = "gpu.nvidia.com"
"""The DeviceClass of the driver's chart for whole GPUs."""
OF_DRIVER: Final = f'device.driver == "{DRIVER}"'
"""The CEL expression that holds of all devices of the driver."""


def profile_of_resource(resource: str) -> str | None:
    """Return the profile of `nvidia.com/mig-3g.40gb`, in the driver's spelling; None of whole GPUs."""
    return None if resource == WHOLE_GPU_RESOURCE else canonical_profile_name(resource)


def is_of_profile(profile: str) -> str:
    """Return the CEL expression that holds of slices of `profile` alone."""
    return f'{OF_DRIVER} && {_attribute("type")} == "mig" && {_attribute("profile")} == "{profile}"'


def is_of_model(accelerator_type: str) -> str | None:
    """Return the CEL expression that holds of a GPU model and its slices; None of a model that is not in the catalogue."""
    pattern = product_pattern(accelerator_type)
    return f'{_attribute("productName")}.matches(r"{pattern}")' if pattern else None


def _attribute(name: str) -> str:
    """Return an attribute of the driver's, which is empty where a device has none of this name."""
    return f'device.attributes["{DRIVER}"].?{name}.orValue("")'
