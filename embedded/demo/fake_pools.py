"""The nodes that an environment's clusters would have, without machines."""

from __future__ import annotations

from embedded.fake_nodes import FakePool
from slicewise.documents import InferenceEnvironment, NodePool, offers_of
from slicewise.planning import node_units


def fake_pools(environment: InferenceEnvironment) -> list[FakePool]:
    """Return the nodes of every pool; an autoscaled pool at 0 nodes gets one, as the autoscaler would give it."""
    return [_fake_pool(pool) for pool in environment.spec.node_pools]


def _fake_pool(pool: NodePool) -> FakePool:
    taints = [
        {"key": toleration.key, "value": toleration.value or "", "effect": toleration.effect}
        for toleration in pool.tolerations
        if toleration.key and toleration.effect
    ]
    allocatable = pool.allocatable
    return FakePool(
        name=pool.name,
        nodes=max(pool.node_count, 1),
        labels={key: min(values) for key, values in pool.selected.items()},
        taints=({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}, *taints),
        resources={offer.resource: node_units(offer) for offer in offers_of(pool)},
        cpu=str(allocatable.cpu or "256"),
        memory=str(allocatable.memory or "4Ti"),
    )
