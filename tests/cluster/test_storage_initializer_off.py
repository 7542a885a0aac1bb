"""Every source with and without KServe's storage initializer and adapters: refused, or the pod has what it needs."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.types import PatchType

from embedded.kserve_settings import NAMESPACE
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_contents
from slicewise.manifests import environment_objects
from slicewise.manifests.vocabulary import NAME_LABEL
from slicewise.planning import make_plan
from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, model, profile, slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightkube.models.core_v1 import Container, PodSpec

    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-stacks")

SOURCES: dict[str, Document] = {
    "hub": {"source": "HuggingFace", "huggingFace": {"repo": "example/chat"}},
    "s3": {"source": "S3", "s3": {"uri": "s3://models/chat"}},
    "volume": {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "models", "path": "chat"}},
    "image": {"source": "OCI", "oci": {"image": "registry.example.com/chat:v1"}},
}
ADDRESSES = {"hub": "hf://example/chat:main", "s3": "s3://models/chat"}
ADAPTERS: dict[str, Document] = {
    "none": {},
    "fetched": {"lora": {"adapters": [{"name": "sql", "huggingFace": {"repo": "team/sql"}}]}},
    "mounted": {"lora": {"adapters": [{"name": "law", "persistentVolumeClaim": {"name": "adapters"}}]}},
}
WEIGHTS = {
    "volumes": [{"name": "weights", "persistentVolumeClaim": {"claimName": "models"}}],
    "container": {"volumeMounts": [{"name": "weights", "mountPath": "/mnt/models"}]},
}
WAYS: dict[str, Document] = {"preset": {}, "command": {"command": ["vllm", "serve", "example/chat"]}}


class Combination(NamedTuple):
    """A source, whether the storage initializer is on, adapters, how the engine starts, whether a pool has weights."""

    source: str
    enabled: bool
    adapters: str
    way: str
    mounted: bool

    @property
    def name(self) -> str:
        """A name for its deployment."""
        return "-".join(
            (self.source, "on" if self.enabled else "off", self.adapters, self.way, "own" if self.mounted else "no")
        )

    def documents(self, namespace: str) -> list[Document]:
        """Return the documents."""
        chat = model(self.name, profile("any", memoryPerGpu="30Gi") | {"engine": WAYS[self.way]})
        del chat["spec"]["huggingFace"]
        chat["spec"] |= {**SOURCES[self.source], **ADAPTERS[self.adapters]}
        if not self.enabled:
            chat["spec"]["storageInitializer"] = {"enabled": False}
        fields = {"pod": WEIGHTS} if self.mounted else {}
        site = environment("e", slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}, **fields))
        return [site, chat, deployment(self.name, self.name, namespace=namespace)]


EVERY = [Combination(*each) for each in itertools.product(SOURCES, (True, False), ADAPTERS, WAYS, (True, False))]


def service_of(combination: Combination, namespace: str) -> Document | None:
    """Return the service that Slicewise makes of it, or None where it refuses it, with a reason."""
    text = yaml.safe_dump_all(combination.documents(namespace))
    try:
        fleet = load_contents([("all.yaml", text.encode())])
    except InvalidInputError as error:
        if not {each.code.value for each in error.problems} <= {"SW232", "SW242", "SW246"}:
            raise
        return None
    (objects,) = environment_objects(fleet, make_plan(fleet)).values()
    return objects[-1]


@contextmanager
def images_taken(workloads: Workloads) -> Iterator[None]:
    """Let KServe take weights from images for a while."""
    settings = workloads.client.get(ConfigMap, "inferenceservice-config", namespace=NAMESPACE)
    before = (settings.data or {})["storageInitializer"]
    both = [json.dumps({**json.loads(before), "enableModelcar": True}), before]

    def write(text: str) -> None:
        patch = {"data": {"storageInitializer": text}}
        workloads.client.patch(
            ConfigMap, "inferenceservice-config", patch, namespace=NAMESPACE, patch_type=PatchType.MERGE
        )

    write(both[0])
    try:
        yield
    finally:
        write(both[1])


def pods_by_service(workloads: Workloads) -> dict[str, PodSpec]:
    found = {}
    for pod in workloads.client.list(Pod, namespace=workloads.namespace):
        if pod.metadata and pod.spec:
            found[(pod.metadata.labels or {})[NAME_LABEL]] = pod.spec
    return found


def missing(spec: PodSpec, combination: Combination) -> list[str]:
    """Return what the pod lacks of what its engine reads."""
    engine = next(each for each in spec.containers if each.name == "main")
    found = []
    if not has_weights(spec, engine, combination):
        found.append("weights")
    if combination.adapters != "none":
        named = {json.loads(each.strip("'"))["path"] for each in engine.args or [] if each.startswith("'{")}
        (adapter,) = ADAPTERS[combination.adapters]["lora"]["adapters"]
        path = f"/mnt/lora/{adapter['name']}"
        if named != {path}:
            found.append("arguments of the adapter")
        downloaded = downloads(spec).get(f"hf://team/{adapter['name']}") == path and under(engine, path)
        if not downloaded and claims(spec, engine).get(path) != "adapters":
            found.append("adapter")
    return found


def has_weights(spec: PodSpec, engine: Container, combination: Combination) -> bool:
    if combination.enabled:
        if address := ADDRESSES.get(combination.source):
            return downloads(spec).get(address) == "/mnt/models" and under(engine, "/mnt/models")
        if combination.source == "volume":
            return claims(spec, engine).get("/mnt/models") == "models"
        images = [each.image for each in (*spec.containers, *(spec.initContainers or []))]
        return "registry.example.com/chat:v1" in images and under(engine, "/mnt/models")
    by_itself = combination.way == "command" and combination.source in ADDRESSES
    return by_itself or claims(spec, engine).get("/mnt/models") == "models"


def downloads(spec: PodSpec) -> dict[str, str]:
    """Return what the init container downloads, and to which directory."""
    arguments = [each.args or [] for each in spec.initContainers or [] if each.name == "storage-initializer"]
    return dict(zip(arguments[0][::2], arguments[0][1::2], strict=True)) if arguments else {}


def claims(spec: PodSpec, engine: Container) -> dict[str, str]:
    """Return the claims that the engine sees, by path."""
    volumes = {each.name: each.persistentVolumeClaim for each in spec.volumes or []}
    return {
        mount.mountPath: claim.claimName
        for mount in engine.volumeMounts or []
        if (claim := volumes.get(mount.name)) is not None
    }


def under(engine: Container, path: str) -> bool:
    """Return whether a mount of the engine has `path`."""
    return any(f"{path}/".startswith(f"{mount.mountPath.rstrip('/')}/") for mount in engine.volumeMounts or [])


@pytest.mark.long
def test_every_combination_is_refused_or_has_what_it_needs(workloads: Workloads) -> None:
    made = {each: service_of(each, workloads.namespace) for each in EVERY}
    accepted = {each: service for each, service in made.items() if service}
    # Those that KServe itself would give nothing: without initializer it has no adapters, and a preset no weights.
    assert not [each for each in accepted if not each.enabled and each.adapters != "none"]
    assert not [each for each in accepted if not (each.enabled or each.mounted) and each.way == "preset"]
    # All else of the initializer's is taken.
    assert {each for each in EVERY if each.enabled and not each.mounted} <= set(accepted)
    assert {each for each in EVERY if not each.enabled and each.mounted and each.adapters == "none"} <= set(accepted)
    with images_taken(workloads):
        for service in accepted.values():
            workloads.apply(service)
        workloads.wait("all pods", lambda: len(pods_by_service(workloads)) == len(accepted))
        pods = pods_by_service(workloads)
    lacking = {each.name: found for each in accepted if (found := missing(pods[each.name], each))}
    assert lacking == {}
