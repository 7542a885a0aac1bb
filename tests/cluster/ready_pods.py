"""How many replicas are Ready at every moment, from a watch of the API server: no state between two looks is missed."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
from lightkube.resources.core_v1 import Pod

from embedded.api_client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.control_plane import ControlPlane

# Pods of a Deployment end in the hash of its template and five characters, those of a group in its number and theirs.
_OF_DEPLOYMENT = re.compile(r"(?P<workload>.+)-[0-9a-z]{6,10}-[0-9a-z]{5}")
_OF_GROUP = re.compile(r"(?P<workload>.+-mn)-(?P<group>\d+)(-\d+)?")


class ReadyPods:
    """The pods of a namespace as the watch has told of them, and the fewest replicas that were Ready at once."""

    def __init__(self, group_size: int) -> None:
        """Take how many pods a replica has that spans nodes."""
        self._size = group_size
        self._ready: dict[str, bool] = {}
        self.fewest: dict[str, int] = {}
        """By workload, since the watch began."""
        self.events = 0

    def note(self, name: str, *, ready: bool) -> None:
        """Take in what became of one pod."""
        self.events += 1
        self._ready[name] = ready
        for workload, count in self.replicas().items():
            self.fewest[workload] = min(count, self.fewest.get(workload, count))

    def replicas(self) -> dict[str, int]:
        """Return how many replicas of each workload are Ready; one that spans nodes is when all its pods are."""
        pods: defaultdict[str, int] = defaultdict(int)
        groups: defaultdict[tuple[str, str], int] = defaultdict(int)
        for name, ready in self._ready.items():
            if found := _OF_GROUP.fullmatch(name):
                groups[found["workload"], found["group"]] += ready
            elif found := _OF_DEPLOYMENT.fullmatch(name):
                pods[found["workload"]] += ready
        for (workload, _), count in groups.items():
            pods[workload] += count >= self._size
        return dict(pods)


@contextmanager
def watched(plane: ControlPlane, namespace: str, group_size: int) -> Iterator[ReadyPods]:
    """Watch the pods of a namespace from now on."""
    found = ReadyPods(group_size)
    with connect(plane) as client:
        pods = client.list(Pod, namespace=namespace)
        for pod in pods:
            name, ready = _seen(pod)
            found.note(name, ready=ready)
        found.fewest = found.replicas()
        stop = threading.Event()

        def follow() -> None:
            try:
                for change, pod in client.watch(Pod, namespace=namespace, resource_version=pods.resourceVersion):
                    name, ready = _seen(pod)
                    found.note(name, ready=ready and change != "DELETED")
                    if stop.is_set():
                        return
            except httpx2.HTTPError:
                if not stop.is_set():
                    raise

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        yield found
        assert thread.is_alive(), "the watch ended by itself"
        stop.set()


def _seen(pod: Pod) -> tuple[str, bool]:
    metadata, status = pod.metadata, pod.status
    assert metadata
    assert metadata.name
    conditions = (status.conditions if status else None) or []
    ready = any(each.type == "Ready" and each.status == "True" for each in conditions)
    return metadata.name, ready and metadata.deletionTimestamp is None
