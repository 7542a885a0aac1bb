"""What somebody has added to a service that decides where its pods may run, and what takes it away again.

Server-side apply removes nothing that it has not applied itself, forced or not
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy): `pulumi up` leaves these.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slicewise.clusters.live import LiveService
from slicewise.diagnostics import quoted
from slicewise.kubernetes import items, mapping

# The pods of a service, and of its prefill workload.
_PARTS: Final = (("template",), ("worker",), ("prefill", "template"), ("prefill", "worker"))
# Fields of a pod that keep it from nodes; further tolerations open nodes, and do no harm.
_FIELDS: Final = ("affinity", "nodeName", "schedulerName", "schedulingGates", "topologySpreadConstraints")
_RESOURCES: Final = ("limits", "requests")
_DEFAULT_SCHEDULER: Final = "default-scheduler"


@dataclass(frozen=True, slots=True)
class Addition:
    """A field of a service's spec that was not applied.

    Attributes:
        path: The path of the field in the object, each part a key or an index.
        says: What is there, in a few words: `spec.template.nodeSelector.disk is "ssd", nothing applied`.
        written: Whether it has a known writer; what an admission webhook adds to a request has none.
    """

    path: tuple[str, ...]
    says: str
    written: bool


def additions(service: LiveService, declared: Mapping[str, Any], *, applied: bool) -> list[Addition]:
    """Return what a service has beside what is declared, and that decides where its pods may run.

    Args:
        service: The service that is there.
        declared: The spec as the plan declares it.
        applied: Whether that is what was applied. Where documents have changed since, it may be what they said before:
            then only what somebody else owns was added.
    """
    found = []
    for path, shown, text in _found(service.spec, declared):
        manager = _manager(service, shown)
        if manager or applied:
            # Where documents have changed, what is around it may have what they said before.
            manager = manager or _manager_around(service, shown)
            says = f"spec.{shown} is {quoted(text)}, nothing applied{_by(manager)}"
            found.append(Addition(("spec", *path), says, manager is not None))
    return found


def removal(service: LiveService, added: Sequence[Addition]) -> str:
    """Return the command that takes `added` away from `service` (JSON Patch, RFC 6902)."""
    patch = [{"op": "remove", "path": _pointer(each.path)} for each in added]
    return (
        f"kubectl -n {service.namespace} patch llminferenceservices.serving.kserve.io {service.name} --type=json "
        f"-p {shlex.quote(json.dumps(patch))}"
    )


def take_away(removal: str, *, written: bool) -> str:
    """Return what to do for additions to go: the command `removal`, after what comes first if no writer is known."""
    first = (
        ""
        if written
        else "it has no known writer: if an admission webhook adds it (kubectl get "
        "mutatingwebhookconfigurations), correct that one first; "
    )
    return f"{first}take it away: {removal}"


def _found(there: Mapping[str, Any], declared: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield path, path as people write it, and value of what is there and not declared."""
    for part in _PARTS:
        pod, ours = _at(there, part), _at(declared, part)
        shown = ".".join(part)
        for name in _FIELDS:
            value = pod.get(name)
            if name not in ours and value not in (None, "", [], {}, _DEFAULT_SCHEDULER):
                yield (*part, name), f"{shown}.{name}", _text(value)
        yield from _more((*part, "nodeSelector"), f"{shown}.nodeSelector", pod, ours)
        if "affinity" in ours:
            yield from _more((*part, "affinity"), f"{shown}.affinity", pod, ours)
            there_of_nodes, own_of_nodes = (_at(each, ("affinity",)) for each in (pod, ours))
            inside = (*part, "affinity", "nodeAffinity")
            yield from _more(inside, ".".join(inside), there_of_nodes, own_of_nodes)
        yield from _more_resources(part, pod, ours)


def _at(spec: Mapping[str, Any], path: Iterable[str]) -> Mapping[str, Any]:
    for name in path:
        spec = mapping(spec.get(name))
    return spec


def _more_resources(
    part: tuple[str, ...], pod: Mapping[str, Any], ours: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    declared = {each.get("name"): each for each in items(ours.get("containers"))}
    for index, container in enumerate(items(pod.get("containers"))):
        name = container.get("name")
        for kind in _RESOURCES:
            yield from _more(
                (*part, "containers", str(index), "resources", kind),
                f"{'.'.join(part)}.containers[{name}].resources.{kind}",
                mapping(container.get("resources")),
                mapping(mapping(declared.get(name)).get("resources")),
            )


def _more(
    path: tuple[str, ...], shown: str, there: Mapping[str, Any], ours: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the keys of the mapping at the end of `path` that are not ours."""
    declared = mapping(ours.get(path[-1]))
    for key, value in mapping(there.get(path[-1])).items():
        if key not in declared:
            yield (*path, key), f"{shown}.{key}", _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _manager(service: LiveService, shown: str) -> str | None:
    inside = (each for each in service.editors if each.startswith((f"{shown}.", f"{shown}[")))
    return service.editors.get(shown) or next((service.editors[each] for each in inside), None)


def _manager_around(service: LiveService, shown: str) -> str | None:
    """Return the writer of the whole mapping that the field is in: of a `nodeSelector` Kubernetes records only that."""
    around = (each for each in service.editors if shown.startswith((f"{each}.", f"{each}[")))
    return next((service.editors[each] for each in around), None)


def _by(manager: str | None) -> str:
    return f" (by {manager})" if manager else ""


def _pointer(path: Sequence[str]) -> str:
    """Write a path as JSON Pointer does (RFC 6901)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
