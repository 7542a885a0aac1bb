"""Rules about images, secrets, KServe and providers: what they pass, what they find, and where."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.credentials import NO_SECRET_VALUES
from policies.rules.images import IMAGE_PINNED
from policies.rules.kserve_pods import MAIN_CONTAINER_RULE, POD_SPECS_AGREE
from policies.rules.kserve_text import ARGS_QUOTED, TEMPLATE_TEXT
from policies.rules.model import UNKNOWN, Finding, Resource, Unchecked
from policies.rules.providers import KUBECONFIG_SECRET, PROVIDER_EXPLICIT, PROVIDER_IDENTIFIED
from policies.rules.running import run
from policies.rules.service_names import SERVICE_NAME
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import (
    PROVIDER,
    SLICE,
    altered,
    container,
    deployment,
    multi_node,
    pod_spec,
    provider,
    service,
    whole_gpus,
)

CONTAINER = "spec.template.containers[0]"
# Shaped like the real ones; made up, and put together here so that no scanner takes them for real.
TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"
RANDOM = "q7Rz2LmX9" + "vKt4WpB8sYd"
# As long as AWS's secret keys, which are base64.
AWS = "/q7Rz2LmX9vKt4W" + "pB8sYdH3nJ6cF1gT5xQ0aZe+u"
AWS_WITHOUT_PLUS = "/Kq7Rz/LmXvKtWpB" + "sYdH3nJcFgTxQaZe/uVwBn2k"
DIGEST = "sha256:" + "0a1b2c3d" * 8


@pytest.mark.parametrize(
    ("image", "pinned", "with_digest"),
    [
        (None, True, True),
        ("vllm:v0.11", True, False),
        ("vllm", False, False),
        ("vllm:latest", False, False),
        ("registry:5000/vllm", False, False),
        ("registry:5000/vllm:v1", True, False),
        (f"vllm@{DIGEST}", True, True),
        (f"vllm:latest@{DIGEST}", True, True),
    ],
)
def test_images(image: str | None, pinned: bool, with_digest: bool) -> None:
    resource = service(pod_spec(container(image=image)))
    assert found(IMAGE_PINNED, resource) == ([] if pinned else [f"{CONTAINER}.image"])
    assert found(IMAGE_PINNED, resource, digest=True) == ([] if with_digest else [f"{CONTAINER}.image"])


def test_images_of_pods_without_gpus_are_other_peoples() -> None:
    web = {"name": "web", "image": "nginx"}
    assert found(IMAGE_PINNED, deployment({"containers": [web]})) == []
    assert found(IMAGE_PINNED, deployment(pod_spec(container(image="vllm:v1"), web))) == [
        "spec.template.spec.containers[1].image"
    ]


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("HF_TOKEN", TOKEN, True),
        ("HARMLESS", TOKEN, True),
        ("GREETING", f"Bearer {TOKEN}", True),
        ("AWS_ACCESS_KEY_ID", "AKIA" + "ABCDEFGHIJKLMNOP", True),
        ("URL", "https://user:pa55@host/path", True),
        ("KEY", "-----BEGIN RSA PRIVATE " + "KEY-----", True),
        ("DB_PASSWORD", "hunter2", True),
        ("OPENAI_API_KEY", "letmein", True),
        ("X", RANDOM, True),
        ("X", "0123456789abcdef" * 2, True),
        ("DB_PASSWORD", "$uperS3cret!x", True),
        ("DB_PASSWORD", "$UPER!x", True),
        ("DB_PASSWORD", "$(USER)hunter2", True),
        ("DB_PASSWORD", "${DB_PASSWORD:-hunter2}", True),
        ("DB_PASSWORD", "/hunter2#2!", True),
        ("OTHER_PASSWORD", "-hunter2hunter", True),
        ("AWS_SECRET_ACCESS_KEY", AWS, True),
        ("AWS_SECRET_ACCESS_KEY", AWS_WITHOUT_PLUS, True),
        ("URL", "redis://:hunter2@db", True),
        ("URL", "postgres://user:$uperS3cret@db/x", True),
        ("VLLM_API_KEYS", "letmein,letmeout", True),
        ("HF_TOKENS", "letmein", True),
        ("HFTOKEN", "letmein", True),
        ("PGPASS", "hunter2", True),
        ("PGPASSWORD", "hunter2", True),
        ("SMTP_PASS", "hunter2", True),
        ("MYSQL_PWD", "hunter2", True),
        ("LITELLM_MASTER_KEY", "hunter2", True),
        ("APITOKEN", "letmein", True),
        ("IMAGE_REGISTRY_TOKEN", "letmein", True),
        ("NEW_API_KEY", "letmein", True),
        ("CACHE_PASSWORD", "hunter2", True),
        ("IMAGE_PULL_SECRET", "regcred", False),
        ("DB_PASSWORD", "${DB_PASSWORD}", False),
        ("DB_PASSWORD", "$(A):$(B)", False),
        ("AUTH_TOKEN", "Bearer $(TOKEN)", False),
        ("HF_TOKEN", "/mnt/secret/path", False),
        ("HF_TOKEN", "/var/run/secrets/Models/HuggingFace2/Token", False),
        ("HF_TOKEN", "/mnt/Secrets/Llama3/HuggingFaceTokenFile", False),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/var/run/secrets/google/key.json", False),
        ("PGPASSFILE", "secret/pgpass", False),
        ("URL", "redis://:$(REDIS_PASSWORD)@db", False),
        ("URL", "redis://user:${REDIS_PASSWORD}@db", False),
        ("IMAGE", f"oci://vllm:v1@{DIGEST}", False),
        ("MAX_NUM_BATCHED_TOKENS", "auto", False),
        ("EOS_TOKEN", "endoftext", False),
        ("STOP_TOKENS", "</s>", False),
        ("TRUST_BYPASS", "always", False),
        ("PWD", "workspace", False),
        ("MONKEY", "chimpanzee", False),
        ("HF_TOKEN", "", False),
        ("HF_TOKEN", "$(FROM_ELSEWHERE)", False),
        ("HF_TOKEN", "/run/secrets/token", False),
        ("VLLM_API_KEY", "EMPTY", False),
        ("MAX_TOKENS", "plenty", False),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("MODEL", "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B-AWQ", False),
        ("REVISION", "0a1b2c3d" * 5, False),
        ("IMAGE", f"vllm@{DIGEST}", False),
        ("GPU", "MIG-5d2b1d7e-7c43-5c1b-9a39-3a0a6e2f8f52", False),
        ("URL", "http://host:8000/v1", False),
        ("CLASS", "VllmDistributedExecutorBackendRay2", False),
    ],
)
def test_secrets_in_env(name: str, value: str, secret: bool) -> None:
    resource = service(pod_spec(container(env=[{"name": name, "value": value}])))
    assert found(NO_SECRET_VALUES, resource) == ([f"{CONTAINER}.env[0].value"] if secret else [])


@pytest.mark.parametrize(
    ("args", "path"),
    [
        (["--api-key", "letmein"], f"{CONTAINER}.args"),
        (["--api-key=letmein"], f"{CONTAINER}.args"),
        (["serve", f"--hf-token={TOKEN}"], f"{CONTAINER}.args[1]"),
        (["--api-key", "$uperS3cret!x"], f"{CONTAINER}.args"),
        (["--api-key $uperS3cret!x"], f"{CONTAINER}.args"),
        (["--api-key=-hunter2hunter"], f"{CONTAINER}.args"),
        (["--api-keys", "letmein"], f"{CONTAINER}.args"),
        (["--hftoken=letmein"], f"{CONTAINER}.args"),
        (["--db=redis://:hunter2@db"], f"{CONTAINER}.args[0]"),
        (["--trust-remote-code", "--api-key", "letmein"], f"{CONTAINER}.args"),
        (["--api-key", "$API_KEY"], None),
        (["--api-key", "$(API_KEY)"], None),
        (["'--api-key=$(API_KEY)'"], None),
        (["--api-key=${API_KEY}"], None),
        (["exec vllm serve --api-key $(cat /run/secrets/key)"], None),
        (["--token-file", "secret/file"], None),
        (["--api-key", "/mnt/secret/path"], None),
        (["--num-speculative-tokens", "auto"], None),
        (["--allow-credentials", "serve"], None),
        (["--api-key", "--port=8000"], None),
        (["--hf-token"], None),
        (["--max-num-batched-tokens=8192"], None),
    ],
)
def test_secrets_in_arguments(args: list[str], path: str | None) -> None:
    assert found(NO_SECRET_VALUES, service(pod_spec(container(args=args)))) == ([path] if path else [])
    command = found(NO_SECRET_VALUES, service(pod_spec(container(command=args))))
    assert command == ([path.replace("args", "command")] if path else [])


def test_a_token_among_the_arguments_of_slicewise_has_its_field() -> None:
    (outcome,) = run(NO_SECRET_VALUES, service(pod_spec(container(args=[f"--hf-token={TOKEN}"]))))
    assert "in a document of Slicewise: name the Secret in huggingFace.secretRef" in outcome.message


def test_no_message_repeats_the_secret() -> None:
    env = [{"name": "HF_TOKEN", "value": TOKEN}, {"name": "DB_PASSWORD", "value": "hunter2"}]
    outcomes = run(NO_SECRET_VALUES, service(pod_spec(container(env=env, args=["--api-key=letmein", TOKEN]))))
    text = " ".join(item.message for item in outcomes)
    assert len(outcomes) == 4
    assert not any(secret in text for secret in (TOKEN, "hunter2", "letmein"))


def test_references_pass_and_unknown_values_are_told() -> None:
    reference = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}
    assert found(NO_SECRET_VALUES, service(pod_spec(container(env=[reference])))) == []
    env = [{"name": "A", "value": UNKNOWN}, {"name": "HF_TOKEN", "value": TOKEN}]
    outcomes = run(NO_SECRET_VALUES, service(pod_spec(container(env=env, args=[UNKNOWN]))))
    assert [type(item) for item in outcomes] == [Unchecked, Finding, Unchecked]


def test_secrets_are_configured() -> None:
    random = service(pod_spec(container(env=[{"name": "SEED", "value": RANDOM}])))
    assert found(NO_SECRET_VALUES, random, entropy=False) == []
    assert found(NO_SECRET_VALUES, random, allowedEnv=["SEED"]) == []
    own = service(pod_spec(container(args=["acme-1234"])))
    assert found(NO_SECRET_VALUES, own) == []
    assert found(NO_SECRET_VALUES, own, patterns=["acme-[0-9]+"]) == [f"{CONTAINER}.args[0]"]


def test_secrets_of_pods_without_gpus_are_other_peoples() -> None:
    web = {"containers": [{"name": "web", "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]}
    assert found(NO_SECRET_VALUES, deployment(web)) == []


def test_main_container() -> None:
    other = container(name="vllm")
    sidecar = container(None, name="proxy")
    assert found(MAIN_CONTAINER_RULE, service()) == []
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(container(), sidecar))) == []
    assert found(MAIN_CONTAINER_RULE, service({"nodeSelector": {"a": "b"}})) == []
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(sidecar))) == ["spec.template.containers"]
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(other))) == [
        "spec.template.containers",
        f"{CONTAINER}.resources",
    ]
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(container(None), other))) == [
        "spec.template.containers[1].resources"
    ]
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(sidecar), baseRefs=[{"name": "base"}])) == []
    assert found(MAIN_CONTAINER_RULE, deployment(pod_spec(other))) == []


def test_main_asks_for_the_gpu_and_not_what_runs_before_it() -> None:
    first = container(name="first")
    both = pod_spec(container(), initContainers=[first])
    assert found(MAIN_CONTAINER_RULE, service(both)) == []
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(container(None), initContainers=[first]))) == [
        "spec.template.initContainers[0].resources"
    ]
    # A sidecar goes on beside the engine, with a GPU of its own.
    beside = pod_spec(container(), initContainers=[{**first, "restartPolicy": "Always"}])
    assert found(MAIN_CONTAINER_RULE, service(beside)) == ["spec.template.initContainers[0].resources"]


CPU = container(None)
NO_GPUS = container("nvidia.com/gpu", "0")


@pytest.mark.parametrize(
    ("prefill", "paths"),
    [
        (None, []),
        ({"template": pod_spec()}, []),
        # KServe v0.20 makes a Deployment of vLLM with `resources: {}` of these two.
        ({}, ["spec.prefill.template"]),
        ({"replicas": 2}, ["spec.prefill.template"]),
        ({"template": {}}, ["spec.prefill.template"]),
        ({"template": {"containers": []}}, ["spec.prefill.template"]),
        ({"template": pod_spec(CPU)}, ["spec.prefill.template.containers[0].resources"]),
        ({"template": pod_spec(NO_GPUS)}, ["spec.prefill.template.containers[0].resources"]),
        ({"template": pod_spec({"name": "main"})}, ["spec.prefill.template.containers[0].resources"]),
        ({"template": pod_spec(CPU, container(name="x"))}, ["spec.prefill.template.containers[1].resources"]),
        ({"template": pod_spec(), "worker": pod_spec(CPU)}, ["spec.prefill.worker.containers[0].resources"]),
        ({"template": pod_spec(CPU), "worker": pod_spec()}, ["spec.prefill.template.containers[0].resources"]),
        ({"worker": {}}, ["spec.prefill.template", "spec.prefill.worker"]),
    ],
)
def test_every_engine_of_a_service_has_a_gpu_or_none_has(prefill: dict[str, Any] | None, paths: list[str]) -> None:
    assert found(MAIN_CONTAINER_RULE, service(prefill=prefill)) == paths
    if paths:
        outcomes = run(MAIN_CONTAINER_RULE, service(prefill=prefill, baseRefs=[{"name": "base"}]))
        outside = [item for item in outcomes if isinstance(item, Finding)]
        assert all("outside main" in item.problem for item in outside)
        assert len(outcomes) == len(paths)


def test_an_engine_without_a_gpu_is_found_whichever_side_it_is_on() -> None:
    prefill = {"template": pod_spec()}
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(CPU), prefill=prefill)) == [f"{CONTAINER}.resources"]
    without = service(prefill=prefill)
    del without.properties["spec"]["template"]
    assert found(MAIN_CONTAINER_RULE, without) == ["spec.template"]
    assert found(MAIN_CONTAINER_RULE, multi_node(whole_gpus(), pod_spec(CPU))) == [
        "spec.worker.containers[0].resources"
    ]
    assert found(MAIN_CONTAINER_RULE, multi_node(pod_spec(CPU), whole_gpus())) == [f"{CONTAINER}.resources"]


@pytest.mark.parametrize("prefill", [None, {}, {"template": pod_spec(CPU)}, {"template": pod_spec(NO_GPUS)}])
@pytest.mark.parametrize("engine", [CPU, NO_GPUS])
def test_a_service_on_cpus_may_be_meant(engine: dict[str, Any], prefill: dict[str, Any] | None) -> None:
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(engine), prefill=prefill)) == []
    without = service(prefill=prefill)
    del without.properties["spec"]["template"]
    assert found(MAIN_CONTAINER_RULE, without) == []


@pytest.mark.parametrize(
    ("worker", "path"),
    [
        (whole_gpus(), None),
        (whole_gpus(nodeSelector={"pool": "b"}), "spec.worker.nodeSelector"),
        (whole_gpus(tolerations=None), "spec.worker.tolerations"),
        (pod_spec(container("nvidia.com/gpu", "4")), "spec.worker.containers[0].resources"),
        (pod_spec(container("nvidia.com/gpu", "8", image="v2")), "spec.worker.containers[0].image"),
        (pod_spec(container("nvidia.com/gpu", "8", args=["-x"])), "spec.worker.containers[0].args"),
        (pod_spec(container("nvidia.com/gpu", "8", env=[{"name": "A"}])), "spec.worker.containers[0].env"),
        (pod_spec(container("nvidia.com/gpu", "8", args=[])), None),
    ],
)
def test_leader_and_worker_agree(worker: dict[str, Any], path: str | None) -> None:
    assert found(POD_SPECS_AGREE, multi_node(whole_gpus(), worker)) == ([path] if path else [])
    prefill = {"template": whole_gpus(), "worker": worker}
    assert found(POD_SPECS_AGREE, service(prefill=prefill)) == (
        [path.replace("spec.", "spec.prefill.", 1)] if path else []
    )


def in_pools(*pools: str) -> dict[str, Any]:
    expression = {"key": "pool", "operator": "In", "values": list(pools)}
    return {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    }


@pytest.mark.parametrize(
    ("worker", "agrees"),
    [
        ({"nodeSelector": {"pool": "a"}}, True),
        ({"nodeSelector": None, "affinity": {"nodeAffinity": in_pools("a")}}, True),
        ({"nodeSelector": None, "affinity": {"nodeAffinity": in_pools("b")}}, False),
        ({"nodeSelector": None, "affinity": {"nodeAffinity": in_pools("a", "b")}}, False),
        ({"nodeSelector": {"pool": "a"}, "affinity": {"nodeAffinity": in_pools("b")}}, False),
    ],
)
def test_leader_and_worker_go_to_the_same_nodes_however_that_is_written(worker: dict[str, Any], agrees: bool) -> None:
    resource = multi_node(whole_gpus(nodeSelector={"pool": "a"}), whole_gpus(**worker))
    assert found(POD_SPECS_AGREE, resource) == ([] if agrees else ["spec.worker.nodeSelector"])


@pytest.mark.parametrize(
    ("limits", "agrees"),
    [
        ({"nvidia.com/gpu": 8, "cpu": "8"}, True),
        ({"nvidia.com/gpu": "8000m", "cpu": 8.0}, True),
        ({"nvidia.com/gpu": "8", "cpu": "8", SLICE: "0"}, True),
        ({"nvidia.com/gpu": "8", "cpu": "8", SLICE: "1"}, False),
        ({"nvidia.com/gpu": "8", "cpu": "8", "memory": "0"}, False),
        ({"nvidia.com/gpu": "8", "cpu": "8 cores"}, False),
    ],
)
def test_leader_and_worker_ask_for_the_same_amounts(limits: dict[str, Any], agrees: bool) -> None:
    leader = pod_spec(container(None, resources={"limits": {"nvidia.com/gpu": "8", "cpu": "8"}}))
    worker = pod_spec(container(None, resources={"limits": limits}))
    assert found(POD_SPECS_AGREE, multi_node(leader, worker)) == (
        [] if agrees else ["spec.worker.containers[0].resources"]
    )


@pytest.mark.parametrize(
    ("requests", "agrees"),
    [
        (None, True),
        ({"nvidia.com/gpu": "8"}, True),
        ({"nvidia.com/gpu": "8", "cpu": "8000m"}, True),
        ({"cpu": "4"}, False),
    ],
)
def test_what_is_limited_is_requested_whether_that_is_written_or_not(
    requests: dict[str, Any] | None, agrees: bool
) -> None:
    limits = {"nvidia.com/gpu": "8", "cpu": "8"}
    leader = pod_spec(container(None, resources={"limits": limits}))
    worker = pod_spec(container(None, resources={"limits": limits, "requests": requests}))
    assert found(POD_SPECS_AGREE, multi_node(leader, worker)) == (
        [] if agrees else ["spec.worker.containers[0].resources"]
    )


TEAM = {"key": "team", "operator": "Equal", "value": "", "effect": "NoSchedule"}
SPOT = {"key": "spot", "operator": "Exists"}


@pytest.mark.parametrize(
    ("tolerations", "agrees"),
    [
        ([SPOT, TEAM], True),
        ([TEAM, SPOT, TEAM], True),
        ([{"key": "team", "effect": "NoSchedule"}, SPOT | {"effect": "", "value": None}], True),
        ([TEAM], False),
        ([TEAM | {"value": "a"}, SPOT], False),
        ([TEAM, SPOT | {"effect": "NoExecute"}], False),
        ([TEAM, SPOT | {"tolerationSeconds": 60}], False),
    ],
)
def test_leader_and_worker_tolerate_the_same_however_that_is_written(tolerations: list[Any], agrees: bool) -> None:
    resource = multi_node(whole_gpus(tolerations=[TEAM, SPOT]), whole_gpus(tolerations=tolerations))
    assert found(POD_SPECS_AGREE, resource) == ([] if agrees else ["spec.worker.tolerations"])


def test_what_must_agree_is_configured() -> None:
    worker = pod_spec(container("nvidia.com/gpu", "8", args=["--headless"]))
    assert found(POD_SPECS_AGREE, multi_node(whole_gpus(), worker), fields=["image", "resources"]) == []


def test_an_empty_worker_agrees_with_nothing() -> None:
    paths = found(POD_SPECS_AGREE, multi_node(whole_gpus(), {}))
    assert paths == ["spec.worker.nodeSelector", "spec.worker.tolerations", "spec.worker.containers"]


@pytest.mark.parametrize(
    ("length", "spec", "fits"),
    [
        (63, {}, True),
        (64, {}, False),
        (38, {"worker": {}}, True),
        (39, {"worker": {}}, False),
        (39, {"prefill": {"worker": {}}}, False),
        (43, {"scaling": {"maxReplicas": 2}}, True),
        (44, {"scaling": {"maxReplicas": 2}}, False),
    ],
)
def test_lengths_of_names(length: int, spec: dict[str, Any], fits: bool) -> None:
    assert found(SERVICE_NAME, service(name="a" * length, **spec)) == ([] if fits else ["metadata.name"])


@pytest.mark.parametrize("name", ["7b", "Gemma", "gemma_3", "gemma-", "gemma.3"])
def test_names_are_dns_labels(name: str) -> None:
    assert found(SERVICE_NAME, service(name=name)) == ["metadata.name"]


def test_template_text() -> None:
    argument = '--override={"a":{{"b":1}}}'
    assert found(TEMPLATE_TEXT, service(pod_spec(container(args=["{}", "{ {"])))) == []
    assert found(TEMPLATE_TEXT, service(pod_spec(container(args=["-x", argument])))) == [f"{CONTAINER}.args[1]"]
    assert found(TEMPLATE_TEXT, service(annotations={"a": "{{ .Name }}"})) == ["spec.annotations.a"]
    assert unchecked(TEMPLATE_TEXT, service(pod_spec(container(args=[UNKNOWN])))) == [f"{CONTAINER}.args[0]"]


@pytest.mark.parametrize(
    ("argument", "survives"),
    [
        ("--max-model-len=8192", True),
        ("'{\"a\": 1}'", True),
        ("--x='{\"a\": 1}'", True),
        ("'it'\"'\"'s'", True),
        ('{"a": 1}', False),
        ("two words", False),
        ("$HOME", False),
        ("a;b", False),
        ("'open", False),
    ],
)
def test_arguments_survive_the_shell(argument: str, survives: bool) -> None:
    resource = service(pod_spec(container(args=[argument])))
    assert found(ARGS_QUOTED, resource) == ([] if survives else [f"{CONTAINER}.args[0]"])
    assert found(ARGS_QUOTED, service(pod_spec(container(args=[argument], command=["vllm"])))) == []
    assert found(ARGS_QUOTED, multi_node(pod_spec(container(args=[argument])), whole_gpus())) == []


def applied_by(resource: Resource, name: str) -> Resource:
    return Resource(resource.type, resource.name, resource.properties, provider=name)


def test_the_default_provider() -> None:
    web = deployment({"containers": [{"name": "web", "image": "nginx"}]})
    for name in ("default", "default_4_34_2"):
        assert found(PROVIDER_EXPLICIT, applied_by(service(), name)) == ["provider"]
        assert found(PROVIDER_EXPLICIT, applied_by(deployment(pod_spec()), name)) == ["provider"]
        assert found(PROVIDER_EXPLICIT, applied_by(web, name)) == []
    for name in ("", "mig-a-provider", "default-cluster", "defaults"):
        assert found(PROVIDER_EXPLICIT, applied_by(service(), name)) == []


def test_cluster_identifier() -> None:
    assert found(PROVIDER_IDENTIFIED, provider()) == []
    assert found(PROVIDER_IDENTIFIED, provider(clusterIdentifier=None)) == ["clusterIdentifier"]
    assert found(PROVIDER_IDENTIFIED, provider(clusterIdentifier="")) == ["clusterIdentifier"]
    assert unchecked(PROVIDER_IDENTIFIED, provider(clusterIdentifier=UNKNOWN)) == ["clusterIdentifier"]
    # The engine declares it; the resources that use it are found fault with.
    assert found(PROVIDER_IDENTIFIED, Resource(PROVIDER, "default_4_34_2", {"version": "4.34.2"})) == []


def test_kubeconfig() -> None:
    none: frozenset[str] = frozenset()
    assert found(KUBECONFIG_SECRET, provider()) == []
    assert found(KUBECONFIG_SECRET, provider(kubeconfig=UNKNOWN)) == []
    assert found(KUBECONFIG_SECRET, provider(none)) == ["kubeconfig"]
    assert found(KUBECONFIG_SECRET, provider(none, kubeconfig="")) == []
    assert found(KUBECONFIG_SECRET, provider(none, kubeconfig=None)) == []
    assert unchecked(KUBECONFIG_SECRET, provider(none, kubeconfig=UNKNOWN)) == ["kubeconfig"]


def test_services_of_other_versions_are_checked_too() -> None:
    old = altered(service(pod_spec(container(image="vllm"))), ("apiVersion",), "serving.kserve.io/v1alpha1")
    v1alpha1 = Resource("kubernetes:serving.kserve.io/v1alpha1:LLMInferenceService", "old", old.properties)
    assert found(IMAGE_PINNED, v1alpha1) == [f"{CONTAINER}.image"]
