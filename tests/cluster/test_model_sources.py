"""What KServe's webhooks take, and its controller makes, of models from each source and of LoRA adapters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.resources.core_v1 import Pod, Secret, ServiceAccount
from lightkube.types import PatchType

from embedded.kserve_kinds import LLMInferenceService
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

if TYPE_CHECKING:
    from lightkube.models.core_v1 import Container, PodSpec

    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")

S3 = {"source": "S3", "s3": {"uri": "s3://models/chat", "secretRef": {"name": "store"}}}
VOLUME = {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "models", "path": "qwen/14b"}}
IMAGE = {"source": "OCI", "oci": {"image": "registry.example.com/chat:v1", "pullSecretRef": {"name": "registry"}}}
HUB: Document = {"source": "HuggingFace", "huggingFace": {"repo": "example/chat"}}
ADAPTERS = [
    {"name": "sql", "huggingFace": {"repo": "team/sql", "secretRef": {"name": "hf", "key": "token"}}},
    {"name": "legal", "s3": {"uri": "s3://adapters/legal"}},
    {"name": "support", "persistentVolumeClaim": {"name": "adapters", "path": "support"}},
]


def apply(workloads: Workloads, source: Document, **fields: object) -> None:
    """Apply the service of a model from this source."""
    chat = model("chat", profile("bf16"))
    del chat["spec"]["huggingFace"]
    chat["spec"] |= {**source, **fields}
    site = environment("e", slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}))
    fleet = fleet_of([site, chat, deployment("chat", "chat", namespace=workloads.namespace)])
    (objects,) = environment_objects(fleet, make_plan(fleet)).values()
    workloads.apply(objects[0])


def pod(workloads: Workloads) -> PodSpec:
    """Return the one pod that KServe's controller makes, running or not."""
    found: list[PodSpec] = []

    def there() -> bool:
        found[:] = [each.spec for each in workloads.client.list(Pod, namespace=workloads.namespace) if each.spec]
        return len(found) == 1

    workloads.wait("one pod", there)
    return found[0]


def engine(spec: PodSpec) -> Container:
    return next(each for each in spec.containers if each.name == "main")


def mounts(spec: PodSpec) -> dict[str, tuple[str | None, str | None]]:
    """Return the claims that the engine sees: by path, with the claim and the directory in it."""
    claims = {each.name: each.persistentVolumeClaim for each in spec.volumes or []}
    return {
        mount.mountPath: (claim.claimName, mount.subPath)
        for mount in engine(spec).volumeMounts or []
        if (claim := claims.get(mount.name))
    }


def variables(container: Container) -> dict[str, Any]:
    """Return the variables that come from Secrets: the Secret and its key."""
    return {
        each.name: (each.valueFrom.secretKeyRef.name, each.valueFrom.secretKeyRef.key)
        for each in container.env or []
        if each.valueFrom and each.valueFrom.secretKeyRef
    }


def test_a_volume_is_mounted_and_nothing_downloaded(workloads: Workloads) -> None:
    apply(workloads, VOLUME)
    spec = pod(workloads)
    assert not spec.initContainers
    assert mounts(spec) == {"/mnt/models": ("models", "qwen/14b")}


def test_s3_is_downloaded_with_the_keys_of_the_secret(workloads: Workloads) -> None:
    apply(workloads, S3)
    spec = pod(workloads)
    (initializer,) = spec.initContainers or []
    assert initializer.args == ["s3://models/chat", "/mnt/models"]
    assert variables(initializer) == {
        "AWS_ACCESS_KEY_ID": ("store", "awsAccessKeyID"),
        "AWS_SECRET_ACCESS_KEY": ("store", "awsSecretAccessKey"),
    }
    assert not variables(engine(spec))


def test_s3_without_a_secret_takes_the_service_accounts(workloads: Workloads) -> None:
    keys = {"metadata": {"name": "store"}, "stringData": {"awsAccessKeyID": "a", "awsSecretAccessKey": "b"}}
    account = {"metadata": {"name": "reader"}, "secrets": [{"name": "store"}]}
    workloads.client.patch(
        Secret,
        "store",
        {"apiVersion": "v1", "kind": "Secret", **keys},
        patch_type=PatchType.APPLY,
        namespace=workloads.namespace,
    )
    workloads.client.patch(
        ServiceAccount,
        "reader",
        {"apiVersion": "v1", "kind": "ServiceAccount", **account},
        patch_type=PatchType.APPLY,
        namespace=workloads.namespace,
    )
    apply(workloads, {"source": "S3", "s3": {"uri": "s3://models/chat"}}, pod={"serviceAccountName": "reader"})
    (initializer,) = pod(workloads).initContainers or []
    assert variables(initializer) == {
        "AWS_ACCESS_KEY_ID": ("store", "awsAccessKeyID"),
        "AWS_SECRET_ACCESS_KEY": ("store", "awsSecretAccessKey"),
    }


def test_a_mirror_and_the_token_reach_the_download_alone(workloads: Workloads) -> None:
    token = {"secretRef": {"name": "hf", "key": "token"}}
    mirror = {"name": "HF_ENDPOINT", "value": "https://hf.example.com"}
    own = HUB | {"huggingFace": HUB["huggingFace"] | token}
    apply(workloads, own, storageInitializer={"env": [mirror]})
    spec = pod(workloads)
    (initializer,) = spec.initContainers or []
    assert initializer.args == ["hf://example/chat:main", "/mnt/models"]
    assert variables(initializer) == {"HF_TOKEN": ("hf", "token")}
    plain = {each.name: each.value for each in initializer.env or [] if each.value is not None}
    assert plain["HF_ENDPOINT"] == "https://hf.example.com"
    assert not {"HF_ENDPOINT", "HF_TOKEN"} & {each.name for each in engine(spec).env or []}


def test_images_are_taken_where_kserves_settings_say_so(workloads: Workloads) -> None:
    apply(workloads, IMAGE)

    def said() -> str:
        found = workloads.client.get(LLMInferenceService, "chat", namespace=workloads.namespace)
        return json.dumps((found.get("status") or {}).get("conditions", []))

    # As the page says; the embedded cluster's settings, like KServe's own of kustomize, do not allow them.
    workloads.wait("a condition", lambda: "False" in said())
    assert "OCI modelcars is not enabled" in said()


def test_adapters_are_fetched_mounted_and_served(workloads: Workloads) -> None:
    apply(workloads, HUB, lora={"maxRank": 32, "maxAdapters": 3, "adapters": ADAPTERS})
    spec = pod(workloads)
    (initializer,) = spec.initContainers or []
    assert initializer.args == [
        *("hf://example/chat:main", "/mnt/models"),
        *("s3://adapters/legal", "/mnt/lora/legal"),
        *("hf://team/sql", "/mnt/lora/sql"),
    ]
    assert variables(initializer) == {"HF_TOKEN": ("hf", "token")}
    assert mounts(spec) == {"/mnt/lora/support": ("adapters", "support")}
    # The engine may only read /mnt, so the place for that mount is made in the init container.
    (shared,) = (each for each in engine(spec).volumeMounts or [] if each.mountPath == "/mnt")
    assert shared.readOnly
    mounted = {each.name: each for each in initializer.volumeMounts or []}
    assert not mounted[shared.name].readOnly
    (volume,) = (each for each in spec.volumes or [] if each.persistentVolumeClaim)
    place = mounted[volume.name]
    assert (place.mountPath, place.subPath, place.readOnly) == ("/mnt/lora/support", "support", True)
    args = engine(spec).args or []
    assert args[:3] == ["--enable-lora", "--max-lora-rank=32", "--max-loras=3"]
    names = {json.loads(each.strip("'"))["name"] for each in args if each.startswith("'{")}
    own = {each["name"] for each in ADAPTERS}
    assert names == own | {f"publishers/{workloads.namespace}/models/{name}" for name in own}


def test_an_adapter_of_a_running_service_replaces_its_pod(workloads: Workloads) -> None:
    apply(workloads, HUB)
    workloads.wait_ready("chat")
    (before,) = workloads.wait_running(1)
    apply(workloads, HUB, lora={"adapters": [ADAPTERS[0] | {"huggingFace": {"repo": "team/sql"}}]})
    workloads.wait("another pod", lambda: before.name not in {each.name for each in workloads.pods()})
    (after,) = workloads.wait_running(1)
    assert after.name != before.name
