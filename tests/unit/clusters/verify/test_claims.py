"""PersistentVolumeClaims that services name, and images of weights: what is there, beside what the plan does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.live import KSERVE_SETTINGS, ImageSettings, LiveClaim, LiveNamed, NamedObjects, ObjectName
from slicewise.clusters.verify.named_objects import objects_named
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.built_clusters import cluster_of, verified

WEIGHTS = ObjectName("PersistentVolumeClaim", "team", "weights")
ON_CLAIM: Document = {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "weights"}}
IN_IMAGE: Document = {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}


def documents(source: Document, replicas: int = 1, nodes: int = 2) -> list[Document]:
    gemma = model("gemma", profile("any", memoryPerGpu="30Gi"))
    del gemma["spec"]["huggingFace"]
    gemma["spec"] |= source
    pool = slices("small", "3g.40gb", nodeCount=nodes)
    return [environment("mig-a", pool), gemma, deployment("chat", "gemma", replicas=replicas)]


def said(written: list[Document], there: NamedObjects) -> list[tuple[str, bool]]:
    cluster = replace(cluster_of(written[0]), named=there)
    codes = ("SW640", "SW641", "SW642", "SW643")
    return [
        (each.code.value, each.is_error) for each in verified(written, cluster).differences if each.code.value in codes
    ]


def claim(phase: str = "Bound", *modes: str) -> NamedObjects:
    return {WEIGHTS: LiveNamed(there=True, claim=LiveClaim(phase, frozenset(modes)))}


def test_claims_and_settings_are_looked_for() -> None:
    for source, name in ((ON_CLAIM, WEIGHTS), (IN_IMAGE, KSERVE_SETTINGS)):
        fleet = fleet_of(documents(source))
        assert objects_named(fleet, make_plan(fleet)) == {"mig-a": {name}}


def test_a_claim_that_is_not_there() -> None:
    written = documents(ON_CLAIM)
    assert said(written, {WEIGHTS: LiveNamed(there=False)}) == [("SW640", True)]
    # What may not be read is not judged.
    assert said(written, {}) == []


@pytest.mark.parametrize("creates", [True, False])
@pytest.mark.parametrize("there", [{WEIGHTS: LiveNamed(there=False)}, {}])
def test_a_namespace_that_is_not_there_has_no_claim(there: NamedObjects, creates: bool) -> None:
    written = documents(ON_CLAIM)
    cluster = replace(cluster_of(written[0]), named=there, namespaces=frozenset({"default"}))
    found = verified(written, cluster, creates_namespaces=creates).differences
    (told,) = [each for each in found if each.code.value == "SW640"]
    # Nobody can have made it where the stack makes the namespace, so this does not stop `pulumi up`.
    assert not told.is_error
    assert told.message == (
        "pods of team/chat mount PersistentVolumeClaim team/weights, which is not there, as namespace team is not "
        "there yet: they stay Pending"
    )
    assert told.remedy.startswith(
        "before `pulumi up`: kubectl create namespace team, and create PersistentVolumeClaim "
    )
    # As the remedy says, which leaves nothing to say.
    followed = replace(cluster, namespaces=frozenset({"default", "team"}), named=claim("Bound", "ReadOnlyMany"))
    assert verified(written, followed, creates_namespaces=creates).differences == ()


@pytest.mark.parametrize(
    ("phase", "expected"), [("Bound", []), ("Pending", [("SW641", False)]), ("Lost", [("SW641", True)])]
)
def test_a_claim_that_is_not_bound(phase: str, expected: list[tuple[str, bool]]) -> None:
    assert said(documents(ON_CLAIM, 4), claim(phase, "ReadOnlyMany")) == expected


@pytest.mark.parametrize(
    ("modes", "replicas", "nodes", "wrong"),
    [
        (["ReadWriteOnce"], 1, 2, False),
        (["ReadWriteOnce"], 2, 1, False),
        (["ReadWriteOnce"], 2, 2, True),
        (["ReadWriteOncePod"], 2, 1, True),
        (["ReadWriteOnce", "ReadOnlyMany"], 4, 2, False),
        (["ReadWriteMany"], 4, 2, False),
        (["ReadWriteOnce"], 0, 2, False),
    ],
)
def test_a_claim_for_one_node(modes: list[str], replicas: int, nodes: int, wrong: bool) -> None:
    assert said(documents(ON_CLAIM, replicas, nodes), claim("Bound", *modes)) == [("SW642", True)] * wrong


@pytest.mark.parametrize(("zones", "wrong"), [(("a", "b"), True), (("a", "c"), False)])
def test_nodes_are_counted_by_lists_of_labels_too(zones: tuple[str, str], *, wrong: bool) -> None:
    written = documents(ON_CLAIM, 2, 1)
    written[0]["spec"]["nodePools"][0]["nodeSelector"] = {"zone": ["a", "b"]}
    cluster = cluster_of(written[0])
    node = cluster.nodes[0]
    there = tuple(replace(node, name=zone, labels={**node.labels, "zone": zone}) for zone in zones)
    found = verified(written, replace(cluster, nodes=there, named=claim("Bound", "ReadWriteOnce"))).differences
    assert [each.code.value for each in found if each.code.value == "SW642"] == ["SW642"] * wrong


def test_a_volume_of_pods_is_a_claim_too() -> None:
    written = documents(IN_IMAGE, 2)
    written[1]["spec"]["pod"] = {"volumes": [{"name": "w", "persistentVolumeClaim": {"claimName": "weights"}}]}
    assert said(written, claim("Bound", "ReadWriteOnce")) == [("SW642", True)]


INITIALIZER = "storageInitializer of ConfigMap kserve/inferenceservice-config"


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        (ImageSettings(taken=True), ""),
        (ImageSettings(taken=False), f'write "enableModelcar": true in {INITIALIZER}, or use another source'),
        (
            ImageSettings(taken=False, wrong='"ociModelMode": "sidecar"', allowed=('"modelcar"', '"native"')),
            f'write one of "modelcar", "native" there, in {INITIALIZER}',
        ),
    ],
)
def test_images_that_kserve_does_not_take(settings: ImageSettings, remedy: str) -> None:
    cluster = replace(
        cluster_of(documents(IN_IMAGE)[0]), named={KSERVE_SETTINGS: LiveNamed(there=True, images=settings)}
    )
    found = verified(documents(IN_IMAGE), cluster).differences
    assert [(each.code, each.remedy) for each in found] == [("SW643", remedy)] * bool(remedy)
    assert all(settings.wrong in each.message for each in found)


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({}, "this user may not get configmaps in namespace kserve, so"),
        ({KSERVE_SETTINGS: LiveNamed(there=False)}, "there is no ConfigMap kserve/inferenceservice-config, so"),
        (
            {KSERVE_SETTINGS: LiveNamed(there=True)},
            f"{INITIALIZER} is missing or not JSON, so",
        ),
    ],
)
def test_where_the_settings_do_not_say_it_that_is_told(there: NamedObjects, why: str) -> None:
    cluster = replace(cluster_of(documents(IN_IMAGE)[0]), named=there)
    (told,) = verified(documents(IN_IMAGE), cluster).differences
    assert (told.code, told.is_error) == ("SW621", False)
    assert told.message.startswith(why)
    assert "team/chat" in told.message
    # Without such a model nobody asks; without KServe there is a larger cause.
    assert said(documents(ON_CLAIM), claim("Bound", "ReadOnlyMany")) == []
    (told,) = verified(documents(IN_IMAGE), replace(cluster, serves_kserve=False)).differences
    assert told.code == "SW618"
