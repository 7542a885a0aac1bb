"""GPU pods are pinned to nodes and tolerate their taints: what passes, what is found, where, and what is fixed."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.rule_types import Resource, ResourceRule
from policies.rules.scheduling import GPU_TOLERATION, SLICE_PINNED, WHOLE_GPU_PINNED
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import CONFIG, SLICE, TOLERATION, container, multi_node, pod_spec, service, whole_gpus

AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}]
        }
    }
}


@pytest.mark.parametrize(
    ("pinning", "pinned"),
    [
        ({"nodeSelector": {"pool": "a"}}, True),
        ({"nodeSelector": {}}, False),
        ({"nodeSelector": None}, False),
        ({"nodeSelector": {"kubernetes.io/arch": "amd64"}}, False),
        ({"nodeSelector": None, "affinity": AFFINITY}, True),
        ({"nodeSelector": None, "nodeName": "node-1"}, True),
    ],
)
@pytest.mark.parametrize(("rule", "gpu"), [(WHOLE_GPU_PINNED, "nvidia.com/gpu"), (SLICE_PINNED, SLICE)])
def test_gpu_pods_are_pinned(rule: ResourceRule, gpu: str, pinning: dict[str, Any], pinned: bool) -> None:
    other = SLICE_PINNED if rule is WHOLE_GPU_PINNED else WHOLE_GPU_PINNED
    resource = service(pod_spec(container(gpu), **pinning))
    assert found(rule, resource) == ([] if pinned else ["spec.template.nodeSelector"])
    assert found(other, resource) == []
    assert found(rule, service(pod_spec(container(None), **pinning))) == []


@pytest.mark.parametrize(
    ("label", "pinned"),
    [
        ("acme-k8s.io/h100", True),
        ("mynvidia.com/pool", True),
        ("notazure.com/pool", True),
        ("k8s.io/pool", False),
        ("feature.node.kubernetes.io/pci-10de.present", False),
        ("nvidia.com/gpu.present", False),
        ("eks.amazonaws.com/nodegroup", False),
        ("cloud.google.com/gke-nodepool", False),
    ],
)
def test_a_label_that_is_there_pins_unless_it_is_a_vendors(label: str, pinned: bool) -> None:
    """Kubernetes' own domains and those of clouds label nodes of many pools; a name that ends like one does not."""
    term = {"matchExpressions": [{"key": label, "operator": "Exists"}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    resource = service(pod_spec(container("nvidia.com/gpu"), nodeSelector=None, affinity=affinity))
    assert found(WHOLE_GPU_PINNED, resource) == ([] if pinned else ["spec.template.nodeSelector"])


def test_only_configured_labels_pin() -> None:
    resource = service(pod_spec(container("nvidia.com/gpu"), nodeSelector={"zone": "a"}))
    assert found(WHOLE_GPU_PINNED, resource, selectorKeys=["zone"]) == []
    assert found(WHOLE_GPU_PINNED, resource, selectorKeys=["pool"]) == ["spec.template.nodeSelector"]


def test_both_pods_of_a_service_are_pinned() -> None:
    resource = multi_node(whole_gpus(), whole_gpus(nodeSelector=None))
    assert found(WHOLE_GPU_PINNED, resource) == ["spec.worker.nodeSelector"]


@pytest.mark.parametrize("rule", [WHOLE_GPU_PINNED, GPU_TOLERATION], ids=lambda rule: rule.name)
def test_what_a_base_may_bring_is_not_found_missing(rule: ResourceRule) -> None:
    bare = {"containers": [container("nvidia.com/gpu")]}
    assert len(found(rule, service(bare))) == 1
    assert len(unchecked(rule, service(bare, baseRefs=[{"name": "base"}]))) == 1
    assert len(unchecked(rule, Resource(CONFIG, "base", {"spec": {"template": bare}}))) == 1


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        (TOLERATION, True),
        ({"operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "sku", "value": "gpu"}, False),
    ],
)
def test_tolerations(toleration: dict[str, str], tolerated: bool) -> None:
    resource = service(pod_spec(tolerations=[toleration]))
    assert found(GPU_TOLERATION, resource) == ([] if tolerated else ["spec.template.tolerations"])
    assert found(GPU_TOLERATION, service(pod_spec(container(None), tolerations=[]))) == []


def test_other_taints_can_be_configured() -> None:
    assert found(GPU_TOLERATION, service(), taints=["sku"]) == ["spec.template.tolerations"]


def test_a_missing_toleration_is_added_and_nothing_else_changes() -> None:
    other = {"key": "sku", "operator": "Exists"}
    resource = multi_node(whole_gpus(tolerations=None), whole_gpus(tolerations=[other]))
    assert GPU_TOLERATION.fix
    assert GPU_TOLERATION.fix(resource, {})
    assert resource == multi_node(whole_gpus(tolerations=[TOLERATION]), whole_gpus(tolerations=[other, TOLERATION]))
    assert not GPU_TOLERATION.fix(resource, {})


def test_nothing_is_added_to_pods_without_gpus_or_with_a_base() -> None:
    assert GPU_TOLERATION.fix
    assert not GPU_TOLERATION.fix(service(pod_spec(container(None), tolerations=None)), {})
    assert not GPU_TOLERATION.fix(service(pod_spec(tolerations=None), baseRefs=[{"name": "base"}]), {})
    assert not GPU_TOLERATION.fix(service(pod_spec(tolerations="6a19a0b0-unknown")), {})
