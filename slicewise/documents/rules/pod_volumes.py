"""Rules of volumes and mounts: Kubernetes takes them, and KServe has none of that name or place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted
from slicewise.documents.pod_volumes import Volume, VolumeMount
from slicewise.documents.rules.listed_once import check_listed_once

_SHM: Final = "KServe makes it for /dev/shm; its size is shmSize"
_OWN: Final = "KServe makes it for the engine, and of two that merge both sources would stay"
# The volumes of KServe v0.20's presets and controller, and of Slicewise's own config.
_TAKEN_NAMES: Final = {
    "dshm": _SHM,
    "shm": _SHM,
    **dict.fromkeys(
        (
            "home",
            "tmp-dir",
            "tmp",
            "model-cache",
            "cache",
            "tls-certs",
            "kserve-provision-location",
            "kserve-pvc-source",
            "modelcar-shared",
        ),
        _OWN,
    ),
}
_TAKEN_PATHS: Final = {
    "/dev/shm": "KServe mounts the pod's shared memory there; its size is shmSize",  # noqa: S108 - a container's
    "/var/run/kserve/tls": "KServe mounts its certificates there",
    "/var/run/secrets/kubernetes.io/serviceaccount": "Kubernetes mounts the service account's token there",
}


def check_volumes(volumes: Sequence[Volume], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the volumes at `path`."""
    yield from check_listed_once((each.name for each in volumes), path)
    for number, volume in enumerate(volumes):
        at = (*path, number)
        if decides := _TAKEN_NAMES.get(volume.name):
            message = f"{quoted(volume.name)} is decided elsewhere: {decides}"
            remedy = "give the volume another name" if decides == _OWN else "leave it out here"
            yield Diagnostic.error(Code.DECIDED_ELSEWHERE, message, remedy, field=(*at, "name"))
        if len(volume.sources) != 1:
            many = " and ".join(volume.sources)
            message = f"a volume has one source, not {many}" if many else "a volume needs a source"
            remedy = "keep one of them" if many else "write one, for example emptyDir: {} or configMap: {name: NAME}"
            yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=at)
        yield from _check_parts(volume, at)


def check_mounts(mounts: Sequence[VolumeMount], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the mounts at `path`."""
    yield from check_listed_once((each.mount_path for each in mounts), path, "mountPath")
    for number, mount in enumerate(mounts):
        place = mount.mount_path.rstrip("/") or "/"
        taken = next((why for root, why in _TAKEN_PATHS.items() if f"{place}/".startswith(f"{root}/")), None)
        if place == "/":
            taken = "the image's own files are there"
        if taken:
            message = f"{quoted(mount.mount_path)} is decided elsewhere: {taken}"
            remedy = "mount the volume at another path"
            yield Diagnostic.error(Code.DECIDED_ELSEWHERE, message, remedy, field=(*path, number, "mountPath"))


def _check_parts(volume: Volume, path: FieldPath) -> Iterator[Diagnostic]:
    if volume.host_path and ".." in volume.host_path.path.split("/"):
        message, remedy = 'a path on the node has no ".." in it', "write the path that is meant"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=(*path, "hostPath", "path"))
    sources = volume.projected.sources if volume.projected else ()
    files = [
        item.path for source in sources for kind in (source.config_map, source.secret) if kind for item in kind.items
    ]
    if twice := next((file for file in files if files.count(file) > 1), None):
        message = f"{quoted(twice)} is the path of two of its files"
        field = (*path, "projected", "sources")
        yield Diagnostic.error(Code.POD_FIELD, message, "give one of them another path", field=field)
    for number, source in enumerate(sources):
        kinds = [source.config_map, source.secret, source.service_account_token, source.downward_api]
        if sum(each is not None for each in kinds) != 1:
            message = "an entry of projected.sources has one source"
            remedy = "write one of configMap, secret, serviceAccountToken and downwardAPI in each"
            field = (*path, "projected", "sources", number)
            yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=field)
