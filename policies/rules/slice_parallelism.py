"""Slices share no fast link and no memory: a model on one runs in one process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from policies.rules.reading import (
    Field,
    Pod,
    expanded,
    is_service,
    is_slice,
    makes_pods,
    pod_requests,
    pods,
    properties,
    unknown_in,
    variables,
    workloads,
)
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule, Unchecked

# vLLM's names for the parallel sizes. Arguments may be words, one text for a shell, or quoted for KServe's shell.
_FLAG: Final = re.compile(
    r"(?:^|[\s'\"])(--(?:tensor|pipeline|data|(?:prefill|decode)[-_]context)[-_]parallel[-_]size(?:[-_]local)?"
    r"|-tp|-pp|-dpl?|-[pd]cp)['\"]?(?:=|\s+)['\"]?(?P<size>[0-9]{1,9})"
)
_SIZES: Final = ("tensor", "pipeline", "data", "dataLocal")
# KServe's presets append what this holds to vLLM's arguments.
_MORE_ARGUMENTS: Final = "VLLM_ADDITIONAL_ARGS"
_REMEDY: Final = "run each replica on one slice of a profile that holds the model, or on whole GPUs"


def _check(resource: Resource, _: Config) -> Iterator[Outcome]:
    if is_service(resource.type):
        yield from each(workloads(properties(resource)["spec"]), _of_workload)
    yield from each(pods(resource), _of_pod)


def _of_workload(workload: Field) -> Iterator[Outcome]:
    roles = [workload[role] for role in ("template", "worker") if workload[role].present]
    if not any(_on_slice(Pod(role)) for role in roles):
        return
    if workload["worker"].present:
        problem = "a worker on a slice: slices of several pods cannot work together"
        yield Finding(workload["worker"].path, problem, f"remove the worker and {_REMEDY}")
    yield from each([workload["parallelism"][size] for size in _SIZES], _of_size)


def _of_size(size: Field) -> Iterator[Outcome]:
    if (size.number() or 1) > 1:
        yield Finding(size.path, f"is {size.number()} on a slice, which runs one process", f"remove it; {_REMEDY}")


def _of_pod(pod: Pod) -> Iterator[Outcome]:
    if _on_slice(pod):
        yield from each(pod.containers, _of_container)


def _on_slice(pod: Pod) -> bool:
    return any(is_slice(request, pod) for request in pod_requests(pod))


def _of_container(container: Field) -> Iterator[Outcome]:
    values = variables(container)
    yield from each([container["args"], container["command"]], partial(_of_words, values=values))
    more = [item["value"] for item in container["env"].elements() if item["name"].text() == _MORE_ARGUMENTS]
    yield from each(more, partial(_of_text, values=values))


def _of_words(words: Field, *, values: Mapping[str, Field]) -> Iterator[Outcome]:
    elements = words.elements()
    # One text: a flag and its size may be two words. An unknown word is a word that is not a size.
    text = " ".join((word.text() or "") if word.known else "\n?" for word in elements)
    yield from _oversized(words, text, values)
    for word in elements:
        if not word.known:
            yield Unchecked(word.path)


def _of_text(text: Field, *, values: Mapping[str, Field]) -> Iterator[Outcome]:
    yield from _oversized(text, text.text() or "", values)


def _oversized(where: Field, text: str, values: Mapping[str, Field]) -> Iterable[Outcome]:
    for match in _FLAG.finditer(expanded(text, values)):
        if int(match["size"]) > 1:
            problem = f"{match[1]} {match['size']} on a slice, which runs one process"
            yield Finding(where.path, problem, f"remove the flag; {_REMEDY}")
    for value in unknown_in(text, values):
        yield Unchecked(value.path)


SLICE_NOT_PARALLEL: Final = ResourceRule(
    name="slice-not-parallel",
    description="A model on a MIG slice runs in one process: tensor, pipeline and data parallel size 1, and no worker.",
    remedy="Remove the parallel sizes and the worker; use a profile that holds the model, or whole GPUs.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check,
)
