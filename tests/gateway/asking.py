"""Requests as people make them, and who answered."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from openai import APIConnectionError, APIStatusError, OpenAI

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

PROMPT = "Who are you?"


def client(url: str) -> OpenAI:
    """Return the official client for what answers at `url`; a failed request fails the test."""
    return OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=300)


def answer(people: OpenAI, model: str) -> str:
    """Return what a chat completion says."""
    completion = people.chat.completions.create(model=model, messages=[{"role": "user", "content": PROMPT}])
    (choice,) = completion.choices
    assert choice.message.content
    return choice.message.content


def pods_that_answer(people: OpenAI, model: str, requests: int = 60) -> set[str]:
    """Return which pods answer some of `requests`; none if one fails, as may be before Envoy knows a route."""
    try:
        return {answering_pod(people, model) for _ in range(requests)}
    except APIConnectionError:
        return set()  # before its first route, the gateway has no listener
    except APIStatusError as error:
        if error.status_code not in (404, 503):
            raise
        return set()


def answering_pod(people: OpenAI, model: str) -> str:
    """Return the name of the pod that answers."""
    found = re.search(r"stub engine of pod (\S+)\.$", answer(people, model))
    assert found
    return found[1]


def shares(people: OpenAI, model: str, requests: int) -> dict[str, float]:
    """Return which part of `requests` each service answers."""
    answered = Counter(_service(answering_pod(people, model)) for _ in range(requests))
    return {service: count / requests for service, count in answered.items()}


def wait_for_pods(workloads: Workloads, url: str, model: str, *services: str) -> None:
    """Wait until all pods of `services` answer at `url`, and nothing else.

    The proxy learns of each pod a little after it is ready, and forgets it a little after it is gone.

    Without names, all pods of the namespace.
    """

    def pods() -> set[str]:
        return {pod.name for pod in workloads.pods() if not services or _service(pod.name) in services}

    with client(url) as people:
        workloads.wait(f"answers at {url}", lambda: bool(pods()) and pods_that_answer(people, model) == pods())


def wait_for_most(workloads: Workloads, people: OpenAI, model: str, service: str) -> None:
    """Wait until a service gives most answers: the proxy learns of new weights a little after their routes are read.

    But not all: for a moment the proxy may know of one service alone.
    """
    workloads.wait(f"most answers of {service}", lambda: 0.5 < shares(people, model, 60).get(service, 0) < 1)


def _service(pod: str) -> str:
    """Return whose pod it is; KServe calls a service's pods <service>-kserve-..."""
    return pod.rpartition("-kserve-")[0]
