"""A Kubernetes cluster on this machine that schedules and reconciles for real, on nodes without machines."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.custom_resources import wait_for_definitions
from embedded.deadlines import wait_until
from embedded.errors import ControlPlaneError
from embedded.fake_nodes import add_nodes, nodes_ready
from embedded.gateway import start_gateway
from embedded.gateway_api import install_gateway_api_crds
from embedded.kserve_controller import install_kserve_webhooks, start_llmisvc
from embedded.kserve_kinds import install_kserve_crds
from embedded.kserve_settings import install_kserve_settings
from embedded.leader_worker_set import install_lws_crds, install_lws_webhooks, start_lws_controller
from embedded.processes import Process
from embedded.toolchain import bin_dir, find_binary, find_kubernetes, module_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from embedded.fake_nodes import FakePool

_NODES_READY_SECONDS = 300
# What becomes of nodes and pods: ready at once. kwok does nothing without being told.
_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
)
# They end when they are deleted, and go; kwok's own stage has them go while they are Running.
_OWN_STAGES = ("pod-end", "pod-gone")


@dataclass(frozen=True)
class EmbeddedCluster:
    """A control plane with a scheduler, fake GPU nodes, KServe and LeaderWorkerSet.

    Attributes:
        plane: The API server and how to reach it.
        processes: What runs, in the order of starting: etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
            kwok, lws-controller, llmisvc, and contour and envoy if there is a gateway.
    """

    plane: ControlPlane
    processes: tuple[Process, ...]

    @classmethod
    @contextmanager
    def start(
        cls,
        directory: Path,
        pools: Iterable[FakePool] = (),
        *,
        kserve_webhooks: bool = False,
        gateway: bool = False,
        release: str | None = None,
        binaries: Path | None = None,
        data: Path | None = None,
    ) -> Iterator[EmbeddedCluster]:
        """Start one, wait until all of it is ready, and stop it at the end of the `with` block.

        Args:
            directory: An empty or absent directory, for its data, secrets and logs. It is not removed.
            pools: The nodes that it has; `add_nodes` adds more.
            kserve_webhooks: Whether KServe's admission webhooks are installed, which refuse some changes.
            gateway: Whether the gateway that KServe's settings name routes requests, to stub engines.
            release: Its Kubernetes release, such as "1.34"; by default the one that `make toolchain` builds.
            binaries: Where the programs are; by default where `make toolchain`, and `make toolchain-releases` for a
                `release`, put them.
            data: What its control plane has at the start, with the kinds in it; by default they are installed.

        Raises:
            ControlPlaneError: A program is missing or ended early, or something was not ready in time.
        """
        directory = directory.resolve()
        scheduler = find_kubernetes("kube-scheduler", release, binaries)
        kwok, lws_controller, llmisvc = (
            find_binary(binaries or bin_dir(), name) for name in ("kwok", "lws-controller", "llmisvc")
        )
        with ExitStack() as stack:
            plane = stack.enter_context(ControlPlane.start(directory, release=release, binaries=binaries, data=data))
            kubeconfig = plane.kubeconfig_path
            client = stack.enter_context(connect(plane))
            if data:
                wait_for_definitions(client)
            else:
                install_kinds(plane)
            add_nodes(plane, pools)
            scheduling = stack.enter_context(Process(scheduler, _scheduler_flags(kubeconfig), directory))
            nodes = stack.enter_context(Process(kwok, _kwok_flags(kubeconfig), directory))
            groups, groups_webhooks = start_lws_controller(lws_controller, kubeconfig, directory)
            stack.enter_context(groups)
            services, services_webhooks = start_llmisvc(llmisvc, kubeconfig, directory)
            stack.enter_context(services)
            groups.wait_ready()
            install_lws_webhooks(client, groups_webhooks)
            services.wait_ready()
            if kserve_webhooks:
                install_kserve_webhooks(client, services_webhooks)
            routing = stack.enter_context(start_gateway(plane, directory)) if gateway else ()
            wait_until("nodes ready", partial(nodes_ready, client), _NODES_READY_SECONDS)
            yield cls(plane, (*plane.processes, scheduling, nodes, groups, services, *routing))

    def stop(self, name: str) -> None:
        """End the process `name` with its usual shutdown; what it does is not done until `restart`."""
        self._process(name).stop()

    def kill(self, name: str) -> None:
        """End the process `name` without a chance to tidy up, like a crash."""
        self._process(name).kill()

    def restart(self, name: str) -> None:
        """Start the process `name` again, on the same ports and with the same data, and wait until it is ready.

        Raises:
            ControlPlaneError: It ended early, or it was not ready in time.
        """
        process = self._process(name)
        process.restart()
        process.wait_ready()

    def _process(self, name: str) -> Process:
        for process in self.processes:
            if process.name == name:
                return process
        names = ", ".join(process.name for process in self.processes)
        raise ControlPlaneError(f"no process {name}; there are {names}")


def install_kinds(plane: ControlPlane) -> None:
    """Install the kinds of the Gateway API, LeaderWorkerSet and KServe in a control plane, and KServe's settings.

    Raises:
        ControlPlaneError: Sources are not there, or kinds were not served in time.
    """
    with connect(plane) as client:
        install_gateway_api_crds(client)
        install_lws_crds(client)
        install_kserve_crds(plane)
        install_kserve_settings(client)


def _scheduler_flags(kubeconfig: Path) -> list[str]:
    return [f"--kubeconfig={kubeconfig}", "--leader-elect=false", "--secure-port=0"]


def _stages() -> list[Path]:
    published = module_dir("sigs.k8s.io/kwok", of="kwok") / "kustomize/stage"
    own = Path(__file__).resolve().parent / "stages"
    return [*(published / f"{name}.yaml" for name in _STAGES), *(own / f"{name}.yaml" for name in _OWN_STAGES)]


def _kwok_flags(kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--cidr=10.244.0.1/16",
        *(f"--config={stage}" for stage in _stages()),
        # Of 26 nodes every third request would be one: no controller here asks whether nodes live.
        "--node-lease-duration-seconds=0",
    ]
