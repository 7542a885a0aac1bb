"""Remedies where nodes run out of a device, of disk or of places for pods, each followed to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.planning.remedies.remedy import RemedyKind
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.planning.following import assert_true, remedies_of

IB = "rdma/ib"
OF_NODES = (RemedyKind.SMALLER_REQUEST, RemedyKind.DECLARATION)


def _asking(**resources: object) -> Document:
    return {"container": {"resources": resources}}


def _with_pod(document: Document, pod: Document) -> Document:
    return document | {"spec": document["spec"] | {"pod": pod}}


def _four_devices(**fields: object) -> Document:
    """Return a node of eight GPUs and four devices."""
    return environment("e", pool("p", allocatable={"extendedResources": {IB: 4}}, **fields))


def _of_nodes(documents: list[Document]) -> list[tuple[str, object, str]]:
    """Return field, value and message of what helps nodes, after all remedies have been followed."""
    found = remedies_of(documents, "new", limit=20)
    for remedy in found:
        assert_true(remedy, documents, "new")
    return [(r.field, r.value, r.message) for r in found if r.kind in OF_NODES]


ASKS_8 = _asking(limits={IB: 8})
IF = "if its pods need no more, would let it run on e/p"
DECLARED = (
    f"spec.nodePools[p].allocatable.extendedResources.{IB}",
    8,
    f"allocatable.extendedResources.{IB}: 8 (now 4) on e/p, if its nodes have it, would let it run",
)


@pytest.mark.parametrize(
    ("documents", "field", "where"),
    [
        pytest.param(
            [_four_devices(), model("m"), deployment("new", "m", pod=ASKS_8)],
            f"spec.pod.container.resources.limits.{IB}",
            "ModelDeployment team/new",
            id="deployment",
        ),
        pytest.param(
            [_four_devices(), _with_pod(model("m"), ASKS_8), deployment("new", "m")],
            f"spec.pod.container.resources.limits.{IB}",
            "ClusterModel m",
            id="model",
        ),
        pytest.param(
            [_four_devices(), model("m", profile("f") | {"pod": ASKS_8}), deployment("new", "m")],
            f"spec.serving[f].pod.container.resources.limits.{IB}",
            "the profile f of ClusterModel m",
            id="profile",
        ),
        pytest.param(
            [_four_devices(pod=ASKS_8), model("m"), deployment("new", "m")],
            f"spec.nodePools[p].pod.container.resources.limits.{IB}",
            "the pool e/p",
            id="pool",
        ),
        pytest.param(
            # What the deployment says replaces all that is said below.
            [
                _four_devices(pod=_asking(limits={IB: 2})),
                _with_pod(model("m"), _asking(limits={IB: 3})),
                deployment("new", "m", pod=ASKS_8),
            ],
            f"spec.pod.container.resources.limits.{IB}",
            "ModelDeployment team/new",
            id="the highest level of several",
        ),
    ],
)
def test_a_device_is_asked_for_less_where_that_is_decided(documents: list[Document], field: str, where: str) -> None:
    assert _of_nodes(documents) == [
        DECLARED,
        (field, 4, f"{IB}: 4 (now 8) in pod.container.resources of {where}, {IF}"),
    ]


def test_a_device_with_a_request_and_a_limit_changes_in_both() -> None:
    both = _asking(limits={IB: 8, "hugepages-2Mi": "4Mi"}, requests={IB: 8})
    node = environment("e", pool("p", allocatable={"extendedResources": {IB: 4, "hugepages-2Mi": "1Gi"}}))
    assert _of_nodes([node, model("m"), deployment("new", "m", pod=both)])[1][:2] == (
        "spec.pod.container.resources",
        {"limits": {IB: "4", "hugepages-2Mi": "4Mi"}, "requests": {IB: "4"}},
    )


def test_huge_pages_are_whole_pages() -> None:
    """Eight pods and 100 pages of a gigabyte: twelve each."""
    node = environment("e", pool("p", allocatable={"extendedResources": {"hugepages-1Gi": "100Gi"}}))
    asks = _asking(limits={"hugepages-1Gi": "20Gi"})
    found = _of_nodes([node, model("m"), deployment("new", "m", replicas=8, pod=asks)])
    assert [(field, value) for field, value, _ in found] == [
        ("spec.nodePools[p].allocatable.extendedResources.hugepages-1Gi", "160Gi"),
        ("spec.pod.container.resources.limits.hugepages-1Gi", "12Gi"),
    ]


def test_a_device_of_which_nodes_have_none_is_declared() -> None:
    asks = _asking(limits={"rdma/other": 1})
    found = _of_nodes([_four_devices(), model("m"), deployment("new", "m", replicas=2, pod=asks)])
    assert found == [
        (
            "spec.nodePools[p].allocatable.extendedResources.rdma/other",
            2,
            "allocatable.extendedResources.rdma/other: 2 (now none) on e/p, if its nodes have it, would let it run",
        )
    ]


_FABRIC: Document = {"multiNodeCapable": True, "interNodeBandwidth": "ib-400g"}


def test_the_device_between_nodes_is_counted_less() -> None:
    """Two nodes with four devices each; two replicas of two pods, so two pods on a node that may be full of them."""
    device = {"interNodeDevice": {"resource": IB, "count": 4}}
    node = _four_devices(nodeCount=2, **_FABRIC, **device)
    wide = profile("x", nodes=2, gpusPerNode=2, interNodeBandwidth="400g")
    assert _of_nodes([node, model("m", wide), deployment("new", "m", replicas=2)]) == [
        DECLARED,
        (
            "spec.nodePools[p].capabilities.interNodeDevice.count",
            2,
            f"{IB}: 2 (now 4) in interNodeDevice of e/p, {IF}",
        ),
    ]


def test_others_on_the_pool_keep_their_devices() -> None:
    """Three of four devices are another's: one is left, whatever a share of the node would be."""
    other = deployment("old", "m", priority=9, pod=_asking(limits={IB: 3}))
    found = _of_nodes([_four_devices(), model("m"), other, deployment("new", "m", pod=_asking(limits={IB: 2}))])
    assert [(field, value) for field, value, _ in found] == [
        (f"spec.nodePools[p].allocatable.extendedResources.{IB}", 5),
        (f"spec.pod.container.resources.limits.{IB}", 1),
    ]


def test_all_that_a_model_serves_asks_for_less() -> None:
    """The other deployment of the model has four of six devices; with three each both fit."""
    node = environment("e", pool("p", allocatable={"extendedResources": {IB: 6}}))
    both = _with_pod(model("m"), _asking(limits={IB: 4}))
    found = _of_nodes([node, both, deployment("old", "m", priority=9), deployment("new", "m")])
    assert [(field, value) for field, value, _ in found] == [
        (f"spec.nodePools[p].allocatable.extendedResources.{IB}", 8),
        (f"spec.pod.container.resources.limits.{IB}", 3),
    ]


def _disk(size: str) -> Document:
    return environment("e", pool("p", allocatable={"ephemeralStorage": size}))


def _weighing(size: int) -> Document:
    large = model("m")
    large["spec"]["architecture"] = {"config": {"model_type": "unheard-of"}, "checkpointBytes": size}
    return large


@pytest.mark.parametrize(
    "resources",
    [{"requests": {"ephemeral-storage": "80Gi"}}, {"limits": {"ephemeral-storage": "80Gi"}}],
    ids=["request", "limit alone"],
)
def test_less_disk_is_asked_for(resources: Document) -> None:
    asks = _asking(**resources)
    assert _of_nodes([_disk("130Gi"), model("m"), deployment("new", "m", replicas=2, pod=asks)]) == [
        (
            "spec.nodePools[p].allocatable.ephemeralStorage",
            "160Gi",
            "allocatable.ephemeralStorage: 160Gi (now 130Gi) on e/p, if its nodes have it, would let it run",
        ),
        (
            "spec.pod.container.resources.requests.ephemeral-storage",
            "65Gi",
            f"ephemeral-storage: 65Gi (now 80Gi) in pod.container.resources of ModelDeployment team/new, {IF}",
        ),
    ]


@pytest.mark.parametrize("asks", [None, _asking(requests={"ephemeral-storage": "80Gi"})])
def test_weights_do_not_shrink(asks: Document | None) -> None:
    """70 GiB are downloaded twice on a node of 130: no request makes that less."""
    fields: dict[str, Any] = {"pod": asks} if asks else {}
    found = _of_nodes([_disk("130Gi"), _weighing(70 * 1024**3), deployment("new", "m", replicas=2, **fields)])
    assert [(field, value) for field, value, _ in found] == [
        ("spec.nodePools[p].allocatable.ephemeralStorage", "160Gi" if asks else "140Gi")
    ]


def test_a_node_takes_more_pods() -> None:
    few = slices("p", "1g.10gb", allocatable={"pods": 30})
    assert _of_nodes([environment("e", few), model("m"), deployment("new", "m", replicas=40)]) == [
        (
            "spec.nodePools[p].allocatable.pods",
            40,
            "allocatable.pods: 40 (now 30) on e/p, if its nodes have it, would let it run",
        )
    ]


def test_two_shortages_have_no_remedy_of_one_field() -> None:
    """Neither four devices nor 64Gi of disk are enough for eight and 100Gi."""
    node = environment("e", pool("p", allocatable={"extendedResources": {IB: 4}, "ephemeralStorage": "64Gi"}))
    asks = _asking(limits={IB: 8, "ephemeral-storage": "100Gi"})
    assert _of_nodes([node, model("m"), deployment("new", "m", pod=asks)]) == []
