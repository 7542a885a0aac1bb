"""Slices that an autoscaler cannot foresee."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.documents.advising import advice
from tests.unit.documents.documents import mig, pools, text

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

TAG = 'tag the Auto Scaling group k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/mig-3g.40gb: "16"'
OVERLAY = 'write a NodeOverlay with capacity nvidia.com/mig-3g.40gb: "16"'
DYNAMIC = {"migConfiguration": {"enabled": True, "dynamic": True, "profiles": ["3g.40gb"]}}
KEEP = "let the pool's minimum be one node, which it copies"


@pytest.mark.parametrize(
    ("selector", "cluster", "remedy"),
    [
        ({"kubernetes.azure.com/agentpool": "mig"}, None, f"AKS has no way to tell it: {KEEP}, or"),
        ({"eks.amazonaws.com/nodegroup": "mig"}, None, f"{TAG} (with Karpenter {OVERLAY}), or"),
        ({"pool": "mig"}, {"eks": {"region": "eu-central-1", "cluster": "c"}}, f"{TAG} (with Karpenter {OVERLAY}), or"),
        ({"karpenter.sh/nodepool": "mig"}, None, f"Pending; {OVERLAY}, or"),
        ({"cloud.google.com/gke-nodepool": "mig"}, None, "use strategy: single, for nvidia.com/gpu is known to GKE's"),
        ({"pool": "mig"}, None, f"on EKS {TAG}, with Karpenter {OVERLAY}, on AKS and elsewhere {KEEP}, or"),
    ],
)
def test_slices_that_an_autoscaler_cannot_foresee(
    loader: Loader, selector: dict[str, str], cluster: dict[str, Any] | None, remedy: str
) -> None:
    def warned(**more: Any) -> list[str]:  # noqa: ANN401 - fields of a pool
        pool = {"nodeSelector": selector, "capabilities": mig(), "nodeCount": 0, "maxNodeCount": 4, **more}
        return advice(loader, _reached(pools(pool), cluster or {"secretRef": {"name": "mig-a-kubeconfig"}}))

    (line,) = warned()
    assert line.startswith(
        "InferenceEnvironment mig-a: spec.nodePools[0].maxNodeCount: pods ask for nvidia.com/mig-3g.40gb, and an "
        "autoscaler cannot foresee them on a node that is not there: capacity counts 4 nodes, and pods that need more "
        "than 0 may stay Pending; "
    )
    assert remedy in line
    assert line.endswith("or keep nodes running all the time, and write how many as nodeCount and maxNodeCount [SW333]")
    # The remedies hold: nothing is foreseen, or it is a resource that autoscalers know.
    assert warned(nodeCount=1, maxNodeCount=1) == []
    assert warned(capabilities=mig(strategy="single")) == []
    assert warned(capabilities={"memoryPerGpu": "79Gi"}) == []
    (line,) = warned(nodeCount=2)
    assert (
        "and cluster-autoscaler learns them from a node that is there, and Karpenter does not: a node group of" in line
    )
    # What is done already is not proposed again.
    assert KEEP not in line
    assert line.endswith("write what is there as nodeCount and maxNodeCount: 2 [SW333]")


@pytest.mark.parametrize("capabilities", [mig(), {"memoryPerGpu": "79Gi"}, DYNAMIC])
@pytest.mark.parametrize("allocation", ["claim", "extendedResource"])
def test_devices_that_an_autoscaler_cannot_foresee(
    loader: Loader, capabilities: dict[str, Any], allocation: str
) -> None:
    """Whole GPUs, too: as devices they are no nvidia.com/gpu of a node."""
    known = (
        "pods get devices of NVIDIA's DRA driver, which cluster-autoscaler foresees only where it has the flag "
        "--enable-dynamic-resource-allocation and a node of the same node group is there, and Karpenter does not "
        "foresee: capacity counts 4 nodes"
    )

    def warned(**more: object) -> list[str]:
        pool = {"nodeSelector": {"pool": "mig"}, "capabilities": capabilities, "maxNodeCount": 4, **more}
        return advice(loader, pools({"allocation": allocation, **pool}))

    (line,) = warned(nodeCount=0)
    assert f"spec.nodePools[0].maxNodeCount: {known}, and pods that need more than 0 may stay Pending; give " in line
    assert "be one node, or keep nodes running all the time, and write how many as nodeCount and maxNodeCount" in line
    assert "tag" not in line
    (line,) = warned(nodeCount=1)
    assert "minimum" not in line
    assert warned(nodeCount=4) == []


def _reached(environment: str, way: dict[str, Any]) -> str:
    document = yaml.safe_load(environment)
    document["spec"]["cluster"]["existing"] = way
    return text(document)


def test_gkes_own_cut_has_its_own_warning(loader: Loader) -> None:
    selector = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
    pool = {"nodeSelector": selector, "capabilities": mig(), "nodeCount": 0, "maxNodeCount": 4}
    assert [line[-7:] for line in advice(loader, pools(pool))] == ["[SW302]"]
