"""What services name and do not make: there or not, with which keys, as far as this user may read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from slicewise.clusters.live import LiveNamed, NamedObjects, ObjectName
from slicewise.clusters.live.facts import LiveCluster, Readable
from slicewise.clusters.verify.named_objects import objects_named
from slicewise.diagnostics import Diagnostic
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.built_clusters import cluster_of, verified

CODES = ("SW636", "SW637", "SW638")
ERROR, WARNING = True, False
GONE = LiveNamed(there=False)


def having(*keys: str) -> LiveNamed:
    return LiveNamed(there=True, keys=frozenset(keys))


def secret(name: str) -> ObjectName:
    return ObjectName("Secret", "team", name)


def documents(engine: Document | None = None, pod: Document | None = None, **spec: object) -> list[Document]:
    """Return a deployment whose model says this of its engine, its pods and itself."""
    gemma = model("gemma", profile("any", memoryPerGpu="30Gi"))
    gemma["spec"] |= {"pod": pod or {}, **spec}
    gemma["spec"]["serving"][0]["engine"] = engine or {}
    return [environment("mig-a", slices("small", "3g.40gb")), gemma, deployment("chat", "gemma")]


def said(
    written: list[Document], there: NamedObjects, change: Callable[[LiveCluster], LiveCluster] = lambda each: each
) -> list[Diagnostic]:
    """Return what is said of what these documents name, in a cluster of which this was read."""
    cluster = change(replace(cluster_of(written[0]), named=there))
    return [each for each in verified(written, cluster).differences if each.code.value in CODES]


def named(written: list[Document]) -> set[ObjectName]:
    """Return what is looked for in the one cluster of the documents."""
    fleet = fleet_of(written)
    return set(objects_named(fleet, make_plan(fleet))["mig-a"])


def variable(kind: str, **more: object) -> Document:
    return {"env": [{"name": "A", "valueFrom": {kind: {"name": "own", "key": "a", **more}}}]}


def volume(**source: object) -> Document:
    return {"volumes": [{"name": "own", **source}]}


ITEMS = {"items": [{"key": "a", "path": "a"}]}
# What a model says, the object that it names by that, the key that it needs, and what is said where it is not there.
CASES = [
    ({"pod": {"serviceAccountName": "own"}}, ("ServiceAccount", "team"), None, ("SW636", ERROR)),
    ({"pod": {"priorityClassName": "own"}}, ("PriorityClass", ""), None, ("SW636", ERROR)),
    ({"pod": {"runtimeClassName": "own"}}, ("RuntimeClass", ""), None, ("SW636", ERROR)),
    # The kubelet pulls without credentials then, and public images come.
    ({"pod": {"imagePullSecrets": [{"name": "own"}]}}, ("Secret", "team"), None, ("SW636", WARNING)),
    ({"baseRefs": [{"name": "own"}]}, ("LLMInferenceServiceConfig", "team"), None, ("SW637", ERROR)),
    ({"engine": variable("secretKeyRef")}, ("Secret", "team"), "a", ("SW638", ERROR)),
    ({"engine": variable("configMapKeyRef")}, ("ConfigMap", "team"), "a", ("SW638", ERROR)),
    ({"storageInitializer": variable("secretKeyRef")}, ("Secret", "team"), "a", ("SW638", ERROR)),
    ({"storageInitializer": variable("configMapKeyRef")}, ("ConfigMap", "team"), "a", ("SW638", ERROR)),
    ({"pod": {"container": {"envFrom": [{"secretRef": {"name": "own"}}]}}}, ("Secret", "team"), None, ("SW638", ERROR)),
    (
        {"pod": {"container": {"envFrom": [{"configMapRef": {"name": "own"}}]}}},
        ("ConfigMap", "team"),
        None,
        ("SW638", ERROR),
    ),
    ({"pod": volume(secret={"secretName": "own"})}, ("Secret", "team"), None, ("SW638", ERROR)),
    ({"pod": volume(secret={"secretName": "own", **ITEMS})}, ("Secret", "team"), "a", ("SW638", ERROR)),
    ({"pod": volume(configMap={"name": "own", **ITEMS})}, ("ConfigMap", "team"), "a", ("SW638", ERROR)),
    (
        {"pod": volume(projected={"sources": [{"secret": {"name": "own", **ITEMS}}]})},
        ("Secret", "team"),
        "a",
        ("SW638", ERROR),
    ),
    (
        {"pod": volume(projected={"sources": [{"configMap": {"name": "own", **ITEMS}}]})},
        ("ConfigMap", "team"),
        "a",
        ("SW638", ERROR),
    ),
    (
        {"pod": volume(csi={"driver": "d.example.com", "nodePublishSecretRef": {"name": "own"}})},
        ("Secret", "team"),
        None,
        ("SW638", ERROR),
    ),
    # What a model of a gated repository says.
    (
        {"huggingFace": {"repo": "a/b", "secretRef": {"name": "own", "key": "a"}}},
        ("Secret", "team"),
        "a",
        ("SW638", ERROR),
    ),
]


@pytest.mark.parametrize(("says", "where", "key", "wanted"), CASES)
def test_what_is_named_is_looked_for(
    says: Document, where: tuple[str, str], key: str | None, wanted: tuple[str, bool]
) -> None:
    written, name = documents(**says), ObjectName(*where, "own")
    assert named(written) == {name}
    (told,) = said(written, {name: GONE})
    assert (told.code.value, told.is_error) == wanted
    assert str(name) in told.message
    assert "team/chat" in told.message
    assert said(written, {name: having(*filter(None, [key]))}) == []
    assert said(written, {name: LiveNamed(there=True)}) == []
    without = [(each.code.value, each.is_error) for each in said(written, {name: having("other")})]
    # A Secret's keys are known from a record that anybody may edit.
    assert without == ([("SW638", name.kind == "ConfigMap")] if key else [])


def test_a_key_that_lacks_is_named_and_no_other() -> None:
    (told,) = said(documents(variable("secretKeyRef")), {secret("own"): having("of-others")})
    assert told.message.startswith("Secret team/own has no key a, which pods of team/chat need")
    assert told.facts["keys"] == ["a"]
    assert "of-others" not in f"{told}{dict(told.facts)}"


@pytest.mark.parametrize(
    "says",
    [
        {"engine": variable("secretKeyRef", optional=True)},
        {"pod": {"container": {"envFrom": [{"secretRef": {"name": "own", "optional": True}}]}}},
        {"pod": volume(secret={"secretName": "own", "optional": True})},
        {"pod": volume(projected={"sources": [{"secret": {"name": "own", "optional": True}}]})},
    ],
)
def test_what_pods_start_without_is_not_looked_for(says: Document) -> None:
    assert named(documents(**says)) == set()


def test_needed_once_is_needed() -> None:
    both = {
        "env": [*variable("secretKeyRef")["env"], {**variable("secretKeyRef", optional=True)["env"][0], "name": "B"}]
    }
    assert [each.code.value for each in said(documents(both), {secret("own"): GONE})] == ["SW638"]
    # Of the two uses of one Secret the graver one is said.
    pulled = documents(variable("secretKeyRef"), {"imagePullSecrets": [{"name": "own"}]})
    assert [(each.code.value, each.is_error) for each in said(pulled, {secret("own"): GONE})] == [("SW638", ERROR)]


def test_what_may_not_be_read_is_passed_over() -> None:
    assert said(documents(variable("secretKeyRef")), {}) == []


def test_a_larger_cause_is_said_alone() -> None:
    written = documents(variable("secretKeyRef"), baseRefs=[{"name": "own"}])
    config = ObjectName("LLMInferenceServiceConfig", "team", "own")
    there: NamedObjects = {secret("own"): GONE, config: GONE}
    assert {each.code.value for each in said(written, there)} == {"SW637", "SW638"}
    hidden = said(written, there, lambda each: replace(each, namespaces=frozenset(), unread=(Readable.NAMESPACES,)))
    assert {each.code.value for each in hidden} == {"SW637", "SW638"}
    without_kserve = said(written, there, lambda each: replace(each, serves_kserve=False))
    assert {each.code.value for each in without_kserve} == {"SW638"}


@pytest.mark.parametrize(("says", "where", "wanted"), [(says, where, wanted) for says, where, _, wanted in CASES])
def test_what_is_named_in_a_namespace_that_is_not_there_is_told_beforehand(
    says: Document, where: tuple[str, str], wanted: tuple[str, bool]
) -> None:
    kind, namespace = where
    written, name = documents(**says), ObjectName(*where, "own")
    without = said(written, {name: GONE}, lambda each: replace(each, namespaces=frozenset({"default"})))
    # Classes are in no namespace.
    assert [(each.code.value, each.is_error) for each in without] == [(wanted[0], wanted[1] and not namespace)]
    assert ("before `pulumi up`: kubectl create namespace team," in without[0].remedy) == bool(namespace)
    # The answer to a user who may not look there either; KServe's own namespace may have a config.
    unread = said(written, {}, lambda each: replace(each, namespaces=frozenset({"default"})))
    assert len(unread) == (bool(namespace) and kind != "LLMInferenceServiceConfig")


@pytest.mark.parametrize(
    "says",
    [
        {"pod": {"serviceAccountName": "default"}},
        {"pod": volume(configMap={"name": "kube-root-ca.crt"})},
    ],
)
def test_what_every_namespace_has_comes_with_it(says: Document) -> None:
    written = documents(**says)
    (name,) = named(written)
    assert said(written, {}, lambda each: replace(each, namespaces=frozenset({"default"}))) == []
    assert said(written, {name: GONE}, lambda each: replace(each, namespaces=frozenset({"default"}))) == []


def test_a_deployment_of_no_replicas_needs_nothing() -> None:
    written = documents(variable("secretKeyRef"))
    written[2] = deployment("chat", "gemma", replicas=0)
    assert said(written, {secret("own"): GONE}) == []
