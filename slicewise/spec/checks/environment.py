"""Rules of one InferenceEnvironment: its pools exist as described, and can be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.mig import check_gpu
from slicewise.spec.codes import Code
from slicewise.spec.environment import InferenceEnvironment, NodePool, Toleration
from slicewise.spec.problems import FieldPath


def check_environment(environment: InferenceEnvironment) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the pools of `environment`."""
    pools = environment.spec.node_pools
    first_index: dict[str, int] = {}
    for index, pool in enumerate(pools):
        path: FieldPath = ("spec", "nodePools", index)
        if first_index.setdefault(pool.name, index) != index:
            message = f'"{pool.name}" is the name of nodePools[{first_index[pool.name]}] already; names are unique'
            yield Finding((*path, "name"), Code.DUPLICATE_NAME, message)
        if pool.max_node_count is not None and pool.max_node_count < pool.node_count:
            message = f"{pool.max_node_count} is less than nodeCount {pool.node_count}"
            yield Finding((*path, "maxNodeCount"), Code.MAXIMUM_BELOW_MINIMUM, message)
        for number, toleration in enumerate(pool.tolerations):
            problem = _toleration_problem(toleration)
            if problem:
                yield Finding((*path, "tolerations", number), Code.TOLERATION, problem)
        yield from check_gpu(pool, path)
    yield from _indistinct_pools(pools)


def _toleration_problem(toleration: Toleration) -> str | None:
    """Return what Kubernetes' own validation would refuse (core validation, ValidateTolerations)."""
    if toleration.operator == "Exists" and toleration.value:
        return "operator Exists takes no value; leave value out, or use operator Equal"
    if toleration.key is None and toleration.operator != "Exists":
        return "without a key the operator must be Exists"
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        return "tolerationSeconds needs effect NoExecute"
    return None


def _indistinct_pools(pools: tuple[NodePool, ...]) -> Iterator[Finding]:
    for (_, one), (index, other) in combinations(enumerate(pools), 2):
        if one.name == other.name or one.resource != other.resource:
            continue
        if not _exclusive(one.node_selector, other.node_selector):
            message = (
                f'a node could belong to "{one.name}" and to "{other.name}", which both advertise {one.resource}, '
                "and would be counted twice; give both selectors one key with different values"
            )
            yield Finding(("spec", "nodePools", index, "nodeSelector"), Code.POOLS_NOT_DISTINCT, message)


def _exclusive(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether no node can carry the labels of both."""
    return any(key in other and other[key] != value for key, value in one.items())
