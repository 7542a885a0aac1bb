"""Nodes whose GPUs NVIDIA's DRA driver has.

ResourceSlices: kubernetes-sigs/dra-driver-nvidia-gpu v0.5.0 (GenerateDriverResources), resource.k8s.io/v1.
"""

from __future__ import annotations

import httpx2
import pytest

from slicewise.clusters.live.facts import LiveCluster, Readable
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, verified
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.clusters.live.answers import NODES, everything, page, read, refused
from tests.unit.clusters.live.dra_answers import GROUP, dra_answers, path_of
from tests.unit.clusters.live.labelled import H100, labels_of

SMALL = model("m", profile("any", memoryPerGpu="4Gi"))
WHOLE = pool("p", nodeSelector={"all": "a"})
CUT = slices("p", "3g.40gb", memoryPerGpu="39Gi", nodeSelector={"all": "a"})


def node(resources: dict[str, int]) -> Json:
    return node_json("n", labels_of(H100 + "gpu.replicas=1") | {"all": "a"}, resources)


def slice_of(name: str, driver: str = "gpu.nvidia.com", devices: int = 8) -> Json:
    return {
        "metadata": {"name": f"{name}-{driver}"},
        "spec": {
            "driver": driver,
            "nodeName": name,
            "pool": {"name": name, "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {"name": f"gpu-{number}", "attributes": {"type": {"string": "gpu"}}} for number in range(devices)
            ],
        },
    }


def cluster(
    *slices: Json, version: str = "v1", resources: dict[str, int] | None = None, asked: list[str] | None = None
) -> LiveCluster:
    def note(request: httpx2.Request) -> None:
        if asked is not None:
            asked.append(request.url.path)

    answers = {NODES: page("NodeList", node(resources or {})), **dra_answers(slices=slices, version=version)}
    return read(everything() | answers, note)


def found(declared: Document, live: LiveCluster) -> list[tuple[str, str]]:
    documents = (environment(ENVIRONMENT, declared), SMALL, deployment("d", "m"))
    return [
        (each.code.value, each.severity.value)
        for each in verified(documents, live).differences
        if each.subject.node_pool
    ]


@pytest.mark.parametrize("version", ["v1", "v1beta2"])
def test_they_are_not_taken_for_nodes_without_a_device_plugin(version: str) -> None:
    live = cluster(slice_of("n"), version=version)
    assert found(WHOLE, live) == [("SW648", "warning")]
    assert found(CUT, live) == [("SW648", "error")]


@pytest.mark.parametrize(
    "other",
    [slice_of("another"), slice_of("n", "compute-domain.nvidia.com"), slice_of("n", devices=0)],
)
def test_other_slices_say_nothing_of_them(other: Json) -> None:
    assert found(WHOLE, cluster(other)) == [("SW604", "error")]


def test_without_any_the_device_plugin_is_missing() -> None:
    assert found(WHOLE, cluster()) == [("SW604", "error")]


def test_its_remedy_ends_it() -> None:
    """Run the device plugin on these nodes, in place of the driver's GPUs."""
    asked: list[str] = []
    assert found(WHOLE, cluster(resources={"nvidia.com/gpu": 8}, asked=asked)) == []
    assert [path for path in asked if "resource.k8s.io" in path] == [GROUP, path_of("resourceslices")]


def test_who_may_not_list_them_is_told() -> None:
    answers = {NODES: page("NodeList", node({})), **dra_answers(), path_of("resourceslices"): refused(403)}
    live = read(everything() | answers)
    assert live.unread == (Readable.RESOURCE_SLICES,)
    assert found(WHOLE, live) == [("SW604", "error")]
