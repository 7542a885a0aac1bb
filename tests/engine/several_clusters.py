"""Several API servers: what is declared in them, what runs there, and one that comes back."""

from __future__ import annotations

import httpx2
from lightkube import Client

from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from embedded.processes import Process
from tests.documents import Document, deployment, environment, model, profile, slices

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
SITES = {
    name: environment(name, slices("slices", "3g.40gb", memoryPerGpu="39Gi"), labels={"site": name})
    for name in ("east", "west", "north")
}
# Environments that do not need the third server.
BOTH = (SITES["east"], SITES["west"])


def at(site: str, name: str, replicas: int = 1) -> Document:
    """Return a deployment in one of the environments."""
    return deployment(name, "tiny", replicas=replicas, environmentSelector={"site": site})


def services(client: Client) -> dict[str, int]:
    """Return the replicas of every service in namespace `team`."""
    found = client.list(LLMInferenceService, namespace="team")
    return {str(item.metadata.name): item["spec"]["replicas"] for item in found if item.metadata}


def come_back(server: Process, client: Client) -> None:
    """Start an API server again, and wait until it serves KServe's kinds: their storage comes last."""

    def served() -> bool:
        try:
            services(client)
        except httpx2.HTTPError:
            return False
        return True

    server.restart()
    server.wait_ready()
    wait_until("services are listed", served, seconds=300)
