"""Environments whose clusters the stack makes, and what clouds answer."""

from __future__ import annotations

from typing import Any

import pulumi

from components.provisioning import provision
from components.stack_config import KubeconfigSourceName
from slicewise.documents import InferenceEnvironment
from slicewise.testing import Recorder, run
from tests.documents import environment, slices

GKE_CLUSTER = "gcp:container/cluster:Cluster"
GKE_POOL = "gcp:container/nodePool:NodePool"
EKS_CLUSTER = "aws:eks/cluster:Cluster"
EKS_GROUP = "aws:eks/nodeGroup:NodeGroup"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
RELEASE = "kubernetes:helm.sh/v3:Release"
PROVIDER = "pulumi:providers:kubernetes"

AUTHORITY = "bm90IGEgcmVhbCBhdXRob3JpdHk="
GKE_ENDPOINT = "198.51.100.7"
EKS_ENDPOINT = "https://0123456789.gr7.eu-central-1.eks.amazonaws.com"

SLICES: dict[str, Any] = {
    "nodeSelector": {"cloud.google.com/gke-nodepool": "slices", "acme.example/tier": "small"},
    "machineType": "a3-highgpu-8g",
    "nodeCount": 2,
    "strategy": "single",
}
P5: dict[str, Any] = {"machineType": "p5.48xlarge"}


def answer(recorder: Recorder) -> None:
    """Let the mock engine answer as clouds do when they have made a cluster."""
    recorder.outputs[GKE_CLUSTER] = {"endpoint": GKE_ENDPOINT, "masterAuth": {"clusterCaCertificate": AUTHORITY}}
    recorder.outputs[EKS_CLUSTER] = {"endpoint": EKS_ENDPOINT, "certificateAuthority": {"data": AUTHORITY}}
    recorder.outputs[ROLE] = {"arn": "arn:aws:iam::123456789012:role/made", "name": "made"}


def _made(name: str, cluster: dict[str, Any], *pools: dict[str, Any]) -> dict[str, Any]:
    document = environment(name, *pools)
    document["spec"]["cluster"] = cluster
    return document


def gke_document(*pools: dict[str, Any], name: str = "gke-a", **fields: object) -> dict[str, Any]:
    """Return an environment on GKE with these pools, by default one of 3g.40gb on two nodes of eight H100s."""
    gke = {"project": "acme", "location": "europe-west4-b", **fields}
    return _made(name, {"source": "GKE", "gke": gke}, *(pools or (slices("slices", "3g.40gb", **SLICES),)))


def eks_document(*pools: dict[str, Any], name: str = "eks-a", **fields: object) -> dict[str, Any]:
    """Return an environment on EKS with these pools, by default one of 3g.40gb on one node of eight H100s."""
    eks = {"region": "eu-central-1", "subnetIds": ["subnet-0a", "subnet-0b"], **fields}
    return _made(name, {"source": "EKS", "eks": eks}, *(pools or (slices("slices", "3g.40gb", **P5),)))


def declare(recorder: Recorder, *documents: dict[str, Any]) -> dict[str, str]:
    """Provision what the documents declare; return the kubeconfigs, after seeing that they are secret."""
    answer(recorder)
    kubeconfigs: dict[str, str] = {}
    secrets: dict[str, bool] = {}
    environments = [InferenceEnvironment.model_validate(document) for document in documents]

    def program() -> pulumi.Output[Any]:
        made = provision(environments, KubeconfigSourceName.CONFIG)
        texts = pulumi.Output.all(**{name: cluster.kubeconfig for name, cluster in made.items()})

        async def keep() -> None:
            kubeconfigs.update(await texts.future() or {})
            for name, cluster in made.items():
                secrets[name] = await cluster.kubeconfig.is_secret()

        return pulumi.Output.from_input(keep())

    run(program)
    assert all(secrets.values())
    return kubeconfigs
