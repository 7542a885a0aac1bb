"""Of three clusters, each with an apply stack, one is down and one refuses its credential: the third is updated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from slicewise.manifests.vocabulary import STACK_ANNOTATION
from tests.engine.credentials import account_token, expired_token, kubeconfig_of
from tests.engine.several_clusters import SITES, TINY, at, come_back, services
from tests.engine.several_stacks import Stacks
from tests.etcd_data import started_with

pytestmark = pytest.mark.long
EAST, WEST, NORTH = SITES


@pytest.fixture
def north(tmp_path: Path, kinds: Path) -> Iterator[ControlPlane]:
    """A third API server with KServe's kinds."""
    with started_with(kinds, tmp_path / "north") as started:
        yield started


@pytest.fixture
def all_three(clusters: dict[str, Client], north: ControlPlane) -> Iterator[dict[str, Client]]:
    with connect(north) as third:
        third.apply(Namespace(metadata=ObjectMeta(name="team")))
        yield {**clusters, NORTH: third}


def owners(client: Client) -> set[str]:
    """Return the stacks that the services say they belong to."""
    found = client.list(LLMInferenceService, namespace="team")
    return {((each.metadata and each.metadata.annotations) or {}).get(STACK_ANNOTATION, "") for each in found}


def test_one_is_down_one_refuses_its_credential_and_the_third_is_updated(
    tmp_path: Path, all_three: dict[str, Client], plane: ControlPlane, west: ControlPlane, north: ControlPlane
) -> None:
    stacks = Stacks.create(tmp_path / "program", {EAST: plane, WEST: west, NORTH: north})
    with_token = kubeconfig_of(plane, token=account_token(all_three[EAST], "applies", admin=True))
    stacks.reach(EAST, with_token)
    # `guest` moves from a cluster that will be updated to one that will be down, `home` the other way.
    begin = [at(EAST, "chat"), at(WEST, "code"), at(NORTH, "guest"), at(WEST, "home")]
    stacks.write(*SITES.values(), TINY, *begin)
    for name in ("plan", *SITES):
        stacks.up(name)
    assert [services(each) for each in all_three.values()] == [{"chat": 1}, {"code": 1, "home": 1}, {"guest": 1}]

    stacks.write(*SITES.values(), TINY, at(EAST, "chat", 2), at(WEST, "code", 2), at(WEST, "guest"), at(NORTH, "home"))
    stacks.up("plan")
    server = west.processes[1]
    server.kill()
    try:
        stacks.reach(EAST, kubeconfig_of(plane, token=expired_token(plane, all_three[EAST], "applies")))
        assert "[SW404]" in stacks.refused(WEST)
        said = stacks.refused(EAST)
        assert "Unauthorized" in said
        assert "[SW410]" in said
        assert services(all_three[EAST]) == {"chat": 1}
        third = stacks.up(NORTH)
        assert third.changes().keys() == {"north/team/home", "north/team/home-service"}
        assert any("it moves from north to west" in each for each in third.messages)
        assert services(all_three[NORTH]) == {"guest": 1, "home": 1}
    finally:
        come_back(server, all_three[WEST])
    # Nothing is lost: what moves is in one of the two clusters at least, and what has moved leaves now.
    assert services(all_three[WEST]) == {"code": 1, "home": 1}
    stacks.reach(EAST, with_token)
    assert stacks.up(EAST).changes() == {"east/team/chat-service": "update"}
    assert set(stacks.up(WEST).changes().values()) == {"create", "delete", "update"}
    assert stacks.up(NORTH).changes() == {"north/team/guest": "delete", "north/team/guest-service": "delete"}
    assert [services(each) for each in all_three.values()] == [{"chat": 2}, {"code": 2, "guest": 1}, {"home": 1}]
    assert [owners(each) for each in all_three.values()] == [{f"organization/slicewise/{name}"} for name in SITES]
    for name in ("plan", *SITES):
        stacks.run(name, "up", "--yes", "--skip-preview", "--expect-no-changes")
