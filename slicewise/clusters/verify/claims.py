"""Whether the PersistentVolumeClaims that services name are there, bound, and for as many nodes as are planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slicewise.clusters.live import LiveClaim, LiveCluster, ObjectName
from slicewise.clusters.verify.namespaces_to_come import lacks_namespace_of, told_beforehand, which_is_missing
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import is_chosen

CLAIM: Final = "PersistentVolumeClaim"
_SCHEME: Final = "pvc://"
_ONE_NODE: Final = "ReadWriteOnce"
_ONE_POD: Final = "ReadWriteOncePod"


@dataclass(slots=True)
class _Use:
    """Who names a claim, and how many pods and nodes they may have; 2 stands for any larger number."""

    deployments: set[str] = field(default_factory=set)
    pods: int = 0
    nodes: int = 1


def claims_named(expected: Iterable[PlannedService]) -> frozenset[ObjectName]:
    """Return the claims that services name."""
    return frozenset(_uses(expected, ()))


def check_claims(cluster: LiveCluster, expected: Iterable[PlannedService]) -> Iterator[Found]:
    """Yield claims that are not there, hold nothing yet, or cannot be mounted by all the pods of the plan.

    A claim that this user may not read is not missed, unless its namespace is not there.
    """
    selectors = [node.labels for node in cluster.nodes]
    for name, use in sorted(_uses(expected, selectors).items()):
        found = cluster.named.get(name)
        if lacks_namespace_of(cluster, name):
            yield told_beforehand(_missing(cluster, name, use), name)
        elif found and not found.there:
            yield _missing(cluster, name, use)
        elif found and found.claim is not None:
            yield from _of_claim(name, found.claim, use)


def _missing(cluster: LiveCluster, name: ObjectName, use: _Use) -> Found:
    return _found(
        Code.CLAIM_MISSING,
        name,
        use,
        f"{which_is_missing(cluster, name)}: they stay Pending",
        f"create it in namespace {name.namespace} with the weights on it, or correct its name",
    )


def _of_claim(name: ObjectName, claim: LiveClaim, use: _Use) -> Iterator[Found]:
    if claim.phase != "Bound":
        yield _found(
            Code.CLAIM_NOT_BOUND,
            name,
            use,
            f"which is {claim.phase or 'not bound'}: no volume belongs to it, so no weights are on it",
            "see why with kubectl describe persistentvolumeclaim, and fill it before the pods start",
            Severity.ERROR if claim.phase == "Lost" else Severity.WARNING,
            phase=claim.phase,
        )
    many = sorted(claim.modes - {_ONE_NODE, _ONE_POD})
    if many or not claim.modes:
        return
    one_pod = _ONE_NODE not in claim.modes
    if use.pods > 1 and (one_pod or use.nodes > 1):
        mode, most = (_ONE_POD, "a single pod") if one_pod else (_ONE_NODE, "pods of one node")
        yield _found(
            Code.CLAIM_FOR_ONE_NODE,
            name,
            use,
            f"which has {mode}: it can be mounted by {most}, and the plan has several pods that may be on several "
            "nodes, so others do not start",
            "use a claim with ReadOnlyMany or ReadWriteMany, or another source",
            accessModes=sorted(claim.modes),
        )


def _found(
    code: Code,
    name: ObjectName,
    use: _Use,
    what: str,
    remedy: str,
    severity: Severity = Severity.ERROR,
    **facts: object,
) -> Found:
    deployments = sorted(use.deployments)
    return Found(
        code,
        severity,
        f"pods of {some(deployments)} mount {name}, {what}",
        remedy,
        (code.value, str(name)),
        facts={"namespace": name.namespace, "name": name.name, "deployments": deployments, **facts},
    )


def _uses(expected: Iterable[PlannedService], nodes: Iterable[Mapping[str, str]]) -> Mapping[ObjectName, _Use]:
    labels = list(nodes)
    found: dict[ObjectName, _Use] = defaultdict(_Use)
    for service in expected:
        spec = mapping(service.declared["spec"]) if service.declared else {}
        weights = [text(mapping(spec.get("model")).get("uri"))]
        lora = mapping(mapping(spec.get("model")).get("lora"))
        weights += [text(each.get("uri")) for each in items(lora.get("adapters"))]
        of_weights = {uri.removeprefix(_SCHEME).partition("/")[0] for uri in weights if uri.startswith(_SCHEME)}
        for workload in (spec, mapping(spec.get("prefill"))):
            pods = _pods(workload, scaled=workload is spec)
            template = mapping(workload.get("template"))
            if not (pods and template):
                continue
            volumes = [mapping(each.get("persistentVolumeClaim")) for each in items(template.get("volumes"))]
            for claim in sorted(of_weights | {text(each.get("claimName")) for each in volumes if each}):
                use = found[ObjectName(CLAIM, service.key[0], claim)]
                use.deployments.add(str(service.deployment))
                use.pods += pods
                use.nodes = max(use.nodes, sum(is_chosen(template, each) for each in labels))
    return found


def _pods(workload: Mapping[str, Any], *, scaled: bool) -> int:
    """Return 1, or 2 for any larger number; an autoscaler may make several."""
    replicas = workload.get("replicas")
    if replicas is None:
        return 2 if scaled else 0
    return min(int(replicas) * (2 if workload.get("worker") else 1), 2)
