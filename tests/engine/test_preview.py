"""What a user sees of `pulumi preview`, without any cluster; the program starts as the user's does."""

from __future__ import annotations

import json

import pytest

from tests.engine.workspace import Workspace

pytestmark = pytest.mark.real_start

SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"


def test_demo_stack_asks_for_the_exact_slice_on_the_declared_pool(workspace: Workspace) -> None:
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")

    services = workspace.preview().inputs(SERVICE)

    assert set(services) == {
        "mig-a/team-a/gemma-service",
        "onprem-b/team-a/gemma-service",
        "onprem-b/team-b/chat-small-service",
    }
    gemma = services["mig-a/team-a/gemma-service"]
    assert gemma["metadata"]["name"] == "gemma"
    assert gemma["metadata"]["namespace"] == "team-a"
    template = gemma["spec"]["template"]
    assert template["nodeSelector"] == {
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
        "nvidia.com/mig.config": "all-3g.40gb",
    }
    assert template["containers"][0]["resources"]["limits"]["nvidia.com/mig-3g.40gb"] == "1"
    assert gemma["spec"]["replicas"] == 2
    tiny = services["onprem-b/team-b/chat-small-service"]["spec"]["template"]["containers"][0]
    assert tiny["resources"]["limits"]["nvidia.com/mig-1g.10gb"] == "1"


def test_demo_stack_shows_the_units_of_its_pools(workspace: Workspace) -> None:
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")

    shown = workspace.pulumi("preview", "--stack", "test", "--diff")

    rows = [" ".join(line.split()) for line in shown.stderr.splitlines()]
    # environment, pool, unit, units a node, nodes, units, allocated, reserved, free
    assert "mig-a small-models-mig nvidia.com/mig-3g.40gb 16 1 16 2 0 14" in rows
    assert "onprem-b h100-tiny nvidia.com/mig-1g.10gb 56 1 56 6 2 48" in rows
    assert "unitsPerNode: 16" in shown.stdout
    assert "[SW" not in shown.stderr


def test_the_mistake_of_gke_is_a_warning(workspace: Workspace) -> None:
    workspace.use("gke-mixed")
    workspace.set_config("kubeconfigSource", "none")

    preview = workspace.preview()

    assert set(preview.inputs(SERVICE)) == {"gke-a/team-a/qwen-service"}
    assert [warning["code"] for warning in preview.outputs["warnings"].values()] == ["SW302"]
    assert any("[SW302]" in message for message in preview.messages)


def test_providers_are_explicit_secret_and_stable(workspace: Workspace) -> None:
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")

    providers = workspace.preview().inputs("pulumi:providers:kubernetes")

    assert {name: inputs["clusterIdentifier"] for name, inputs in providers.items()} == {
        "mig-a-provider": "mig-a",
        "onprem-b-provider": "onprem-b",
    }
    assert {inputs["kubeconfig"]["ciphertext"] for inputs in providers.values()} == {"[secret]"}


def test_no_preview_tells_of_a_wrong_version(workspace: Workspace) -> None:
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")

    shown = workspace.pulumi("preview", "--stack", "test")

    assert "Placements" in shown.stdout + shown.stderr
    assert "is expected to have version" not in shown.stdout + shown.stderr


def test_shortfall_fails_and_names_a_reason_for_every_pool(workspace: Workspace) -> None:
    workspace.use("shortfall")
    workspace.set_config("kubeconfigSource", "none")

    run = workspace.pulumi("preview", "--stack", "test", fails=True)

    shown = run.stdout + run.stderr
    assert "team-c/llama: 0 of 1 environments [SW501]" in shown
    assert "edge/slices with bf16-tp4: a slice has 39Gi, needs 70Gi (insufficient-memory)" in shown
    assert "edge/whole with bf16-tp4: a node has 2 GPUs, needs 4 (gpus-per-node)" in shown
    assert "edge/whole with fp8-tp2: 2 of 2 units free, needs 4 (capacity)" in shown
    assert "Traceback" not in shown
    assert "LLMInferenceService" not in shown


def test_shortfall_may_be_a_warning(workspace: Workspace) -> None:
    workspace.use("shortfall")
    workspace.set_config("kubeconfigSource", "none")
    workspace.set_config("onShortfall", "warn")

    preview = workspace.preview()

    assert preview.inputs(SERVICE) == {}
    assert preview.outputs["shortfalls"] == {
        "team-c/llama": {
            "deployment": {"namespace": "team-c", "name": "llama"},
            "wanted": 1,
            "placed": 0,
            "rejections": {"capacity": 1, "gpus-per-node": 1, "insufficient-memory": 2},
        }
    }
    assert any("SW501" in message for message in preview.messages)


def test_outputs_are_the_plan_of_the_command_line(workspace: Workspace) -> None:
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")
    shown = workspace.python("-m", "slicewise", "plan", "stacks/test", "--output", "json")

    outputs = workspace.preview().outputs

    plan = json.loads(shown.stdout)
    for placement in plan["placements"]:
        del placement["retained"]
        resource, endpoint = placement.pop("resource"), placement.pop("endpoint")
        assert resource["count"] == placement["gpusPerNode"]
        # No deployment of the demo is called from outside, and outputs have no nulls.
        assert endpoint.pop("external") is None
        parts = " ".join(f"{name}={text}" for name, text in placement["parts"].items())
        placement |= {"resource": resource["name"], "parts": parts, **endpoint}
        if profile := placement.pop("migProfile", None):
            assert resource["name"] == f"nvidia.com/mig-{profile}"
    assert outputs["placements"] == {
        f"{each['environment']}/{each['deployment']['namespace']}/{each['deployment']['name']}": each
        for each in plan["placements"]
    }
    assert outputs["nodePools"] == {f"{each['environment']}/{each['nodePool']}": each for each in plan["nodePools"]}
    # The sentences have the numbers: a stack's outputs are for people. And no line, which moves with those above it.
    assert sorted((each["code"], each["message"]) for each in outputs["warnings"].values()) == sorted(
        (each["code"], each["message"]) for each in plan["warnings"]
    )
    assert ".yaml:" not in json.dumps(outputs["warnings"])
