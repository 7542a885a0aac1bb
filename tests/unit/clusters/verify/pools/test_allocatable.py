"""CPU and memory of nodes beside what is declared in `allocatable`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.documents import Document, pool
from tests.unit.clusters.built_clusters import changed, found, only
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
