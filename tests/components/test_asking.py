"""Clusters are asked before anything is declared, and what each lacks is said with its environment."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pulumi
import pytest
from lightkube import AsyncClient

from components.clusters.asking import ClusterAnswers, ask_clusters
from components.kubeconfig.checks import EnvironmentKubeconfig
from components.stack_config import StackConfig
from slicewise.clusters.access import client
from slicewise.clusters.access import exec_plugin as plugin
from slicewise.clusters.preflight import conversation as asking
from slicewise.clusters.preflight.needs import Needs, needs_of
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.access.kubeconfigs import CANARY
from tests.unit.clusters.access.tls_server import RESET, Answer, certified, server
from tests.unit.clusters.answering_server import KINDS, Api, serving

SERVICE = {
    "apiVersion": "serving.kserve.io/v1alpha2",
    "kind": "LLMInferenceService",
    "metadata": {"name": "chat", "namespace": "team"},
    "spec": {},
}

CONFIG = StackConfig(manifests=("fleet",))


def ask(needs: Needs, **servers: str) -> ClusterAnswers:
    """Ask the servers of these environments."""
    subjects = {
        name: EnvironmentKubeconfig(name, "secretRef", None, "store it", object(), kubeconfig_text(url), url)
        for name, url in servers.items()
    }
    return asyncio.run(ask_clusters(CONFIG, subjects, {name: replace(needs) for name in servers}))


def status(code: int, message: str) -> Answer:
    return Answer(code, json.dumps({"kind": "Status", "code": code, "message": message}).encode())


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (status(401, "Unauthorized"), "SW410", "the cluster refuses to be asked: Unauthorized; log in again, or renew"),
        (status(403, 'User "system:anonymous" cannot get path'), "SW410", "path; give its user the rights of docs"),
        (Answer(200, b"<html>hello</html>", "text/html"), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(404, b"<html>no</html>", "text/html"), "SW409", "what answers is not a Kubernetes API server"),
        (status(404, "not found"), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(200, b'{"kind": "List"}'), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(200, b"[]"), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(302, b"", "text/html"), "SW409", "what answers is not a Kubernetes API server"),
        (status(503, "etcd is not there"), "SW404", "etcd is not there; try again, and if that stays see what its API"),
        (status(429, "too many requests"), "SW404", "too many requests; try again, and if that stays see what its API"),
        # A load balancer in front of API servers that are down.
        (
            Answer(502, b"<html>bad gateway</html>", "text/html"),
            "SW404",
            "before the API server answers with HTTP 502; see",
        ),
        (
            Answer(503, b"no upstream", "text/plain"),
            "SW404",
            "before the API server answers with HTTP 503; see whether",
        ),
        (Answer(401, b"<html>log in</html>", "text/html"), "SW409", "is not a Kubernetes API server (HTTP 401); check"),
    ],
)
def test_what_is_not_a_cluster_that_accepts_the_credential(answer: Answer, code: str, words: str) -> None:
    with server(answer) as asked:
        found = ask(needs_of([SERVICE]), east=asked.url)
    ((environment, problem),) = found.problems
    assert (environment, problem.code, found.answers) == ("east", code, {})
    assert words in problem.text
    assert asked.url in problem.text
    assert CANARY not in str(problem)


def test_one_connection_that_is_reset_fails_nothing() -> None:
    groups = Answer(200, b'{"kind": "APIGroupList", "groups": []}')
    uid = "8c2f5f0e-1f0b-4a53-9d6a-3f1f0c9f7a11"
    oldest = Answer(200, f'{{"kind": "Namespace", "metadata": {{"name": "kube-system", "uid": "{uid}"}}}}'.encode())
    with server(RESET, groups, RESET, oldest) as asked:
        found = ask(needs_of([]), east=asked.url)
    assert found.problems == ()
    assert found.answers["east"].existing.uid == uid


def test_a_connection_that_cannot_be_closed_hides_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    close = AsyncClient.close

    async def fail(opened: AsyncClient) -> None:
        await close(opened)
        raise OSError(CANARY)

    monkeypatch.setattr(AsyncClient, "close", fail)
    with serving(Api()) as url:
        assert ask(needs_of([SERVICE]), east=url).problems == ()


def test_a_certificate_that_is_not_trusted_is_said(tmp_path: Path) -> None:
    certified(tmp_path / "pem", "127.0.0.1")
    with server(certificate=tmp_path / "pem") as asked:
        ((_, problem),) = ask(needs_of([SERVICE]), east=asked.url).problems
    assert problem.code == "SW411"
    assert "the API server's certificate is not trusted" in problem.text


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({}, "does not serve LLMInferenceService (serving.kserve.io/v1alpha2); install in the cluster: KServe 0.20"),
        (
            {"serving.kserve.io/v1alpha1": ("LLMInferenceService",)},
            "(serving.kserve.io/v1alpha2), only other versions or kinds of serving.kserve.io/v1alpha1; install",
        ),
        ({"serving.kserve.io/v1alpha2": ("LLMInferenceServiceConfig",)}, "does not serve LLMInferenceService ("),
    ],
)
def test_kserve_that_is_absent_or_too_old_is_said(kinds: Mapping[str, Sequence[str]], words: str) -> None:
    with serving(Api(kinds=kinds)) as url:
        ((environment, problem),) = ask(needs_of([SERVICE]), east=url).problems
    assert (environment, problem.code) == ("east", "SW412")
    assert words in problem.text


def test_what_replicas_of_several_nodes_need_is_asked_for() -> None:
    wide = {**SERVICE, "spec": {"worker": {}}}
    with serving(Api()) as url:
        ((environment, problem),) = ask(needs_of([wide]), east=url).problems
    assert (environment, problem.code) == ("east", "SW412")
    assert "does not serve LeaderWorkerSet (leaderworkerset.x-k8s.io/v1); install in the cluster: " in problem.text
    assert "restart its controller" in problem.text
    kinds = {**KINDS, "leaderworkerset.x-k8s.io/v1": ("LeaderWorkerSet",)}
    with serving(Api(kinds=kinds)) as url:
        assert ask(needs_of([wide]), east=url).problems == ()


def test_keda_is_named_with_what_asks_for_it() -> None:
    """`Fixed` is a signal, too: what needs KEDA is `signal: Concurrency`."""
    scaled = {**SERVICE, "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject"}
    with serving(Api()) as url:
        ((_, problem),) = ask(needs_of([scaled]), east=url).problems
    assert problem.text.endswith(
        "KEDA (2.20 or newer), which scales the deployments whose scaling has signal: Concurrency"
    )


def test_what_is_not_needed_is_not_asked_for() -> None:
    api = Api(kinds={}, rules=())
    with serving(api) as url:
        assert ask(needs_of([]), east=url).problems == ()
    # Which cluster it is must be known of every one.
    assert api.asked == ["GET /apis", "GET /api/v1/namespaces/kube-system"]


def rule(*verbs: str, **other: list[str]) -> dict[str, Any]:
    return {"apiGroups": ["serving.kserve.io"], "resources": ["llminferenceservices"], "verbs": list(verbs), **other}


@pytest.mark.parametrize(
    ("api", "lacks"),
    [
        (Api(), None),
        (Api(rules=(rule("*"),)), None),
        (Api(rules=(rule("get", "list", "watch"), rule("create", "patch", "delete", apiGroups=["*"]))), None),
        (Api(rules=(rule("get", "list", "watch"),)), "create, delete, patch"),
        (Api(rules=(rule("*", resources=["inferenceservices"]),)), "create, delete, get, list, patch, watch"),
        (Api(rules=(rule("*", apiGroups=[""]),)), "create, delete, get, list, patch, watch"),
        (Api(rules=()), "create, delete, get, list, patch, watch"),
        # A cloud's own IAM decides beside the rules: it is asked for what they do not grant.
        (
            Api(
                rules=(rule("get", "list", "watch"),),
                incomplete=True,
                allows=[f"{verb} llminferenceservices.serving.kserve.io" for verb in ("create", "patch")],
            ),
            "delete",
        ),
    ],
)
def test_rights_that_are_missing_are_said_by_resource_and_namespace(api: Api, lacks: str | None) -> None:
    other = {**SERVICE, "metadata": {"name": "chat", "namespace": "team-b"}}
    with serving(api) as url:
        found = ask(needs_of([SERVICE, other]), east=url)
    # Where the rules are all there is, nothing is asked one by one.
    assert any("selfsubjectaccessreviews" in request for request in api.asked) == api.incomplete
    if lacks is None:
        assert found.problems == ()
    else:
        ((_, problem),) = found.problems
        assert problem.code == "SW413"
        assert problem.text.startswith(
            f"its user may not {lacks} llminferenceservices.serving.kserve.io in namespaces team, team-b; give it"
        )


def test_rights_that_nobody_may_ask_for_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    with serving(Api(reviews=False)) as url:
        assert ask(needs_of([SERVICE]), east=url).problems == ()
    (warning,) = told
    assert warning.startswith("InferenceEnvironment east: spec.cluster.existing.secretRef: the credential's user may")
    assert warning.endswith("[SW313]")


@pytest.mark.parametrize(
    ("module", "limit", "seconds", "words"),
    [
        (
            *(client, "REQUEST_SECONDS", httpx2.Timeout(60, read=0.2)),
            "API server takes connections, but does not answer in 20 s",
        ),
        (asking, "CONVERSATION_SECONDS", 0.2, "the cluster's API server answers too slowly"),
    ],
)
def test_a_server_that_never_answers_is_not_waited_for(
    module: ModuleType, limit: str, seconds: object, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, limit, seconds)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ((_, problem),) = ask(needs_of([SERVICE]), east=url).problems
    assert problem.code == "SW404"
    assert words in problem.text


def with_plugin(url: str, script: str) -> EnvironmentKubeconfig:
    version = "client.authentication.k8s.io/v1"
    user = {"exec": {"apiVersion": version, "command": "sh", "args": ["-c", script]}}
    return EnvironmentKubeconfig("east", "secretRef", None, "store it", object(), kubeconfig_text(url, user), url)


def test_a_plugin_that_waits_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "PLUGIN_SECONDS", 0.2)
    with serving(Api()) as url:
        found = asyncio.run(
            ask_clusters(CONFIG, {"east": with_plugin(url, "sleep 600")}, {"east": needs_of([SERVICE])})
        )
    ((_, problem),) = found.problems
    assert problem.code == "SW410"
    assert "its credential plugin sh did not answer in 0.2 s (does it wait for a login?); log in first" in str(problem)


def test_a_cluster_is_asked_with_one_run_of_the_plugin_and_few_connections(tmp_path: Path) -> None:
    status = {"kind": "ExecCredential", "status": {"token": CANARY}}
    spaces = [{**SERVICE, "metadata": {"name": "chat", "namespace": f"team-{number}"}} for number in range(20)]
    with serving(api := Api(incomplete=True, rules=(), allows=())) as url:
        subject = with_plugin(url, f"echo once >> {tmp_path}/runs; echo '{json.dumps(status)}'")
        ((_, problem),) = asyncio.run(ask_clusters(CONFIG, {"east": subject}, {"east": needs_of(spaces)})).problems
    assert problem.code == "SW413"
    # Discovery, the rules of each namespace, six verbs one by one in each, and the cluster's identity.
    assert len(api.asked) == 2 + 20 + 20 * 6 + 1
    assert api.connections <= 4
    assert (tmp_path / "runs").read_text() == "once\n"
