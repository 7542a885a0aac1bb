"""Whoever follows the remedy of a warning has a plan without a shortfall."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slicewise.clusters.live.facts import LiveCluster, LiveNode
from slicewise.diagnostics import Diagnostic
from tests.documents import Document, deployment, environment, model, plan_of, pool, profile, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    changed,
    cluster_of,
    only,
    pod,
    verified,
    with_pods,
    with_units,
    without,
)

SLICE = "nvidia.com/mig-3g.40gb"
_WRITTEN = re.compile(r"(nodeCount|maxNodeCount|reservedUnits|allocatable\.cpu): (\w+)")
_WRITE = re.compile(r"write (?:(?:nodeCount|maxNodeCount|reservedUnits|allocatable\.cpu): \w+(?: and )?)+")


def capacity_lost(**fields: object) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return four nodes of 16 slices, and a plan that needs 10 of these."""
    cut = {"memoryPerGpu": "39Gi", "allocatable": {"cpu": "188", "memory": "1900Gi"}, "nodeCount": 4}
    declared = environment(ENVIRONMENT, slices("cut", "3g.40gb", **(cut | fields)))
    small = model("small", profile("bf16", memoryPerGpu="34Gi"))
    return (declared, small, deployment("small", "small", replicas=10)), cluster_of(declared)


def with_cpu(cpu: str) -> Callable[[LiveNode], LiveNode]:
    return lambda node: replace(node, cpu=cpu)


def follow(documents: tuple[Document, ...], told: Diagnostic) -> tuple[Document, ...]:
    """Return the documents with what the remedy writes."""
    rewritten = deepcopy(documents)
    (declared,) = (each for each in rewritten[0]["spec"]["nodePools"] if each["name"] == told.subject.node_pool)
    for written in _WRITE.findall(told.remedy):
        for key, value in _WRITTEN.findall(written):
            if key == "allocatable.cpu":
                declared["allocatable"]["cpu"] = value
            else:
                declared[key] = int(value)
    return rewritten


def test_one_small_node_does_not_make_all_small() -> None:
    """A pod asks for 4 CPUs: on nodes that all count with 4, four of ten pods fit."""
    documents, cluster = capacity_lost()
    told = only(documents, changed(cluster, with_cpu("4"), "cut-3"))
    assert (told.code, told.severity) == ("SW616", "warning")
    assert told.remedy == (
        "take cut-3 out of the pool (another nodeSelector, or a pool of their own) and write nodeCount: 3: "
        "allocatable.cpu: 4 for all of the pool would leave too little room for the plan"
    )
    assert plan_of(follow(documents, told))["shortfalls"] == []
    documents, cluster = capacity_lost(maxNodeCount=6)
    told = only(documents, changed(cluster, with_cpu("4"), "cut-3"))
    assert "and write nodeCount: 3 and maxNodeCount: 5: " in told.remedy


def test_what_is_reserved_counts_in_the_remedy() -> None:
    """16 units are left, 10 are planned: 6 can be reserved, not 7."""
    documents, cluster = capacity_lost(reservedUnits=7)
    told = only(documents, without(cluster, "cut-1", "cut-2", "cut-3"))
    assert (told.code, told.severity) == ("SW602", "warning")
    assert told.remedy == "write nodeCount: 1 and reservedUnits: 6 (now 7), or add the nodes"
    assert plan_of(follow(documents, told))["shortfalls"] == []


def test_what_leaves_too_little_room_is_not_to_be_written() -> None:
    documents, cluster = capacity_lost(nodeCount=1)
    others = [pod(f"other-{number}", "cut-0", 1, SLICE) for number in range(5)]
    documents[0]["spec"]["nodePools"][0]["reservedUnits"] = 4
    told = only(documents, with_pods(cluster, *others))
    assert told.remedy == "write reservedUnits: 5, or move these pods to other nodes"
    cordoned = changed(
        capacity_lost(nodeCount=2, reservedUnits=7)[1], lambda node: replace(node, cordoned=True), "cut-0"
    )
    told = only(capacity_lost(nodeCount=2, reservedUnits=7)[0], cordoned)
    assert (told.code, told.severity) == ("SW615", "warning")
    assert "lower nodeCount" not in told.remedy


def damaged(draw: st.DrawFn, cluster: LiveCluster, resource: str) -> LiveCluster:
    """Return the cluster with something taken from some of its nodes."""
    names = [node.name for node in cluster.nodes if node.gpus]
    some = draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
    kind = draw(st.sampled_from(["gone", "cpu", "units", "held", "cordoned", "pods"]))
    if kind == "gone":
        return without(cluster, *some)
    if kind == "held":
        held = [pod(f"other-{name}", name, draw(st.integers(1, 4)), resource) for name in some]
        return with_pods(cluster, *held)
    less = draw(st.integers(1, 7))
    changes: dict[str, Callable[[LiveNode], LiveNode]] = {
        "cpu": with_cpu(str(less * 8)),
        "units": with_units(less),
        "cordoned": lambda node: replace(node, cordoned=True),
        "pods": lambda node: replace(node, pods=less),
    }
    return changed(cluster, changes[kind], *some)


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[Document, ...], LiveCluster]:
    count = draw(st.integers(1, 4))
    fields: dict[str, object] = {"nodeCount": count, "allocatable": {"cpu": "188"}}
    fields["reservedUnits"] = draw(st.integers(0, 8))
    if draw(st.booleans()):
        fields["maxNodeCount"] = draw(st.integers(count, 5))
    cut = draw(st.booleans())
    declared = slices("p", "3g.40gb", memoryPerGpu="39Gi", **fields) if cut else pool("p", **fields)
    sizes = [1] if cut else draw(st.lists(st.sampled_from([1, 2, 4, 8]), min_size=1, max_size=2, unique=True))
    documents = [environment(ENVIRONMENT, declared)]
    for size in sizes:
        cpu = draw(st.sampled_from(["1", "4", "16"]))
        documents.append(model(f"m{size}", profile("a", memoryPerGpu="30Gi", gpusPerNode=size), cpu=cpu))
        documents.append(deployment(f"d{size}", f"m{size}", replicas=draw(st.integers(1, 20))))
    assume(plan_of(documents)["shortfalls"] == [])
    resource = SLICE if cut else "nvidia.com/gpu"
    return tuple(documents), damaged(draw, cluster_of(documents[0]), resource)


@pytest.mark.long
@settings(max_examples=400, deadline=None)
@given(cases())
def test_a_followed_warning_leaves_no_shortfall(case: tuple[tuple[Document, ...], LiveCluster]) -> None:
    documents, cluster = case
    for told in verified(documents, cluster).differences:
        if told.severity == "warning" and told.subject.node_pool:
            rewritten = follow(documents, told)
            assert plan_of(rewritten)["shortfalls"] == [], told.remedy
