"""Whether KServe takes weights from images, where services have some: oci:// must be enabled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from slicewise.clusters.live import (
    KSERVE_SETTINGS,
    THE_RIGHTS,
    ImageSettings,
    LiveCluster,
    LiveNamed,
    ObjectName,
    Right,
    denials,
    right_facts,
)
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import mapping, text

_SCHEME: Final = "oci://"


def settings_named(expected: Iterable[PlannedService]) -> frozenset[ObjectName]:
    """Return KServe's settings where a service has weights in an image."""
    return frozenset({KSERVE_SETTINGS} if _in_images(expected) else ())


def check_images_of_weights(cluster: LiveCluster, expected: Iterable[PlannedService]) -> Iterator[Found]:
    """Yield that KServe v0.20 refuses images of weights, or that its settings do not say it."""
    deployments = _in_images(expected)
    if not (deployments and cluster.serves_kserve):
        return
    found = cluster.named.get(KSERVE_SETTINGS)
    if found is None or found.images is None:
        yield _unknown(deployments, found)
    elif not found.images.taken:
        yield _refused(deployments, found.images)


def _unknown(deployments: Sequence[str], found: LiveNamed | None) -> Found:
    facts: dict[str, Any] = {"deployments": deployments}
    if found is None:
        missing = [Right("", "configmaps", "get", KSERVE_SETTINGS.namespace)]
        why, remedy = f"this user may not {denials(missing)}", f"give it {THE_RIGHTS}, or look in {KSERVE_SETTINGS}"
        facts |= right_facts(missing)
    elif not found.there:
        why, remedy = f"there is no {KSERVE_SETTINGS}", "look in the namespace of KServe's controller"
    else:
        why, remedy = f"storageInitializer of {KSERVE_SETTINGS} is missing or not JSON", "correct it"
    return Found(
        Code.CLUSTER_UNREADABLE,
        Severity.WARNING,
        f"{why}, so whether KServe takes the weights of {some(deployments)} from images is not verified",
        f'{remedy}: storageInitializer of inferenceservice-config needs "enableModelcar": true',
        facts=facts,
    )


def _refused(deployments: Sequence[str], settings: ImageSettings) -> Found:
    if settings.wrong:
        becomes = f"and KServe refuses its own settings, which have {settings.wrong}: it makes no pods of any service"
        remedy = f"write one of {', '.join(settings.allowed)} there, in storageInitializer of {KSERVE_SETTINGS}"
    else:
        becomes = "which KServe does not take here: it makes no pods of these services"
        remedy = f'write "enableModelcar": true in storageInitializer of {KSERVE_SETTINGS}, or use another source'
    return Found(
        Code.IMAGES_NOT_TAKEN,
        Severity.ERROR,
        f"the weights of {some(deployments)} are in images, {becomes}",
        remedy,
        facts={"deployments": deployments},
    )


def _in_images(expected: Iterable[PlannedService]) -> list[str]:
    return sorted(
        str(each.deployment)
        for each in expected
        if each.declared and text(mapping(each.declared["spec"].get("model")).get("uri")).startswith(_SCHEME)
    )
