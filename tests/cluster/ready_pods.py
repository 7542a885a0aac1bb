"""How many replicas are Ready at every moment, from a watch of the API server: no state between two looks is missed."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from embedded.api_client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from embedded.control_plane import ControlPlane

# The API server ends a watch after so long; the next one begins where it ended.
_WATCH_SECONDS = 2

# Pods of a Deployment end in the hash of its template and five characters, those of a group in its number and theirs.
_OF_DEPLOYMENT = re.compile(r"(?P<workload>.+)-[0-9a-z]{6,10}-[0-9a-z]{5}")
_OF_GROUP = re.compile(r"(?P<workload>.+-mn)-(?P<group>\d+)(-\d+)?")


class ReadyPods:
    """The pods of a namespace as the watch has told of them, and the fewest replicas that were Ready at once."""

    def __init__(self, group_size: int) -> None:
        """Take how many pods a replica has that spans nodes."""
        self._size = group_size
        self._lock = threading.RLock()
        self._ready: dict[str, bool] = {}
        self.fewest: dict[str, int] = {}
        """By workload, since the watch began."""
        self.events = 0

    def note(self, name: str, *, ready: bool) -> None:
        """Take in what became of one pod."""
        with self._lock:
            self.events += 1
            self._ready[name] = ready
            for workload, count in self.replicas().items():
                self.fewest[workload] = min(count, self.fewest.get(workload, count))

    def replicas(self) -> dict[str, int]:
        """Return how many replicas of each workload are Ready; one that spans nodes is when all its pods are."""
        pods: defaultdict[str, int] = defaultdict(int)
        groups: defaultdict[tuple[str, str], int] = defaultdict(int)
        with self._lock:
            known = list(self._ready.items())
        for name, ready in known:
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
    stop = threading.Event()
    with connect(plane) as client, ThreadPoolExecutor(max_workers=1) as executor:
        http: httpx2.Client = client._client._client  # noqa: SLF001 - lightkube's watch has no end
        path = f"/api/v1/namespaces/{namespace}/pods"
        pods = http.get(path).raise_for_status().json()
        for pod in pods["items"]:
            name, ready = _seen(pod)
            found.note(name, ready=ready)
        found.fewest = found.replicas()

        def follow() -> None:
            version = pods["metadata"]["resourceVersion"]
            while not stop.is_set():
                asked = {"watch": "true", "resourceVersion": version, "timeoutSeconds": _WATCH_SECONDS}
                with http.stream("GET", path, params=asked) as answer:
                    for line in answer.raise_for_status().iter_lines():
                        change = json.loads(line)
                        assert change["type"] in ("ADDED", "MODIFIED", "DELETED"), change
                        version = change["object"]["metadata"]["resourceVersion"]
                        name, ready = _seen(change["object"])
                        found.note(name, ready=ready and change["type"] != "DELETED")

        following = executor.submit(follow)
        try:
            yield found
        finally:
            stop.set()
        following.result()


def _seen(pod: dict[str, Any]) -> tuple[str, bool]:
    metadata = pod["metadata"]
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return metadata["name"], ready and "deletionTimestamp" not in metadata
