"""Models without KServe's storage initializer: their pods have the weights on every pool, or the fleet is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_contents
from tests.documents import Document, deployment, environment, model, pool, profile

VOLUMES = [{"name": "weights", "persistentVolumeClaim": {"claimName": "gemma"}}]
IMAGES = [{"name": "weights", "image": {"reference": "registry.example.com/gemma:v1"}}]
MOUNTED = {"container": {"volumeMounts": [{"name": "weights", "mountPath": "/mnt/models"}]}}
ELSEWHERE = {"container": {"volumeMounts": [{"name": "weights", "mountPath": "/models"}]}}
COMMAND = {"engine": {"command": ["vllm", "serve", "google/gemma-3-27b-it"]}}
OFF = {"storageInitializer": {"enabled": False}}
HUB = {"source": "HuggingFace", "huggingFace": {"repo": "google/gemma-3-27b-it"}}
S3 = {"source": "S3", "s3": {"uri": "s3://models/gemma"}}
VOLUME = {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "gemma"}}
DEPLOYMENT = deployment("chat", "gemma")
IMAGE = {"source": "OCI", "oci": {"image": "registry.example.com/gemma:v1"}}


def served(source: Document = HUB, served_by: Document | None = None, **fields: object) -> Document:
    found = model("gemma", {**profile("any", memoryPerGpu="30Gi"), **(served_by or {})})
    del found["spec"]["huggingFace"]
    found["spec"] |= {**source, **fields}
    return found


def refused(*documents: Document) -> list[tuple[str, str]]:
    """Return code and field of each error of the documents, in one file."""
    text = yaml.safe_dump_all(documents, sort_keys=False)
    try:
        load_contents([("all.yaml", text.encode())])
    except InvalidInputError as error:
        return [(each.code.value, each.field_name) for each in error.problems if each.place.line and each.remedy]
    return []


def on(pods: Document, *, other: Document | None = None, **fields: Document) -> list[Document]:
    """Return an environment of one pool (with `other`, of two), and a deployment."""
    pools = [pool("first", labels={"is": "first"}, pod=pods)]
    pools += [pool("second", labels={"is": "second"}, **other)] if other is not None else []
    return [environment("east", *pools), {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], **fields}}]


NOTHING = [("SW242", "spec.modelRef.name")]


@pytest.mark.parametrize(
    ("source", "profile_fields", "pod", "wrong"),
    [
        (HUB, {}, {}, NOTHING),
        (HUB, {}, {"volumes": VOLUMES, **MOUNTED}, []),
        (HUB, {}, {"volumes": VOLUMES, **ELSEWHERE}, NOTHING),
        (HUB, COMMAND, {}, []),
        (S3, {}, {}, NOTHING),
        (S3, COMMAND, {}, []),
        (VOLUME, {}, {}, NOTHING),
        # A command fetches nothing from a volume that is not there.
        (VOLUME, COMMAND, {}, NOTHING),
        (VOLUME, COMMAND, {"volumes": VOLUMES, **ELSEWHERE}, []),
        (VOLUME, COMMAND, {"volumes": VOLUMES}, NOTHING),
        (VOLUME, {}, {"volumes": VOLUMES, **MOUNTED}, []),
        (IMAGE, COMMAND, {}, NOTHING),
        (IMAGE, COMMAND, {"volumes": IMAGES, **ELSEWHERE}, []),
        (IMAGE, {}, {"volumes": IMAGES, **MOUNTED}, []),
        # The prefill workload has the command of its profile, unless it has one of its own.
        (HUB, {**COMMAND, "prefill": {"replicas": 1}}, {}, []),
        (HUB, {"prefill": {"engine": COMMAND["engine"]}}, {}, NOTHING),
    ],
)
def test_without_the_initializer(source: Document, profile_fields: Document, pod: Document, wrong: list[Any]) -> None:
    assert refused(served(source, profile_fields, **OFF, pod=pod), *on({})) == wrong


def test_volume_and_mount_may_be_said_anywhere() -> None:
    volumes = {"volumes": VOLUMES}
    assert refused(served(**OFF, pod=MOUNTED), *on(volumes)) == []
    assert refused(served(**OFF), *on({**volumes, **MOUNTED})) == []
    assert refused(served(**OFF, pod=volumes), *on({}, pod=MOUNTED)) == []
    assert refused(served(HUB, {"pod": MOUNTED}, **OFF), *on(volumes)) == []


def test_every_pool_that_the_selectors_leave_has_them() -> None:
    has = {"volumes": VOLUMES, **MOUNTED}
    assert refused(served(**OFF), *on(has, other={})) == NOTHING
    assert refused(served(**OFF), *on(has, other={}, nodePoolSelector={"matchLabels": {"is": "first"}})) == []
    # What a config of the platform's own does is not known.
    assert refused(served(**OFF), *on(has, other={"baseRefs": [{"name": "ours"}]})) == []
    assert refused(served(**OFF, baseRefs=[{"name": "ours"}]), *on({})) == []


def test_weights_that_kserve_mounts_are_not_hidden_by_any_pod() -> None:
    hides = {"volumes": VOLUMES, **MOUNTED}
    of_reference = [("SW232", "spec.modelRef.name")]
    assert refused(served(), *on(hides)) == of_reference
    assert refused(served(), *on({}, pod=hides)) == of_reference
    assert refused(served(), *on({}, other={"pod": hides}, nodePoolSelector={"matchLabels": {"is": "first"}})) == []
    own = "container.volumeMounts[0].mountPath"
    assert refused(served(pod=hides), *on({})) == [("SW232", f"spec.pod.{own}")]
    assert refused(served(HUB, {"pod": hides}), *on({})) == [("SW232", f"spec.serving[0].pod.{own}")]
    assert refused(served(HUB, {"prefill": {"pod": hides}}), *on({})) == [
        ("SW232", f"spec.serving[0].prefill.pod.{own}")
    ]


@pytest.mark.parametrize(
    ("source", "adapters", "path", "taken"),
    [
        # One download is mounted where it is, two where both are, and there the engine may only read.
        (HUB, [], "/mnt/cache", False),
        (HUB, [], "/mnt", False),
        (HUB, [{"persistentVolumeClaim": {"name": "adapters"}}], "/mnt/cache", False),
        (HUB, [{"persistentVolumeClaim": {"name": "adapters"}}], "/mnt/lora/mine", True),
        (HUB, [{"huggingFace": {"repo": "team/sql"}}], "/mnt/cache", True),
        (HUB, [{"huggingFace": {"repo": "team/sql"}}], "/mnt", True),
        (HUB, [{"huggingFace": {"repo": "team/sql"}}], "/mnt2", False),
        (VOLUME, [{"huggingFace": {"repo": "team/sql"}}], "/mnt/cache", False),
    ],
)
def test_mounts_are_not_where_kserve_puts_adapters(
    source: Document, adapters: list[Document], path: str, taken: bool
) -> None:
    lora = {"lora": {"adapters": [{"name": "sql", **each} for each in adapters]}} if adapters else {}
    mounts = {"volumeMounts": [{"name": "weights", "mountPath": path}]}
    pod = {"volumes": VOLUMES, "container": mounts}
    own = "spec.pod.container.volumeMounts[0].mountPath"
    assert refused(served(source, pod=pod, **lora), *on({})) == ([("SW232", own)] if taken else [])
    assert refused(served(source, **lora), *on(pod)) == ([("SW232", "spec.modelRef.name")] if taken else [])
    place = "spec.storageInitializer.volumeMounts[0].mountPath"
    assert refused(served(source, storageInitializer=mounts, **lora)) == ([("SW232", place)] if taken else [])


def test_a_container_that_is_not_made_mounts_over_nothing() -> None:
    fetching = {"volumeMounts": [{"name": "weights", "mountPath": "/mnt/models"}]}
    assert refused(served(HUB, COMMAND, storageInitializer={**fetching, "enabled": False})) == []


def test_an_engine_that_fetches_by_itself_reads_any_repository() -> None:
    hub = {"source": "HuggingFace", "huggingFace": {"repo": "gpt2", "revision": "refs/pr/4"}}
    assert refused(served(hub, COMMAND, **OFF), *on({})) == []
    assert refused(served(hub, COMMAND), *on({})) == [
        ("SW245", "spec.huggingFace.repo"),
        ("SW245", "spec.huggingFace.revision"),
    ]
