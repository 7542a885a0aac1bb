"""What KServe needs of the pods of a service: a container `main`, and leader and worker alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from policies.rules.fields import Field, properties
from policies.rules.gpus import gpu_requests
from policies.rules.model import Config, Finding, Level, Outcome, Resource, Rule, Severity
from policies.rules.running import each
from policies.rules.workloads import Pod, is_service, pods, workloads
from slicewise.manifests.vocabulary import MAIN_CONTAINER

_COMPARED: Final = ("nodeSelector", "tolerations", "image", "resources", "args", "env")
_OF_POD: Final = ("nodeSelector", "tolerations")


def _check_main(resource: Resource, _: Config) -> Iterator[Outcome]:
    return each(pods(resource), _without_main)


def _without_main(pod: Pod) -> Iterator[Outcome]:
    containers = pod.spec["containers"].elements()
    if containers and pod.main is None and pod.whole:
        names = ", ".join(item["name"].text() or "(no name)" for item in containers)
        problem = (
            f"no container is called {MAIN_CONTAINER} (there is {names}), so KServe adds its own without your settings"
        )
        yield Finding(pod.spec["containers"].path, problem, f"call the engine's container {MAIN_CONTAINER}")
    for container in containers:
        if container["name"].text() != MAIN_CONTAINER and gpu_requests(container):
            problem = f"asks for a GPU outside {MAIN_CONTAINER}, where KServe runs the engine"
            yield Finding(container["resources"].path, problem, f"ask for it in {MAIN_CONTAINER}")


def _check_agreement(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(workloads(properties(resource)["spec"]), partial(_disagreements, config=config))


def _disagreements(workload: Field, *, config: Config) -> Iterator[Outcome]:
    leader, worker = workload["template"], workload["worker"]
    if not leader.present or not worker.present:
        return
    names = [name for name in _COMPARED if name in config.get("fields", _COMPARED)]
    yield from each(names, partial(_disagreement, leader=leader, worker=worker))


def _disagreement(name: str, *, leader: Field, worker: Field) -> Iterator[Outcome]:
    ours, theirs = (_compared(spec, name) for spec in (leader, worker))
    if _plain(ours) != _plain(theirs):
        problem = (
            f"differs from {ours.path}, and KServe merges leader and worker separately, so neither takes from the other"
        )
        yield Finding(theirs.path, problem, "write the same in both, best from one value in your program")


def _compared(spec: Field, name: str) -> Field:
    if name in _OF_POD:
        return spec[name]
    return (
        (Pod(spec, by_kserve=True).main or spec["containers"])[name]
        if spec["containers"].elements()
        else Field(None, f"{spec.path}.containers")
    )


def _plain(field: Field) -> Any:  # noqa: ANN401 - a value of any type
    """Return the value to compare: absent and empty are the same."""
    return field.plain() or None


MAIN_CONTAINER_RULE: Final = Rule(
    name="main-container",
    description="The container that serves the model is called main, and it is the one that asks for the GPU.",
    remedy="Call the engine's container main, and ask for the GPU there.",
    severity=Severity.HIGH,
    level=Level.MANDATORY,
    applies=is_service,
    check=_check_main,
)
POD_SPECS_AGREE: Final = Rule(
    name="pod-specs-agree",
    description="Leader and worker have the same nodeSelector, tolerations, image, resources, args and env.",
    remedy="Build template and worker from one value.",
    severity=Severity.HIGH,
    level=Level.MANDATORY,
    applies=is_service,
    check=_check_agreement,
    config={
        "fields": {
            "type": "array",
            "items": {"type": "string", "enum": list(_COMPARED)},
            "description": "What must be the same in both; everything if this is not set.",
        }
    },
)
