"""Every cluster that exists is asked before anything is declared: one conversation each, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi

from slicewise.clusters.access import Refusal
from slicewise.clusters.preflight import CAUSES, RIGHTS_UNKNOWN, ClusterAnswer, Needs, ask_or_refusal, problems_of
from slicewise.diagnostics import Diagnostic

from ..kubeconfig import EnvironmentKubeconfig
from ..stack_config import StackConfig

# Credential plugins and TLS handshakes cost processor time: more at once make the first ones slow.
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class ClusterAnswers:
    """What came of asking.

    Attributes:
        answers: What the clusters said that can be used, by environment.
        problems: What keeps the plan from being applied in the others, each with its environment.
    """

    answers: Mapping[str, ClusterAnswer]
    problems: tuple[tuple[str, Diagnostic], ...]


async def ask_clusters(
    config: StackConfig, subjects: Mapping[str, EnvironmentKubeconfig], needs: Mapping[str, Needs]
) -> ClusterAnswers:
    """Ask every cluster of `subjects` for what the plan needs of it; both are by environment."""
    let_the_stack = config.how_to_set("createNamespaces", "true")
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def ask(subject: EnvironmentKubeconfig) -> ClusterAnswer | Refusal:
        async with at_once:
            return await ask_or_refusal(str(subject.text), needs.get(subject.environment, Needs()))

    said = await asyncio.gather(*(ask(subject) for subject in subjects.values()))
    answers: dict[str, ClusterAnswer] = {}
    problems: list[tuple[str, Diagnostic]] = []
    for subject, answer in zip(subjects.values(), said, strict=True):
        if isinstance(answer, Refusal):
            message = f"{subject.address}: {answer.message}"
            problems.append((subject.environment, subject.error(CAUSES[answer.cause], message, answer.remedy)))
            continue
        found = [(subject.environment, subject.error(*problem)) for problem in problems_of(answer, let_the_stack)]
        problems += found
        if not found:
            answers[subject.environment] = answer
        if answer.denied is None:
            pulumi.log.warn(str(subject.warning(*RIGHTS_UNKNOWN)))
    return ClusterAnswers(answers, tuple(problems))
