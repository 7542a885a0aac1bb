"""Pools whose nodes are cut in several profiles: each lie about one of these is told, and its remedy ends it."""

from __future__ import annotations

import copy
import re

import pytest
import yaml

from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.nodes import live_node
from tests.documents import Document, deployment, environment, model, pool, profile
from tests.unit.clusters.built_clusters import ENVIRONMENT, verified
from tests.unit.clusters.discover.describing import described
from tests.unit.clusters.kubernetes_json import Json, node_json, pod_json
from tests.unit.clusters.live.labelled import H100, labels_of, resources_of

# Four GPUs of eight are whole; the others hold two 3g.40gb each, or one and four 1g.10gb (MIG User Guide).
LABELS = H100 + "gpu.replicas=1 mig.strategy=mixed "
THERE = {"mig-3g.40gb": 6, "mig-1g.10gb": 8, "gpu": 4}
MIG = {"enabled": True, "strategy": "mixed", "slices": {"3g.40gb": 6, "1g.10gb": 8}, "wholeGpus": 4}
WRITTEN = re.compile(r"write (?P<key>[\w.+]+): (?P<value>\w+)(?: in (?P<map>\w+))?")


def declared(**mig: object) -> Document:
    cut = pool("p", nodeSelector={"all": "a"})
    cut["capabilities"] = {"migConfiguration": copy.deepcopy(MIG) | mig}
    return cut


def node(**there: int) -> Json:
    has = THERE | {key.replace("__", "-").replace("_", "."): units for key, units in there.items()}
    counted = " ".join(f"{name}.count={units}" for name, units in has.items() if units and name != "gpu")
    resources = " ".join(f"{name}={units}" for name, units in has.items() if units)
    return node_json("n", labels_of(LABELS + counted) | {"all": "a"}, resources_of(resources))


def told(cut: Document, of: Json, pods: list[Json] | None = None) -> list[tuple[str, str, str, str]]:
    """Return code, severity, message and remedy of what differs, where a replica is planned on each resource."""
    sizes = {"small": ("4Gi", "only"), "half": ("30Gi", "only"), "whole": ("70Gi", "never")}
    documents = [environment(ENVIRONMENT, cut)]
    for name, (memory, mig) in sizes.items():
        documents += [model(name, profile("any", memoryPerGpu=memory, mig=mig)), deployment(name, name)]
    cluster = LiveCluster(
        (live_node(of),), gpu_pods(pods or []), (), serves_kserve=True, namespaces=frozenset({"team"})
    )
    return [
        (each.code.value, each.severity.value, each.message, each.remedy)
        for each in verified(documents, cluster).differences
    ]


def followed(cut: Document, remedy: str) -> Document:
    """Return the pool with the first thing that a remedy writes."""
    match = WRITTEN.search(remedy)
    assert match, remedy
    rewritten = copy.deepcopy(cut)
    mig = rewritten["capabilities"]["migConfiguration"]
    fields = mig.setdefault(match["map"], {}) if match["map"] else mig
    fields[match["key"]] = yaml.safe_load(match["value"])
    return rewritten


def test_what_is_declared_is_clean() -> None:
    assert told(declared(), node()) == []


@pytest.mark.parametrize(
    ("slices", "there", "code", "remedy"),
    [
        (
            {"3g.40gb": 6, "1g.10gb": 8},
            {"mig__3g_40gb": 5},
            "SW605",
            "write 3g.40gb: 1 in reservedSlices, write 3g.40gb: 5 in slices if that is all",
        ),
        ({"3g.40gb": 6, "1g.10gb": 6}, {}, "SW603", "write 1g.10gb: 8 in slices, so that all of them are counted"),
        (
            {"3g.40gb": 6, "1g.10gb": 8},
            {"gpu": 3},
            "SW605",
            "write wholeGpus: 3, or find out why the device plugin leaves some out",
        ),
    ],
)
def test_another_number_of_units(slices: dict[str, int], there: dict[str, int], code: str, remedy: str) -> None:
    cut = declared(slices=slices)
    ((found, severity, _, said),) = told(cut, node(**there))
    assert (found, severity) == (code, "warning")
    assert said.startswith(remedy)
    assert told(followed(cut, said), node(**there)) == []


def test_slices_with_less_memory_than_was_measured() -> None:
    of = node()
    of["metadata"]["labels"]["nvidia.com/mig-3g.40gb.memory"] = "38000"
    asks_for_more = profile("any", memoryPerGpu="38Gi", mig="only")
    documents = [environment(ENVIRONMENT, declared()), model("half", asks_for_more), deployment("half", "half")]
    cluster = LiveCluster((live_node(of),), (), (), serves_kserve=True, namespaces=frozenset({"team"}))
    ((difference),) = verified(documents, cluster).differences
    assert (difference.code, difference.severity) == ("SW614", "error")
    assert (
        difference.message
        == "a slice of 3g.40gb counts as 40448Mi, a unit of n has 37.11Gi, and team/half needs more than that"
    )
    assert difference.remedy == "write 3g.40gb: 38000Mi in memoryPerSlice"
    assert told(followed(declared(), difference.remedy), of) == []


def test_one_unit_is_not_several() -> None:
    ((_, _, message, _),) = told(declared(), node(gpu=1))
    assert message == "on 1 of 1 node (n): 1 unit of nvidia.com/gpu, 4 declared"


def test_fewer_slices_declared_instead_of_reserved() -> None:
    assert told(declared(slices={"3g.40gb": 5, "1g.10gb": 8}), node(mig__3g_40gb=5)) == []


@pytest.mark.parametrize(
    ("resource", "units", "remedy"),
    [
        ("nvidia.com/mig-3g.40gb", 2, "write 3g.40gb: 2 in reservedSlices, or move these pods to other nodes"),
        ("nvidia.com/gpu", 1, "write wholeGpus: 3, or move these pods to other nodes"),
    ],
)
def test_units_that_others_hold(resource: str, units: int, remedy: str) -> None:
    pods = [pod_json("theirs", {resource: units}, "n")]
    ((code, severity, _, said),) = told(declared(), node(), pods)
    assert (code, severity, said) == ("SW613", "warning", remedy)
    assert told(followed(declared(), said), node(), pods) == []


@pytest.mark.parametrize("resource", ["nvidia.com/mig-3g.40gb", "nvidia.com/gpu", "nvidia.com/mig-1g.10gb"])
def test_what_discover_writes_of_units_that_others_hold_is_clean(resource: str) -> None:
    pods = [pod_json("theirs", {resource: 2}, "n")]
    pools, comments = described([node()], pods)
    (cut,) = pools.values()
    assert any("pods of others hold" in each for each in comments)
    assert told(cut | {"nodeSelector": {"all": "a"}}, node(), pods) == []


def test_a_profile_that_no_node_has_is_left_out() -> None:
    ((code, severity, message, remedy),) = told(declared(), node(mig__1g_10gb=0))
    assert (code, severity) == ("SW606", "error")
    assert "no slices of 1g.10gb" in message
    assert remedy.startswith("leave 1g.10gb out of slices")
    assert told(declared(slices={"3g.40gb": 6}), node(mig__1g_10gb=0)) == []


def test_whole_gpus_that_no_node_has_are_left_out() -> None:
    ((code, severity, message, remedy),) = told(declared(), node(gpu=0))
    assert (code, severity) == ("SW606", "error")
    assert "no whole GPUs are offered (nvidia.com/gpu: 4 is declared)" in message
    assert remedy.startswith("leave wholeGpus out")


def test_a_layout_that_is_asked_for_is_told_once_for_all_profiles() -> None:
    asked = node()
    asked["metadata"]["labels"]["nvidia.com/mig.config"] = "all-1g.10gb"
    ((code, severity, message, remedy),) = told(declared(), asked)
    assert (code, severity) == ("SW611", "warning")
    assert "asks for all-1g.10gb, and the GPUs are cut in several profiles, as declared" in message
    assert "node pools" not in message
    # No layout of one profile makes what is declared.
    assert "nvidia.com/mig.config=NAME" in remedy
    assert "=all-" not in remedy
    asked["metadata"]["labels"]["nvidia.com/mig.config"] = "half-and-half"
    assert told(declared(), asked) == []
