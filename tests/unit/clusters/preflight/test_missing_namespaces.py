"""Namespaces that services need and a cluster does not have are said before anything is declared, all at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.preflight.conversation import ClusterAnswer, ask_or_refusal
from slicewise.clusters.preflight.judgement import problems_of
from slicewise.clusters.preflight.needs import Needs
from slicewise.clusters.verify.service_needs import check_service_needs
from slicewise.clusters.verify.services.planned_service import PlannedService
from slicewise.documents import DeploymentKey
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.answering_server import Api, serving

FORBIDDEN = 403, {"kind": "Status", "code": 403, "message": "forbidden"}


class Spaces(Api):
    """An API server with these namespaces; those of `hidden` this user may not get."""

    def __init__(self, *there: str, ending: tuple[str, ...] = (), hidden: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.metadata: dict[str, dict[str, Any]] = {name: {"name": name} for name in (*there, *ending, "kube-system")}
        self.metadata |= {name: {"name": name, "deletionTimestamp": "2026-11-27T18:00:00Z"} for name in ending}
        self.hidden = hidden

    def answer_query(self, path: str, _query: str) -> tuple[int, dict[str, Any]] | None:
        name = path.removeprefix("/api/v1/namespaces/")
        if name in self.hidden:
            return FORBIDDEN
        return (200, {"kind": "Namespace", "metadata": self.metadata[name]}) if name in self.metadata else None


def said(api: Api, needs: Needs) -> list[tuple[str, str, str]]:
    with serving(api) as url:
        answer = asyncio.run(ask_or_refusal(kubeconfig_text(url), needs))
    assert isinstance(answer, ClusterAnswer), answer
    return [(problem.code.value, problem.message, problem.remedy) for problem in problems_of(answer)]


def test_all_that_are_missing_are_named_with_the_commands_that_make_them() -> None:
    names = [f"team-{number}" for number in range(5)]
    ((code, message, remedy),) = said(Spaces("team-3"), Needs(required=frozenset(names)))
    assert code == "SW416"
    missing = [name for name in names if name != "team-3"]
    assert message == f"4 namespaces of the plan's deployments are not there: {', '.join(missing)}"
    # kubectl create namespace takes one name at a time (kubectl create namespace --help).
    assert " && ".join(f"kubectl create namespace {name}" for name in missing) in remedy
    assert remedy.endswith("pulumi config set slicewise:createNamespaces true")


@pytest.mark.parametrize(
    ("api", "needs"),
    [
        (Spaces("team"), Needs(required=frozenset({"team"}))),
        (Spaces(), Needs(namespaces=frozenset({"team"}))),
        # Who may not get it cannot tell; every cluster has kube-system.
        (Spaces(hidden=("team",)), Needs(required=frozenset({"team"}))),
        (Spaces(), Needs(required=frozenset({"kube-system"}))),
        (Spaces(hidden=("kube-system",)), Needs(required=frozenset({"kube-system"}))),
    ],
)
def test_what_is_there_is_made_or_cannot_be_seen_is_not_missing(api: Api, needs: Needs) -> None:
    assert said(api, needs) == []


def test_nobody_is_told_to_let_the_stack_make_what_it_never_makes() -> None:
    ((_, _, remedy),) = said(Spaces(), Needs(required=frozenset({"kube-extra"})))
    assert "kubectl create namespace kube-extra" in remedy
    assert "createNamespaces" not in remedy


@pytest.mark.parametrize("needs", [Needs(required=frozenset({"team"})), Needs(namespaces=frozenset({"team"}))])
def test_one_that_is_being_deleted_takes_nothing_any_more(needs: Needs) -> None:
    ((code, message, remedy),) = said(Spaces(ending=("team",)), needs)
    assert (code, message) == ("SW416", "1 namespace of the plan's deployments is being deleted: team")
    assert remedy.startswith("wait until it is gone")


def test_verify_names_all_of_them_in_what_to_do() -> None:
    names = [f"team-{number}" for number in range(5)]
    cluster = LiveCluster((), (), (), serves_kserve=True, namespaces=frozenset())
    expected = [PlannedService(DeploymentKey(name, "chat"), (name, "chat"), {"spec": {}}, None) for name in names]
    (found,) = check_service_needs(cluster, expected, (), creates_namespaces=False)
    assert found.code.value == "SW619"
    assert found.remedy.startswith(" && ".join(f"kubectl create namespace {name}" for name in names) + "; or let")
