"""Rules of one InferenceEnvironment: its pools exist as described, and can be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slicewise.spec.checks.cluster import check_cluster
from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.mig import check_gpu
from slicewise.spec.codes import Code
from slicewise.spec.environment import InferenceEnvironment, NodePool, Toleration
from slicewise.spec.problems import FieldPath


def check_environment(environment: InferenceEnvironment) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the cluster and the pools of `environment`."""
    yield from check_cluster(environment.spec.cluster)
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
            for field, problem in _toleration_problems(toleration):
                yield Finding((*path, "tolerations", number, field), Code.TOLERATION, problem)
        yield from check_gpu(pool, path)
    yield from _indistinct_pools(pools)


def _toleration_problems(toleration: Toleration) -> Iterator[tuple[str, str]]:
    """Yield field and reason of what Kubernetes' own validation would refuse (core validation, ValidateTolerations)."""
    if toleration.operator == "Exists" and toleration.value:
        yield "value", "operator Exists takes no value; leave value out, or write operator: Equal"
    if toleration.key is None and toleration.operator != "Exists":
        yield "operator", "without a key the operator must be Exists; write operator: Exists, or a key"
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield "tolerationSeconds", "it needs effect: NoExecute; write that, or leave tolerationSeconds out"


def _indistinct_pools(pools: tuple[NodePool, ...]) -> Iterator[Finding]:
    for index, pool in enumerate(pools):
        rivals = [other.name for other in pools[:index] if _may_share_a_node(pool, other)]
        if rivals:
            others = " or ".join(f'"{name}"' for name in rivals)
            message = (
                f'a node of "{pool.name}" could belong to {others} too: all advertise {pool.resource}, so it would '
                "be counted twice; give their nodeSelectors one key with different values"
            )
            yield Finding(("spec", "nodePools", index, "nodeSelector"), Code.POOLS_NOT_DISTINCT, message)


def _may_share_a_node(one: NodePool, other: NodePool) -> bool:
    if one.name == other.name or any(pool.mig and pool.mig.profile is None for pool in (one, other)):
        # That is an error of its own, and hides what is meant here.
        return False
    return one.resource == other.resource and not _exclusive(one.node_selector, other.node_selector)


def _exclusive(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether no node can carry the labels of both."""
    return any(key in other and other[key] != value for key, value in one.items())
