"""What is attacked: a stack, and a namespace of its own in a real API server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.workspace import STACK, Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi"))
ENVIRONMENT = "mig-a"
# More than a deletion whose end the provider misses: it waits 180 s, and then looks.
SECONDS = 600
# Room for all that any attack declares.
POOL = slices("small", "3g.40gb", nodeCount=16)


def namespace_of(test: str) -> str:
    """Return the name of the namespace for `test_28_...`."""
    found = re.match(r"test_(\d\d)_", test)
    assert found, test
    return f"attack-{found[1]}"


def pools(name: str = ENVIRONMENT) -> Document:
    """Return the environment."""
    return environment(name, POOL)


@dataclass(frozen=True)
class Target:
    """A stack whose environment is a real API server, and a client of that."""

    plane: ControlPlane
    stack: Workspace
    client: Client
    namespace: str

    @classmethod
    @contextmanager
    def at(cls, plane: ControlPlane, stack: Workspace, namespace: str) -> Iterator[Target]:
        """Make the namespace, let the stack reach the server, and remove the services at the end."""
        with connect(plane) as client:
            client.apply(Namespace(metadata=ObjectMeta(name=namespace)))
            target = cls(plane, stack, client, namespace)
            target.use(plane.kubeconfig)
            yield target
            client.deletecollection(LLMInferenceService, namespace=namespace)

    def use(self, kubeconfig: str, environment: str = ENVIRONMENT) -> None:
        """Give an environment a kubeconfig."""
        self.stack.set_config(f'kubeconfigs["{environment}"]', kubeconfig, secret=True)

    def chat(self, name: str = "chat", **fields: Any) -> Document:  # noqa: ANN401 - a document's
        """Return a deployment in the namespace."""
        return deployment(name, "tiny", **{"namespace": self.namespace, **fields})

    def declare(self, *deployments: Document, environment: str = ENVIRONMENT) -> None:
        """Write the documents: these deployments, in one environment."""
        self.stack.write(pools(environment), TINY, *deployments)

    def service(self, name: str = "chat") -> dict[str, Any]:
        """Return a service as it is in the cluster."""
        found: dict[str, Any] = self.client.get(LLMInferenceService, name, namespace=self.namespace)
        return found

    def services(self) -> dict[str, str]:
        """Return the uid of every service in the namespace, by its name."""
        items = self.client.list(LLMInferenceService, namespace=self.namespace)
        return {str(item.metadata.name): str(item.metadata.uid) for item in items if item.metadata}

    def run(self, *arguments: str, stack: str = STACK) -> subprocess.CompletedProcess[str]:
        """Run the CLI on a stack, whatever comes of it; there must be no traceback."""
        done = self.stack.program.pulumi(*arguments, "--stack", stack, seconds=SECONDS)
        assert "Traceback" not in done.stdout + done.stderr, text(done)
        return done

    def preview(self, *arguments: str, stack: str = STACK) -> subprocess.CompletedProcess[str]:
        """Preview, whatever comes of it."""
        return self.run("preview", *arguments, stack=stack)

    def up(self, *arguments: str, stack: str = STACK) -> subprocess.CompletedProcess[str]:
        """Update, whatever comes of it."""
        return self.run("up", "--yes", "--skip-preview", *arguments, stack=stack)

    def assert_unchanged(self) -> None:
        """See that an update finds nothing to do."""
        assert self.stack.up().changes() == {}

    def served(self) -> None:
        """Wait until the API server answers for the services."""

        def answers() -> bool:
            try:
                self.services()
            except httpx2.HTTPError:
                return False
            return True

        wait_until("services are served", answers, seconds=60)


def text(run: subprocess.CompletedProcess[str]) -> str:
    """Return all that was printed."""
    return f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"


def assert_refused(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """See that a command failed, and that what it printed has all `words`."""
    assert run.returncode != 0, text(run)
    assert_said(run, *words)


def assert_said(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """See that what a command printed has all `words`."""
    printed = text(run)
    assert [word for word in words if word not in printed] == [], printed


def assert_worked(run: subprocess.CompletedProcess[str]) -> None:
    """See that a command did not fail."""
    assert run.returncode == 0, text(run)
