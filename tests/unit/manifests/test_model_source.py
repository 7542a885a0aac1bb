"""Where weights come from, as KServe reads it: addresses, adapters, tokens and keys."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.documents import bytes_on_disk, volume_claims
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

SECRET = {"name": "hugging-face", "key": "token"}
HUB = {"source": "HuggingFace", "huggingFace": {"repo": "example/chat", "secretRef": SECRET}}
S3 = {"source": "S3", "s3": {"uri": "s3://models/chat", "secretRef": {"name": "store"}}}
VOLUME = {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "models", "path": "chat"}}
IMAGE = {"source": "OCI", "oci": {"image": "registry.example.com/chat:v1", "pullSecretRef": {"name": "registry"}}}
TOKEN = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hugging-face", "key": "token"}}}
KEYS = [
    {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "store", "key": "awsAccessKeyID"}}},
    {"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": {"secretKeyRef": {"name": "store", "key": "awsSecretAccessKey"}}},
]
SQL = {"name": "sql", "huggingFace": {"repo": "team/sql"}}
SUPPORT = {"name": "support", "persistentVolumeClaim": {"name": "adapters", "path": "support"}}


def chat(source: Document, **fields: object) -> Document:
    document = model("chat", profile("bf16"))
    del document["spec"]["huggingFace"]
    document["spec"] |= {**source, **fields}
    return document


def spec(source: Document, **fields: object) -> dict[str, Any]:
    """Return the spec of the service of a model with this source."""
    site = environment("mig-a", slices("small", "3g.40gb"))
    fleet = fleet_of([site, chat(source, **fields), deployment("chat", "chat")])
    (objects,) = environment_objects(fleet, make_plan(fleet)).values()
    found: dict[str, Any] = objects[0]["spec"]
    return found


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        (HUB, "hf://example/chat:main"),
        (S3, "s3://models/chat"),
        (VOLUME, "pvc://models/chat"),
        ({**VOLUME, "persistentVolumeClaim": {"name": "models"}}, "pvc://models"),
        (IMAGE, "oci://registry.example.com/chat:v1"),
    ],
)
def test_the_address_is_kserves(source: Document, uri: str) -> None:
    assert spec(source)["model"] == {"uri": uri, "name": "chat"}


@pytest.mark.parametrize(("source", "env"), [(HUB, [TOKEN]), (S3, KEYS)])
def test_only_the_download_gets_tokens_and_keys(source: Document, env: list[Document]) -> None:
    template = spec(source)["template"]
    (initializer,) = template["initContainers"]
    assert initializer["env"] == env
    assert all("env" not in container for container in template["containers"])


@pytest.mark.parametrize("source", [VOLUME, IMAGE])
def test_nothing_is_downloaded_from_volumes_and_images(source: Document) -> None:
    assert "initContainers" not in spec(source)["template"]


def test_the_registry_of_weights_has_a_pull_secret() -> None:
    assert spec(IMAGE)["template"]["imagePullSecrets"] == [{"name": "registry"}]
    assert "imagePullSecrets" not in spec(HUB)["template"]


def test_adapters_are_kserves_in_whatever_order_they_are_written() -> None:
    lora = {"maxRank": 32, "maxAdapters": 2, "adapters": [SUPPORT, SQL]}
    found = spec(VOLUME, lora=lora)
    assert found["model"]["lora"] == {
        "adapters": [
            {"name": "sql", "uri": "hf://team/sql"},
            {"name": "support", "uri": "pvc://adapters/support"},
        ],
        "maxRank": 32,
        "maxAdapters": 2,
    }
    # The volume has the model; an adapter is downloaded all the same.
    assert [each["name"] for each in found["template"]["initContainers"]] == ["storage-initializer"]
    assert spec(VOLUME, lora={**lora, "adapters": [SQL, SUPPORT]}) == found


def test_an_adapters_own_token_is_the_downloads() -> None:
    adapter = {"name": "sql", "huggingFace": {"repo": "team/sql", "secretRef": SECRET}}
    (initializer,) = spec(VOLUME, lora={"adapters": [adapter]})["template"]["initContainers"]
    assert initializer["env"] == [TOKEN]


def test_the_download_has_variables_and_mounts_of_its_own_beside_slicewises() -> None:
    said: dict[str, list[Document]] = {
        "env": [{"name": "REQUESTS_CA_BUNDLE", "value": "/ca/ca.crt"}],
        "envFrom": [{"configMapRef": {"name": "proxy"}}],
        "volumeMounts": [{"name": "ca", "mountPath": "/ca", "readOnly": True}],
    }
    template = spec(HUB, storageInitializer=said)["template"]
    (initializer,) = template["initContainers"]
    assert {key: initializer[key] for key in said} == {**said, "env": [TOKEN, *said["env"]]}
    assert not any(said.keys() & container.keys() for container in template["containers"])
    adapters = {"adapters": [SQL, SUPPORT]}
    (initializer,) = spec(HUB, storageInitializer=said, lora=adapters)["template"]["initContainers"]
    assert [each["mountPath"] for each in initializer["volumeMounts"]] == ["/mnt/lora/support", "/ca"]


def test_another_source_and_an_adapter_are_another_revision() -> None:
    specs = [spec(HUB), spec(VOLUME), spec(S3), spec(HUB, lora={"adapters": [SQL]})]
    assert len({each["annotations"]["slicewise.dev/revision"] for each in specs}) == len(specs)


def on_disk(source: Document, **fields: object) -> int | None:
    fleet = fleet_of(
        [environment("mig-a", slices("small", "3g.40gb")), chat(source, **fields), deployment("a", "chat")]
    )
    (spec,) = fleet.models.values()
    return bytes_on_disk(spec)


CHECKPOINT = {"config": {"model_type": "unheard-of"}, "checkpointBytes": 29_500_000_000}


@pytest.mark.parametrize(
    ("source", "expected"), [(HUB, 29_500_000_000), (S3, 29_500_000_000), (VOLUME, 0), (IMAGE, None)]
)
def test_what_is_downloaded_is_on_the_nodes_disk(source: Document, expected: int | None) -> None:
    assert on_disk(source, architecture=CHECKPOINT) == expected


def test_unknown_bytes_are_not_guessed() -> None:
    assert on_disk(HUB) is None
    assert on_disk(VOLUME, lora={"adapters": [SQL]}) is None
    assert on_disk(VOLUME, lora={"adapters": [SUPPORT]}) == 0


def test_volumes_are_those_of_the_model_and_its_adapters() -> None:
    other = {"name": "other", "persistentVolumeClaim": {"name": "models", "path": "other"}}
    site = environment("mig-a", slices("small", "3g.40gb"))
    fleet = fleet_of([site, chat(VOLUME, lora={"adapters": [SUPPORT, other]}), deployment("a", "chat")])
    assert volume_claims(*fleet.models.values()) == ("models", "adapters")
