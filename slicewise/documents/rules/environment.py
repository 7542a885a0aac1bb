"""Rules of one InferenceEnvironment: its pools exist as described, and can be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.diagnostics import Code
from slicewise.documents.cluster import ClusterSource
from slicewise.documents.environment import InferenceEnvironment, NodePool, Toleration
from slicewise.documents.rules.autoscaled_slices import check_autoscaled_slices
from slicewise.documents.rules.cluster import check_cluster
from slicewise.documents.rules.finding import Finding
from slicewise.documents.rules.judged_entry import POOLS, Part, whole
from slicewise.documents.rules.mig import check_gpu
from slicewise.documents.rules.node_labels import check_node_labels
from slicewise.documents.rules.pool_amounts import check_pool_amounts
from slicewise.documents.rules.provisioning import check_provisioning
from slicewise.documents.rules.shared_nodes import check_shared_nodes


def check_environment(environment: InferenceEnvironment) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the cluster and the pools of `environment`."""
    cluster = environment.spec.cluster
    yield from check_cluster(cluster)
    pools = whole(environment.spec.node_pools)
    yield from check_pools(pools)
    yield from check_provisioning(cluster, pools, environment.metadata.name)
    if cluster.source is ClusterSource.EXISTING:
        # Where the stack makes the nodes, SW222 says it of these labels.
        for part in pools:
            yield from check_node_labels(part.value, (*POOLS, part.index))
            yield from check_autoscaled_slices(part.value, cluster, (*POOLS, part.index))


def check_pools(parts: Sequence[Part[NodePool]]) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the pools of one environment, each and together."""
    first_index: dict[str, int] = {}
    for part in parts:
        path = (*POOLS, part.index)
        pool = part.value
        if part.right("name") and (first := first_index.setdefault(pool.name, part.index)) != part.index:
            message = f'"{pool.name}" is the name of nodePools[{first}] already; rename one of the two'
            yield Finding((*path, "name"), Code.DUPLICATE_NAME, message)
        yield from check_pool_amounts(part, path)
        if part.right("tolerations"):
            for number, toleration in enumerate(pool.tolerations):
                for field, problem in _toleration_problems(toleration):
                    yield Finding((*path, "tolerations", number, field), Code.TOLERATION, problem)
        if part.right("acceleratorType", "capabilities.migConfiguration"):
            yield from check_gpu(pool, path)
    yield from check_shared_nodes(parts)


def _toleration_problems(toleration: Toleration) -> Iterator[tuple[str, str]]:
    """Yield field and reason of what Kubernetes' own validation would refuse (core validation, ValidateTolerations)."""
    if toleration.operator == "Exists" and toleration.value:
        yield "value", "operator Exists takes no value; leave value out, or write operator: Equal"
    if toleration.key is None and toleration.operator != "Exists":
        exists = "operator: Exists and no value" if toleration.value else "operator: Exists"
        yield "operator", f"without a key the operator must be Exists; write {exists}, or a key"
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield "tolerationSeconds", "it needs effect: NoExecute; write that, or leave tolerationSeconds out"
