"""Rules of one InferenceEnvironment: its pools exist as described, and can be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from slicewise.spec.checks.cluster import check_cluster
from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.mig import check_gpu
from slicewise.spec.checks.part import Part, whole
from slicewise.spec.checks.provisioning import check_provisioning
from slicewise.spec.codes import Code
from slicewise.spec.environment import InferenceEnvironment, NodePool, Toleration
from slicewise.spec.problems import FieldPath

POOLS: Final[FieldPath] = ("spec", "nodePools")
_SHOWN: Final = 3


def check_environment(environment: InferenceEnvironment) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the cluster and the pools of `environment`."""
    cluster = environment.spec.cluster
    yield from check_cluster(cluster)
    yield from check_pools(whole(environment.spec.node_pools))
    if getattr(cluster, cluster.source.block) is not None:
        yield from check_provisioning(environment)


def check_pools(parts: Sequence[Part[NodePool]]) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the pools of one environment, each and together."""
    first_index: dict[str, int] = {}
    for part in parts:
        path = (*POOLS, part.index)
        pool = part.value
        if part.right("name") and (first := first_index.setdefault(pool.name, part.index)) != part.index:
            message = f'"{pool.name}" is the name of nodePools[{first}] already; rename one of the two'
            yield Finding((*path, "name"), Code.DUPLICATE_NAME, message)
        if part.right("nodeCount", "maxNodeCount"):
            yield from _check_counts(pool, path)
        if part.right("tolerations"):
            for number, toleration in enumerate(pool.tolerations):
                for field, problem in _toleration_problems(toleration):
                    yield Finding((*path, "tolerations", number, field), Code.TOLERATION, problem)
        if part.right("acceleratorType", "capabilities", "nodeSelector"):
            yield from check_gpu(pool, path)
    told_apart = [part for part in parts if part.right("name", "capabilities", "nodeSelector")]
    yield from _indistinct_pools(told_apart)
    yield from _counted_twice([part.value for part in told_apart if part.right("allocatable")])


def _check_counts(pool: NodePool, path: FieldPath) -> Iterator[Finding]:
    if pool.max_node_count is not None and pool.max_node_count < pool.node_count:
        counted = "" if "node_count" in pool.model_fields_set else " (1 where it is left out)"
        message = (
            f"{pool.max_node_count} is less than nodeCount {pool.node_count}{counted}; raise it, or lower nodeCount"
        )
        yield Finding((*path, "maxNodeCount"), Code.MAXIMUM_BELOW_MINIMUM, message)


def _toleration_problems(toleration: Toleration) -> Iterator[tuple[str, str]]:
    """Yield field and reason of what Kubernetes' own validation would refuse (core validation, ValidateTolerations)."""
    if toleration.operator == "Exists" and toleration.value:
        yield "value", "operator Exists takes no value; leave value out, or write operator: Equal"
    if toleration.key is None and toleration.operator != "Exists":
        yield "operator", "without a key the operator must be Exists; write operator: Exists, or a key"
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield "tolerationSeconds", "it needs effect: NoExecute; write that, or leave tolerationSeconds out"


def _indistinct_pools(parts: Sequence[Part[NodePool]]) -> Iterator[Finding]:
    """Yield as few pools as would, told apart from the others, leave no two alike: one slip is one error."""
    clashes: dict[int, set[int]] = {}
    for number, part in enumerate(parts):
        for other in range(number):
            if _may_share_a_node(part.value, parts[other].value):
                clashes.setdefault(number, set()).add(other)
                clashes.setdefault(other, set()).add(number)
    while clashes:
        worst = max(clashes, key=lambda number: (len(clashes[number]), number))
        pool, rivals = parts[worst].value, sorted(clashes.pop(worst))
        others = " or ".join(f'"{parts[number].value.name}"' for number in rivals[:_SHOWN])
        more = f" or {len(rivals) - _SHOWN} more" if len(rivals) > _SHOWN else ""
        message = (
            f'a node of "{pool.name}" could belong to {others}{more} too: all advertise {pool.resource}, so it would '
            "be counted twice; give their nodeSelectors one key with different values"
        )
        yield Finding((*POOLS, parts[worst].index, "nodeSelector"), Code.POOLS_NOT_DISTINCT, message)
        for number in rivals:
            clashes[number].discard(worst)
            if not clashes[number]:
                del clashes[number]


def _counted_twice(pools: Sequence[NodePool]) -> Iterator[Finding]:
    """Yield pools that may share nodes, as where GPUs of one node are cut in two ways, and both have all its CPUs."""
    for index, pool in enumerate(pools):
        counted = {name for name in ("cpu", "memory") if getattr(pool.allocatable, name) is not None}
        for other in pools[:index] if counted else ():
            twice = [name for name in sorted(counted) if getattr(other.allocatable, name) is not None]
            if twice and _one_node(pool, other) and pool.resource != other.resource:
                message = (
                    f'a node of "{pool.name}" may belong to "{other.name}" too, and both count its '
                    f"{' and '.join(twice)}; "
                    "give each its share in allocatable, or their nodeSelectors one key with different values"
                )
                yield Finding((*POOLS, index, "allocatable"), Code.NODE_COUNTED_TWICE, message)
                break


def _may_share_a_node(one: NodePool, other: NodePool) -> bool:
    return _one_node(one, other) and one.resource == other.resource


def _one_node(one: NodePool, other: NodePool) -> bool:
    """Return whether a node could belong to both pools, as far as can be told."""
    if one.name == other.name or any(pool.mig and pool.mig.profile is None for pool in (one, other)):
        # That is an error of its own, and hides what is meant here.
        return False
    return not _exclusive(one.node_selector, other.node_selector)


def _exclusive(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether no node can carry the labels of both."""
    return any(key in other and other[key] != value for key, value in one.items())
