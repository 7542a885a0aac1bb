"""Clusters are asked before anything is declared, and what each lacks is said with its environment."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from components.asking import Asked, ask_clusters
from components.kubeconfig.checks import Subject
from slicewise.inventory.needs import Needs, needs_of
from tests.unit.access.asking import kubeconfig_text
from tests.unit.access.kubeconfigs import CANARY
from tests.unit.access.tls_server import Answer, server

SERVICE = {
    "apiVersion": "serving.kserve.io/v1alpha2",
    "kind": "LLMInferenceService",
    "metadata": {"name": "chat", "namespace": "team"},
}


def ask(needs: Needs, **servers: str) -> Asked:
    """Ask the servers of these environments."""
    subjects = {
        name: Subject(name, "secretRef", None, "store it", object(), kubeconfig_text(url), url)
        for name, url in servers.items()
    }
    return asyncio.run(ask_clusters(subjects, {name: replace(needs) for name in servers}))


def status(code: int, message: str) -> Answer:
    return Answer(code, json.dumps({"kind": "Status", "code": code, "message": message}).encode())


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (status(401, "Unauthorized"), "SW410", "the cluster refuses to be asked: Unauthorized; log in again, or renew"),
        (status(403, 'User "system:anonymous" cannot get path'), "SW410", 'asked: User "system:anonymous" cannot get'),
        (Answer(200, b"<html>hello</html>", "text/html"), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(404, b"<html>no</html>", "text/html"), "SW409", "what answers is not a Kubernetes API server"),
        (status(404, "not found"), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(200, b'{"kind": "List"}'), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(200, b"[]"), "SW409", "what answers is not a Kubernetes API server"),
        (Answer(302, b"", "text/html"), "SW409", "what answers is not a Kubernetes API server"),
        (status(503, "etcd is not there"), "SW404", "the cluster refuses to be asked: etcd is not there"),
    ],
)
def test_what_is_not_a_cluster_that_accepts_the_credential(answer: Answer, code: str, words: str) -> None:
    with server(answer) as asked:
        found = ask(needs_of([SERVICE]), east=asked.url)
    ((environment, problem),) = found.problems
    assert (environment, problem.code, found.answers) == ("east", code, {})
    assert words in problem.message
    assert asked.url in problem.message
    assert CANARY not in str(problem)
