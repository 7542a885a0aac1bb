"""Where a cluster comes from: the block that fits the source, and exactly one way to reach a cluster that exists."""

from __future__ import annotations

import pytest

from slicewise.documents.cluster import ClusterSource
from tests.unit.documents.loader import Loader

GKE = "{project: acme, location: europe-west4, cluster: mig-a}"
EKS = "{region: eu-central-1, cluster: mig-a}"


def environment(cluster: str) -> str:
    return f"""\
apiVersion: modelplane.ai/v1alpha1
kind: InferenceEnvironment
metadata: {{name: mig-a}}
spec:
  cluster: {cluster}
  nodePools:
    - name: whole
      acceleratorType: nvidia-h100-80gb
      acceleratorCount: 8
      capabilities: {{memoryPerGpu: 80Gi}}
"""


@pytest.mark.parametrize(
    ("way", "values"),
    [
        ("gke", {"project": "acme", "location": "europe-west4", "cluster": "mig-a"}),
        ("eks", {"region": "eu-central-1", "cluster": "mig-a"}),
    ],
)
def test_an_existing_cluster_of_a_cloud(loader: Loader, way: str, values: dict[str, str]) -> None:
    written = ", ".join(f"{key}: {value}" for key, value in values.items())
    fleet = loader.load(environment(f"{{source: Existing, existing: {{{way}: {{{written}}}}}}}"))
    cluster = fleet.environments[0].spec.cluster
    assert cluster.source is ClusterSource.EXISTING
    assert cluster.existing is not None
    assert getattr(cluster.existing, way).model_dump() == values
    assert cluster.existing.secret_ref is None


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ("{source: Existing, existing: §{}}", "spec.cluster.existing: one of secretRef, gke and eks is required"),
        (
            f"{{source: Existing, existing: {{secretRef: {{name: a}}, gke: §{GKE}}}}}",
            "spec.cluster.existing.gke: the cluster is reached by secretRef already",
        ),
        (
            f"{{source: Existing, existing: {{gke: {GKE}, eks: §{EKS}}}}}",
            "spec.cluster.existing.eks: the cluster is reached by gke already",
        ),
        (
            "{source: Existing, existing: {secretRef: {name: a}}, gke: §{project: acme, location: europe-west4}}",
            'spec.cluster.gke: source Existing takes no gke block; remove it, or write "source: GKE"',
        ),
    ],
)
def test_blocks_that_do_not_fit(loader: Loader, cluster: str, message: str) -> None:
    said = loader.refuse_at(environment(cluster))
    assert said.startswith(message)
    assert said.endswith("[SW220]")


@pytest.mark.parametrize(("source", "block"), [("GKE", "gke"), ("EKS", "eks"), ("Existing", "existing")])
def test_the_block_of_the_source_is_required(loader: Loader, source: str, block: str) -> None:
    message = loader.refuse_at(environment(f"§{{source: {source}}}"))
    assert message == f'spec.cluster.{block}: "{block}" is required in spec.cluster; add it [SW202]'


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        (
            "{source: EKS, eks: {region: eu-central-1, subnetIds: §[subnet-0a]}}",
            "spec.cluster.eks.subnetIds: got 1 item, expected at least 2 items [SW203]",
        ),
        (
            "{source: EKS, eks: {region: eu-central-1, subnetIds: [subnet-0a, §vpc-1]}}",
            (
                'spec.cluster.eks.subnetIds[1]: got "vpc-1", expected a subnet\'s id, such as subnet-0123456789abcdef0 '
                "[SW203]"
            ),
        ),
        (
            '{source: GKE, gke: {project: acme, location: europe-west4, kubernetesVersion: §"134"}}',
            'spec.cluster.gke.kubernetesVersion: got "134", expected a Kubernetes version such as 1.34 [SW203]',
        ),
        (
            "{source: GKE, gke: {project: §Acme, location: europe-west4}}",
            (
                'spec.cluster.gke.project: got "Acme", expected a Google Cloud project\'s id: '
                "lower-case letters, digits and -, beginning with a letter [SW203]"
            ),
        ),
        (
            "{source: Existing, existing: {gke: {project: acme, location: §a/b, cluster: c}}}",
            (
                'spec.cluster.existing.gke.location: got "a/b", expected letters, digits, -, _ and ., beginning with a '
                "letter or digit [SW203]"
            ),
        ),
    ],
)
def test_values_that_are_none(loader: Loader, cluster: str, message: str) -> None:
    assert loader.refuse_at(environment(cluster)) == message
