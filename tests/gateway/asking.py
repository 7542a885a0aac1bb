"""Requests as people make them, and who answered."""

from __future__ import annotations

import re
from collections import Counter

from openai import APIConnectionError, APIStatusError, OpenAI

PROMPT = "Who are you?"


def client(url: str) -> OpenAI:
    """Return the official client for what answers at `url`; a failed request fails the test."""
    return OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=20)


def answer(people: OpenAI, model: str) -> str:
    """Return what a chat completion says."""
    completion = people.chat.completions.create(model=model, messages=[{"role": "user", "content": PROMPT}])
    (choice,) = completion.choices
    assert choice.message.content
    return choice.message.content


def services_that_answer(people: OpenAI, model: str, requests: int = 60) -> set[str]:
    """Return which services answer some of `requests`; none if one fails, as may be before Envoy knows a route."""
    try:
        return set(shares(people, model, requests))
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
    """Return which part of `requests` each service answers; KServe calls a service's pods <service>-kserve-..."""
    answered = Counter(answering_pod(people, model).rpartition("-kserve-")[0] for _ in range(requests))
    return {service: count / requests for service, count in answered.items()}
