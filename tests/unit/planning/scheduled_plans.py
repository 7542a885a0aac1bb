"""The pods of a plan against every order in which kube-scheduler may take them."""

from __future__ import annotations

from collections import Counter

from slicewise.documents import Fleet
from tests.documents import Document
from tests.unit.planning.checker import charged_pools
from tests.unit.planning.scheduler import Scheduler

# Beyond these, the orders are too many to try.
_MOST_PODS, _MOST_KINDS = 16, 3


def assert_every_pod_finds_a_node(fleet: Fleet, plan: Document) -> None:
    for nodes, node, pods in charged_pools(fleet, plan):
        kinds = Counter(pods)
        if len(pods) > _MOST_PODS or len(kinds) > _MOST_KINDS:
            continue
        known = [index for index, capacity in enumerate(node) if capacity is not None]
        capacity = tuple(node[index] or 0 for index in known)
        waiting = Counter({tuple(pod[index] for index in known): count for pod, count in kinds.items()})
        assert Scheduler(nodes, capacity, waiting).always_finds_room(), (nodes, node, kinds)
