"""Objects that are looked for by name, over HTTP as the API server answers."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from lightkube import ApiError

from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.live.image_settings import KSERVE_SETTINGS, ImageSettings
from slicewise.clusters.live.named_objects import LiveClaim, LiveNamed
from tests.unit.clusters.live.answers import everything, page, read, refused

OWN = "/api/v1/namespaces/team"
CONFIGS = "/apis/serving.kserve.io/v1alpha2/llminferenceserviceconfigs"


def test_what_is_looked_for_by_name() -> None:
    recorded: dict[str, Any] = {"fieldsV1": {"f:data": {".": {}, "f:token": {}, "f:f:odd": {}}, "f:type": {}}}
    answers = {
        f"{OWN}/secrets/hub": {"metadata": {"name": "hub", "managedFields": [recorded]}, "data": {"unread": "eA=="}},
        f"{OWN}/secrets/cleared": {"metadata": {"name": "cleared"}},
        f"{OWN}/secrets/hidden": refused(403),
        f"{OWN}/configmaps/proxy": {"data": {"a": "b"}, "binaryData": {"c": "ZA=="}},
        f"{OWN}/serviceaccounts/models": {"metadata": {"name": "models"}},
        "/apis/scheduling.k8s.io/v1/priorityclasses/high": {"metadata": {"name": "high"}},
        "/apis/node.k8s.io/v1/runtimeclasses/nvidia": {"metadata": {"name": "nvidia"}},
    }
    there = [("Secret", "hub"), ("Secret", "cleared"), ("ConfigMap", "proxy"), ("ServiceAccount", "models")]
    missing = [ObjectName("Secret", "team", "gone"), ObjectName("RuntimeClass", "", "gone")]
    hidden = ObjectName("Secret", "team", "hidden")
    classes = [ObjectName("PriorityClass", "", "high"), ObjectName("RuntimeClass", "", "nvidia")]
    own = [ObjectName(kind, "team", name) for kind, name in there]
    asked: list[httpx2.Request] = []
    cluster = read(everything() | answers, asked.append, [*own, *classes, *missing, hidden])
    assert dict(cluster.named) == {
        own[0]: LiveNamed(there=True, keys=frozenset({"token", "f:odd"})),
        own[1]: LiveNamed(there=True),
        own[2]: LiveNamed(there=True, keys=frozenset({"a", "c"})),
        own[3]: LiveNamed(there=True),
        **{each: LiveNamed(there=True) for each in classes},
        **{each: LiveNamed(there=False) for each in missing},
    }
    # What a Secret holds is not even sent.
    secrets = {each.headers["Accept"] for each in asked if "/secrets/" in each.url.path}
    assert secrets == {"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}


def test_what_claims_are_and_kserves_settings_say() -> None:
    claim = {"spec": {"accessModes": ["ReadWriteMany"]}, "status": {"phase": "Pending"}}
    bound = {
        "spec": {"accessModes": ["ReadWriteMany"]},
        "status": {"phase": "Bound", "accessModes": ["ReadOnlyMany", "ReadWriteMany"]},
    }
    settings = {"data": {"storageInitializer": '{"enableModelcar": true}'}}
    config_map = "/api/v1/namespaces/kserve/configmaps/inferenceservice-config"
    answers = {
        f"{OWN}/persistentvolumeclaims/fresh": claim,
        f"{OWN}/persistentvolumeclaims/shared": bound,
        f"{OWN}/persistentvolumeclaims/hidden": refused(403),
        config_map: settings,
    }
    kind = "PersistentVolumeClaim"
    fresh, shared, hidden, gone = (ObjectName(kind, "team", name) for name in ("fresh", "shared", "hidden", "gone"))
    cluster = read(everything() | answers, named=[fresh, shared, hidden, gone, KSERVE_SETTINGS])
    assert dict(cluster.named) == {
        fresh: LiveNamed(there=True, claim=LiveClaim("Pending", frozenset({"ReadWriteMany"}))),
        shared: LiveNamed(there=True, claim=LiveClaim("Bound", frozenset({"ReadOnlyMany", "ReadWriteMany"}))),
        gone: LiveNamed(there=False),
        KSERVE_SETTINGS: LiveNamed(
            there=True, keys=frozenset({"storageInitializer"}), images=ImageSettings(taken=True)
        ),
    }
    absent = read(everything(), named=[KSERVE_SETTINGS]).named
    assert absent == {KSERVE_SETTINGS: LiveNamed(there=False, keys=frozenset())}
    assert read(everything() | {config_map: refused(403)}, named=[KSERVE_SETTINGS]).named == {}


def test_configs_are_those_of_the_namespace_and_of_kserve() -> None:
    names = ("team", "own"), ("kserve", "kserve-config-llm-template"), ("kserve", "shared"), ("other", "theirs")
    listed = page("List", *({"metadata": {"namespace": namespace, "name": name}} for namespace, name in names))
    wanted = {name: ObjectName("LLMInferenceServiceConfig", "team", name) for name in ("own", "shared", "theirs", "x")}
    cluster = read(everything() | {CONFIGS: listed}, named=wanted.values())
    assert {name: cluster.named[each].there for name, each in wanted.items()} == {
        "own": True,
        "shared": True,
        "theirs": False,
        "x": False,
    }
    assert read(everything() | {CONFIGS: refused(403)}, named=wanted.values()).named == {}
    with pytest.raises(ApiError):
        read(everything() | {CONFIGS: refused(500)}, named=wanted.values())


def test_nothing_is_looked_for_that_nobody_names() -> None:
    asked: list[httpx2.Request] = []
    assert read(everything(), asked.append).named == {}
    assert not [each for each in asked if each.url.path == CONFIGS or "/secrets" in each.url.path]
