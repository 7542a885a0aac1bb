"""What the cloud calls a cluster."""

from __future__ import annotations

import pytest

from slicewise.clusters.discover.discovery import describe_cluster
from tests.unit.clusters.discover.describing import GPU, cluster_of, loaded
from tests.unit.clusters.kubernetes_json import node_json


@pytest.mark.parametrize(
    ("context", "labels", "provider", "expected"),
    [
        (
            "arn:aws:eks:eu-central-1:123456789012:cluster/ml",
            {},
            "aws:///eu-central-1a/i-0",
            "eks: {region: eu-central-1, cluster: ml}",
        ),
        (
            "admin",
            {"alpha.eksctl.io/cluster-name": "ml", "topology.kubernetes.io/region": "eu-central-1"},
            "aws:///eu-central-1a/i-0",
            "eks: {region: eu-central-1, cluster: ml}",
        ),
        ("admin", {}, "aws:///eu-central-1a/i-0", None),
        ("gke_proj_europe-west4_ml", {}, "gce://other/europe-west4-b/n", None),
        ("gke_proj_europe-west4_ml", {}, "", None),
        ("admin", {}, "gce://proj/europe-west4-b/n", None),
    ],
)
def test_what_the_cloud_calls_the_cluster(
    context: str, labels: dict[str, str], provider: str, expected: str | None
) -> None:
    node = node_json("n", labels, {GPU: 1}, provider_id=provider)
    text = describe_cluster(cluster_of([node]), "prod", "prod-kubeconfig", context)
    assert (f"# in place of secretRef: {expected}" in text) == (expected is not None)
    assert ("in place of" in text) == (expected is not None)
    loaded(text)
