"""A request to a model of the demo, as people make it: through the Gateway, with curl."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lightkube import Client

from embedded.api_client import connect
from embedded.deadlines import wait_until
from embedded.demo import view
from embedded.kserve_kinds import LLMInferenceService
from slicewise.addresses import curl_line
from slicewise.documents import Fleet, ModelDeployment, served_name

_SECONDS = 300


@dataclass(frozen=True)
class Answer:
    """What was typed, and what came back.

    Attributes:
        command: A line for a shell.
        output: What it printed; None where curl is not installed.
    """

    command: str
    output: str | None


def answers(state: Path, fleet: Fleet) -> list[Answer]:
    """Call every deployment that has a route, in each cluster that it runs in.

    Raises:
        ControlPlaneError: One of them did not answer in time.
    """
    return [_answer(command) for each in fleet.deployments for command in _requests(state, fleet, each)]


def _requests(state: Path, fleet: Fleet, deployment: ModelDeployment) -> list[str]:
    model = served_name(deployment, fleet.model_of(deployment))
    namespace, name = deployment.metadata.namespace, deployment.metadata.name
    found = []
    for environment in fleet.environments:
        with connect(view.attach(state, environment.metadata.name)) as client:
            url = _url(client, namespace, name)
        if url:
            found.append(curl_line(url, model))
    return found


def _url(client: Client, namespace: str, name: str) -> str | None:
    """Return where KServe says that the service answers."""
    for service in client.list(LLMInferenceService, namespace=namespace):
        if service.metadata and service.metadata.name == name:
            url: str | None = (service.get("status") or {}).get("url")
            return url
    return None


def _answer(command: str) -> Answer:
    if not shutil.which("curl"):
        return Answer(command, None)
    said = ""

    def answered() -> bool:
        # KServe reports the address a little before the Gateway takes up the route; until then, nothing listens there.
        nonlocal said
        run = subprocess.run(
            [*shlex.split(command), "--silent", "--show-error", "--fail"], capture_output=True, text=True, check=False
        )
        said = run.stdout
        return run.returncode == 0

    wait_until(f"an answer to {command}", answered, _SECONDS)
    return Answer(command, said)
