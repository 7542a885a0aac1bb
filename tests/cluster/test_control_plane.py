"""The control plane is a real, private Kubernetes API server that leaves nothing behind."""

from __future__ import annotations

import base64
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
import yaml
from lightkube.models.core_v1 import Container, PodResourceClaim, PodSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.resource_v1 import (
    DeviceClaim,
    DeviceRequest,
    ExactDeviceRequest,
    ResourceClaimSpec,
    ResourceClaimTemplateSpec,
)
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.resources.resource_v1 import ResourceClaim, ResourceClaimTemplate

import embedded
from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.errors import ControlPlaneError
from embedded.ports import free_ports
from tests.processes import commands_with

if TYPE_CHECKING:
    from lightkube import Client

pytestmark = pytest.mark.xdist_group("plane")

CHECKOUT = Path(embedded.__file__).parent.parent
START_AND_HANG = """
import sys, time
from pathlib import Path
from embedded.control_plane import ControlPlane
with ControlPlane.start(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def token_of(plane: ControlPlane) -> str:
    token: str = yaml.safe_load(plane.kubeconfig)["users"][0]["user"]["token"]
    return token


def authority_of(plane: ControlPlane) -> ssl.SSLContext:
    data = yaml.safe_load(plane.kubeconfig)["clusters"][0]["cluster"]["certificate-authority-data"]
    return ssl.create_default_context(cadata=base64.b64decode(data).decode())


def ask(plane: ControlPlane, authority: ssl.SSLContext, token: str | None) -> int:
    """Return the status code of a request that trusts `authority` only."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx2.Client(verify=authority, headers=headers, timeout=300, trust_env=False) as client:
        return client.get(f"{plane.server}/api/v1/namespaces").status_code


def write_script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_serves_with_its_own_authority_and_token(plane: ControlPlane) -> None:
    assert ask(plane, authority_of(plane), token_of(plane)) == 200


@pytest.mark.parametrize("token", [None, "0123456789abcdef0123456789abcdef"])
def test_refuses_without_the_token(plane: ControlPlane, token: str | None) -> None:
    assert ask(plane, authority_of(plane), token) == 401


def test_is_not_trusted_by_the_authorities_of_the_system(plane: ControlPlane) -> None:
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(plane, ssl.create_default_context(), token_of(plane))


def test_kubeconfig_is_in_a_file_and_secrets_are_private(plane: ControlPlane) -> None:
    assert plane.kubeconfig_path.read_text() == plane.kubeconfig
    secrets = [plane.kubeconfig_path.with_name(name) for name in ("kubeconfig", "tokens.csv", "service-account.key")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in secrets] == [0o600] * 3


def test_token_is_in_no_command_line_and_not_in_the_repr(plane: ControlPlane) -> None:
    assert len(commands_with(str(plane.kubeconfig_path.parent))) == 3, "else the next line proves nothing"
    assert commands_with(token_of(plane)) == []
    assert token_of(plane) not in repr(plane)


def test_a_pod_gets_the_claims_of_its_templates(client: Client) -> None:
    template = ResourceClaimTemplateSpec(
        spec=ResourceClaimSpec(
            devices=DeviceClaim(requests=[DeviceRequest(name="slice", exactly=ExactDeviceRequest("mig.nvidia.com"))])
        )
    )
    client.create(ResourceClaimTemplate(spec=template, metadata=ObjectMeta(name="slice", namespace="default")))
    claim = PodResourceClaim(name="slice", resourceClaimTemplateName="slice")
    spec = PodSpec(containers=[Container(name="main", image="vllm")], resourceClaims=[claim])
    client.create(Pod(metadata=ObjectMeta(name="claims", namespace="default"), spec=spec))

    wait_until("a claim", lambda: list(client.list(ResourceClaim, namespace="default")) != [], seconds=300)

    (made,) = client.list(ResourceClaim, namespace="default")
    assert made.metadata
    assert made.metadata.name
    assert made.metadata.name.startswith("claims-slice-")
    client.delete(Pod, "claims", namespace="default")
    wait_until("no claim", lambda: list(client.list(ResourceClaim, namespace="default")) == [], seconds=300)
    client.delete(ResourceClaimTemplate, "slice", namespace="default")


def test_two_planes_do_not_disturb_each_other_and_a_stopped_one_is_gone(
    plane: ControlPlane, client: Client, tmp_path: Path
) -> None:
    with ControlPlane.start(tmp_path / "second") as second:
        with connect(second) as other:
            other.create(ConfigMap(metadata=ObjectMeta(name="only-in-the-second", namespace="default"), data={}))
        assert "only-in-the-second" not in [each.metadata and each.metadata.name for each in client.list(ConfigMap)]
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(second, authority_of(plane), token_of(second))
        assert ask(second, authority_of(second), token_of(plane)) == 401
        pids = [process.pid for process in second.processes]
        assert [is_alive(pid) for pid in pids] == [True, True, True]

    assert [is_alive(pid) for pid in pids] == [False, False, False]
    assert commands_with(str(tmp_path)) == []
    assert ask(plane, authority_of(plane), token_of(plane)) == 200


def test_nothing_is_left_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_AND_HANG, str(tmp_path / "plane")]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout
            assert parent.stdout.readline() == "ready\n"
            # The parent itself, etcd, kube-apiserver and kube-controller-manager, which may be about to begin.
            wait_until("four processes", lambda: len(commands_with(str(tmp_path))) == 4, seconds=300)
        finally:
            parent.kill()
    wait_until("all processes gone", lambda: commands_with(str(tmp_path)) == [], seconds=300)


def test_missing_binaries_name_the_command_that_builds_them(tmp_path: Path) -> None:
    with (
        pytest.raises(ControlPlaneError, match=r"etcd is not in .*: run `make toolchain`"),
        ControlPlane.start(tmp_path / "plane", binaries=tmp_path),
    ):
        pass


BINARIES = ("etcd", "kube-apiserver", "kube-controller-manager")


@pytest.mark.parametrize("broken", ["etcd", "kube-apiserver"])
def test_a_binary_that_fails_is_reported_with_the_end_of_its_log(tmp_path: Path, broken: str) -> None:
    for name in BINARIES:
        write_script(tmp_path / name, "exec sleep 600")
    write_script(tmp_path / broken, "echo no space left on device; exit 3")
    with (
        pytest.raises(ControlPlaneError, match=rf"{broken} ended with exit code 3(.|\n)*no space left on device$"),
        ControlPlane.start(tmp_path / "plane", binaries=tmp_path),
    ):
        pass
    assert commands_with(str(tmp_path)) == []


def test_a_binary_that_is_none_is_reported(tmp_path: Path) -> None:
    for name in BINARIES:
        write_script(tmp_path / name, "exec sleep 600")
    (tmp_path / "etcd").chmod(0o644)
    with (
        pytest.raises(ControlPlaneError, match=r"etcd ended (.|\n)*cannot run .*/etcd: Permission denied"),
        ControlPlane.start(tmp_path / "plane", binaries=tmp_path),
    ):
        pass


def test_an_occupied_port_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        ports = [occupant.getsockname()[1], *free_ports(2)]
        monkeypatch.setattr("embedded.control_plane.free_ports", lambda count: ports[:count])
        with (
            pytest.raises(ControlPlaneError, match=r"etcd ended (.|\n)*address already in use"),
            ControlPlane.start(tmp_path / "plane"),
        ):
            pass
    assert commands_with(str(tmp_path)) == []


def test_ports_are_different() -> None:
    assert len(set(free_ports(50))) == 50
