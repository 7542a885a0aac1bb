"""No credential shows up anywhere: planted ones are looked for in everything that a stack prints, keeps and runs."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.certificates import write_certificate
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine import plain_pulumi
from tests.engine.credentials import account_token, authority, kubeconfig_of, put_secret
from tests.engine.workspace import Workspace
from tests.processes import wait_ended

pytestmark = pytest.mark.real_start

TINY = model("tiny", profile("any", memoryPerGpu="30Gi"))
POOL = environment("mig-a", slices("small", "3g.40gb"))
PASSWORD = "canary-password-7c1e4f"  # noqa: S105 - planted
# Text before a PEM's first line is a comment; its length keeps base64 in step, so that it is found there, too.
CA_COMMENT = b"canary-authority-2b\n\n"
KEY_COMMENT = b"canary-clientkey-9d\n\n"


class ProcessArguments:
    """Everything that was in a process's arguments while it was looked at, some twenty times a second."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self.rounds = 0

    def look(self) -> None:
        self.rounds += 1
        # Making a `Path` of each takes most of the time.
        for name in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208
            with suppress(OSError), open(f"/proc/{name}/cmdline", "rb", buffering=0) as file:  # noqa: PTH123
                self.seen.add(file.read())  # unless it has ended in between


@contextmanager
def watched() -> Iterator[ProcessArguments]:
    """Look at all processes until the end of the block."""
    arguments, done = ProcessArguments(), threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            arguments.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield arguments
    finally:
        done.set()
        thread.join()


def planted(plane: ControlPlane, token: str, directory: Path) -> tuple[str, dict[str, bytes]]:
    """Return a kubeconfig that works and has every kind of credential, and what to look for, by its kind."""
    certificate = write_certificate(directory)
    key = KEY_COMMENT + (directory / "tls.key").read_bytes()
    encoded = base64.b64encode(CA_COMMENT + authority(plane)).decode()
    config = yaml.safe_load(kubeconfig_of(plane, token=token, **{"certificate-authority-data": encoded}))
    config["users"][0]["user"] |= {
        "client-certificate-data": base64.b64encode(certificate.read_bytes()).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    # A token and a password exclude each other, so this is another user's.
    config["users"].append({"name": "other", "user": {"username": "ana", "password": PASSWORD}})
    canaries = {
        "token": token.rpartition(".")[2].encode(),
        "password": PASSWORD.encode(),
        "authority": CA_COMMENT.strip(),
        "authority, encoded": base64.b64encode(CA_COMMENT),
        "client key": KEY_COMMENT.strip(),
        "client key, encoded": base64.b64encode(KEY_COMMENT),
        "kubeconfig": b"certificate-authority-data",
    }
    text = yaml.safe_dump(config)
    # In the kubeconfig itself they all are, as they would be in a copy of it that is encoded once more.
    plain = text.encode() + base64.b64decode(encoded) + key
    assert {kind for kind, canary in canaries.items() if canary not in plain} == set()
    return text, canaries


def found(canaries: dict[str, bytes], places: Iterable[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """Return each kind of credential that is somewhere, as it is or in base64, with the place."""
    spelled = list(canaries.items())
    spelled += [(kind, base64.b64encode(canary)[: len(canary) // 3 * 4]) for kind, canary in canaries.items()]
    return sorted({(kind, place) for place, text in places for kind, canary in spelled if canary in text})


def files(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Return every file below, except behind links: these lead to the program."""
    for folder, _, names in os.walk(directory):
        for file in (Path(folder, name) for name in names):
            if file.is_file() and not file.is_symlink():
                with suppress(FileNotFoundError):  # it was swept in between
                    yield str(file), file.read_bytes()


@pytest.mark.parametrize("source", ["config", "kubernetes"])
def test_planted_credentials_are_nowhere(
    source: str, workspace: Workspace, plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    temporary = tmp_path_factory.mktemp("temporary")
    printed: list[tuple[str, bytes]] = []

    def run(*arguments: str, fails: bool = False) -> None:
        # As users run it, whose temporary directory outlives it.
        text = plain_pulumi.run(workspace, temporary, *arguments, fails=fails)
        printed.append((f"what {' '.join(arguments)} printed", text.encode()))
        wait_ended(str(temporary))  # what sweeps it, which ends some seconds after the engine
        printed.extend((f"temporary {place} after {arguments[0]}", left) for place, left in files(temporary))

    with connect(plane) as client, watched() as arguments:
        client.apply(Namespace(metadata=ObjectMeta(name="team")))
        text, canaries = planted(plane, account_token(client, "planted", admin=True), elsewhere / "made")
        if source == "kubernetes":
            ambient = elsewhere / "ambient"
            ambient.write_text(text)
            workspace.environment["KUBECONFIG"] = str(ambient)
            put_secret(client, "modelplane-system", "mig-a", kubeconfig=text.encode())
        else:
            workspace.set_config('kubeconfigs["mig-a"]', text, secret=True)
        workspace.set_config("kubeconfigSource", source)
        workspace.set_config("waitForReady", "true")
        workspace.set_config("readyTimeout", "3")
        workspace.write(POOL, TINY, deployment("chat", "tiny"))

        run("preview", "--diff")
        run("preview", "--json")
        run("preview", "--debug")
        # No controller makes it ready: this update fails when it has applied everything.
        run("up", "--yes", "--skip-preview", fails=True)
        workspace.set_config("waitForReady", "false")
        # A token of no user: the API server refuses every request.
        workspace.write(POOL, TINY, deployment("chat", "tiny", replicas=2))
        refused = text.replace(text.partition("token: ")[2].split()[0], "canary-refused-token")
        if source == "kubernetes":
            put_secret(client, "modelplane-system", "mig-a", kubeconfig=refused.encode())
        else:
            workspace.set_config('kubeconfigs["mig-a"]', refused, secret=True)
        canaries["refused token"] = b"canary-refused-token"
        run("up", "--yes", "--skip-preview", "--json", fails=True)
        run("stack", "output", "--json", "--show-secrets")
        run("config", "--json")
        run("stack", "export")
        workspace.python("-m", "slicewise", "render", f"stacks/{workspace.program.stack}", "--output-dir", "rendered")
        client.deletecollection(LLMInferenceService, namespace="team")

    assert list((workspace.directory / "rendered").rglob("*.yaml"))
    kept = list(files(workspace.directory))
    # It has looked: at the state, at the encrypted configuration, and at the program's own processes.
    assert any("/state/" in place for place, _ in kept)
    assert any(place.endswith("Pulumi.test.yaml") for place, _ in kept)
    assert any(b"pulumi-resource-kubernetes" in seen for seen in arguments.seen)
    assert arguments.rounds > 20
    processes = [("arguments of a process", seen) for seen in arguments.seen]
    assert found(canaries, [*printed, *kept, *processes]) == []
