"""Whether what services name is there: service accounts, classes, Secrets and ConfigMaps with their keys, configs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slicewise.clusters.live import LiveCluster, ObjectName
from slicewise.clusters.verify.claims import claims_named
from slicewise.clusters.verify.namespaces_to_come import (
    comes_with_namespace,
    lacks_namespace_of,
    told_beforehand,
    which_is_missing,
)
from slicewise.clusters.verify.services import PlannedService, planned_services
from slicewise.clusters.verify.weights_in_images import settings_named
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.documents import Fleet
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import CONFIG_KIND, KubernetesObject
from slicewise.planning import Plan, placements_by_environment

_CONFIG_MAP: Final = "ConfigMap"
_SECRET: Final = "Secret"  # noqa: S105 - a kind
_SERVICE_ACCOUNT: Final = "ServiceAccount"
# The field of a pod -> the kind that it names, in no namespace.
_CLASSES: Final = {"priorityClassName": "PriorityClass", "runtimeClassName": "RuntimeClass"}
# Kubernetes takes the pod all the same, and pulls without credentials.
_PULLS: Final = "imagePullSecrets"


@dataclass(slots=True)
class _Use:
    """What services need of one object: the keys, who they are, and whether they name it for nothing but pulls."""

    keys: set[str] = field(default_factory=set)
    deployments: set[str] = field(default_factory=set)
    only_pulls: bool = True


def objects_named(fleet: Fleet, plan: Plan) -> dict[str, frozenset[ObjectName]]:
    """Return the objects that services of `plan` name and do not make, by environment."""
    found = {}
    for name, placements in placements_by_environment(plan).items():
        services = planned_services(fleet, placements, ())
        found[name] = frozenset(_uses(services)) | claims_named(services) | settings_named(services)
    return found


def check_named_objects(cluster: LiveCluster, expected: Iterable[PlannedService]) -> Iterator[Found]:
    """Yield the objects that are not there and the keys that they lack, where this user may read them.

    What is named in a namespace that is not there yet is told beforehand.

    Args:
        cluster: The cluster.
        expected: The services that are to be there, and that were.
    """
    for name, use in sorted(_uses(expected).items()):
        if name.kind == CONFIG_KIND and not cluster.serves_kserve:
            continue
        found = cluster.named.get(name)
        if lacks_namespace_of(cluster, name):
            # A config may be in KServe's own namespace.
            if not comes_with_namespace(name) and (name.kind != CONFIG_KIND or (found and not found.there)):
                yield told_beforehand(_missing(cluster, name, use), name)
        elif found and not found.there:
            yield _missing(cluster, name, use)
        elif found and found.keys is not None and (lacking := sorted(use.keys - found.keys)):
            yield _without_keys(name, lacking, use)


def _missing(cluster: LiveCluster, name: ObjectName, use: _Use) -> Found:
    which = which_is_missing(cluster, name)
    who = some(sorted(use.deployments))
    facts = {"kind": name.kind, "namespace": name.namespace, "name": name.name, "deployments": sorted(use.deployments)}
    if name.kind == CONFIG_KIND:
        return Found(
            Code.CONFIG_MISSING,
            Severity.ERROR,
            f"baseRefs of {who} name {name}, which is neither there nor in KServe's own namespace: KServe makes no "
            "pods of these services",
            "create it, or correct baseRefs of the pool or Model",
            facts=facts,
        )
    if name.kind in (_SECRET, _CONFIG_MAP) and not use.only_pulls:
        return Found(
            Code.VALUES_MISSING,
            Severity.ERROR,
            f"pods of {who} need {name}, {which}: their containers do not start without it",
            f"create it in namespace {name.namespace}, or correct its name; write optional: true where pods may start "
            "without it",
            facts=facts,
        )
    pulls = name.kind == _SECRET
    becomes = "images are pulled without it" if pulls else "the API server refuses these pods"
    where = f" in namespace {name.namespace}" if name.namespace else ""
    return Found(
        Code.POD_REFERENCE_MISSING,
        Severity.WARNING if pulls else Severity.ERROR,
        f"pods of {who} name {name}, {which}: {becomes}",
        f"create it{where}, or correct its name",
        facts=facts,
    )


def _without_keys(name: ObjectName, lacking: list[str], use: _Use) -> Found:
    # What a Secret holds is not read, and the record of its fields may have been edited.
    recorded = name.kind == _SECRET
    return Found(
        Code.VALUES_MISSING,
        Severity.WARNING if recorded else Severity.ERROR,
        f"{name} has no key {some(lacking)}, which pods of {some(sorted(use.deployments))} need: their containers do "
        "not start without it",
        "add it, or correct the key; write optional: true where pods may start without it",
        facts={
            "kind": name.kind,
            "namespace": name.namespace,
            "name": name.name,
            "keys": lacking,
            "deployments": sorted(use.deployments),
        },
    )


def _uses(expected: Iterable[PlannedService]) -> Mapping[ObjectName, _Use]:
    found: dict[ObjectName, _Use] = defaultdict(_Use)
    for service in expected:
        if service.declared is None or service.declared["spec"].get("replicas") == 0:
            continue
        for name, key, pulls in _named(service.declared):
            use = found[name]
            use.deployments.add(str(service.deployment))
            use.keys |= {key} if key else set()
            use.only_pulls &= pulls
    return found


def _named(service: KubernetesObject) -> Iterator[tuple[ObjectName, str, bool]]:
    """Yield each object that a service names, with a key where it needs one, and whether only for pulling images."""
    spec, namespace = mapping(service["spec"]), text(service["metadata"]["namespace"])
    for each in items(spec.get("baseRefs")):
        yield ObjectName(CONFIG_KIND, namespace, text(each.get("name"))), "", False
    for workload in (spec, mapping(spec.get("prefill"))):
        for template in (mapping(workload.get("template")), mapping(workload.get("worker"))):
            for each in items(template.get(_PULLS)):
                yield ObjectName(_SECRET, namespace, text(each.get("name"))), "", True
            for written, kind in _CLASSES.items():
                if name := text(template.get(written)):
                    yield ObjectName(kind, "", name), "", False
            if name := text(template.get("serviceAccountName")):
                yield ObjectName(_SERVICE_ACCOUNT, namespace, name), "", False
            for kind, reference, keys in _values(template):
                for key in keys or ("",):
                    yield ObjectName(kind, namespace, _name_in(reference)), key, False


_Values = Iterator[tuple[str, Mapping[str, Any], list[str]]]


def _values(template: Mapping[str, Any]) -> _Values:
    """Yield the kind, the reference and the keys of everything without which containers do not start."""
    for kind, reference, keys in (*_of_containers(template), *_of_volumes(template)):
        if reference and reference.get("optional") is not True:
            yield kind, reference, keys


def _of_containers(template: Mapping[str, Any]) -> _Values:
    for container in (*items(template.get("initContainers")), *items(template.get("containers"))):
        for each in items(container.get("env")):
            source = mapping(each.get("valueFrom"))
            for kind, written in ((_SECRET, "secretKeyRef"), (_CONFIG_MAP, "configMapKeyRef")):
                reference = mapping(source.get(written))
                yield kind, reference, [text(reference.get("key"))]
        for each in items(container.get("envFrom")):
            yield _SECRET, mapping(each.get("secretRef")), []
            yield _CONFIG_MAP, mapping(each.get("configMapRef")), []


def _of_volumes(template: Mapping[str, Any]) -> _Values:
    for volume in items(template.get("volumes")):
        for source in (volume, *items(mapping(volume.get("projected")).get("sources"))):
            for kind, written in ((_SECRET, "secret"), (_CONFIG_MAP, "configMap")):
                reference = mapping(source.get(written))
                yield kind, reference, [text(each.get("key")) for each in items(reference.get("items"))]
        yield _SECRET, mapping(mapping(volume.get("csi")).get("nodePublishSecretRef")), []


def _name_in(reference: Mapping[str, Any]) -> str:
    # A volume's Secret is `secretName`, every other reference's `name`.
    return text(reference.get("secretName")) or text(reference.get("name"))
