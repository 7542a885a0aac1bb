"""Kubeconfigs from clouds: what their functions are asked, what is made of the answers, what is said of failures."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.stack_config import KubeconfigSourceName
from slicewise.testing import Invoke, ProviderRefusal, Recorder
from tests.components.kubeconfigs import AUTHORITY, CANARY, existing, kubeconfig, read, refused, stack, url

GCP_SECRET = "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess"  # noqa: S105 - a function's name
AWS_SECRET = "aws:secretsmanager/getSecretVersion:getSecretVersion"  # noqa: S105 - a function's name
GKE = "gcp:container/getCluster:getCluster"
EKS = "aws:eks/getCluster:getCluster"
GCP = KubeconfigSourceName.GCP_SECRET_MANAGER
AWS = KubeconfigSourceName.AWS_SECRETS_MANAGER


@pytest.fixture
def server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield url(listening)


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that PATH consists of, with the two clouds' credential plugins in it."""
    for name in ("gke-gcloud-auth-plugin", "aws"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def gcp_answer(text: bytes) -> dict[str, Any]:
    """Return what the provider answers with isSecretDataBase64."""
    return {"secretData": base64.b64encode(text).decode(), "isSecretDataBase64": True}


@pytest.mark.parametrize(
    ("name", "changes", "arguments"),
    [
        ("mig-a", {}, {"secret": "mig-a"}),
        ("mig-a", {"kubeconfig_project": "acme"}, {"secret": "mig-a", "project": "acme"}),
        ("projects/other/secrets/mig-a", {"kubeconfig_project": "acme"}, {"secret": "mig-a", "project": "other"}),
        ("mig-a/versions/7", {}, {"secret": "mig-a", "version": "7"}),
    ],
)
def test_gcp_is_asked_for_the_secret(
    recorder: Recorder, server: str, name: str, changes: dict[str, Any], arguments: dict[str, Any]
) -> None:
    recorder.answers[GCP_SECRET] = lambda _: gcp_answer(kubeconfig(server).encode())

    found = read(stack(GCP, **changes), [existing("env", secretRef={"name": name})])

    assert found == {"env": (kubeconfig(server), True)}
    assert recorder.invokes == [Invoke(GCP_SECRET, {"isSecretDataBase64": True, **arguments})]


@pytest.mark.parametrize(
    ("name", "changes", "arguments"),
    [
        ("prod/mig-a", {}, {"secretId": "prod/mig-a"}),
        ("prod/mig-a", {"kubeconfig_region": "eu-west-1"}, {"secretId": "prod/mig-a", "region": "eu-west-1"}),
        (
            "arn:aws:secretsmanager:us-east-2:123456789012:secret:mig-a-AbCdEf",
            {"kubeconfig_region": "eu-west-1"},
            {"secretId": "arn:aws:secretsmanager:us-east-2:123456789012:secret:mig-a-AbCdEf", "region": "us-east-2"},
        ),
    ],
)
@pytest.mark.parametrize("part", ["secretString", "secretBinary"])
def test_aws_is_asked_for_the_secret(
    recorder: Recorder, server: str, name: str, changes: dict[str, Any], arguments: dict[str, Any], part: str
) -> None:
    # The provider has an empty text for the one that is not there.
    recorder.answers[AWS_SECRET] = lambda _: {"secretString": "", "secretBinary": "", part: kubeconfig(server)}

    found = read(stack(AWS, **changes), [existing("env", secretRef={"name": name})])

    assert found == {"env": (kubeconfig(server), True)}
    assert recorder.invokes == [Invoke(AWS_SECRET, arguments)]


def test_two_environments_of_one_secret_read_it_once(
    recorder: Recorder, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", logged.append)
    recorder.answers[AWS_SECRET] = lambda _: {"secretString": kubeconfig(server)}
    environments = [existing(name, secretRef={"name": "shared"}) for name in ("one", "two")]

    assert read(stack(AWS), environments) == {name: (kubeconfig(server), True) for name in ("one", "two")}
    assert len(recorder.invokes) == 1
    # The documents say by themselves that these are one cluster.
    assert logged == []


@pytest.mark.parametrize(("paths", "warned"), [(("", ""), True), (("/k8s/clusters/a", "/k8s/clusters/b"), False)])
def test_two_environments_of_one_server_get_a_warning(
    recorder: Recorder, server: str, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, str], *, warned: bool
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", logged.append)
    texts = {name: kubeconfig(server + path) for name, path in zip(("one", "two"), paths, strict=True)}
    recorder.answers[AWS_SECRET] = lambda asked: {"secretString": texts[asked["secretId"]]}

    read(stack(AWS), [existing(name, secretRef={"name": name}) for name in ("one", "two")])
    expected = (
        f"InferenceEnvironment two: spec.cluster.existing.secretRef: leads to {server}, as environment one does; if it "
        "is one cluster, what both describe is counted twice: describe it in one environment [SW312]"
    )
    assert logged == ([expected] if warned else [])


@pytest.mark.parametrize("source", [GCP, AWS])
def test_a_secret_of_several_values_gives_the_one_of_the_key(
    recorder: Recorder, server: str, source: KubeconfigSourceName
) -> None:
    text = json.dumps({"mig-a": kubeconfig(server), "note": "for people"})
    recorder.answers[GCP_SECRET] = lambda _: gcp_answer(text.encode())
    recorder.answers[AWS_SECRET] = lambda _: {"secretString": text}

    found = read(stack(source), [existing("env", secretRef={"name": "all", "key": "mig-a"})])
    assert found == {"env": (kubeconfig(server), True)}

    (line,) = refused(stack(source), [existing("env", secretRef={"name": "all", "key": "mig-b"})])
    assert 'has no key "mig-b"; it has mig-a, note: correct secretRef.key [SW402]' in line


def test_gcp_bytes_that_are_no_text(recorder: Recorder) -> None:
    recorder.answers[GCP_SECRET] = lambda _: gcp_answer(b"\x1f\x8b\x08\x00" + CANARY.encode())

    (line,) = refused(stack(GCP), [existing("env", secretRef={"name": "packed"})])

    assert "its bytes are not UTF-8 text" in line
    assert "[SW403]" in line


def test_gcp_names_that_no_secret_can_have(recorder: Recorder) -> None:
    (line,) = refused(stack(GCP), [existing("env", secretRef={"name": "prod/mig-a"})])

    assert line.startswith("InferenceEnvironment env: spec.cluster.existing.secretRef: no secret of Secret Manager can")
    assert recorder.invokes == []


def test_an_empty_aws_secret(recorder: Recorder) -> None:
    recorder.answers[AWS_SECRET] = lambda _: {"secretString": "", "secretBinary": ""}

    (line,) = refused(stack(AWS), [existing("env", secretRef={"name": "mig-a"})])

    assert line.endswith(
        "secret mig-a of AWS Secrets Manager is empty; run: aws secretsmanager put-secret-value --secret-id mig-a "
        "--secret-string file://KUBECONFIG-FILE [SW402]"
    )


def test_a_gke_cluster_becomes_a_kubeconfig_without_credentials(recorder: Recorder, server: str, plugins: Path) -> None:
    assert plugins.is_dir()
    recorder.answers[GKE] = lambda _: {
        "endpoint": server.removeprefix("https://"),
        "masterAuths": [
            {
                "clusterCaCertificate": AUTHORITY,
                "clientCertificate": "",
                "clientKey": CANARY,
                "clientCertificateConfigs": [],
            }
        ],
    }
    reference = {"project": "acme", "location": "europe-west4", "cluster": "mig-a"}

    # The source of secrets has no say in it.
    ((text, secret),) = read(stack(AWS), [existing("env", gke=reference)]).values()

    assert recorder.invokes == [Invoke(GKE, {"project": "acme", "location": "europe-west4", "name": "mig-a"})]
    assert secret
    config = json.loads(text)
    assert config["clusters"][0]["cluster"] == {"server": server, "certificate-authority-data": AUTHORITY}
    plugin = config["users"][0]["user"].pop("exec")
    assert config["users"][0]["user"] == {}
    assert plugin["command"] == "gke-gcloud-auth-plugin"
    assert plugin["provideClusterInfo"] is True
    assert CANARY not in text


def test_an_eks_cluster_becomes_a_kubeconfig_without_credentials(
    recorder: Recorder, server: str, plugins: Path
) -> None:
    assert plugins.is_dir()
    recorder.answers[EKS] = lambda _: {"endpoint": server, "certificateAuthorities": [{"data": AUTHORITY}]}

    ((text, secret),) = read(stack(GCP), [existing("env", eks={"region": "eu-west-1", "cluster": "mig-a"})]).values()

    assert recorder.invokes == [Invoke(EKS, {"name": "mig-a", "region": "eu-west-1"})]
    assert secret
    config = json.loads(text)
    assert config["clusters"][0]["cluster"] == {"server": server, "certificate-authority-data": AUTHORITY}
    plugin = config["users"][0]["user"]["exec"]
    command = [plugin["command"], *plugin["args"]]
    # https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html
    assert " ".join(command) == "aws --region eu-west-1 eks get-token --cluster-name mig-a --output json"


@pytest.mark.parametrize(
    ("token", "reference"),
    [
        (GKE, {"gke": {"project": "acme", "location": "europe-west4", "cluster": "x"}}),
        (EKS, {"eks": {"region": "eu-west-1", "cluster": "x"}}),
    ],
)
# GKE's data source answers so for a cluster that is not there; EKS' for one that is being made.
@pytest.mark.parametrize("endpoint", [{}, {"endpoint": "https://203.0.113.7"}])
def test_a_cluster_without_an_endpoint(
    recorder: Recorder, token: str, reference: dict[str, Any], endpoint: dict[str, str]
) -> None:
    recorder.answers[token] = lambda _: {**endpoint, "masterAuths": [], "certificateAuthorities": []}

    (line,) = refused(stack(GCP), [existing("env", **reference)])

    assert "has no endpoint" in line
    assert "[SW406]" in line


@pytest.mark.parametrize(
    ("reference", "token", "plugin", "hint"),
    [
        (
            {"gke": {"project": "acme", "location": "europe-west4", "cluster": "x"}},
            GKE,
            "gke-gcloud-auth-plugin",
            "gcloud components install gke-gcloud-auth-plugin",
        ),
        ({"eks": {"region": "eu-west-1", "cluster": "x"}}, EKS, "aws", "getting-started-install"),
    ],
)
def test_a_credential_plugin_that_is_not_here(
    recorder: Recorder, server: str, plugins: Path, reference: dict[str, Any], token: str, plugin: str, hint: str
) -> None:
    (plugins / plugin).unlink()
    auth = {"clusterCaCertificate": AUTHORITY, "clientCertificate": "", "clientKey": "", "clientCertificateConfigs": []}
    recorder.answers[token] = lambda _: {
        "endpoint": server.removeprefix("https://") if token == GKE else server,
        "masterAuths": [auth],
        "certificateAuthorities": [{"data": AUTHORITY}],
    }

    (line,) = refused(stack(GCP), [existing("env", **reference)])

    assert f"credentials come from the program {plugin}, which is not here" in line
    assert hint in line
    assert "[SW408]" in line


# As the providers and the engine word them.
FAILURES = [
    (
        AWS_SECRET,
        (
            "invoking aws:secretsmanager/getSecretVersion:getSecretVersion: 1 error occurred:\n\t* reading Secrets "
            "Manager Secret Version (mig-a|AWSCURRENT): operation error Secrets Manager: GetSecretValue, https "
            "response error StatusCode: 400, RequestID: 4a, ResourceNotFoundException: it cannot be found."
        ),
        "it is not there; correct secretRef, or slicewise:kubeconfigRegion",
        "SW402",
    ),
    (
        AWS_SECRET,
        (
            "operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 4a, api "
            "error AccessDeniedException: User: arn:aws:iam::1:user/ci is not authorized to perform: "
            "secretsmanager:GetSecretValue"
        ),
        "permission is denied; allow secretsmanager:GetSecretValue on mig-a",
        "SW406",
    ),
    (
        AWS_SECRET,
        "No valid credential sources found. Please see https://www.pulumi.com/registry/packages/aws",
        "no credentials; run: aws sso login",
        "SW406",
    ),
    (AWS_SECRET, "InternalServiceError: try later", "(InternalServiceError)", "SW406"),
    (
        GCP_SECRET,
        (
            "error retrieving available secret manager secret version access: googleapi: Error 403: Permission "
            "'secretmanager.versions.access' denied for resource"
        ),
        "permission is denied; grant roles/secretmanager.secretAccessor on mig-a",
        "SW406",
    ),
    (GCP_SECRET, "googleapi: Error 404: Secret [projects/1/secrets/mig-a] not found", "gcloud secrets create", "SW402"),
    (
        GCP_SECRET,
        (
            "Attempted to load application default credentials since neither `credentials` nor `access_token` was set: "
            "google: could not find default credentials."
        ),
        "gcloud auth application-default login",
        "SW406",
    ),
]


@pytest.mark.parametrize(("token", "text", "expected", "code"), FAILURES)
def test_failures_say_which_secret_and_what_to_do(
    recorder: Recorder, token: str, text: str, expected: str, code: str
) -> None:
    def fail(_: dict[str, Any]) -> dict[str, Any]:
        raise ProviderRefusal(f"{text} {CANARY}")

    recorder.answers[token] = fail

    (line,) = refused(stack(AWS if token == AWS_SECRET else GCP), [existing("env", secretRef={"name": "mig-a"})])

    assert line.startswith("InferenceEnvironment env: spec.cluster.existing.secretRef: secret mig-a of ")
    assert expected in line
    assert line.endswith(f"[{code}]")


def test_every_environment_that_fails_is_named(recorder: Recorder, server: str, plugins: Path) -> None:
    assert plugins.is_dir()

    def answer(arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments["secretId"] == "gone":
            raise ProviderRefusal("ResourceNotFoundException")
        return {"secretString": kubeconfig(server) if arguments["secretId"] == "good" else f"token: {CANARY}"}

    recorder.answers[AWS_SECRET] = answer
    environments = [existing(name, secretRef={"name": name}) for name in ("good", "gone", "wrong")]

    gone, wrong = refused(stack(AWS), environments)

    assert gone.startswith("InferenceEnvironment gone: ")
    assert wrong.startswith(
        "InferenceEnvironment wrong: spec.cluster.existing.secretRef: is not a kubeconfig that can be"
    )
    assert "put-secret-value --secret-id wrong --secret-string file://KUBECONFIG-FILE [SW403]" in wrong


def test_none_asks_nobody(recorder: Recorder) -> None:
    environments = [
        existing("gke", gke={"project": "acme", "location": "europe-west4", "cluster": "x"}),
        existing("secret", secretRef={"name": "x"}),
    ]

    found = read(stack(KubeconfigSourceName.NONE), environments)

    assert {name: secret for name, (_, secret) in found.items()} == {"gke": True, "secret": True}
    assert {text for text, _ in found.values()} == {'{"apiVersion": "v1", "kind": "Config"}'}
    assert recorder.invokes == []
