"""Whether KServe takes weights from images, by its own settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.kubernetes import mapping, text

KSERVE_SETTINGS: Final = ObjectName("ConfigMap", "kserve", "inferenceservice-config")
"""KServe's own settings, as its chart and its manifests install them."""

IMAGE_MODES: Final = ("modelcar", "native", "fetch")
"""What `ociModelMode` may be (KServe v0.20, pkg/types/config.go)."""

_MODE: Final = "ociModelMode"
_SWITCHES: Final = ("enableModelcar", "enableOciModelSupport")


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What KServe's settings say of weights in images.

    Attributes:
        taken: Whether it takes them.
        wrong: A setting whose value it refuses, as in JSON: it then makes no pods of any service. Empty where it
            refuses none.
        allowed: What that setting may be.
    """

    taken: bool
    wrong: str = ""
    allowed: tuple[str, ...] = ()


def image_settings(config_map: Mapping[str, Any]) -> ImageSettings | None:
    """Return what KServe v0.20 concludes (ResolveOciModelMode, GetStorageInitializerConfigs).

    None where the settings are not there or are not JSON.
    """
    try:
        written = mapping(json.loads(text(mapping(config_map.get("data")).get("storageInitializer"))))
    except ValueError:
        return None
    # Go matches keys of JSON in any case.
    values = {key.casefold(): value for key, value in written.items()}
    mode, *switches = (values.get(each.casefold()) for each in (_MODE, *_SWITCHES))
    if mode not in (None, "", *IMAGE_MODES):
        return ImageSettings(
            taken=False, wrong=f'"{_MODE}": {json.dumps(mode)}', allowed=tuple(map(json.dumps, IMAGE_MODES))
        )
    for name, value in zip(_SWITCHES, switches, strict=True):
        if not isinstance(value, bool | None):
            return ImageSettings(taken=False, wrong=f'"{name}": {json.dumps(value)}', allowed=("true", "false"))
    return ImageSettings(taken=bool(mode) or any(switches))
