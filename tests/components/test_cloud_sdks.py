"""A stack that asks a cloud needs its SDK: what is missing is said at once, with a command that installs it."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components import cloud_sdks
from components.cloud_sdks import require_cloud_sdks
from components.stack_config import KubeconfigSourceName as Source
from components.stack_config import StackConfig
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import InferenceEnvironment
from tests.components.provisioned import eks_document, gke_document
from tests.documents import environment, pool

GCP = "its Python package pulumi-gcp is not installed; run: make gcp [SW417]"
AWS = "its Python package pulumi-aws is not installed; run: make aws [SW417]"


def by_name(name: str, **existing: object) -> dict[str, Any]:
    document = environment(name, pool("p"))
    document["spec"]["cluster"]["existing"] = existing
    return document


GKE_BY_NAME = by_name("found", gke={"project": "acme", "location": "europe-west4", "cluster": "c"})
EKS_BY_NAME = by_name("found", eks={"region": "eu-central-1", "cluster": "c"})


@pytest.fixture(autouse=True)
def without_sdks(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """No cloud's SDK is installed but those that a test adds."""
    installed: set[str] = set()
    monkeypatch.setattr(cloud_sdks, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    return installed


def said(source: Source, *documents: dict[str, Any]) -> list[str]:
    environments = [InferenceEnvironment.model_validate(document) for document in documents]
    try:
        require_cloud_sdks(StackConfig(kubeconfig_source=source), environments)
    except InvalidInputError as error:
        return str(error).splitlines()
    return []


def test_what_is_missing_is_said_of_every_environment() -> None:
    assert said(Source.CONFIG, gke_document(), eks_document()) == [
        f"InferenceEnvironment eks-a: spec.cluster.eks: the cluster is on AWS, and {AWS}",
        f"InferenceEnvironment gke-a: spec.cluster.gke: the cluster is on Google Cloud, and {GCP}",
    ]
    assert said(Source.CONFIG, GKE_BY_NAME) == [
        f"InferenceEnvironment found: spec.cluster.existing.gke: the cluster is on Google Cloud, and {GCP}",
    ]
    assert said(Source.CONFIG, EKS_BY_NAME) == [
        f"InferenceEnvironment found: spec.cluster.existing.eks: the cluster is on AWS, and {AWS}",
    ]


@pytest.mark.parametrize(
    ("source", "cloud", "expected"),
    [(Source.GCP_SECRET_MANAGER, "Google Cloud", GCP), (Source.AWS_SECRETS_MANAGER, "AWS", AWS)],
)
def test_a_source_of_kubeconfigs_is_said_where_it_is_set(source: Source, cloud: str, expected: str) -> None:
    documents = [environment(name, pool("p")) for name in ("a", "b")]
    place = "stacks/Pulumi.test.yaml: slicewise:kubeconfigSource"
    assert said(source, *documents) == [f"{place}: kubeconfigs are read from {cloud}, and {expected}"]


def test_clusters_that_are_found_by_name_read_no_secret() -> None:
    assert [line.partition(": ")[0] for line in said(Source.AWS_SECRETS_MANAGER, GKE_BY_NAME)] == [
        "InferenceEnvironment found"
    ]


def test_nothing_is_needed_where_no_cloud_is_asked() -> None:
    assert said(Source.NONE, gke_document(), eks_document(), GKE_BY_NAME, EKS_BY_NAME) == []
    assert said(Source.CONFIG, environment("a", pool("p"))) == []
    assert said(Source.KUBERNETES, environment("a", pool("p"))) == []


def test_one_cloud_does_not_need_the_other(without_sdks: set[str]) -> None:
    without_sdks.add("pulumi_gcp")
    assert said(Source.GCP_SECRET_MANAGER, gke_document(), GKE_BY_NAME, environment("a", pool("p"))) == []
    assert said(Source.GCP_SECRET_MANAGER, EKS_BY_NAME) != []
