"""GPU models, memory and machines beside what is declared, and nodes that take no pods."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from slicewise.clusters.live.facts import LiveNode, Offer, Taint
from slicewise.mig import find_gpu_model
from tests.documents import Document, deployment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import GPU, changed, cluster_of, found, only, with_gpus
from tests.unit.clusters.verify.pools.as_declared import ERROR, SLICE, WARNING, here
from tests.unit.clusters.verify.pools.labelled_nodes import cordoned, declared

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (("h100-80gb", "H"), ("h100-80gb", "H PCIe"), None),
        (("h100-80gb", "H"), (None, "unknown"), None),
        ((None, "X100"), (None, "X200"), "SW609"),
        ((None, "X100"), (None, "X100"), None),
        ((None, None), (None, "X100"), None),
        (("a100-80gb", "A"), ("h200", "B"), "SW609"),
        (("a100-80gb", "A"), ("a100-80gb", "A"), "SW610"),
        (("a100-80gb", "A"), (None, "unknown"), "SW610"),
    ],
)
def test_models_are_compared_where_they_are_known(
    first: tuple[str | None, str | None], second: tuple[str | None, str | None], code: str | None
) -> None:
    documents, cluster = here(pool("whole", nodeCount=2))
    for name, (known, accelerator) in (("whole-0", first), ("whole-1", second)):
        facts = with_gpus(model=find_gpu_model(known) if known else None, accelerator=accelerator)
        cluster = changed(cluster, facts, name)
    assert [each for _, each, _ in found(documents, cluster)] == ([code] if code else [])


def test_a_declared_model_that_the_catalogue_does_not_know_is_not_compared() -> None:
    documents, cluster = here(pool("whole", acceleratorType="nvidia-x999"))
    assert found(documents, cluster) == []


@pytest.mark.parametrize(
    ("declared", "needed", "mib", "expected"),
    [
        ("39Gi", "39Gi", 40448, []),
        # The driver leaves 39.5 GiB of 3g.40gb, and SW301 says so; a model that needs 40 is another matter.
        ("40Gi", "39.5Gi", 40448, []),
        ("40Gi", "40Gi", 40448, ERROR),
        ("39Gi", "30Gi", 39 * 1024, []),
        ("39Gi", "30Gi", 39 * 1024 - 1, []),
        # Less than any driver leaves.
        ("38Gi", "30Gi", 38 * 1024, []),
        ("39Gi", "30Gi", 38 * 1024, WARNING),
        ("39Gi", "38Gi", 38 * 1024, WARNING),
        ("39Gi", "39Gi", 38 * 1024, ERROR),
        ("39Gi", "39Gi", None, []),
    ],
)
def test_memory_of_a_slice(declared: str, needed: str, mib: int | None, expected: str | list[Any]) -> None:
    asks = model("small", profile("slice", memoryPerGpu=needed, mig="only"))
    documents, cluster = here(slices("cut", "3g.40gb", memoryPerGpu=declared), more=(asks, deployment("chat", "small")))
    cluster = changed(cluster, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", mib),)))
    assert found(documents, cluster) == ([("cut", "SW614", expected)] if expected else [])


@pytest.mark.parametrize(
    ("mib", "expected"),
    # A GPU that is sold with 80 GB reports 81559 MiB: that is not a difference. 75 GiB are.
    [(81559, []), (75 * 1024, ERROR)],
)
def test_memory_of_a_gpu_is_compared_with_what_it_is_sold_with(mib: int, expected: str | list[Any]) -> None:
    asks = model("large", profile("whole", memoryPerGpu="80Gi", mig="never"))
    documents, cluster = here(pool("whole"), more=(asks, deployment("big", "large")))
    cluster = changed(cluster, with_gpus(offers=(Offer(GPU, 8, None, mib),)))
    assert found(documents, cluster) == ([("whole", "SW614", expected)] if expected else [])


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


def not_ready(each: LiveNode) -> LiveNode:
    return replace(each, ready=False)


def removed(each: LiveNode) -> LiveNode:
    return replace(each, taints=(Taint("ToBeDeletedByClusterAutoscaler", "1", "NoSchedule"),))


@pytest.mark.parametrize("out", [cordoned, not_ready, removed])
@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [(1, None, None), (2, None, "SW615"), (1, 2, "SW615"), (1, 1, None), (0, 1, None)],
)
def test_a_node_that_takes_no_pods_is_neither_missing_nor_too_many(
    out: Callable[[LiveNode], LiveNode], count: int, most: int | None, expected: str | None
) -> None:
    scaled = {} if most is None else {"maxNodeCount": most}
    documents = declared(pool("whole", nodeCount=count, **scaled))
    nodes = changed(cluster_of(declared(pool("whole", nodeCount=2))[0]), out, "whole-0")
    assert [code for _, code, _ in found(documents, nodes)] == ([expected] if expected else [])
    if expected:
        # Where the others are as many as are declared to be there at least, there is nothing to lower.
        assert ("lower nodeCount" in only(documents, nodes).remedy) == (count == 2)
