"""Where the addresses of kwok's pods lead: to stub engines at addresses of the loopback interface."""

from __future__ import annotations

import selectors
import threading
from itertools import takewhile
from typing import TYPE_CHECKING, Self

from embedded.gateway.stub_engine import StubEngine, StubEngineServer

if TYPE_CHECKING:
    from embedded.gateway.api_server import ApiServer
    from embedded.manifest_files import Manifest

_ENGINE_PORT = 8000  # KServe's: the engine listens there in its pod
_MODEL_PATH = "/mnt/models"
_SERVED_NAMES = "--served-model-name"
_LOOK_SECONDS = 0.2


class PodAddresses:
    """A stub engine for each pod that EndpointSlices name: the pod 10.x.y.z is reached at 127.x.y.z.

    All engines of one cluster listen at one port, which no other cluster of this machine has: pods of two clusters may
    have the same address. Use as a context manager.
    """

    def __init__(self, api: ApiServer, port: int) -> None:
        self._api = api
        self._port = port
        self._lock = threading.Lock()
        self._servers: dict[str, StubEngineServer] = {}  # by address
        self._addresses: dict[str, set[str]] = {}  # by the slice that names them
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._take_connections, name="stub-engines", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with self._lock:
            for address in list(self._servers):
                self._close(address)
        self._selector.close()

    def lead(self, endpoint_slice: Manifest) -> None:
        """Change an EndpointSlice so that it leads to stub engines, which listen when this returns."""
        pods: dict[str, Manifest] = {}
        for endpoint in endpoint_slice.get("endpoints") or []:
            endpoint["addresses"] = [address.replace("10.", "127.", 1) for address in endpoint["addresses"]]
            pods |= dict.fromkeys(endpoint["addresses"], endpoint["targetRef"])
        ports = [port for port in endpoint_slice.get("ports") or [] if port["port"] == _ENGINE_PORT]
        for port in ports:
            port["port"] = self._port
        if ports:
            for address, pod in pods.items():
                self._listen(address, pod)
        self._keep(endpoint_slice, set(pods))

    def forget(self, endpoint_slice: Manifest) -> None:
        """Have no engine for what a deleted EndpointSlice named, unless another one names it too."""
        self._keep(endpoint_slice, set())

    def _listen(self, address: str, pod: Manifest) -> None:
        there = self._servers.get(address)
        if there and there.engine.pod == pod["name"]:
            return
        found = self._api.pod(pod["namespace"], pod["name"])
        if found is None:
            return  # it was deleted meanwhile: nothing answers at its address
        names = _served_names(found)
        with self._lock:
            if address in self._servers:  # kwok gave the address of a deleted pod to a new one
                self._close(address)
            server = StubEngineServer(address, self._port, StubEngine(pod["name"], names))
            self._servers[address] = server
            self._selector.register(server, selectors.EVENT_READ, address)

    def _keep(self, endpoint_slice: Manifest, addresses: set[str]) -> None:
        with self._lock:
            self._addresses[endpoint_slice["metadata"]["uid"]] = addresses
            for address in self._servers.keys() - set[str]().union(*self._addresses.values()):
                self._close(address)

    def _close(self, address: str) -> None:
        server = self._servers.pop(address)
        self._selector.unregister(server)
        server.gone = True
        server.server_close()

    def _take_connections(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(_LOOK_SECONDS):
                with self._lock:
                    if self._servers.get(key.data) is key.fileobj:
                        self._servers[key.data].handle_request()


def _served_names(pod: Manifest) -> tuple[str, ...]:
    """Return what follows the last `--served-model-name` in the engine's command, which KServe writes as a script.

    Without one, vLLM calls a model what it was told to load.
    """
    main = next(container for container in pod["spec"]["containers"] if container["name"] == "main")
    words = " ".join([*main.get("command", []), *main.get("args", [])]).replace("=", " ").split()
    if _SERVED_NAMES not in words:
        return (_MODEL_PATH,)
    names = words[len(words) - words[::-1].index(_SERVED_NAMES) :]
    return tuple(name.strip("\"'") for name in takewhile(lambda word: word[0] not in "-\\", names))
