"""EKS clusters that the stack makes: what is registered, with the inputs as the providers see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi_aws import eks, iam
from pulumi_kubernetes.helm.v3 import ReleaseArgs

from slicewise.testing import Recorder
from tests.components.provisioned import (
    ATTACHMENT,
    AUTHORITY,
    EKS_CLUSTER,
    EKS_ENDPOINT,
    EKS_GROUP,
    P5,
    PROVIDER,
    RELEASE,
    ROLE,
    declare,
    eks_document,
)
from tests.components.sdk_types import not_taken
from tests.documents import pool, slices

ROLE_ARN = "arn:aws:iam::123456789012:role/made"
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}


def test_the_cluster(recorder: Recorder) -> None:
    declare(recorder, eks_document())

    (cluster,) = recorder.of_type(EKS_CLUSTER).values()
    assert (cluster.name, cluster.parent) == ("eks-a-cluster", "eks-a")
    assert cluster.inputs == {
        "name": "eks-a",
        "region": "eu-central-1",
        "roleArn": ROLE_ARN,
        "vpcConfig": {"subnetIds": ["subnet-0a", "subnet-0b"], "endpointPrivateAccess": True},
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        "deletionProtection": True,
    }
    # Its rights are there before it, and go after it.
    assert {"eks-a-cluster-role", "eks-a-cluster-role/AmazonEKSClusterPolicy"} <= cluster.dependencies


def test_what_the_document_says_of_the_cluster(recorder: Recorder) -> None:
    declare(
        recorder,
        eks_document(kubernetesVersion="1.34", systemInstanceType="m7a.2xlarge", deletionProtection=False),
    )

    inputs = recorder.of_type(EKS_CLUSTER)["eks-a-cluster"].inputs
    assert (inputs["version"], inputs["deletionProtection"]) == ("1.34", False)
    assert recorder.of_type(EKS_GROUP)["eks-a-system"].inputs["instanceTypes"] == ["m7a.2xlarge"]


def test_a_group_of_slices(recorder: Recorder) -> None:
    declare(recorder, eks_document())

    group = recorder.of_type(EKS_GROUP)["eks-a/slices"]
    assert group.parent == "eks-a"
    assert group.inputs == {
        "nodeGroupName": "slices",
        "region": "eu-central-1",
        "clusterName": "eks-a",
        "nodeRoleArn": ROLE_ARN,
        "subnetIds": ["subnet-0a", "subnet-0b"],
        "instanceTypes": ["p5.48xlarge"],
        "amiType": "AL2023_x86_64_NVIDIA",
        "diskSize": 200,
        "labels": {"pool": "slices", "nvidia.com/mig.config": "all-3g.40gb"},
        "taints": [GPU_TAINT],
        "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 1},
    }
    assert group.ignored == set()


def test_the_system_group_has_no_gpus_and_comes_first(recorder: Recorder) -> None:
    declare(recorder, eks_document())

    groups = recorder.of_type(EKS_GROUP)
    assert groups["eks-a-system"].inputs == {
        "nodeGroupName": "slicewise-system",
        "region": "eu-central-1",
        "clusterName": "eks-a",
        "nodeRoleArn": ROLE_ARN,
        "subnetIds": ["subnet-0a", "subnet-0b"],
        "instanceTypes": ["m7i.xlarge"],
        "amiType": "AL2023_x86_64_STANDARD",
        "scalingConfig": {"minSize": 2, "desiredSize": 2, "maxSize": 2},
    }
    granted = {
        f"eks-a-node-role/{policy}"
        for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
    }
    assert granted <= groups["eks-a-system"].dependencies
    assert {*granted, "eks-a-system", "eks-a-cluster"} <= groups["eks-a/slices"].dependencies


# What MIG manager takes (mig-parted, config names): a `.` for the `+`; a whole GPU's pool leaves its default.
@pytest.mark.parametrize(
    ("declared", "labels"),
    [
        (slices("p", "1g.10gb+me", **P5), {"pool": "p", "nvidia.com/mig.config": "all-1g.10gb.me"}),
        (pool("p", **P5), {"pool": "p"}),
        (
            slices("p", "3g.40gb", nodeSelector={"eks.amazonaws.com/nodegroup": "p"}, **P5),
            {"nvidia.com/mig.config": "all-3g.40gb"},
        ),
        (
            slices("p", "3g.40gb", nodeSelector={"nvidia.com/mig.config": "all-3g.40gb"}, **P5),
            {"nvidia.com/mig.config": "all-3g.40gb"},
        ),
    ],
)
def test_labels(recorder: Recorder, declared: dict[str, Any], labels: dict[str, str]) -> None:
    declare(recorder, eks_document(declared))

    assert recorder.of_type(EKS_GROUP)["eks-a/p"].inputs["labels"] == labels


def test_machines_with_arm_processors(recorder: Recorder) -> None:
    declared = slices(
        "p", "3g.93gb", machineType="p6e-gb200.36xlarge", acceleratorType="gb200", acceleratorCount=4, diskSizeGb=900
    )
    declare(recorder, eks_document(declared))

    inputs = recorder.of_type(EKS_GROUP)["eks-a/p"].inputs
    assert (inputs["amiType"], inputs["diskSize"]) == ("AL2023_ARM_64_NVIDIA", 900)


@pytest.mark.parametrize(
    ("counts", "scaling", "ignored"),
    [
        ({"nodeCount": 2}, (2, 2, 2), set()),
        # EKS takes no maximum below 1.
        ({"nodeCount": 0}, (0, 0, 1), set()),
        # The autoscaler's number is its own.
        ({"nodeCount": 1, "maxNodeCount": 4}, (1, 1, 4), {"scalingConfig.desiredSize"}),
        ({"nodeCount": 4, "maxNodeCount": 4}, (4, 4, 4), set()),
    ],
)
def test_how_many_nodes(
    recorder: Recorder, counts: dict[str, int], scaling: tuple[int, int, int], ignored: set[str]
) -> None:
    declare(recorder, eks_document(pool("p", **P5, **counts)))

    group = recorder.of_type(EKS_GROUP)["eks-a/p"]
    smallest, desired, largest = scaling
    assert group.inputs["scalingConfig"] == {"minSize": smallest, "desiredSize": desired, "maxSize": largest}
    assert group.ignored == ignored


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_roles(recorder: Recorder, region: str, partition: str) -> None:
    declare(recorder, eks_document(region=region))

    roles = recorder.of_type(ROLE)
    assert {name: json.loads(role.inputs["assumeRolePolicy"]) for name, role in roles.items()} == {
        name: {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
        }
        for name, service in (("eks-a-cluster-role", "eks.amazonaws.com"), ("eks-a-node-role", "ec2.amazonaws.com"))
    }
    prefix = f"arn:{partition}:iam::aws:policy"
    assert {name: item.inputs for name, item in recorder.of_type(ATTACHMENT).items()} == {
        f"eks-a-{of}-role/{policy}": {"role": "made", "policyArn": f"{prefix}/{policy}"}
        for of, policy in (
            ("cluster", "AmazonEKSClusterPolicy"),
            ("node", "AmazonEKSWorkerNodePolicy"),
            ("node", "AmazonEKS_CNI_Policy"),
            ("node", "AmazonEC2ContainerRegistryReadOnly"),
        )
    }
    assert all(item.dependencies == {name.partition("/")[0]} for name, item in recorder.of_type(ATTACHMENT).items())


@pytest.mark.parametrize(
    ("pools", "strategy"),
    [
        ([slices("p", "3g.40gb", **P5)], "mixed"),
        ([pool("w", **P5), slices("p", "3g.40gb", strategy="single", **P5)], "single"),
        ([pool("w", **P5)], "single"),
    ],
)
def test_the_gpu_operator(recorder: Recorder, pools: list[dict[str, Any]], strategy: str) -> None:
    declare(recorder, eks_document(*pools))

    (release,) = recorder.of_type(RELEASE).values()
    assert (release.name, release.parent, release.provider) == ("eks-a-gpu-operator", "eks-a", "eks-a-system-provider")
    assert release.inputs["chart"] == "gpu-operator"
    assert release.inputs["repositoryOpts"] == {"repo": "https://helm.ngc.nvidia.com/nvidia"}
    assert release.inputs["version"] == "v26.7.0"
    assert (release.inputs["namespace"], release.inputs["createNamespace"]) == ("gpu-operator", True)
    # AWS: "you must disable the operator installation of the driver and toolkit" on its accelerated images.
    assert release.inputs["values"] == {
        "driver": {"enabled": False},
        "toolkit": {"enabled": False},
        "mig": {"strategy": strategy},
        "migManager": {"enabled": True, "env": [{"name": "WITH_REBOOT", "value": "true"}]},
    }
    # Its pods need a node without GPUs; and no ambient kubeconfig installs it anywhere.
    assert "eks-a-system" in release.dependencies
    (provider,) = recorder.of_type(PROVIDER).values()
    assert (provider.name, provider.inputs["clusterIdentifier"]) == ("eks-a-system-provider", "eks-a")
    assert "kubeconfig" in provider.secrets


def test_the_kubeconfig_has_no_credential(recorder: Recorder) -> None:
    text = declare(recorder, eks_document())["eks-a"]

    kubeconfig = json.loads(text)
    assert kubeconfig["clusters"][0]["cluster"] == {"server": EKS_ENDPOINT, "certificate-authority-data": AUTHORITY}
    (user,) = kubeconfig["users"]
    assert set(user["user"]) == {"exec"}
    plugin = user["user"]["exec"]
    assert (plugin["command"], "eu-central-1" in plugin["args"], "eks-a" in plugin["args"]) == ("aws", True, True)


@pytest.mark.parametrize(
    ("token", "arguments"),
    [
        (EKS_CLUSTER, eks.ClusterArgs),
        (EKS_GROUP, eks.NodeGroupArgs),
        (ROLE, iam.RoleArgs),
        (ATTACHMENT, iam.RolePolicyAttachmentArgs),
        (RELEASE, ReleaseArgs),
    ],
)
def test_the_sdk_knows_all_of_it(recorder: Recorder, token: str, arguments: type) -> None:
    declare(recorder, eks_document(kubernetesVersion="1.34"))

    registered = recorder.of_type(token).values()
    assert registered
    assert [wrong for each in registered for wrong in not_taken(arguments, each.inputs)] == []
