"""Rules of what a container asks for beside GPUs, CPU and memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted
from slicewise.documents.pod import ExtraResources
from slicewise.kubernetes import Quantity

_STORAGE: Final = "ephemeral-storage"
_HUGE_PAGES: Final = re.compile("hugepages-[1-9][0-9]*[KMGT]i")
_OF_MODEL: Final = "the plan counts spec.resources of the ClusterModel or Model; write it there"
_GPUS: Final = (
    "the plan asks for the pool's slices or GPUs, as many as replicaTopology.gpusPerNode of the serving profile"
)


def check_resources(resources: ExtraResources, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the resources at `path`, as Kubernetes validates them (ValidateResourceRequirements)."""
    limits, requests = resources.limits or {}, resources.requests or {}
    for block, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            at = (*path, block, name)
            if decides := _decided(name):
                message = f"{name} is decided elsewhere: {decides}"
                yield Diagnostic.error(Code.DECIDED_ELSEWHERE, message, "leave it out here", field=at)
            else:
                yield from _check_amount(name, amount, at)
    yield from _check_pairs(limits, requests, path)


def _decided(name: str) -> str | None:
    if name in ("cpu", "memory"):
        return _OF_MODEL
    return _GPUS if name.startswith("nvidia.com/") or name.endswith("/gpu") else None


def _check_amount(name: str, amount: Quantity, path: FieldPath) -> Iterator[Diagnostic]:
    domain, slash, _ = name.rpartition("/")
    if name == _STORAGE or _HUGE_PAGES.fullmatch(name):
        return
    if not slash or f".{domain}".endswith((".kubernetes.io", ".k8s.io")):
        message = f"{quoted(name)} is not a resource that a container may ask for"
        remedy = "write ephemeral-storage, hugepages-2Mi, or a device's resource with its domain, such as rdma/ib"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=path)
    elif amount.value != int(amount.value):
        message, remedy = f"devices are whole: {amount} of {name} cannot be had", "write a whole number"
        yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=path)


def _check_pairs(
    limits: Mapping[str, Quantity], requests: Mapping[str, Quantity], path: FieldPath
) -> Iterator[Diagnostic]:
    for name, asked in requests.items():
        at = (*path, "requests", name)
        most = limits.get(name)
        if _decided(name) or (name == _STORAGE and most is None):
            continue
        if most is None:
            message = f"{name} cannot be shared, so its limit is what a container gets"
            yield Diagnostic.error(Code.POD_FIELD, message, "write it in limits", field=at)
        elif name != _STORAGE and asked.value != most.value:
            message = f"{name} cannot be shared, and its request {asked} is not its limit {most}"
            yield Diagnostic.error(
                Code.POD_FIELD, message, "leave the request out", field=at, request=str(asked), limit=str(most)
            )
        elif asked.value > most.value:
            message, remedy = f"the request {asked} is above the limit {most}", "make the limit at least as large"
            yield Diagnostic.error(Code.POD_FIELD, message, remedy, field=at, request=str(asked), limit=str(most))
