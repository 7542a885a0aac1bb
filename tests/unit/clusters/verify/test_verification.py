"""Every kind of difference: found, named by code and pool, and nothing else said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from slicewise.clusters.live.facts import LiveCluster, LiveNode, Taint
from slicewise.clusters.live.gpus import Offer, UnitFlaw
from slicewise.diagnostics import difference_line, difference_to_dict
from slicewise.mig import find_gpu_model
from tests.documents import deployment, slices
from tests.unit.clusters.built_clusters import (
    GPU,
    adding,
    changed,
    gfd,
    node,
    only,
    pod,
    verified,
    with_gpus,
    with_pods,
    with_units,
    without,
)
from tests.unit.clusters.verify.pools.as_declared import ERROR, SLICE, WARNING, here, mig, two_pools

Change = Callable[[LiveCluster], LiveCluster]


def other_board(name: str, memory_mib: int) -> Callable[[LiveNode], LiveNode]:
    """Return a change of a node's GPUs: as many of another board."""
    return with_gpus(model=find_gpu_model(name), accelerator=name, offers=(Offer(GPU, 8, None, memory_mib),))


def test_a_cluster_as_declared_is_clean() -> None:
    documents, cluster = two_pools()
    result = verified(documents, cluster)
    assert result.differences == ()
    assert not result.has_errors
    assert [
        (each.node_pool, each.nodes_declared, each.nodes, each.units_declared, each.units, each.free)
        for each in result.pools
    ] == [("cut", 2, 2, 32, 32, 32), ("whole", 2, 2, 16, 16, 16)]
    assert [each.profiles for each in result.pools] == [("3g.40gb",), (None,)]


# One lie each about the nodes of `two_pools`: pool, code, severity where the plan needs little and where it needs all.
LIES: dict[str, tuple[Change, tuple[str | None, str, str, str]]] = {
    "a label is missing": (
        lambda c: changed(c, lambda n: replace(n, labels={}), "cut-0", "cut-1"),
        ("cut", "SW601", ERROR, ERROR),
    ),
    "a label is missing on one node": (
        lambda c: changed(c, lambda n: replace(n, labels={}), "whole-1"),
        ("whole", "SW602", WARNING, ERROR),
    ),
    "a node is gone": (lambda c: without(c, "cut-1"), ("cut", "SW602", WARNING, ERROR)),
    "all nodes are gone": (lambda c: without(c, "cut-0", "cut-1"), ("cut", "SW601", ERROR, ERROR)),
    "a node more": (
        lambda c: adding(c, node("cut-2", gfd(8, "3g.40gb"), {"pool": "cut"})),
        ("cut", "SW603", WARNING, WARNING),
    ),
    "more GPUs in a node": (
        lambda c: changed(c, lambda n: with_gpus(physical=16)(with_units(32)(n)), "cut-0"),
        ("cut", "SW603", WARNING, WARNING),
    ),
    "no device plugin": (lambda c: changed(c, with_gpus(offers=()), "cut-0"), ("cut", "SW604", WARNING, ERROR)),
    "the device plugin offers nothing": (
        lambda c: changed(c, with_units(0), "whole-0"),
        ("whole", "SW604", WARNING, ERROR),
    ),
    "no driver": (lambda c: changed(c, lambda n: replace(n, gpus=None), "whole-0"), ("whole", "SW604", WARNING, ERROR)),
    "one slice less": (lambda c: changed(c, with_units(15), "cut-1"), ("cut", "SW605", WARNING, ERROR)),
    "one GPU less": (lambda c: changed(c, with_units(7), "whole-1"), ("whole", "SW605", WARNING, ERROR)),
    "another profile": (lambda c: changed(c, mig("1g.10gb"), "cut-0", "cut-1"), ("cut", "SW606", ERROR, ERROR)),
    "another profile on one node": (lambda c: changed(c, mig("1g.10gb"), "cut-1"), ("cut", "SW606", WARNING, ERROR)),
    "whole GPUs for slices": (
        lambda c: changed(c, lambda n: replace(n, gpus=gfd(8)), "cut-0", "cut-1"),
        ("cut", "SW606", ERROR, ERROR),
    ),
    "slices for whole GPUs": (
        lambda c: changed(c, mig("3g.40gb"), "whole-0", "whole-1"),
        ("whole", "SW606", ERROR, ERROR),
    ),
    "slices for whole GPUs, named alike": (
        lambda c: changed(c, mig("3g.40gb", "single"), "whole-0", "whole-1"),
        ("whole", "SW606", ERROR, ERROR),
    ),
    "single instead of mixed": (
        lambda c: changed(c, mig("3g.40gb", "single"), "cut-0", "cut-1"),
        ("cut", "SW607", ERROR, ERROR),
    ),
    "a taint": (
        lambda c: changed(c, lambda n: replace(n, taints=(Taint("team", "x", "NoSchedule"),)), "cut-0"),
        ("cut", "SW608", WARNING, ERROR),
    ),
    "a taint that only asks": (
        lambda c: changed(c, lambda n: replace(n, taints=(Taint("team", "x", "PreferNoSchedule"),)), "cut-0"),
        ("cut", "SW608", WARNING, WARNING),
    ),
    "mixed models": (
        lambda c: changed(c, with_gpus(model=find_gpu_model("a100-80gb"), accelerator="A100"), "whole-0"),
        ("whole", "SW609", WARNING, WARNING),
    ),
    "another model": (
        lambda c: changed(c, with_gpus(model=find_gpu_model("h200"), accelerator="H200"), "whole-0", "whole-1"),
        ("whole", "SW610", WARNING, WARNING),
    ),
    "another model with other slices": (
        lambda c: changed(
            c, mig("1g.10gb", model=find_gpu_model("a100-80gb"), accelerator="NVIDIA-A100-SXM4-80GB"), "cut-0", "cut-1"
        ),
        ("cut", "SW610", ERROR, ERROR),
    ),
    "the layout failed": (
        lambda c: changed(c, with_gpus(mig_state="failed", mig_config="all-3g.40gb", offers=()), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "the layout failed and the old one is there": (
        lambda c: changed(c, mig("1g.10gb", mig_state="failed"), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "the layout is pending": (
        lambda c: changed(c, with_gpus(mig_state="pending", offers=()), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "the node restarts for its layout": (
        lambda c: changed(c, with_gpus(mig_state="rebooting"), "cut-0"),
        ("cut", "SW611", WARNING, ERROR),
    ),
    "slices that do not fit the strategy": (
        lambda c: changed(c, with_gpus(invalid=True, offers=()), "cut-0", "cut-1"),
        ("cut", "SW611", ERROR, ERROR),
    ),
    "shared units": (
        lambda c: changed(c, with_gpus(offers=(Offer(GPU, 32, None, 81559, flaw=UnitFlaw.SHARED),)), "whole-0"),
        ("whole", "SW612", ERROR, ERROR),
    ),
    "others hold units": (
        lambda c: with_pods(c, pod("notebook", "whole-0"), pod("train", "whole-1", 2)),
        ("whole", "SW613", WARNING, ERROR),
    ),
    "others hold what the plan wants": (
        lambda c: with_pods(c, pod("a", "whole-0", 8), pod("b", "whole-1", 7)),
        ("whole", "SW613", ERROR, ERROR),
    ),
    "less memory in a unit": (
        lambda c: changed(c, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", 38 * 1024),)), "cut-0"),
        ("cut", "SW614", WARNING, WARNING),
    ),
    "less memory than a model needs": (
        lambda c: changed(c, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", 29 * 1024),)), "cut-0"),
        ("cut", "SW614", ERROR, ERROR),
    ),
    "cordoned": (
        lambda c: changed(c, lambda n: replace(n, cordoned=True), "cut-0"),
        ("cut", "SW615", WARNING, ERROR),
    ),
    "not ready, and its device plugin is gone": (
        lambda c: changed(c, lambda n: replace(with_units(0)(n), ready=False), "cut-0"),
        ("cut", "SW615", WARNING, ERROR),
    ),
    "being removed": (
        lambda c: changed(
            c, lambda n: replace(n, taints=(Taint("ToBeDeletedByClusterAutoscaler", "1", "NoSchedule"),)), "cut-0"
        ),
        ("cut", "SW615", WARNING, ERROR),
    ),
    "unexplained GPUs": (
        lambda c: adding(c, node("spare", gfd(8), {"pool": "spare"})),
        (None, "SW617", WARNING, WARNING),
    ),
    "no KServe": (lambda c: replace(c, serves_kserve=False), (None, "SW618", ERROR, ERROR)),
    "no namespace": (lambda c: replace(c, namespaces=frozenset({"default"})), (None, "SW619", ERROR, ERROR)),
    "mixed models, one too small": (
        lambda c: changed(c, other_board("a100-40gb", 40960), "whole-0"),
        ("whole", "SW609", ERROR, ERROR),
    ),
    "another model, too small": (
        lambda c: changed(c, other_board("a100-40gb", 40960), "whole-0", "whole-1"),
        ("whole", "SW610", ERROR, ERROR),
    ),
    "less CPU in a node": (
        lambda c: changed(c, lambda n: replace(n, cpu="63"), "cut-0"),
        ("cut", "SW616", WARNING, ERROR),
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_and_nothing_else_said(lie: str) -> None:
    documents, cluster = two_pools()
    change, (name, code, roomy, _) = LIES[lie]
    (told,) = verified(documents, change(cluster)).differences
    assert (told.subject.node_pool, told.code, told.severity) == (name, code, roomy)
    counts = re.search(r"(?<![\w.-])\d+(?![\w.-])", told.message)
    assert told.facts or not counts, "the numbers of a message are there as data, too"


@pytest.mark.parametrize("lie", LIES)
def test_the_same_lie_where_the_plan_needs_every_unit(lie: str) -> None:
    """What takes room is an error then, and says whose pods would wait."""
    documents, cluster = two_pools()
    documents = (*documents[:-2], deployment("chat", "small", replicas=32), deployment("big", "large", replicas=16))
    change, (name, code, roomy, full) = LIES[lie]
    (told,) = verified(documents, change(cluster)).differences
    assert (told.subject.node_pool, told.code, told.severity) == (name, code, full)
    if (roomy, full) == (WARNING, ERROR):
        whose = "team/chat" if name == "cut" else "team/big"
        lacking = re.search(rf"; {whose} lacks room for (\d+) of ", told.message)
        assert lacking
        assert told.facts["lackingReplicas"] == {whose: int(lacking[1])}
    elif full == ERROR and name:
        assert "team/chat" in told.message or "team/big" in told.message


def test_a_difference_reads_and_says_what_to_do() -> None:
    documents, cluster = two_pools()
    told = only(documents, changed(cluster, with_units(15), "cut-1"))
    assert difference_line(told) == f"onprem/cut: on 1 of 2 nodes (cut-1): 15 units of {SLICE}, 16 declared [SW605]"
    assert told.remedy.startswith("write reservedUnits: 1, ")
    assert difference_to_dict(told) == {
        "environment": "onprem",
        "nodePool": "cut",
        "code": "SW605",
        "severity": "warning",
        "message": f"on 1 of 2 nodes (cut-1): 15 units of {SLICE}, 16 declared",
        "remedy": told.remedy,
        "facts": {"unitsOfANode": [15], "declared": 16, "lost": 1, "reserved": 0},
    }


def test_of_many_nodes_few_are_named() -> None:
    documents, cluster = here(slices("cut", "3g.40gb", nodeCount=8, memoryPerGpu="39Gi"))
    told = only(documents, changed(cluster, with_units(14)))
    assert "on 8 of 8 nodes (cut-0, cut-1, cut-2 and 5 more): 14 units" in told.message
