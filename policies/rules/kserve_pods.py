"""What KServe needs of the pods of a service: a container `main`, and leader and worker alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from policies.rules.reading import (
    Field,
    Pod,
    gpu_requests,
    is_gpu_name,
    is_service,
    pod_requests,
    pods,
    properties,
    required_labels,
    workloads,
)
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule, Unchecked
from slicewise.kubernetes import quantity_value
from slicewise.manifests import MAIN_CONTAINER

_COMPARED: Final = ("nodeSelector", "tolerations", "image", "resources", "args", "env")
_OF_POD: Final = ("nodeSelector", "tolerations")
_FROM_BASE: Final = "may come from a baseRef"


def _check_main(resource: Resource, _: Config) -> Iterator[Outcome]:
    found = list(pods(resource))
    yield from each(found, _without_main)
    # A service that asks for no GPU anywhere is meant to run on CPUs.
    with_gpus = [pod for pod in found if pod_requests(pod)]
    if with_gpus:
        roles = [workload[role] for workload in workloads(properties(resource)["spec"]) for role in _roles(workload)]
        yield from each(roles, partial(_without_gpu, other=with_gpus[0]))


def _without_main(pod: Pod) -> Iterator[Outcome]:
    containers = pod.spec["containers"].elements()
    if containers and pod.main is None and pod.whole:
        names = ", ".join(item["name"].text() or "(no name)" for item in containers)
        problem = (
            f"no container is called {MAIN_CONTAINER} (there is {names}), so KServe adds its own without your settings"
        )
        yield Finding(pod.spec["containers"].path, problem, f"call the engine's container {MAIN_CONTAINER}")
    main_asks = pod.main is not None and gpu_requests(pod.main)
    # What runs before the engine may use its GPU, and has none of its own where the engine has none. A sidecar stays.
    for container in pod.together if main_asks else pod.containers:
        if container["name"].text() != MAIN_CONTAINER and gpu_requests(container):
            problem = f"asks for a GPU outside {MAIN_CONTAINER}, where KServe runs the engine"
            yield Finding(container["resources"].path, problem, f"ask for it in {MAIN_CONTAINER}")


def _roles(workload: Field) -> Iterator[str]:
    """Yield the pods that KServe makes of a workload: one that is left out or empty is made of its presets alone."""
    yield "template"
    if workload["worker"].present:
        yield "worker"


def _without_gpu(spec: Field, *, other: Pod) -> Iterator[Outcome]:
    pod = Pod(spec)
    if pod_requests(pod):
        return
    if not other.whole:
        yield Unchecked(spec.path, _FROM_BASE)
        return
    path = pod.main["resources"].path if pod.main else spec.path
    problem = f"{MAIN_CONTAINER} asks for no GPU where {other.spec.path} does, so KServe runs this engine without one"
    yield Finding(path, problem, f"ask for the GPU in the limits of its container {MAIN_CONTAINER}")


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
    if _meaning(name, ours, leader) != _meaning(name, theirs, worker):
        if name == "nodeSelector" and (ours.plain() or None) == (theirs.plain() or None):
            ours, theirs = leader["affinity"], worker["affinity"]
        problem = (
            f"differs from {ours.path}, and KServe merges leader and worker separately, so neither takes from the other"
        )
        yield Finding(theirs.path, problem, "write the same in both, best from one value in your program")


def _compared(spec: Field, name: str) -> Field:
    if name in _OF_POD:
        return spec[name]
    containers = spec["containers"]
    if not containers.elements():
        return Field(None, spec, "containers")
    return (Pod(spec, by_kserve=True).main or containers)[name]


def _meaning(name: str, field: Field, spec: Field) -> Any:  # noqa: ANN401 - a value of any type
    """Return what to compare: absent and empty are the same, and so are other ways to write one thing."""
    if name == "nodeSelector":
        return required_labels(Pod(spec))
    if name == "tolerations":
        return frozenset(map(_toleration, field.elements()))
    if name == "resources":
        return _resources(field)
    return field.plain() or None


def _toleration(toleration: Field) -> tuple[str | None, ...]:
    """Return what a toleration says: their order says nothing, and a text that is empty is as good as none."""
    said = (toleration[key].text() or None for key in ("key", "value", "effect", "tolerationSeconds"))
    return (toleration["operator"].text() or "Equal", *said)


def _resources(field: Field) -> dict[str, Any]:
    found = {kind: amounts for kind, entry in field.entries().items() if (amounts := _amounts(entry))}
    limits, requests = found.get("limits"), found.get("requests", {})
    if isinstance(limits, dict) and isinstance(requests, dict):
        # The API server requests what is limited, where nothing else is requested.
        found["requests"] = limits | requests
    return found


def _amounts(entry: Field) -> Any:  # noqa: ANN401 - a value of any type
    if not isinstance(entry.plain(), Mapping):
        return entry.value
    values = {name: quantity_value(amount.text()) for name, amount in entry.entries().items()}
    return {
        # `8` and `8000m` are one amount, and 0 GPUs are as good as none.
        name: entry[name].text() if value is None else value
        for name, value in values.items()
        if value != 0 or not is_gpu_name(name)
    }


MAIN_CONTAINER_RULE: Final = ResourceRule(
    name="main-container",
    description="The container that serves the model is called main, and it is the one that asks for the GPU.",
    remedy="Call the engine's container main, and ask for the GPU there.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=is_service,
    check=_check_main,
)
POD_SPECS_AGREE: Final = ResourceRule(
    name="pod-specs-agree",
    description="Leader and worker have the same nodeSelector, tolerations, image, resources, args and env.",
    remedy="Build template and worker from the same value.",
    severity=PolicySeverity.HIGH,
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
