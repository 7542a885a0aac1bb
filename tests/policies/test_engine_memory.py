"""What the plan found of an engine, against the service as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policies.rules.engine_memory import ENGINE_MEMORY
from policies.rules.rule_types import Resource
from slicewise.manifests import engine_digest
from tests.policies.outcomes import found
from tests.policies.resources import container, pod_spec, service

ARGS = ["--max-model-len=8192"]
VERDICT = 'metadata.annotations["slicewise.dev/engine-memory"]'


def judged(verdict: str, *, args: list[str] | None = None, image: str = "vllm:v1") -> Resource:
    """Return a service that was judged with ARGS and vllm:v1."""
    made = service(pod_spec(container(args=ARGS if args is None else args, image=image)))
    properties: dict[str, Any] = {**made.properties}
    annotations = {
        **properties["metadata"]["annotations"],
        "slicewise.dev/engine-memory": verdict,
        "slicewise.dev/judged-engine": engine_digest("vllm:v1", ARGS),
    }
    properties["metadata"] = {**properties["metadata"], "annotations": annotations}
    return replace(made, properties=properties)


@pytest.mark.parametrize(
    ("verdict", "paths"), [("fits", []), ("not-judged", []), ("cannot-say", [VERDICT]), ("does-not-fit", [VERDICT])]
)
def test_verdicts_that_are_not_certain_are_reported(verdict: str, paths: list[str]) -> None:
    assert found(ENGINE_MEMORY, judged(verdict)) == paths


@pytest.mark.parametrize(
    "changed",
    [
        judged("fits", args=["--max-model-len=131072"]),
        judged("fits", args=[]),
        judged("fits", args=[*ARGS, "--max-num-seqs=1024"]),
        judged("fits", image="vllm:v2"),
    ],
)
def test_an_engine_that_is_another_than_was_judged_is_found(changed: Resource) -> None:
    assert found(ENGINE_MEMORY, changed) == ["spec.template.containers[0].args"]


def test_services_that_nobody_judged_are_left_alone() -> None:
    assert found(ENGINE_MEMORY, service(pod_spec(container(args=ARGS)))) == []


def with_prefill(verdict: str, args: list[str]) -> Resource:
    """Return a service of two workloads that were judged with ARGS and vllm:v1; prefill has `args`."""
    made = judged("fits")
    made.properties["spec"]["prefill"] = {"template": pod_spec(container(args=args, image="vllm:v1"))}
    annotations = made.properties["metadata"]["annotations"]
    annotations["slicewise.dev/prefill-engine-memory"] = verdict
    annotations["slicewise.dev/prefill-judged-engine"] = engine_digest("vllm:v1", ARGS)
    return made


@pytest.mark.parametrize(
    ("verdict", "args", "paths"),
    [
        ("fits", ARGS, []),
        ("cannot-say", ARGS, [VERDICT.replace("engine-memory", "prefill-engine-memory")]),
        ("fits", [*ARGS, "--max-num-seqs=1024"], ["spec.prefill.template.containers[0].args"]),
    ],
)
def test_the_prefill_workload_is_compared_as_the_other(verdict: str, args: list[str], paths: list[str]) -> None:
    assert found(ENGINE_MEMORY, with_prefill(verdict, args)) == paths
