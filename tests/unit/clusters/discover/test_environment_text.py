"""The document as text for people: every field in its place, and comments where a look is needed."""

from __future__ import annotations

import re
from pathlib import Path

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.live.facts import NodeGroupBounds
from tests.unit.clusters.discover.describing import GPU, POOL, cluster_of, loaded
from tests.unit.clusters.kubernetes_json import node_json


def test_the_whole_document() -> None:
    nodes = [
        node_json(
            f"n-{number}",
            {
                POOL: "small",
                "cloud.google.com/gke-accelerator": "nvidia-h100-80gb",
                "cloud.google.com/gke-gpu-partition-size": "3g.40gb",
            },
            {GPU: 16},
            taints=[
                {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
                {"key": "team", "value": "ml", "effect": "NoSchedule"},
            ],
            provider_id=f"gce://proj/europe-west4-b/n-{number}",
        )
        for number in range(2)
    ]
    text = describe_cluster(cluster_of(nodes), "mig-a", "vault/mig-a", "gke_proj_europe-west4_mig-a")
    assert (
        text
        == """\
# Written by `slicewise discover`. What deserves a look says CHECK.
# No label says interconnect, interNodeBandwidth, nvlinkDomainSize, multiNodeCapable: write what models require.
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata:
  name: mig-a
spec:
  cluster:
    source: Existing
    existing:
      # the secret with this cluster's kubeconfig; the stack's kubeconfigSource says where it is
      secretRef:
        name: vault/mig-a
      # in place of secretRef: gke: {project: proj, location: europe-west4, cluster: mig-a}
  nodePools:
    - name: small
      nodeSelector:
        cloud.google.com/gke-nodepool: small
      tolerations:
      - {key: team, operator: Equal, value: ml, effect: NoSchedule}
      acceleratorType: nvidia-h100-80gb
      acceleratorCount: 8
      nodeCount: 2
      allocatable:
        cpu: '64'
        memory: 512Gi
      capabilities:
        memoryPerGpu: 40448Mi
        precisionSupport: [fp32, fp16, bf16, fp8, int8]
        migConfiguration:
          enabled: true
          profile: 3g.40gb
          strategy: single
"""
    )
    assert loaded(text).advice == ()


def test_the_page_shows_what_is_written() -> None:
    page = (Path(__file__).parents[4] / "docs" / "discover.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    kinds = {
        "slices": (2, "nvidia-h100-80gb", {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}, 16, "1890Gi"),
        "whole": (1, "nvidia-h200-141gb", {}, 8, "2850Gi"),
    }
    nodes = []
    for name, (count, gpu, more, units, memory) in kinds.items():
        for number in range(count):
            labels = {POOL: name, "cloud.google.com/gke-accelerator": gpu} | more
            node = node_json(
                f"gke-mig-a-{name}-0a1b2c3d-000{number}", labels, {GPU: units}, provider_id="gce://proj/z/n"
            )
            node["status"]["allocatable"] |= {"cpu": "206850m", "memory": memory}
            nodes.append(node)
    bounds = [NodeGroupBounds("https://x/zones/z/instanceGroups/gke-mig-a-slices-0a1b2c3d-grp", 0, 5)]
    context = "gke_proj_europe-west4_mig-a"
    assert describe_cluster(cluster_of(nodes, bounds=bounds), "mig-a", "mig-a-kubeconfig", context) == example
