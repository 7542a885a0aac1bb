"""A Kubernetes API server with its etcd and the controllers of workloads, on free loopback ports."""

from __future__ import annotations

import base64
import secrets
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx2
import yaml

from embedded.deadlines import wait_until
from embedded.errors import ControlPlaneError
from embedded.ports import free_ports
from embedded.probes import HOST, https_ok
from embedded.processes import Process
from embedded.secret_files import write_key, write_secret
from embedded.toolchain import bin_dir, find_binary, find_kubernetes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ETCD_SECONDS = 300

# The first three make pods of Deployments and StatefulSets, the fourth tells gateways which pods a Service has. Without
# the next two nothing that is deleted in the foreground, and no namespace, ever goes; without the next Pulumi waits in
# vain for every ResourceQuota. The last makes a pod's ResourceClaims of their templates, which it waits for.
_CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "resourcequota-controller",
    "resourceclaim-controller",
)


@dataclass(frozen=True)
class ControlPlane:
    """A running API server and how to reach it.

    Attributes:
        server: Its URL.
        kubeconfig: A kubeconfig in YAML, for a cluster administrator; it holds a token.
        kubeconfig_path: The same in a file.
        processes: What runs, in the order of starting.
    """

    server: str
    kubeconfig: str = field(repr=False)
    kubeconfig_path: Path
    processes: tuple[Process, ...]

    @classmethod
    @contextmanager
    def start(
        cls, directory: Path, *, release: str | None = None, binaries: Path | None = None, data: Path | None = None
    ) -> Iterator[ControlPlane]:
        """Start one, wait until it is ready, and stop it at the end of the `with` block.

        Args:
            directory: An empty or absent directory, for its data, secrets and logs. It is not removed.
            release: Its Kubernetes release, such as "1.34"; by default the one that `make toolchain` builds.
            binaries: Where etcd, kube-apiserver and kube-controller-manager are; by default where `make toolchain`, and
                `make toolchain-releases` for a `release`, put them.
            data: What it has at the start: `data_of` a directory whose control plane has been stopped. It is copied,
                and stays another cluster. Definitions of kinds take the server ten times as long to check as to read.

        Raises:
            ControlPlaneError: A binary is missing or ended early, or the server was not ready in time.
        """
        etcd_binary = find_binary(binaries or bin_dir(), "etcd")
        server_binary, manager_binary = (
            find_kubernetes(name, release, binaries) for name in ("kube-apiserver", "kube-controller-manager")
        )
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        if data:
            shutil.copytree(data, data_of(directory))
        token = secrets.token_hex(16)
        write_secret(directory / "tokens.csv", f"{token},admin,admin,system:masters\n")
        write_key(directory / "service-account.key")
        etcd_port, peer_port, port = free_ports(3)
        etcd_flags = _etcd_flags(directory, etcd_port, peer_port)
        server_flags = _server_flags(directory, etcd_port, port)
        authority = _authority(directory)
        with ExitStack() as stack:
            etcd = stack.enter_context(Process(etcd_binary, etcd_flags, directory))
            if data:
                _lose_identity(etcd, f"http://{HOST}:{etcd_port}")

            def ready() -> bool:
                etcd.check()
                headers = {"Authorization": f"Bearer {token}"}
                return authority.exists() and https_ok(port, authority, "/readyz", headers)

            server = stack.enter_context(Process(server_binary, server_flags, directory, ready=ready))
            server.wait_ready()
            url = f"https://{HOST}:{port}"
            kubeconfig = _kubeconfig(url, authority, token)
            path = write_secret(directory / "kubeconfig", kubeconfig)
            manager = stack.enter_context(Process(manager_binary, _controller_manager_flags(path), directory))
            yield cls(url, kubeconfig, path, (etcd, server, manager))

    def authority(self) -> str:
        """Return what vouches for the server's certificate, in PEM."""
        cluster = yaml.safe_load(self.kubeconfig)["clusters"][0]["cluster"]
        return base64.b64decode(cluster["certificate-authority-data"]).decode()

    def kubeconfig_through(self, server: str, authority: Path) -> str:
        """Return the kubeconfig of who reaches it with the same rights through another server, at a URL."""
        return _kubeconfig(server, authority, self.token())

    def token(self) -> str:
        """Return what authenticates an administrator."""
        return str(yaml.safe_load(self.kubeconfig)["users"][0]["user"]["token"])

    def notice_new_kinds(self) -> None:
        """Have objects of new kinds deleted at once, with what they own, not half a minute later.

        The garbage collector looks for new kinds at its start, and then rarely.
        """
        _, _, manager = self.processes
        manager.kill()
        manager.restart()


def data_of(directory: Path) -> Path:
    """Return where the control plane that was started in a directory keeps its objects."""
    return directory / "etcd"


def _lose_identity(etcd: Process, url: str) -> None:
    """Delete namespace kube-system, by whose uid clusters are told apart; the API server makes another."""

    def answers() -> bool:
        etcd.check()
        try:
            return asking.get("/health").is_success
        except httpx2.TransportError:
            return False

    with httpx2.Client(base_url=url, timeout=_ETCD_SECONDS, trust_env=False) as asking:
        wait_until("etcd is healthy", answers, _ETCD_SECONDS)
        key = base64.b64encode(b"/registry/namespaces/kube-system").decode()
        deleted = asking.post("/v3/kv/deleterange", json={"key": key}).raise_for_status().json()
    if deleted.get("deleted") != "1":
        raise ControlPlaneError(f"the data has no namespace kube-system: {deleted}")


def _etcd_flags(directory: Path, port: int, peer_port: int) -> list[str]:
    url, peer_url = f"http://{HOST}:{port}", f"http://{HOST}:{peer_port}"
    return [
        "--name=embedded",
        f"--data-dir={data_of(directory)}",
        "--unsafe-no-fsync",  # the data is not read after a crash
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=embedded={peer_url}",
    ]


def _server_flags(directory: Path, etcd_port: int, port: int) -> list[str]:
    key = directory / "service-account.key"
    return [
        f"--etcd-servers=http://{HOST}:{etcd_port}",
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--cert-dir={_authority(directory).parent}",
        # Without these two it takes the host's address, and refuses to start where there is no network.
        f"--advertise-address={HOST}",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--token-auth-file={directory / 'tokens.csv'}",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        # It is a tenth of a start, and there is nobody here to be fair to.
        "--enable-priority-and-fairness=false",
        # No controller here makes service accounts or takes the not-ready taint off a new node.
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
    ]


def _controller_manager_flags(kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--controllers={','.join(_CONTROLLERS)}",
        # By default 20 requests a second: sixteen pods take seconds to go, and nobody works.
        "--kube-api-qps=1000",
        "--kube-api-burst=1000",
    ]


def _authority(directory: Path) -> Path:
    # The API server writes its serving certificate and, in the same file, the authority that signed it.
    return directory / "pki" / "apiserver.crt"


def _kubeconfig(server: str, authority: Path, token: str) -> str:
    cluster = {
        "server": server,
        "certificate-authority-data": base64.b64encode(authority.read_bytes()).decode(),
        # On loopback it wins nothing, and the schema of all kinds takes the server 0.08 s for each who reads it.
        "disable-compression": True,
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "embedded", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "embedded", "context": {"cluster": "embedded", "user": "admin"}}],
        "current-context": "embedded",
    }
    return yaml.safe_dump(config, sort_keys=False)
