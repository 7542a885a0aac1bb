"""Whether KServe takes weights from images, where services have some: oci:// must be enabled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slicewise.clusters.live import KSERVE_SETTINGS, LiveCluster, ObjectName
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import mapping, text

_SCHEME: Final = "oci://"


def settings_named(expected: Iterable[PlannedService]) -> frozenset[ObjectName]:
    """Return KServe's settings where a service has weights in an image."""
    return frozenset({KSERVE_SETTINGS} if _in_images(expected) else ())


def check_images_of_weights(cluster: LiveCluster, expected: Iterable[PlannedService]) -> Iterator[Found]:
    """Yield that KServe v0.20 refuses images of weights (ResolveOciModelMode), where its settings may be read."""
    settings = cluster.named.get(KSERVE_SETTINGS)
    deployments = _in_images(expected)
    if deployments and settings is not None and settings.takes_images is False:
        yield Found(
            Code.IMAGES_NOT_TAKEN,
            Severity.ERROR,
            f"the weights of {some(deployments)} are in images, which KServe does not take here: it makes no pods of "
            "these services",
            f'write "enableModelcar": true in storageInitializer of {KSERVE_SETTINGS}, or use another source',
            facts={"deployments": deployments},
        )


def _in_images(expected: Iterable[PlannedService]) -> list[str]:
    return sorted(
        str(each.deployment)
        for each in expected
        if each.declared and text(mapping(each.declared["spec"].get("model")).get("uri")).startswith(_SCHEME)
    )
