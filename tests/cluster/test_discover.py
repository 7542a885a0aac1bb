"""`slicewise discover` reads a real API server, and what it writes loads."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.models.core_v1 import Container, PodSpec, ResourceRequirements
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Namespace, Node, Pod

from embedded.fake_nodes import FakePool, add_nodes
from embedded.labelled_nodes import bare_metal, eks_cluster, gke_cluster, single_strategy
from slicewise.documents import load_fleet
from slicewise.planning import Rejections, make_plan, plan_lists, read_lists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightkube import Client

    from embedded.control_plane import ControlPlane

pytestmark = pytest.mark.xdist_group("plane")

ROOT = Path(__file__).parents[2]
SECONDS = 300


@pytest.fixture
def no_nodes(client: Client) -> Iterator[None]:
    """The plane is every test's of this directory: nodes go again."""
    yield
    for node in client.list(Node):
        assert node.metadata
        assert node.metadata.name
        client.delete(Node, node.metadata.name)


def discover(plane: ControlPlane, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-W", "error", "-m", "slicewise", "discover", *arguments)
    run = subprocess.run(
        command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    token = yaml.safe_load(plane.kubeconfig)["users"][0]["user"]["token"]
    assert token not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    return run


def discovered(plane: ControlPlane, tmp_path: Path, *arguments: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the pools as the plan counts them with what was declared, and the codes of warnings.

    Of a pool with several resources each is by itself, called after both.
    """
    run = discover(plane, "--kubeconfig", str(plane.kubeconfig_path), *arguments)
    assert (run.returncode, run.stderr) == (0, "")
    file = tmp_path / "environment.yaml"
    file.write_text(run.stdout, encoding="utf-8")
    fleet = load_fleet([str(file)])
    declared = {pool["name"]: pool for pool in yaml.safe_load(run.stdout)["spec"]["nodePools"]}
    plan = make_plan(fleet)
    planned = read_lists(plan_lists(fleet, plan, Rejections(fleet, plan)))["nodePools"]
    several = Counter(pool["nodePool"] for pool in planned)
    pools = {
        pool["nodePool"] if several[pool["nodePool"]] == 1 else f"{pool['nodePool']}: {pool['resource']}": pool
        | {"declared": declared[pool["nodePool"]]}
        for pool in planned
    }
    return pools, sorted({advice.code.value for advice in fleet.advice})


def summary(pools: dict[str, dict[str, Any]]) -> dict[str, tuple[str, int, int]]:
    """Return resource, units a node and free units of each pool."""
    return {name: (pool["resource"], pool["unitsPerNode"], pool["free"]) for name, pool in pools.items()}


@pytest.mark.usefixtures("no_nodes")
def test_gpu_operator_and_no_cloud(plane: ControlPlane, tmp_path: Path) -> None:
    add_nodes(plane, bare_metal())
    pools, warnings = discovered(plane, tmp_path, "--name", "onprem")
    assert summary(pools) == {
        "a100-40gb-1g-5gb": ("nvidia.com/mig-1g.5gb", 56, 56),
        "h100-80gb-3g-40gb": ("nvidia.com/mig-3g.40gb", 16, 64),
        "h100-80gb-slices: nvidia.com/mig-1g.10gb": ("nvidia.com/mig-1g.10gb", 16, 32),
        "h100-80gb-slices: nvidia.com/mig-2g.20gb": ("nvidia.com/mig-2g.20gb", 8, 16),
        "h100-80gb-slices: nvidia.com/mig-3g.40gb": ("nvidia.com/mig-3g.40gb", 8, 16),
        "h200": ("nvidia.com/gpu", 8, 16),
    }
    # Two of each profile of an eighth, a quarter and a half of eight H100s.
    balanced = pools["h100-80gb-slices: nvidia.com/mig-3g.40gb"]["declared"]
    assert balanced["capabilities"]["migConfiguration"]["slices"] == {"1g.10gb": 16, "2g.20gb": 8, "3g.40gb": 8}
    assert "reservedUnits" not in balanced
    assert pools["h100-80gb-3g-40gb"]["declared"] == {
        "name": "h100-80gb-3g-40gb",
        "nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/mig.config": "all-3g.40gb"},
        "acceleratorType": "NVIDIA-H100-80GB-HBM3",
        "acceleratorCount": 8,
        "nodeCount": 4,
        "allocatable": {"cpu": "256", "memory": "4Ti", "pods": 250},
        "capabilities": {
            "memoryPerGpu": "40448Mi",
            "precisionSupport": ["fp32", "fp16", "bf16", "fp8", "int8"],
            "migConfiguration": {"enabled": True, "profile": "3g.40gb", "strategy": "mixed"},
        },
    }
    assert warnings == []


@pytest.mark.usefixtures("no_nodes")
def test_strategy_single(plane: ControlPlane, tmp_path: Path) -> None:
    add_nodes(plane, single_strategy())
    pools, warnings = discovered(plane, tmp_path)
    assert summary(pools) == {
        "h100-80gb-3g-40gb": ("nvidia.com/gpu", 16, 32),
        "h100-80gb-whole": ("nvidia.com/gpu", 8, 8),
        "h200-1g-18gb": ("nvidia.com/gpu", 56, 56),
    }
    assert [pool["declared"]["nodeSelector"] for pool in pools.values()] == [
        {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"},
        {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"},
        {"nvidia.com/gpu.product": "NVIDIA-H200-MIG-1g.18gb"},
    ]
    assert pools["h200-1g-18gb"]["declared"]["capabilities"]["memoryPerGpu"] == "16384Mi"
    assert warnings == []


@pytest.mark.usefixtures("no_nodes")
def test_gke(plane: ControlPlane, tmp_path: Path) -> None:
    add_nodes(plane, gke_cluster())
    pools, warnings = discovered(plane, tmp_path)
    assert summary(pools) == {
        "slices": ("nvidia.com/gpu", 16, 32),
        "small": ("nvidia.com/gpu", 7, 7),
        "whole": ("nvidia.com/gpu", 8, 8),
    }
    for name, pool in pools.items():
        assert pool["declared"]["nodeSelector"] == {"cloud.google.com/gke-nodepool": name}
        assert "tolerations" not in pool["declared"]
    assert pools["slices"]["declared"]["capabilities"]["migConfiguration"]["strategy"] == "single"
    assert warnings == []


@pytest.mark.usefixtures("no_nodes")
def test_eks_with_the_gpu_operator(plane: ControlPlane, tmp_path: Path) -> None:
    add_nodes(plane, eks_cluster())
    pools, warnings = discovered(plane, tmp_path)
    assert summary(pools) == {
        "a100-slices": ("nvidia.com/gpu", 56, 56),
        "h100-slices": ("nvidia.com/mig-1g.10gb", 56, 112),
        "l40s": ("nvidia.com/gpu", 4, 4),
    }
    for name, pool in pools.items():
        assert pool["declared"]["nodeSelector"] == {"eks.amazonaws.com/nodegroup": name}
    assert warnings == []


@pytest.mark.usefixtures("no_nodes")
def test_taints_pods_and_the_autoscaler(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    taint = {"key": "team", "value": "ml", "effect": "NoSchedule"}
    labels = {"kubernetes.azure.com/agentpool": "gpu"}
    add_nodes(plane, [FakePool("gpu", 2, labels, (taint,), {"nvidia.com/gpu": 8})])
    status = "nodeGroups:\n- name: gpu\n  health: {minSize: 0, maxSize: 6}\n"
    scaling = ConfigMap(
        metadata=ObjectMeta(name="cluster-autoscaler-status", namespace="kube-system"), data={"status": status}
    )
    limits = ResourceRequirements(limits={"nvidia.com/gpu": "3"})
    notebook = Pod(
        metadata=ObjectMeta(name="notebook", namespace="discover"),
        spec=PodSpec(nodeName="gpu-1", containers=[Container(name="main", image="notebook", resources=limits)]),
    )
    client.create(Namespace(metadata=ObjectMeta(name="discover")))
    client.create(scaling)
    client.create(notebook)
    try:
        pools, _ = discovered(plane, tmp_path)
    finally:
        client.delete(ConfigMap, "cluster-autoscaler-status", namespace="kube-system")
        client.delete(Pod, "notebook", namespace="discover", grace_period=0)
        client.delete(Namespace, "discover")
    declared = pools["gpu"]["declared"]
    assert declared["tolerations"] == [{"key": "team", "operator": "Equal", "value": "ml", "effect": "NoSchedule"}]
    assert (declared["nodeCount"], declared["maxNodeCount"], declared["reservedUnits"]) == (2, 6, 3)
    assert pools["gpu"]["free"] == 6 * 8 - 3


@pytest.mark.usefixtures("no_nodes")
def test_names_come_from_the_context_or_the_command_line(plane: ControlPlane) -> None:
    add_nodes(plane, single_strategy())
    # As kubectl finds it, and the embedded plane's context is called so.
    run = discover(plane, KUBECONFIG=str(plane.kubeconfig_path))
    (document,) = yaml.safe_load_all(run.stdout)
    assert document["metadata"]["name"] == "embedded"
    assert document["spec"]["cluster"]["existing"]["secretRef"] == {"name": "embedded-kubeconfig"}
    names = ("--name", "mig-a", "--secret-name", "vault/a", "--context", "embedded")
    run = discover(plane, "--kubeconfig", str(plane.kubeconfig_path), *names)
    document = yaml.safe_load(run.stdout)
    assert document["metadata"]["name"] == "mig-a"
    assert document["spec"]["cluster"]["existing"]["secretRef"] == {"name": "vault/a"}


def test_a_cluster_without_gpus(plane: ControlPlane) -> None:
    run = discover(plane, "--kubeconfig", str(plane.kubeconfig_path))
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    assert "0 nodes read, and none offers nvidia.com/gpu or nvidia.com/mig-" in line
    assert line.endswith("[SW604]")


def test_credentials_that_the_cluster_does_not_take(plane: ControlPlane, tmp_path: Path) -> None:
    config, canary = yaml.safe_load(plane.kubeconfig), secrets.token_hex(16)
    config["users"][0]["user"] = {"token": canary}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    run = discover(plane, "--kubeconfig", str(file))
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    assert line.endswith("[SW621]")
    assert canary not in line
