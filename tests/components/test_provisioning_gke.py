"""GKE clusters that the stack makes: what is registered, with the inputs as the provider sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pulumi_gcp import container

from slicewise.testing import Recorder
from tests.components.provisioned import (
    AUTHORITY,
    GKE_CLUSTER,
    GKE_ENDPOINT,
    GKE_POOL,
    SLICES,
    declare,
    eks_document,
    gke_document,
)
from tests.components.sdk_types import not_taken
from tests.documents import pool, slices

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
WHOLE = {"nodeSelector": {"cloud.google.com/gke-nodepool": "whole"}, "machineType": "a3-highgpu-8g"}


def test_the_cluster(recorder: Recorder) -> None:
    declare(recorder, gke_document())

    (cluster,) = recorder.of_type(GKE_CLUSTER).values()
    assert (cluster.name, cluster.parent) == ("gke-a-cluster", "gke-a")
    assert cluster.inputs == {
        "name": "gke-a",
        "project": "acme",
        "location": "europe-west4-b",
        "releaseChannel": {"channel": "REGULAR"},
        "workloadIdentityConfig": {"workloadPool": "acme.svc.id.goog"},
        "removeDefaultNodePool": True,
        "initialNodeCount": 1,
        "deletionProtection": True,
    }


def test_what_the_document_says_of_the_cluster(recorder: Recorder) -> None:
    declare(
        recorder,
        gke_document(
            network="vpc",
            subnetwork="gpus",
            kubernetesVersion="1.34",
            systemMachineType="n2-standard-8",
            deletionProtection=False,
        ),
    )

    inputs = recorder.of_type(GKE_CLUSTER)["gke-a-cluster"].inputs
    assert (inputs["network"], inputs["subnetwork"], inputs["minMasterVersion"]) == ("vpc", "gpus", "1.34")
    assert inputs["deletionProtection"] is False
    assert recorder.of_type(GKE_POOL)["gke-a-system"].inputs["nodeConfig"]["machineType"] == "n2-standard-8"


def test_a_pool_of_slices(recorder: Recorder) -> None:
    declare(recorder, gke_document())

    pool = recorder.of_type(GKE_POOL)["gke-a/slices"]
    assert pool.parent == "gke-a"
    assert pool.inputs == {
        "name": "slices",
        "project": "acme",
        "location": "europe-west4-b",
        "cluster": "gke-a",
        "nodeLocations": ["europe-west4-b"],
        "nodeCount": 2,
        "upgradeSettings": {"maxSurge": 0, "maxUnavailable": 1},
        "nodeConfig": {
            "machineType": "a3-highgpu-8g",
            "diskSizeGb": 200,
            "guestAccelerators": [
                {
                    "type": "nvidia-h100-80gb",
                    "count": 8,
                    "gpuPartitionSize": "3g.40gb",
                    "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"},
                }
            ],
            # GKE sets gke-nodepool by itself, and lets nothing else set it.
            "labels": {"acme.example/tier": "small"},
            "oauthScopes": SCOPES,
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        },
    }


def test_the_system_pool_has_no_gpus_and_comes_first(recorder: Recorder) -> None:
    """Or GKE would not keep other pods off the GPU nodes."""
    declare(recorder, gke_document(slices("slices", "3g.40gb", **SLICES), pool("whole", **WHOLE)))

    pools = recorder.of_type(GKE_POOL)
    system = pools.pop("gke-a-system")
    assert system.inputs == {
        "name": "slicewise-system",
        "project": "acme",
        "location": "europe-west4-b",
        "cluster": "gke-a",
        "nodeCount": 2,
        "nodeConfig": {
            "machineType": "e2-standard-4",
            "oauthScopes": SCOPES,
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        },
    }
    assert "gke-a-cluster" in system.dependencies
    assert set(pools) == {"gke-a/slices", "gke-a/whole"}
    assert all({"gke-a-cluster", "gke-a-system"} <= each.dependencies for each in pools.values())


def test_a_pool_of_whole_gpus(recorder: Recorder) -> None:
    declare(recorder, gke_document(pool("whole", diskSizeGb=500, **WHOLE)))

    config = recorder.of_type(GKE_POOL)["gke-a/whole"].inputs["nodeConfig"]
    assert config["guestAccelerators"] == [
        {
            "type": "nvidia-h100-80gb",
            "count": 8,
            "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"},
        }
    ]
    assert config["diskSizeGb"] == 500


# The names are those of `gcloud compute accelerator-types list`; the plus is as GKE's node configuration has it.
@pytest.mark.parametrize(
    ("gpu", "machine", "count", "profile", "accelerator"),
    [
        ("NVIDIA-A100-SXM4-40GB", "a2-highgpu-4g", 4, "1g.5gb", "nvidia-tesla-a100"),
        ("a100-80gb", "a2-ultragpu-8g", 8, "2g.20gb", "nvidia-a100-80gb"),
        ("NVIDIA-H100-80GB-HBM3", "a3-megagpu-8g", 8, "7g.80gb", "nvidia-h100-mega-80gb"),
        ("h200", "a3-ultragpu-8g", 8, "1g.35gb", "nvidia-h200-141gb"),
        ("b200", "a4-highgpu-8g", 8, "3g.90gb", "nvidia-b200"),
        ("rtx-pro-6000", "g4-standard-384", 8, "1g.24gb+me", "nvidia-rtx-pro-6000"),
    ],
)
def test_accelerators(recorder: Recorder, gpu: str, machine: str, count: int, profile: str, accelerator: str) -> None:
    fields = SLICES | {"machineType": machine, "acceleratorType": gpu, "acceleratorCount": count}
    declare(recorder, gke_document(slices("slices", profile, **fields)))

    (found,) = recorder.of_type(GKE_POOL)["gke-a/slices"].inputs["nodeConfig"]["guestAccelerators"]
    assert (found["type"], found["count"], found["gpuPartitionSize"]) == (accelerator, count, profile)


def test_an_autoscaled_pool(recorder: Recorder) -> None:
    """The limits are for all zones together; what GKE counts by zone is only where it begins."""
    zones = ["europe-west4-a", "europe-west4-c"]
    fields = SLICES | {"nodeCount": 4, "maxNodeCount": 7, "zones": zones}
    declare(recorder, gke_document(slices("slices", "3g.40gb", **fields), location="europe-west4"))

    pool = recorder.of_type(GKE_POOL)["gke-a/slices"]
    assert pool.inputs["nodeLocations"] == zones
    assert pool.inputs["initialNodeCount"] == 2
    assert pool.inputs["autoscaling"] == {"totalMinNodeCount": 4, "totalMaxNodeCount": 7, "locationPolicy": "ANY"}
    assert "nodeCount" not in pool.inputs
    # A change of it would replace the pool.
    assert pool.ignored == {"initialNodeCount"}
    assert recorder.of_type(GKE_POOL)["gke-a-system"].inputs["nodeCount"] == 1


def test_a_fixed_pool_in_several_zones(recorder: Recorder) -> None:
    fields = SLICES | {"nodeCount": 4, "maxNodeCount": 4, "zones": ["europe-west4-a", "europe-west4-c"]}
    declare(recorder, gke_document(slices("slices", "3g.40gb", **fields), location="europe-west4"))

    inputs = recorder.of_type(GKE_POOL)["gke-a/slices"].inputs
    assert inputs["nodeCount"] == 2
    assert "autoscaling" not in inputs


def test_the_kubeconfig_has_no_credential(recorder: Recorder) -> None:
    text = declare(recorder, gke_document())["gke-a"]

    kubeconfig = json.loads(text)
    assert kubeconfig["clusters"][0]["cluster"] == {
        "server": f"https://{GKE_ENDPOINT}",
        "certificate-authority-data": AUTHORITY,
    }
    (user,) = kubeconfig["users"]
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"


@pytest.mark.parametrize(
    ("token", "arguments"), [(GKE_CLUSTER, container.ClusterArgs), (GKE_POOL, container.NodePoolArgs)]
)
def test_the_sdk_knows_all_of_it(recorder: Recorder, token: str, arguments: type) -> None:
    fields = SLICES | {"maxNodeCount": 7}
    document = gke_document(slices("slices", "3g.40gb", **fields), network="vpc", subnetwork="gpus")
    declare(recorder, document, eks_document())

    registered = recorder.of_type(token).values()
    assert registered
    assert [wrong for each in registered for wrong in not_taken(arguments, each.inputs)] == []


@pytest.mark.parametrize(
    ("inputs", "wrong"),
    [
        ({"nodeConfig": {"guestAccelerators": [{"gpuPartitionSizes": "3g.40gb"}]}}, "gpuPartitionSizes"),
        ({"nodeConfig": {"labels": {"a": 1}}}, "nodeConfig.labels.a"),
        ({"nodeCount": 1.5}, "nodeCount"),
        ({"node_count": 1}, "node_count"),
        ({"nodeLocations": ["europe-west4-a"], "cluster": True}, "cluster"),
    ],
)
def test_what_the_sdk_does_not_know_is_found(inputs: Mapping[str, Any], wrong: str) -> None:
    (found,) = not_taken(container.NodePoolArgs, inputs)
    assert wrong in found
