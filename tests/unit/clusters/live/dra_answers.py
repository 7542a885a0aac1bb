"""What an API server answers that serves dynamic resource allocation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.unit.clusters.kubernetes_json import Json
from tests.unit.clusters.live.answers import page

GROUP = "/apis/resource.k8s.io"
VERSION = "/version"


def path_of(plural: str, version: str = "v1") -> str:
    """Return where the objects of a kind are listed."""
    return f"{GROUP}/{version}/{plural}"


def dra_answers(
    *,
    slices: Iterable[Json] = (),
    classes: Iterable[Json] = (),
    claims: Iterable[Json] = (),
    rules: Iterable[Json] = (),
    version: str = "v1",
    kubernetes: str = "1.37.2",
) -> Mapping[str, Any]:
    """Return answers by path.

    Args:
        slices: The ResourceSlices.
        classes: The DeviceClasses.
        claims: The ResourceClaims.
        rules: The DeviceTaintRules.
        version: The one version of the group that is served.
        kubernetes: The server's version.
    """
    lists = {"resourceslices": slices, "deviceclasses": classes, "resourceclaims": claims, "devicetaintrules": rules}
    served = [{"groupVersion": f"resource.k8s.io/{version}", "version": version}]
    return {
        GROUP: {"kind": "APIGroup", "name": "resource.k8s.io", "versions": served},
        VERSION: {"major": "1", "minor": kubernetes.split(".")[1], "gitVersion": f"v{kubernetes}"},
        **{path_of(plural, version): page("List", *objects) for plural, objects in lists.items()},
    }
