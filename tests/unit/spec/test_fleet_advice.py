"""Warnings on documents together: selectors that match nothing, models that nobody serves, nodes counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.spec.documents import mig, minimal, pools
from tests.unit.spec.loader import Loader

ENVIRONMENT = minimal("InferenceEnvironment", ("metadata", "labels"), {"region": "europe-west4", "tier": "prod"})
OTHER = ENVIRONMENT.replace("mig-a", "mig-b").replace("europe-west4", "us-east1").replace("tier: prod", "tier: dev")
MODEL = minimal("ClusterModel")
DEPLOYMENT = minimal("ModelDeployment")


def advice(loader: Loader, *texts: str) -> list[str]:
    return [str(each) for each in loader.load(*texts).advice]


def selecting(field: str, **labels: str) -> str:
    return minimal("ModelDeployment", ("spec", field), {"matchLabels": labels})


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"region": "europe-west-4"}, 'has region=europe-west-4; did you mean "europe-west4"?'),
        ({"region": "mars"}, "has region=mars; there is europe-west4, us-east1"),
        ({"regoin": "us-east1"}, 'has a label regoin; did you mean "region"?'),
        ({"zzz": "1"}, "has a label zzz; correct it, or give the label to what is meant"),
    ],
)
def test_a_label_that_no_environment_has(loader: Loader, labels: dict[str, str], why: str) -> None:
    expected = (
        f"ModelDeployment default/chat: spec.environmentSelector: no environment that it could select {why} [SW320]"
    )
    assert advice(loader, ENVIRONMENT, OTHER, MODEL, selecting("environmentSelector", **labels)) == [expected]


def test_labels_that_no_environment_has_together(loader: Loader) -> None:
    (line,) = advice(
        loader, ENVIRONMENT, OTHER, MODEL, selecting("environmentSelector", region="us-east1", tier="prod")
    )
    assert "no environment has region=us-east1 and tier=prod together; leave one of them out" in line


def test_a_profile_that_no_environment_is_for(loader: Loader) -> None:
    serving = [{"name": "fp8"}, {"name": "bf16", "environmentSelector": {"matchLabels": {"region": "us-east-1"}}}]
    model = minimal("ClusterModel", ("spec", "serving"), serving)
    (line,) = advice(loader, ENVIRONMENT, OTHER, model, DEPLOYMENT)
    assert line.startswith(
        "ClusterModel gemma: spec.serving[1].environmentSelector: no environment that it could select "
    )
    assert 'did you mean "us-east1"? [SW320]' in line


def test_a_label_that_no_pool_has(loader: Loader) -> None:
    small, large = pools({"labels": {"size": "small"}}), pools({"labels": {"size": "large"}}).replace("mig-a", "mig-b")
    assert advice(loader, small, large, MODEL, selecting("nodePoolSelector", size="large")) == []
    (line,) = advice(loader, small, large, MODEL, selecting("nodePoolSelector", size="smal"))
    assert "spec.nodePoolSelector: no node pool that it could select has size=smal; did you mean" in line


def test_a_label_that_only_pools_of_other_environments_have(loader: Loader) -> None:
    here = pools({"labels": {"size": "small"}}).replace("name: mig-a\n", "name: mig-a\n  labels: {region: here}\n", 1)
    there = pools({"labels": {"size": "large"}}).replace("mig-a", "mig-b")
    both = selecting("nodePoolSelector", size="large").replace(
        "  nodePoolSelector", "  environmentSelector: {matchLabels: {region: here}}\n  nodePoolSelector"
    )
    (line,) = advice(loader, here, there, MODEL, both)
    assert "no node pool that it could select has size=large; there is small [SW320]" in line


def test_selectors_are_not_judged_without_environments(loader: Loader) -> None:
    assert advice(loader, MODEL, selecting("environmentSelector", region="mars")) == []


def test_a_model_that_nobody_serves(loader: Loader) -> None:
    unused = MODEL.replace("name: gemma\n", "name: old\n", 1)
    assert advice(loader, MODEL, unused, DEPLOYMENT, ENVIRONMENT) == [
        "ClusterModel old: metadata.name: no deployment refers to it; remove it, if none is to come [SW321]"
    ]
    # A catalogue of models by itself is no mistake.
    assert advice(loader, MODEL, unused) == []


def _cut(name: str, profile: str, memory: str, **more: object) -> dict[str, Any]:
    return {"name": name, "nodeSelector": {"pool": "mixed"}, "capabilities": mig(profile, memory), **more}


def test_a_node_whose_cpus_are_counted_twice(loader: Loader) -> None:
    large = _cut("large", "3g.40gb", "39Gi", allocatable={"cpu": "188", "memory": "1900Gi"})
    small = _cut("small", "1g.10gb", "9Gi", allocatable={"cpu": "188"})
    (line,) = advice(loader, pools(large, small))
    assert line == (
        'InferenceEnvironment mig-a: spec.nodePools[1].allocatable: a node of "small" may belong to "large" too, and '
        "both count its cpu; give each its share in allocatable, or their nodeSelectors one key with different values "
        "[SW324]"
    )
    assert advice(loader, pools(large, {**small, "allocatable": {}})) == []
    assert advice(loader, pools(large, {**small, "nodeSelector": {"pool": "other"}})) == []


@pytest.mark.parametrize(
    ("written", "means"), [("40G", "40G is 37.25Gi"), ("40000M", "40000M is 37.25Gi"), ("80G", "80G is 74.51Gi")]
)
def test_memory_of_a_gpu_in_powers_of_1000(loader: Loader, written: str, means: str) -> None:
    (line,) = advice(loader, pools({"capabilities": {"memoryPerGpu": written}}))
    assert f"capabilities.memoryPerGpu: {means}, for {written[-1]} has powers of 1000; write {written}i, or " in line
    assert line.endswith("[SW325]")
    requires = {"requires": {"memoryPerGpu": written}}
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "replicaTopology": requires}])
    (line,) = advice(loader, model)
    assert f"spec.serving[0].replicaTopology.requires.memoryPerGpu: {means}" in line


def test_memory_of_a_pod_in_powers_of_1000_is_as_good(loader: Loader) -> None:
    assert advice(loader, minimal("ClusterModel", ("spec", "resources"), {"memory": "40G"})) == []
