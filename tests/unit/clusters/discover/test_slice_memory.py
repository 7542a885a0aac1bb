"""From a node's label to a verdict: engines are judged by the memory that GPU feature discovery reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.documents import Fleet, load_fleet
from slicewise.planning import judged_engine, make_plan
from slicewise.sizing import FitVerdict
from tests.unit.clusters.discover.describing import GPU, H100, cluster_of
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.documents.documents import minimal
from tests.unit.sizing.configs import LLAMA_8B

SINGLE = {
    "nvidia.com/mig.strategy": "single",
    "nvidia.com/gpu.product": f"{H100}-MIG-2g.20gb",
    "nvidia.com/gpu.count": "24",
}


def single(mebibytes: int) -> Json:
    """Return a node that is cut into 2g.20gb under strategy single, as GPU feature discovery labels it."""
    return node_json("n", {**SINGLE, "nvidia.com/gpu.memory": str(mebibytes)}, {GPU: 24})


def mixed(mebibytes: int) -> Json:
    """Return the same under strategy mixed, where a label has the name of the slice's resource."""
    labels = {
        "nvidia.com/gpu.product": H100,
        "nvidia.com/gpu.count": "8",
        "nvidia.com/gpu.memory": "81559",
        "nvidia.com/mig-2g.20gb.memory": str(mebibytes),
    }
    return node_json("n", labels, {"nvidia.com/mig-2g.20gb": 24})


def fleet(tmp_path: Path, node: Json, sequences: int) -> Fleet:
    text = describe_cluster(cluster_of([node]), "prod", "prod-kubeconfig")
    arguments = ["--max-model-len=8192", f"--max-num-seqs={sequences}", "--max-num-batched-tokens=2048"]
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "only", "engine": {"args": arguments}}])
    model += f"  architecture: {json.dumps({'config': LLAMA_8B})}\n"
    path = tmp_path / "fleet.yaml"
    path.write_text("---\n".join([text, model, minimal("ModelDeployment")]))
    return load_fleet([str(path)])


def verdict(there: Fleet) -> tuple[FitVerdict, float]:
    """Return the verdict on the one pool, and the GiB of its unit."""
    (model,) = there.models.values()
    (pool,) = there.node_pool.values()
    found = judged_engine(model, model.serving[0], pool)
    assert found
    return found.verdict, found.unit_bytes / 2**30


@pytest.mark.parametrize("node", [single, mixed])
def test_the_labels_mebibytes_are_written_and_judged(tmp_path: Path, node: Callable[[int], Json]) -> None:
    # 2g.20gb of an H100: 20,096 MiB, and less with a driver that keeps more, also where that is 19 GiB to the byte.
    for mebibytes in (20096, 19968, 19456):
        there = fleet(tmp_path, node(mebibytes), 64)
        document = next(iter(yaml.safe_load_all((tmp_path / "fleet.yaml").read_text())))
        capabilities = document["spec"]["nodePools"][0]["capabilities"]
        assert capabilities["memoryPerGpu"] == f"{mebibytes}Mi"
        assert verdict(there)[1] == pytest.approx(mebibytes / 1024)


def test_the_plan_goes_by_the_reported_memory_and_not_by_the_profiles_name(tmp_path: Path) -> None:
    """0.92 of 10,048 MiB are 9.03 GiB, and the weights have 14.99."""
    placed = make_plan(fleet(tmp_path, single(20096), 16))
    assert [each.node_pool for each in placed.placements]
    assert verdict(fleet(tmp_path, single(20096), 16))[0] is not FitVerdict.DOES_NOT_FIT
    # Half of it, as no 2g.20gb has: the label counts all the same, and nothing is placed.
    small = make_plan(fleet(tmp_path, single(10048), 16))
    assert small.placements == ()
    assert verdict(fleet(tmp_path, single(10048), 16))[0] is FitVerdict.DOES_NOT_FIT
