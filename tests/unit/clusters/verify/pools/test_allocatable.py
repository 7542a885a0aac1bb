"""CPU, memory, disk and devices of nodes beside what is declared in `allocatable`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.documents import Document, pool
from tests.unit.clusters.built_clusters import changed, found, only, verified
from tests.unit.clusters.verify.pools.as_declared import here


@pytest.mark.parametrize(
    ("declared", "cpu", "memory", "expected"),
    [
        ({}, "4", "8Gi", []),
        ({"cpu": "188"}, "188", "8Gi", []),
        ({"cpu": "188"}, "187990m", "8Gi", ["SW616"]),
        ({"cpu": "188", "memory": "1900Gi"}, "188", "2040109466k", []),
        ({"cpu": "188", "memory": "1900Gi"}, "188", "1900Gi", []),
        ({"cpu": "188", "memory": "1900Gi"}, "188", "1992294399Ki", ["SW616"]),
        ({"cpu": "188", "memory": "1900Gi"}, "100", "1Gi", ["SW616", "SW616"]),
        ({"cpu": "188"}, "0", "1Gi", ["SW616"]),
    ],
)
def test_allocatable(declared: Document, cpu: str, memory: str, expected: list[str]) -> None:
    documents, cluster = here(pool("whole", allocatable=declared))
    cluster = changed(cluster, lambda each: replace(each, cpu=cpu, memory=memory))
    assert [code for _, code, _ in found(documents, cluster)] == expected


def test_the_remedy_of_little_cpu_is_what_the_smallest_node_has() -> None:
    documents, cluster = here(pool("whole", nodeCount=2, allocatable={"cpu": "188"}))
    cluster = changed(cluster, lambda each: replace(each, cpu="95"), "whole-0")
    told = only(documents, changed(cluster, lambda each: replace(each, cpu="94"), "whole-1"))
    assert "2 nodes (whole-0, whole-1) have less: 94 on whole-1" in told.message
    assert told.remedy == "write allocatable.cpu: 94"


@pytest.mark.parametrize(
    ("declared", "there", "expected"),
    [
        ({"ephemeralStorage": "100Gi"}, {"storage": "107374182400"}, None),
        ({"ephemeralStorage": "100Gi"}, {"storage": "53687091200"}, "write allocatable.ephemeralStorage: 53687091200"),
        ({"ephemeralStorage": "100Gi"}, {}, "leave ephemeralStorage out of allocatable"),
        ({"extendedResources": {"rdma/ib": 4}}, {"extended": {"rdma/ib": 8}}, None),
        (
            {"extendedResources": {"rdma/ib": 8}},
            {"extended": {"rdma/ib": 4}},
            "write allocatable.extendedResources: {rdma/ib: 4}",
        ),
        ({"extendedResources": {"rdma/ib": 8}}, {}, "leave rdma/ib out of allocatable.extendedResources"),
    ],
)
def test_disk_and_devices(declared: Document, there: Document, expected: str | None) -> None:
    documents, cluster = here(pool("whole", allocatable=declared))
    cluster = replace(cluster, nodes=tuple(replace(node, **there) for node in cluster.nodes))
    told = verified(documents, cluster).differences
    assert [(each.code, each.severity, each.remedy) for each in told] == (
        [("SW639", "warning", expected)] if expected else []
    )
