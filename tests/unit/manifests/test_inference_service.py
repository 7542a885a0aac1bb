"""The LLMInferenceService of a placement, field by field; the API server judges its schema in the engine tests."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.manifests.kubelet import expanded

# Kubernetes' Pod Security Standards, level restricted: what a container must say.
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def objects(*documents: Document) -> list[dict[str, Any]]:
    """Return the objects of the one environment in `documents`."""
    fleet = fleet_of(documents)
    (only,) = environment_objects(fleet, make_plan(fleet)).values()
    return only


def service(*documents: Document) -> dict[str, Any]:
    """Return the one service of `documents`."""
    (only,) = (item for item in objects(*documents) if item["kind"] == "LLMInferenceService")
    return only


def test_one_slice() -> None:
    gemma = model("gemma", profile("fp8", memoryPerGpu="39Gi"), cpu="8", memory="48Gi")
    small = slices(
        "small",
        "3g.40gb",
        nodeSelector={"nvidia.com/mig.config": "all-3g.40gb"},
        tolerations=[
            {"key": "team", "operator": "Equal", "value": "a", "effect": "NoExecute", "tolerationSeconds": 60}
        ],
    )

    assert service(environment("mig-a", small), gemma, deployment("chat", "gemma", replicas=2)) == {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {
            "name": "chat",
            "namespace": "team",
            "labels": {"app.kubernetes.io/managed-by": "slicewise"},
            "annotations": {
                "slicewise.dev/environment": "mig-a",
                "slicewise.dev/node-pool": "small",
                "slicewise.dev/profile": "fp8",
                "slicewise.dev/required-memory-per-gpu": "39Gi",
            },
        },
        "spec": {
            "annotations": {"slicewise.dev/revision": "b6c3d8dc8e4a"},
            "replicas": 2,
            "model": {"uri": "hf://models/gemma:main", "name": "gemma"},
            "template": {
                "nodeSelector": {"nvidia.com/mig.config": "all-3g.40gb"},
                "tolerations": [
                    {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
                    {"key": "team", "operator": "Equal", "value": "a", "effect": "NoExecute", "tolerationSeconds": 60},
                ],
                "initContainers": [
                    {
                        "name": "storage-initializer",
                        "resources": {
                            "requests": {"cpu": "8", "memory": "48Gi"},
                            "limits": {"cpu": "8", "memory": "48Gi"},
                        },
                        "securityContext": RESTRICTED,
                    }
                ],
                "containers": [
                    {
                        "name": "main",
                        "resources": {"limits": {"nvidia.com/mig-3g.40gb": "1", "cpu": "8", "memory": "48Gi"}},
                    }
                ],
                "topologySpreadConstraints": [
                    {
                        "maxSkew": 1,
                        "topologyKey": "kubernetes.io/hostname",
                        "whenUnsatisfiable": "ScheduleAnyway",
                        "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "chat"}},
                    }
                ],
            },
        },
    }


def test_metadata_of_a_deployment_reaches_the_service_and_its_pods() -> None:
    gemma, deployed = model("gemma", profile("fp8")), deployment("chat", "gemma", pod={"labels": {"tier": "gold"}})
    gemma["spec"]["pod"] = {"labels": {"cost-center": "platform", "part": "model"}}
    deployed["metadata"] |= {
        "labels": {"cost-center": "4711", "tier": "any", "kueue.x-k8s.io/queue-name": "search"},
        "annotations": {"owner": "search@example.com"},
    }
    made = service(environment("mig-a", pool("whole")), gemma, deployed)
    # KServe v0.20 hands labels of Kueue on from the service, and no others: those of pods are in spec.labels.
    assert made["spec"]["labels"] == {"cost-center": "4711", "part": "model", "tier": "gold"}
    assert made["spec"]["annotations"]["owner"] == "search@example.com"
    labels = {"cost-center": "4711", "tier": "any", "kueue.x-k8s.io/queue-name": "search"}
    assert made["metadata"]["labels"] == {**labels, "app.kubernetes.io/managed-by": "slicewise"}
    assert made["metadata"]["annotations"]["owner"] == "search@example.com"


def template(pool_document: Document, *profile_documents: Document) -> dict[str, Any]:
    """Return the pod template of one deployment on one pool."""
    result: dict[str, Any] = service(
        environment("env", pool_document), model("m", *profile_documents), deployment("d", "m")
    )["spec"]["template"]
    return result


@pytest.mark.parametrize(
    ("on", "resource"),
    [
        (slices("p", "1g.10gb"), "nvidia.com/mig-1g.10gb"),
        (slices("p", "1g.10gb+me"), "nvidia.com/mig-1g.10gb.me"),
        (slices("p", "3g.40gb", strategy="single"), "nvidia.com/gpu"),
        (pool("p"), "nvidia.com/gpu"),
    ],
)
def test_the_resource_is_the_one_that_the_pool_advertises(on: Document, resource: str) -> None:
    limits = template(on)["containers"][0]["resources"]["limits"]
    assert set(limits) == {resource, "cpu", "memory"}
    assert limits[resource] == "1"


def test_several_gpus_of_one_node_get_their_parallel_size_as_arguments() -> None:
    """KServe renders only tensor, and only since v0.20: the arguments work with all of them."""
    container = template(pool("p"), profile("tp", gpusPerNode=4, parallelism={"tensor": 2, "pipeline": 2}))[
        "containers"
    ][0]
    assert container["args"] == ["--tensor-parallel-size=2", "--pipeline-parallel-size=2"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "4"


def test_expert_parallelism_on_one_node() -> None:
    profiles = profile("ep", gpusPerNode=8, parallelism={"data": 8, "expert": True})
    args = template(pool("p"), profiles)["containers"][0]["args"]
    assert args == ["--data-parallel-size=8", "--enable-expert-parallel"]


def test_the_token_is_a_reference_and_only_for_the_download() -> None:
    gated = model("m")
    gated["spec"]["huggingFace"] |= {"revision": "v1.1", "secretRef": {"name": "huggingface", "key": "token"}}
    result = service(environment("env", pool("p")), gated, deployment("d", "m"))["spec"]
    assert result["model"]["uri"] == "hf://models/m:v1.1"
    reference = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "huggingface", "key": "token"}}}
    (initializer,) = result["template"]["initContainers"]
    assert (initializer["name"], initializer["env"]) == ("storage-initializer", [reference])
    assert initializer["securityContext"] == RESTRICTED
    assert "env" not in result["template"]["containers"][0]


def test_a_deployment_may_say_under_which_name_it_is_served() -> None:
    documents = [environment("env", pool("p")), model("qwen2.5-7b"), deployment("d", "qwen2.5-7b")]
    assert service(*documents)["spec"]["model"] == {"uri": "hf://models/qwen2.5-7b:main", "name": "qwen2.5-7b"}
    documents[-1] = deployment("d", "qwen2.5-7b", servedModelName="qwen-canary")
    assert service(*documents)["spec"]["model"] == {"uri": "hf://models/qwen2.5-7b:main", "name": "qwen-canary"}


def test_replicas_are_left_to_the_autoscaler() -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 10}}
    assert (
        "replicas"
        not in service(environment("e", pool("p")), model("m"), deployment("d", "m", scaling=scaling))["spec"]
    )


def test_spread_may_be_left_to_the_scheduler() -> None:
    assert "topologySpreadConstraints" not in template(pool("p"), profile("any", spread="none"))


def several_nodes(**topology: object) -> list[dict[str, Any]]:
    capable = pool("p", nodeCount=2, multiNodeCapable=True)
    chat = model("m", profile("two", nodes=2, gpusPerNode=8, **topology))
    return objects(environment("env", capable), chat, deployment("d", "m"))


def test_several_nodes_by_pipeline_come_with_the_config_that_kserve_lacks() -> None:
    config, result = several_nodes()
    assert (config["kind"], config["metadata"]["name"], config["metadata"]["namespace"]) == (
        "LLMInferenceServiceConfig",
        "kserve-config-llm-worker-pipeline-parallel",
        "team",
    )
    assert result["metadata"]["name"] == "d-n2"
    assert result["spec"]["parallelism"] == {"tensor": 8, "pipeline": 2}
    assert result["spec"]["worker"] == result["spec"]["template"]
    (container,) = result["spec"]["worker"]["containers"]
    assert (container["name"], container["resources"]["limits"]["nvidia.com/gpu"]) == ("main", "8")
    # The config says the sizes; said twice, vLLM would get each flag twice.
    assert "args" not in container


def test_several_nodes_by_pipeline_with_expert_parallelism() -> None:
    """KServe's own preset reads the same field; tests/cluster/test_parallelism.py runs what KServe renders."""
    config, result = several_nodes(parallelism={"tensor": 8, "pipeline": 2, "expert": True})
    assert result["spec"]["parallelism"] == {"tensor": 8, "pipeline": 2, "expert": True}
    for role in ("template", "worker"):
        *_, script, _ = config["spec"][role]["containers"][0]["command"]
        assert "{{ if .Spec.Parallelism.Expert }} --enable-expert-parallel{{ end }}" in script


def test_the_device_between_nodes_is_in_leader_and_worker_of_what_needs_the_network() -> None:
    """What public manifests of two nodes with InfiniBand have beside the GPUs."""
    joined = pool(
        "p",
        nodeCount=2,
        multiNodeCapable=True,
        interNodeBandwidth="ib-400g",
        interNodeDevice={
            "resource": "rdma/ib",
            "env": [{"name": "NCCL_IB_HCA", "value": "mlx5"}, {"name": "NCCL_DEBUG", "value": "INFO"}],
        },
        allocatable={"extendedResources": {"rdma/ib": 8}},
        pod={"container": {"securityContext": {"capabilities": {"add": ["IPC_LOCK"]}}}},
    )

    def of(**fields: object) -> dict[str, Any]:
        shaped = model("m", profile("x", gpusPerNode=8, **fields))
        spec: dict[str, Any] = service(environment("env", joined), shaped, deployment("d", "m"))["spec"]
        return spec

    needs = of(nodes=2, interNodeBandwidth="400g")
    for role in ("template", "worker"):
        (main,) = needs[role]["containers"]
        assert main["resources"]["limits"]["rdma/ib"] == "1"
        assert main["securityContext"] == {"capabilities": {"add": ["IPC_LOCK"]}}
        assert main["env"] == [{"name": "NCCL_IB_HCA", "value": "mlx5"}, {"name": "NCCL_DEBUG", "value": "INFO"}]
    for spec in (of(nodes=2), of(nodes=1, interNodeBandwidth="400g")):
        (main,) = spec["template"]["containers"]
        assert "rdma/ib" not in main["resources"]["limits"]
        assert "env" not in main


def test_the_revision_covers_slicewises_own_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """KServe replaces the pods when the config changes, and readiness must not take the old ones for the new."""
    _, before = several_nodes()
    monkeypatch.setattr("slicewise.manifests.pipeline_parallel.DEFAULT_IMAGE", "vllm:next")
    _, after = several_nodes()
    assert before["spec"]["annotations"] != after["spec"]["annotations"]
    assert before["spec"]["template"] == after["spec"]["template"]


def test_slicewises_own_config_is_one_that_restricted_takes() -> None:
    config, _ = several_nodes()
    containers = [config["spec"][role]["containers"][0] for role in ("template", "worker")]
    assert [container["securityContext"] for container in containers] == [RESTRICTED, RESTRICTED]


def test_several_nodes_by_data_use_kserves_own_config() -> None:
    (result,) = several_nodes(parallelism={"data": 16, "dataLocal": 8, "expert": True})
    assert result["spec"]["parallelism"] == {"tensor": 1, "data": 16, "dataLocal": 8, "expert": True}
    assert "args" not in result["spec"]["template"]["containers"][0]


def test_kserves_own_config_needs_expert_and_takes_it_back() -> None:
    """Without it KServe v0.20 renders " --tensor-parallel-size", with a blank: tests/cluster/test_parallelism.py."""
    (result,) = several_nodes(parallelism={"data": 16, "dataLocal": 8})
    assert result["spec"]["parallelism"]["expert"] is True
    assert result["spec"]["worker"]["containers"][0]["args"] == ["--no-enable-expert-parallel"]


# Kubernetes sets such variables in every container, and KServe's configs set others.
VARIABLES = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "HOME": "/home", "X": "$(HOME)", "": "empty"}
# What documents refuse is left out: control characters, {{, and dashes of text.
ARGUMENTS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r$()'"))
    .filter(lambda text: "{{" not in text)
    .map(lambda text: text.lstrip("\u2013\u2014"))
    | st.lists(st.sampled_from(["$", "$$", "(", ")", "$(", "HOME", "X", "$(HOME)", "é", "'", " ", "a"])).map("".join)
)


@pytest.mark.parametrize(
    ("written", "received"),
    [
        # From expansion_test.go of Kubernetes.
        ("$(VAR_A)", "A"),
        ("___$(VAR_B)___", "___B___"),
        ("$(VAR_A)-$(VAR_X)", "A-$(VAR_X)"),
        ("$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"),
        ("$$$(VAR_A)", "$A"),
        ("$$$$(FOO)$$$(VAR_B)", "$$(FOO)$B"),
        ("$VAR_A", "$VAR_A"),
        ("f000-$$VAR_A", "f000-$VAR_A"),
        ("foo\\$(VAR_C)bar", "foo\\Cbar"),
        ("$(VAR_A", "$(VAR_A"),
        ("$(VAR_A$(VAR_B)", "$(VAR_A$(VAR_B)"),
        ("$?_boo$)", "$?_boo$)"),
        ("foo$", "foo$"),
    ],
)
def test_the_stand_in_for_the_kubelet_expands_as_kubernetes_does(written: str, received: str) -> None:
    assert expanded(written, {"VAR_A": "A", "VAR_B": "B", "VAR_C": "C"}) == received


@given(ARGUMENTS)
@example(["--x=$$HOME", "--y=$(KUBERNETES_SERVICE_HOST)", "$", "$é", "$(X"])
def test_arguments_survive_the_kubelet_and_kserves_shell(arguments: list[str]) -> None:
    """KServe's single-node preset (v0.20) ends in `eval "exec vllm serve … $@"`; printf stands in for vLLM here."""
    engine = {"engine": {"args": arguments}}
    emitted = template(pool("p"), profile("any") | engine)["containers"][0].get("args", [])
    passed = [expanded(argument, VARIABLES) for argument in emitted]
    shell = ["/bin/bash", "-c", r'eval "printf %s\\\\0 $@"', "--", *passed]
    received = subprocess.run(shell, capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    assert received == (arguments or [""])  # printf writes its format once where there is nothing to write


def emitted_for_several_nodes(arguments: list[str], **topology: object) -> list[str]:
    chat = model("m", profile("two", nodes=2, gpusPerNode=8, **topology) | {"engine": {"args": arguments}})
    capable = pool("p", nodeCount=2, multiNodeCapable=True)
    spec = service(environment("env", capable), chat, deployment("d", "m"))["spec"]
    leader, worker = (spec[role]["containers"][0].get("args", []) for role in ("template", "worker"))
    assert leader == worker
    return [expanded(argument, VARIABLES) for argument in leader]


@given(ARGUMENTS)
@example(['--x={"a": "b c"}', "--y=$$HOME $(X)"])
def test_arguments_of_several_nodes_survive_the_kubelet(arguments: list[str]) -> None:
    """Slicewise's own config hands them to vLLM by `"$@"`, without an eval that would take quotes away."""
    assert emitted_for_several_nodes(arguments) == arguments


def test_arguments_of_several_nodes_by_data_are_quoted_for_kserves_shell() -> None:
    """KServe's config for data parallelism ends in an `eval` too (v0.20)."""
    parallelism = {"data": 16, "dataLocal": 8, "expert": True}
    received = emitted_for_several_nodes(['--x={"a": "$$b c"}'], parallelism=parallelism)
    assert received == ['\'--x={"a": "$$b c"}\'']


def test_the_kubelet_changes_nothing_in_the_config_for_pipeline_parallelism() -> None:
    config = several_nodes()[0]["spec"]
    for workload in (config["template"], config["worker"]):
        command = workload["containers"][0]["command"]
        assert [expanded(word, VARIABLES) for word in command] == command


def test_the_revision_changes_with_what_replaces_pods_alone() -> None:
    """A number that stays the same over releases, too: else an upgrade of Slicewise would restart everything."""

    def revision(replicas: int = 1, **fields: Any) -> str:  # noqa: ANN401
        item = service(environment("env", pool("p")), model("m", **fields), deployment("d", "m", replicas=replicas))
        value: str = item["spec"]["annotations"]["slicewise.dev/revision"]
        return value

    assert revision() == revision(replicas=5)
    assert len({revision(), revision(cpu="5"), revision(memory="17Gi")}) == 3
