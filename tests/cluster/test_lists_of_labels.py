"""Pools whose nodeSelector has lists: KServe takes the affinity, every pod has it, and runs on nodes of any value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lightkube.resources.core_v1 import Pod

from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")


def affinity(*values: str) -> Document:
    """Return what core/v1 calls a node with one of these values."""
    expression = {"key": POOL_LABEL, "operator": "In", "values": list(values)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def nodes_and_affinities(workloads: Workloads, count: int) -> list[tuple[str, Any]]:
    """Wait until so many pods are on nodes, and return where each is, and why."""
    workloads.wait(f"{count} pods on nodes", lambda: len([pod for pod in workloads.pods() if pod.node]) == count)
    pods = [each.to_dict()["spec"] for each in workloads.client.list(Pod, namespace=workloads.namespace)]
    return [(pod["nodeName"], pod.get("affinity")) for pod in pods]


def test_replicas_are_on_the_nodes_of_both_values(workloads: Workloads) -> None:
    """One more than the 16 slices of a node."""
    cut = slices("p", "3g.40gb", nodeSelector={POOL_LABEL: ["tainted", "slices"]}, nodeCount=2)
    served = model("m", profile("any", memoryPerGpu="30Gi"), cpu="1", memory="1Gi")
    wanted = deployment("d", "m", replicas=17, namespace=workloads.namespace)
    workloads.apply_planned(fleet_of([environment("e", cut), served, wanted]))
    found = nodes_and_affinities(workloads, 17)
    assert {node for node, _ in found} == {"slices-0", "tainted-0"}
    assert [why for _, why in found if why != affinity("slices", "tainted")] == []


def test_leader_and_workers_of_a_group_have_it(workloads: Workloads) -> None:
    whole = pool("p", nodeSelector={POOL_LABEL: ["elsewhere", "whole"]}, nodeCount=2, multiNodeCapable=True)
    served = model("m", profile("any", nodes=2, gpusPerNode=8), cpu="2", memory="4Gi")
    wanted = deployment("d", "m", namespace=workloads.namespace)
    workloads.apply_planned(fleet_of([environment("e", whole), served, wanted]))
    found = nodes_and_affinities(workloads, 2)
    assert {node for node, _ in found} == {"whole-0", "whole-1"}
    assert [why for _, why in found if why != affinity("elsewhere", "whole")] == []


def test_prefill_pods_have_that_of_their_own_pool(workloads: Workloads) -> None:
    whole = pool("p", nodeSelector={POOL_LABEL: ["elsewhere", "whole"]}, nodeCount=2)
    cut = slices("cut", "3g.40gb", nodeSelector={POOL_LABEL: ["elsewhere", "slices"]})
    served = model("m", profile("any", gpusPerNode=8, memoryPerGpu="70Gi"), cpu="1", memory="1Gi")
    prefill = {"replicas": 1, "replicaTopology": {"requires": {"memoryPerGpu": "20Gi", "mig": "only"}}}
    served["spec"]["serving"][0]["prefill"] = prefill
    wanted = deployment("d", "m", namespace=workloads.namespace)
    workloads.apply_planned(fleet_of([environment("e", whole, cut), served, wanted]))
    found = dict(nodes_and_affinities(workloads, 2))
    assert found.pop("slices-0") == affinity("elsewhere", "slices")
    assert list(found.values()) == [affinity("elsewhere", "whole")]
