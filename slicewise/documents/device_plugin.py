"""The version of NVIDIA's device plugin in a cluster, which decides what slices with a suffix are called."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import StrictStr

from slicewise.documents.patterns import Pattern

_NUMBER: Final = "(0|[1-9][0-9]{0,4})"
DEVICE_PLUGIN_VERSION: Final = Pattern(
    rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}$", "a version of NVIDIA's device plugin in three numbers, for example 0.19.3"
)
DevicePluginVersion = Annotated[StrictStr, DEVICE_PLUGIN_VERSION.field()]
"""A release of github.com/NVIDIA/k8s-device-plugin, without a v."""
FIRST_WITH_SUFFIXES: Final = "0.20.0"
"""The first that calls slices of `1g.10gb+me` nvidia.com/mig-1g.10gb.me (k8s-device-plugin, pull request 1807)."""
LAST_WITHOUT_SUFFIXES: Final = "0.19.3"
"""The last that calls them nvidia.com/mig-1g.10gb, as it does those of `1g.10gb`."""


def names_suffixes(version: str | None) -> bool:
    """Return whether a version has a resource of its own for each profile with a suffix; what is not said has."""
    return version is None or _numbers(version) >= _numbers(FIRST_WITH_SUFFIXES)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
