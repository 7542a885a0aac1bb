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
_ATTRIBUTES: Final = f'device.attributes["{DRIVER}"]'
_EQUALS: Final = ' == "{}"'
_MATCHES: Final = '.matches(r"{}")'


def profile_of_resource(resource: str) -> str | None:
    """Return the profile of `nvidia.com/mig-3g.40gb`, in the driver's spelling; None of whole GPUs."""
    return None if resource == WHOLE_GPU_RESOURCE else canonical_profile_name(resource)


def is_of_profile(profile: str) -> str:
    """Return the CEL expression that holds of slices of `profile` alone."""
    return f"{OF_DRIVER} && {_has('type', _EQUALS, 'mig')} && {_has('profile', _EQUALS, profile)}"


def is_of_model(accelerator_type: str) -> str | None:
    """Return the CEL expression that holds of a GPU model and its slices; None of an unknown model."""
    pattern = product_pattern(accelerator_type)
    return _has("productName", _MATCHES, pattern) if pattern else None


def _has(name: str, condition: str, value: str) -> str:
    """Return the CEL expression that an attribute of the driver's is there and fulfils a condition.

    The API server refuses `.matches` of an optional value: "too complex, exceeds cost limit".
    """
    return f'"{name}" in {_ATTRIBUTES} && {_ATTRIBUTES}.{name}{condition.format(value)}'
