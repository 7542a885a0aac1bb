"""Secrets among variables and arguments: what passes, what is found, and where."""

from __future__ import annotations

import pytest

from policies.rules.credentials import NO_SECRET_VALUES
from policies.rules.rule_runner import run_rule
from policies.rules.rule_types import UNKNOWN, Finding, Unchecked
from tests.policies.outcomes import found
from tests.policies.resources import CONTAINER, DIGEST, container, deployment, pod_spec, service

# Shaped like the real ones; made up, and put together here so that no scanner takes them for real.
TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"
RANDOM = "q7Rz2LmX9" + "vKt4WpB8sYd"
# As long as AWS's secret keys, which are base64.
AWS = "/q7Rz2LmX9vKt4W" + "pB8sYdH3nJ6cF1gT5xQ0aZe+u"
AWS_WITHOUT_PLUS = "/Kq7Rz/LmXvKtWpB" + "sYdH3nJcFgTxQaZe/uVwBn2k"


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
    (outcome,) = run_rule(NO_SECRET_VALUES, service(pod_spec(container(args=[f"--hf-token={TOKEN}"]))))
    assert "in a document of Slicewise: name the Secret in huggingFace.secretRef" in outcome.message


def test_no_message_repeats_the_secret() -> None:
    env = [{"name": "HF_TOKEN", "value": TOKEN}, {"name": "DB_PASSWORD", "value": "hunter2"}]
    outcomes = run_rule(NO_SECRET_VALUES, service(pod_spec(container(env=env, args=["--api-key=letmein", TOKEN]))))
    text = " ".join(item.message for item in outcomes)
    assert len(outcomes) == 4
    assert not any(secret in text for secret in (TOKEN, "hunter2", "letmein"))


def test_references_pass_and_unknown_values_are_told() -> None:
    reference = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}
    assert found(NO_SECRET_VALUES, service(pod_spec(container(env=[reference])))) == []
    env = [{"name": "A", "value": UNKNOWN}, {"name": "HF_TOKEN", "value": TOKEN}]
    outcomes = run_rule(NO_SECRET_VALUES, service(pod_spec(container(env=env, args=[UNKNOWN]))))
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
