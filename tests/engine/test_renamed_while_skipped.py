"""An environment that is renamed while its cluster cannot be used: nothing that runs there is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from lightkube import Client

from embedded.control_plane import ControlPlane
from embedded.kserve import LLMInferenceService
from tests.documents import Document, slices
from tests.engine.test_one_cluster_down import (
    BOTH,
    TINY,
    at,
    clusters,
    come_back,
    in_state,
    services,
    stack,
    west,
)
from tests.engine.workspace import Workspace

__all__ = ["clusters", "stack", "west"]

EAST, WEST = BOTH
DOCUMENTS = (TINY, at("east", "a"), at("west", "b"))


def west2(**cluster: Any) -> Document:  # noqa: ANN401 - JSON
    """Return environment west under another name; its kubeconfig is called so too, unless told otherwise."""
    renamed = deepcopy(WEST)
    renamed["metadata"]["name"] = "west2"
    renamed["spec"]["cluster"]["existing"]["secretRef"]["name"] = cluster.get("secret", "west2")
    return renamed


def uid(client: Client) -> str:
    """Return the uid of service `b`: another one after it was deleted and made again."""
    found = client.get(LLMInferenceService, "b", namespace="team").metadata
    assert found
    return str(found.uid)


@pytest.fixture
def running(stack: Workspace, clusters: dict[str, Client]) -> Iterator[str]:
    """The uid of service `b` in west; at the end it is still the same."""
    stack.set_config("onUnreachable", "skip")
    before = uid(clusters["west"])
    yield before
    assert uid(clusters["west"]) == before


@pytest.mark.long
def test_a_new_name_that_cannot_be_used_deletes_nothing_of_the_old_one(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane, running: str
) -> None:
    state, outputs = in_state(stack, "west"), stack.outputs()
    unknown = (EAST, west2())
    stack.write(*unknown, TINY, at("east", "a", 2), at("west", "b"))
    # Its kubeconfig is not configured yet.
    update = stack.up()
    assert update.changes() == {"east/team/a-service": "update"}
    (held,) = [message for message in update.messages if "west is declared no more" in message]
    assert "stays as it is (west/team/b): west2 cannot be used now, and may be the same cluster under another" in held
    assert "take west2 out of the documents, too" in held
    # Its token is wrong.
    dead = re.sub(r"token: \S+", f"token: {'deadbeef' * 4}", west.kubeconfig)
    stack.set_config('kubeconfigs["west2"]', dead, secret=True)
    assert stack.up().changes() == {}
    # It is reached, and `verify` has an error: no node is there.
    stack.set_config('kubeconfigs["west2"]', west.kubeconfig, secret=True)
    stack.set_config("verify", "true")
    update = stack.up()
    assert update.changes() == {}
    assert any("west2 cannot be used now, and is the same cluster under another name" in text for text in update.messages)
    assert in_state(stack, "west") == state
    now = stack.outputs()
    assert now["skipped"] == ["east", "west", "west2"]
    assert now["clusters"] == outputs["clusters"]
    assert now["placements"][1:] == outputs["placements"][1:]
    assert now["nodePools"][1:] == outputs["nodePools"][1:]

    stack.set_config("verify", "false")
    assert stack.up().changes() == {"west2/team/b-service": "update"}
    assert stack.up().changes() == {}
    assert [*stack.outputs()["clusters"]] == ["east", "west2"]
