"""Kubeconfigs in Secrets of a management cluster, and rotated credentials, through the real engine and a real API."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.certificates import write_certificate
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.credentials import account_token, authority, kubeconfig_of, put_secret
from tests.engine.workspace import Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi"))
CHAT = deployment("chat", "tiny")
NAMESPACE = "modelplane-system"


@pytest.fixture
def cluster(plane: ControlPlane) -> Iterator[Client]:
    """A client of the API server, which is the management cluster and the one that models run in."""
    with connect(plane) as client:
        client.apply(Namespace(metadata=ObjectMeta(name="team")))
        client.apply(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
        yield client
        client.deletecollection(LLMInferenceService, namespace="team")


@pytest.fixture
def stack(workspace: Workspace, plane: ControlPlane) -> Workspace:
    """A stack whose kubeconfigs are Secrets, and whose ambient kubeconfig leads to the API server."""
    workspace.set_config("kubeconfigSource", "kubernetes")
    workspace.environment["KUBECONFIG"] = str(plane.kubeconfig_path)
    return workspace


def reads(environment_name: str, **reference: str) -> Document:
    """Return an environment whose kubeconfig is under `reference`."""
    document = environment(environment_name, slices("small", "3g.40gb"))
    document["spec"]["cluster"]["existing"]["secretRef"] = reference
    return document


def refused(stack: Workspace) -> list[str]:
    """Return the lines with a code that a preview ends with; there is no traceback."""
    run = stack.pulumi("preview", "--stack", "test", fails=True)
    assert "Traceback" not in run.stdout + run.stderr
    assert "pulumi:providers:kubernetes" not in run.stdout
    return [line.strip() for line in (run.stdout + run.stderr).splitlines() if line.endswith("]") and "[SW4" in line]


def test_a_secret_of_the_management_cluster(stack: Workspace, cluster: Client, plane: ControlPlane) -> None:
    put_secret(cluster, NAMESPACE, "mig-a.kubeconfig", config=plane.kubeconfig.encode(), note=b"for people")
    stack.write(reads("mig-a", name="mig-a.kubeconfig", key="config"), TINY, CHAT)

    assert stack.preview().changes()["mig-a/team/chat-service"] == "create"
    stack.up()

    assert cluster.get(LLMInferenceService, "chat", namespace="team")
    # It is not read through a resource: the state knows of no Secret.
    assert "core/v1:Secret" not in stack.export()
    assert stack.up().changes() == {}


def test_another_namespace(stack: Workspace, cluster: Client, plane: ControlPlane) -> None:
    put_secret(cluster, "fleet", "only-here", kubeconfig=plane.kubeconfig.encode())
    stack.set_config("kubeconfigNamespace", "fleet")
    stack.write(reads("mig-a", name="only-here"), TINY, CHAT)

    assert stack.preview().changes()["mig-a/team/chat-service"] == "create"


def test_every_secret_that_is_wrong_has_its_line(stack: Workspace, cluster: Client, plane: ControlPlane) -> None:
    text = plane.kubeconfig.encode()
    put_secret(cluster, NAMESPACE, "good", kubeconfig=text)
    put_secret(cluster, NAMESPACE, "keys", **{"ca.crt": b"canary-5b", "token": b"canary-5b"})
    put_secret(cluster, NAMESPACE, "bytes", kubeconfig=b"\x1f\x8b\x08\x00\xffcanary-5b")
    put_secret(cluster, NAMESPACE, "several", kubeconfig=text + b"---\n" + text)
    put_secret(cluster, NAMESPACE, "twice", kubeconfig=base64.b64encode(text))
    names = {"good", "missing", "keys", "bytes", "several", "twice", "Prod/Mig_A"}
    stack.write(*(reads(f"env-{at}", name=name) for at, name in enumerate(sorted(names))), TINY, CHAT)

    lines = refused(stack)

    where = {
        name: f"InferenceEnvironment env-{at}: spec.cluster.existing.secretRef: "
        for at, name in enumerate(sorted(names))
    }
    assert lines == [
        where["Prod/Mig_A"]
        + "no Secret can have this name: expected lower-case letters, digits, `-` and `.`; correct secretRef [SW406]",
        where["bytes"]
        + 'key "kubeconfig" of Secret modelplane-system/bytes of the management cluster is not a kubeconfig: its bytes '
        "are not UTF-8 text (compressed, or encoded twice?); store the file as kubectl reads it [SW403]",
        where["keys"]
        + 'Secret modelplane-system/keys of the management cluster has no key "kubeconfig"; it has ca.crt, token: '
        "correct secretRef.key, or store the kubeconfig under that key [SW402]",
        where["missing"]
        + "there is no Secret modelplane-system/missing of the management cluster; run: kubectl -n modelplane-system "
        "create secret generic missing --from-file=kubeconfig=KUBECONFIG-FILE (delete the old one first) [SW402]",
        where["several"]
        + "is not a kubeconfig that can be used: it holds 2 YAML documents; keep the one that is the kubeconfig, "
        "without `---` lines; run: kubectl -n modelplane-system create secret generic several "
        "--from-file=kubeconfig=KUBECONFIG-FILE (delete the old one first) [SW403]",
        where["twice"]
        + "is not a kubeconfig that can be used: it has no `kind: Config`; run: kubectl -n modelplane-system create "
        "secret generic twice --from-file=kubeconfig=KUBECONFIG-FILE (delete the old one first) [SW403]",
    ]


def test_a_management_cluster_that_refuses(
    stack: Workspace, cluster: Client, plane: ControlPlane, tmp_path: Path
) -> None:
    token = account_token(cluster, "nobody", admin=False)
    ambient = tmp_path / "ambient"
    stack.environment["KUBECONFIG"] = str(ambient)
    stack.write(reads("mig-a", name="good"), TINY, CHAT)

    ambient.write_text(kubeconfig_of(plane, token=token))
    (line,) = refused(stack)
    assert 'secrets "good" is forbidden' in line
    assert line.endswith("the user of KUBECONFIG must be able to get it [SW406]")
    assert token not in line

    ambient.write_text(kubeconfig_of(plane, token="canary-77"))  # noqa: S106 - no token of anybody
    (line,) = refused(stack)
    assert "Unauthorized" in line
    assert "canary" not in line


def test_a_management_cluster_that_is_not_there(stack: Workspace, plane: ControlPlane, tmp_path: Path) -> None:
    stack.write(*(reads(name, name=name) for name in ("mig-a", "mig-b")), TINY, CHAT)
    ambient = tmp_path / "ambient"

    # One line, however many environments need it.
    stack.environment["KUBECONFIG"] = str(ambient)
    (line,) = refused(stack)
    assert "slicewise:kubeconfigSource: the management cluster's kubeconfig (KUBECONFIG, else ~/.kube/config)" in line
    assert "cannot be used: KUBECONFIG names no file that is there; set KUBECONFIG to a kubeconfig that" in line

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{unused.getsockname()[1]}"
        ambient.write_text(kubeconfig_of(plane, server=server))
        (line,) = refused(stack)
    assert f"the management cluster, {server}, does not answer" in line
    assert "[SW406]" in line


def test_a_cloud_whose_plugin_is_not_installed(workspace: Workspace) -> None:
    workspace.write(reads("mig-a", name="prod/mig-a"), TINY, CHAT)
    workspace.set_config("kubeconfigSource", "aws-secrets-manager")

    # The engine itself says it, and ends the program.
    run = workspace.pulumi("preview", "--stack", "test", fails=True)

    assert "error: no resource plugin 'pulumi-resource-aws' found in the workspace" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert "pulumi:providers:kubernetes" not in run.stdout


def test_rotated_credentials_replace_nothing(
    workspace: Workspace, cluster: Client, plane: ControlPlane, tmp_path: Path
) -> None:
    workspace.write(reads("mig-a", name="mig-a"), TINY, CHAT)
    workspace.set_config('kubeconfigs["mig-a"]', plane.kubeconfig, secret=True)
    workspace.up()
    before = cluster.get(LLMInferenceService, "chat", namespace="team").metadata

    # Another token, another bundle of authorities, another name of the same server.
    token = account_token(cluster, "rotated", admin=True)
    bundle = authority(plane) + write_certificate(tmp_path / "other").read_bytes()
    rotated = kubeconfig_of(
        plane,
        token=token,
        server=plane.server.replace("127.0.0.1", "localhost"),
        **{
            "certificate-authority-data": base64.b64encode(bundle).decode(),
            "tls-server-name": "kubernetes.default.svc",  # localhost is not in the server's certificate
        },
    )
    assert yaml.safe_load(rotated) != yaml.safe_load(plane.kubeconfig)
    workspace.set_config('kubeconfigs["mig-a"]', rotated, secret=True)

    assert workspace.preview().changes() == {"mig-a-provider": "update"}
    assert workspace.up().changes() == {"mig-a-provider": "update"}
    assert workspace.up().changes() == {}
    after = cluster.get(LLMInferenceService, "chat", namespace="team").metadata
    assert before
    assert after
    assert (after.uid, after.resourceVersion) == (before.uid, before.resourceVersion)

    # The new credentials are the ones that are used: an object that is new goes through them.
    workspace.write(reads("mig-a", name="mig-a"), TINY, CHAT, model("small"), deployment("agent", "small"))
    workspace.up()
    assert cluster.get(LLMInferenceService, "agent", namespace="team")
