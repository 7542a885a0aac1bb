"""Remedies are computed, not guessed: whoever follows one gets what it says, and nothing is moved."""

from __future__ import annotations

import tempfile
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st

from slicewise.documents import Fleet, load_fleet
from slicewise.planning import Rejections, make_plan, parse_previous
from slicewise.planning.capacity.planned_pools import charged_pools
from slicewise.planning.remedies.finding import Remedies, Remedy, RemedyKind, remedy_to_dict
from slicewise.planning.remedies.remedy import Proposal, Want
from slicewise.presentation import shortfall_lines
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, planned, pool, profile, slices
from tests.unit.planning.checker import findings
from tests.unit.planning.strategies import fleets, steady


def remedies_of(documents: list[Document], name: str, limit: int = 3) -> tuple[Remedy, ...]:
    """Return the remedies for the shortfall of the deployment called `name`."""
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    (shortfall,) = (item for item in plan.shortfalls if item.deployment.name == name)
    return Remedies(fleet, plan, Rejections(fleet, plan)).of(shortfall, limit)


def shortfalls_said(fleet: Fleet) -> list[str]:
    """Return what a plan for `fleet` says of its shortfalls."""
    plan = make_plan(fleet)
    return shortfall_lines(fleet, plan, Rejections(fleet, plan))


def lines(documents: list[Document], name: str, limit: int = 3) -> list[str]:
    return [str(remedy) for remedy in remedies_of(documents, name, limit)]


def follow(remedy: Remedy, documents: list[Document]) -> list[Document]:
    """Return the documents with the one field changed that the remedy names."""
    kind, _, name = remedy.document.partition(" ")
    changed = deepcopy(documents)
    (document,) = (d for d in changed if d["kind"] == kind and _name(d) == name)
    if not remedy.field:
        changed.remove(document)
        return changed
    # The last part may be a label's key, with dots and slashes.
    path, key = _split(remedy.field)
    target: Any = document
    for part in path:
        if part.startswith("["):
            target = next(item for item in target if item["name"] == part[1:-1])
        else:
            target = target.setdefault(part, {})
    if remedy.value is None:
        del target[key]
    else:
        target[key] = remedy.value
    return changed


def _name(document: Document) -> str:
    metadata = document["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if "namespace" in metadata else str(metadata["name"])


def _split(field: str) -> tuple[list[str], str]:
    for labels in (".labels.", ".matchLabels."):
        if labels in field:
            before, _, label = field.partition(labels)
            return [*_parts(before), labels.strip(".")], label
    parts = _parts(field)
    return parts[:-1], parts[-1]


def _parts(field: str) -> list[str]:
    return field.replace("[", ".[").split(".")


def places(plan: Document) -> set[tuple[str, ...]]:
    return {
        (f"{item['deployment']['namespace']}/{item['deployment']['name']}", item["environment"], item["nodePool"])
        for item in plan["placements"]
    }


def step_less(remedy: Remedy, documents: list[Document]) -> int | None:
    """Return the value that is one step less of the remedy, which must not be enough; None where it has no steps."""
    value = remedy.value
    if remedy.kind is RemedyKind.FEWER_REPLICAS and isinstance(value, int):
        return value + 1
    if remedy.kind is RemedyKind.MORE_NODES and isinstance(value, int):
        (pool_,) = (
            each
            for document in documents
            if document["kind"] == "InferenceEnvironment" and document["metadata"]["name"] == remedy.environment
            for each in document["spec"]["nodePools"]
            if each["name"] == remedy.node_pool
        )
        # GKE makes as many nodes in each zone; an autoscaler's limit is for all of them together.
        return value - (len(pool_.get("zones", "z")) if remedy.field.endswith(".nodeCount") else 1)
    return None


def loaded(documents: list[Document]) -> Fleet:
    """Return the fleet of `documents` as users load it: from files, with every rule."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "fleet.yaml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        return load_fleet([directory])


def assert_true(remedy: Remedy, documents: list[Document], name: str) -> None:
    """Follow the remedy, and plan again after the first plan: one environment more, and everybody else as before."""
    before = plan_of(documents)
    (short,) = (item for item in before["shortfalls"] if item["deployment"]["name"] == name)
    if remedy.rival:
        # Who might come first goes no further than it has come.
        documents = list(chain.from_iterable(_content(item, before, name) for item in documents))
    changed = follow(remedy, documents)
    fleet = loaded(changed)
    after = planned(fleet, parse_previous(before["placements"], "before"))
    assert findings(fleet, after) == []
    gained = Counter(item["deployment"]["name"] for item in after["placements"])[name] - short["placed"]
    if remedy.kind is RemedyKind.FEWER_ENVIRONMENTS:
        assert gained == 0
        assert all(item["deployment"]["name"] != name for item in after["shortfalls"])
    else:
        assert gained >= 1, remedy
    less = step_less(remedy, documents)
    if less is not None and not remedy.rival:
        not_enough = follow(replace(remedy, value=less), documents)
        nearly = make_plan(fleet_of(not_enough), parse_previous(before["placements"], "before"))
        assert sum(item.deployment.name == name for item in nearly.placements) == short["placed"], remedy
    removed = remedy.document.partition(" ")[2] if remedy.kind is RemedyKind.OTHER_GOES else None
    assert {place for place in places(before) if place[0] != removed} <= places(after), remedy


def _content(document: Document, plan: Document, name: str) -> list[Document]:
    """Return `document`, asking for no more environments than `plan` has for it, unless it is the deployment `name`."""
    if document["kind"] != "ModelDeployment" or document["metadata"]["name"] == name:
        return [document]
    has = sum(item["deployment"]["name"] == document["metadata"]["name"] for item in plan["placements"])
    return [document | {"spec": document["spec"] | {"environments": has}}] if has else []


@st.composite
def made_on_gke(draw: st.DrawFn) -> list[Document]:
    """Draw a fleet on clusters that the stack makes in one to three zones, with more deployments than room."""
    documents = [model("m", profile("any", mig="any"))]
    for name in ("env-a", "env-b")[: draw(st.integers(1, 2))]:
        pools = []
        for pool_name in ("cut", "whole")[: draw(st.integers(1, 2))]:
            zones = [f"europe-west4-{zone}" for zone in "abc"[: draw(st.integers(1, 3))]]
            nodes = len(zones) * draw(st.integers(0, 2))
            fields = {"zones": zones, "nodeCount": nodes, "machineType": "a3-highgpu-8g"}
            fields["nodeSelector"] = {"cloud.google.com/gke-nodepool": pool_name}
            if draw(st.integers(0, 2)) == 0:
                fields["maxNodeCount"] = nodes + draw(st.integers(1, 2))
            sliced = pool_name == "cut"
            pools.append(slices("cut", "7g.80gb", strategy="single", **fields) if sliced else pool("whole", **fields))
        made = environment(name, *pools)
        made["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
        documents.append(made)
    replicas = st.integers(3, 30)
    return documents + [
        deployment(name, "m", namespace=name, replicas=draw(replicas), environments=draw(st.integers(1, 2)))
        for name in ("d0", "d1", "d2")
    ]


@pytest.mark.long
@steady
@given(st.one_of(fleets(), made_on_gke()))
def test_every_remedy_is_true(documents: list[Document]) -> None:
    fleet = loaded(documents)
    plan = make_plan(fleet)
    remedies = Remedies(fleet, plan, Rejections(fleet, plan))
    for shortfall in plan.shortfalls:
        for remedy in remedies.of(shortfall, limit=8):
            event(f"{remedy.kind.name}{' with a rival' if remedy.rival else ''}")
            assert_true(remedy, documents, shortfall.deployment.name)


EU = {"region": "eu"}
F = "the profile f of ClusterModel m"
WAITS = "(team/waits may take this room first)"
ON_ITS_NODES = "in the capabilities of e/p, if its nodes have it, would fit it"


def _autoscaled(least: int, most: int) -> Document:
    return {"signal": "Concurrency", "concurrency": {"minReplicas": least, "maxReplicas": most, "target": 8}}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param(
            # 2 nodes of 16 slices, 30 of 32 charged: 5 more need a third node.
            [
                environment("mig-a", slices("small", "3g.40gb", nodeCount=1, maxNodeCount=2)),
                *[model("m"), deployment("old", "m", replicas=30, priority=9), deployment("new", "m", replicas=5)],
            ],
            [
                "replicas 2 (now 5) would fit it on mig-a/small",
                "maxNodeCount 3 on mig-a/small (now 2) would fit it",
            ],
            id="more nodes, by maxNodeCount where it is set; nobody more important is asked",
        ),
        pytest.param(
            [
                environment("e", pool("p", reservedUnits=4)),
                *[model("m"), deployment("old", "m", replicas=2), deployment("new", "m", replicas=5)],
            ],
            # 8 units, 2 of them charged and 4 reserved: 2 are free, so 3 of the reserved must go for the 5.
            [
                "reservedUnits 1 on e/p (now 4) would fit it",
                "replicas 2 (now 5) would fit it on e/p",
                "nodeCount 2 on e/p (now 1) would fit it",
            ],
            id="fewer reserved units",
        ),
        pytest.param(
            # 8 GPUs, dev has 6 of them: 4 are wanted, so 2 must go.
            [
                environment("e", pool("p")),
                *[
                    model("m"),
                    deployment("dev", "m", replicas=6, priority=1),
                    deployment("new", "m", priority=1, replicas=4),
                ],
            ],
            [
                "replicas 2 (now 4) would fit it on e/p",
                "e/p would fit it if team/dev drops to 4 replicas (now 6)",
                "nodeCount 2 on e/p (now 1) would fit it",
            ],
            id="another deployment drops",
        ),
        pytest.param(
            # No more than to minReplicas: 4 of its 6 slices stay, and 2 + 2 are fewer than the 5 wanted.
            [
                environment("e", pool("p")),
                *[model("m"), deployment("dev", "m", scaling=_autoscaled(4, 6)), deployment("new", "m", replicas=5)],
            ],
            [
                "replicas 2 (now 5) would fit it on e/p",
                "e/p would fit it if team/dev is removed",
                "nodeCount 2 on e/p (now 1) would fit it",
            ],
            id="an autoscaled deployment keeps its minReplicas, or goes",
        ),
        pytest.param(
            [
                environment("e", pool("p")),
                *[
                    model("m"),
                    deployment("dev", "m", scaling=_autoscaled(0, 6)),
                    deployment("new", "m", scaling=_autoscaled(3, 5)),
                ],
            ],
            [
                "e/p would fit it if team/dev drops to maxReplicas 3 (now 6)",
                "nodeCount 2 on e/p (now 1) would fit it",
            ],
            id="autoscaled deployments are told of maxReplicas, and keep minReplicas",
        ),
        pytest.param(
            [
                environment("e", pool("p"), labels={"tier": "x"}),
                model("m"),
                deployment("new", "m", environmentSelector=EU),
            ],
            ["label region=eu on the environment e: e/p would fit it"],
            id="a label that the environment does not have",
        ),
        pytest.param(
            [
                environment("us", pool("p"), labels={"region": "us"}),
                model("m"),
                deployment("new", "m", environmentSelector=EU),
            ],
            ["without region=eu in its environmentSelector, us/p would fit it"],
            id="a label with another value is left alone",
        ),
        pytest.param(
            [
                environment("us", pool("p", labels={"region": "us"})),
                *[model("m"), deployment("new", "m", nodePoolSelector=EU)],
            ],
            ["without region=eu in its nodePoolSelector, us/p would fit it"],
            id="the same for the pool",
        ),
        pytest.param(
            [environment("e", pool("p")), model("m"), deployment("new", "m", nodePoolSelector=EU)],
            ["label region=eu on the pool e/p would fit it"],
            id="a label that the pool does not have",
        ),
        pytest.param(
            [environment("e", pool("p")), model("m", profile("f", environmentSelector=EU)), deployment("new", "m")],
            ["label region=eu on the environment e: e/p would fit it"],
            id="a label that the profile wants",
        ),
        pytest.param(
            [
                environment("e", pool("p"), slices("s", "7g.80gb")),
                *[model("m", profile("f", interconnect="nvlink")), deployment("new", "m")],
            ],
            [
                "interconnect: nvlink in the capabilities of e/p, if its nodes have it, would fit it",
                f"without interconnect in {F}, which one GPU has no use for, e/s would fit it",
            ],
            id="what is not declared; but no NVLink on slices",
        ),
        pytest.param(
            [
                environment("e", slices("s", "7g.80gb")),
                *[model("m", profile("f", interconnect="pcie")), deployment("new", "m")],
            ],
            [f"without interconnect in {F}, which one GPU has no use for, e/s would fit it"],
            id="nor PCIe between slices",
        ),
        pytest.param(
            [
                environment("e", pool("p", interconnect="pcie")),
                *[model("m", profile("f", gpusPerNode=2, interconnect="nvlink")), deployment("new", "m")],
            ],
            [],
            id="what is declared is so, for several GPUs",
        ),
        pytest.param(
            [
                environment("e", pool("p", interconnect="pcie")),
                *[model("m", profile("f", interconnect="nvlink")), deployment("new", "m")],
            ],
            [f"without interconnect in {F}, which one GPU has no use for, e/p would fit it"],
            id="what is declared is so, and one GPU has no use for it",
        ),
        pytest.param(
            [
                environment("e", pool("p", nvlinkDomainSize=4, interNodeBandwidth="ib-100g")),
                *[model("m", profile("f", nvlinkDomainSize=8)), deployment("new", "m")],
            ],
            [f"without nvlinkDomainSize in {F}, which one GPU has no use for, e/p would fit it"],
            id="the same for an NVLink domain",
        ),
        pytest.param(
            [
                environment("e", pool("p", interNodeBandwidth="ib-100g")),
                *[model("m", profile("f", gpusPerNode=2, interNodeBandwidth="200g")), deployment("new", "m")],
            ],
            [f"without interNodeBandwidth in {F}, which one node has no use for, e/p would fit it"],
            id="the same for the network between nodes",
        ),
        pytest.param(
            [
                environment("e", pool("p", nodeCount=2, multiNodeCapable=True)),
                *[model("m", profile("f", nodes=2, interNodeBandwidth="200g")), deployment("new", "m")],
            ],
            [f"interNodeBandwidth: eth-200g (or ib-, roce-, efa-) {ON_ITS_NODES}"],
            id="a network of any fabric",
        ),
        pytest.param(
            [
                environment("e", pool("p", precisionSupport=["bf16"])),
                *[model("m", profile("f", precisionSupport=["fp8"])), deployment("new", "m")],
            ],
            [f"precisionSupport: [bf16] in {F}, if only its weights are fp8, would fit it on e/p"],
            id="weights that are quantised",
        ),
        pytest.param(
            [
                environment("e", pool("p", precisionSupport=["fp16"])),
                *[model("m", profile("f", precisionSupport=["bf16"])), deployment("new", "m")],
            ],
            [],
            id="arithmetic that is not there",
        ),
        pytest.param(
            [
                environment("e", pool("p")),
                *[model("m", profile("f", gpusPerNode=2, mig="only")), deployment("new", "m")],
            ],
            [f"mig: any (now only) in {F}, if whole GPUs will do, would fit it on e/p"],
            id="two GPUs and nothing but slices",
        ),
        pytest.param(
            # Five and five do not fit on eight, and the change lets both on.
            [
                environment("e", pool("p")),
                model("m", profile("f", mig="only")),
                *[deployment("new", "m", replicas=5), deployment("waits", "m", replicas=5)],
            ],
            [f"mig: any (now only) in {F}, if whole GPUs will do, would fit it on e/p {WAITS}"],
            id="another deployment of the model waits, too",
        ),
        pytest.param(
            [
                environment("e", slices("s", "3g.40gb")),
                *[model("m", profile("f", memoryPerGpu="30Gi", mig="never")), deployment("new", "m")],
            ],
            [f"mig: any (now never) in {F}, if a slice will do, would fit it on e/s"],
            id="no slices, and nothing else there",
        ),
        pytest.param(
            # It would go to the smallest slice, whatever its weights are.
            [
                environment("e", slices("s", "3g.40gb")),
                *[model("m", profile("f", mig="never")), deployment("new", "m")],
            ],
            [],
            id="no slices for a model of unknown size",
        ),
        pytest.param(
            [
                environment("e", pool("p", allocatable={"cpu": 60})),
                *[model("m", cpu="64"), deployment("new", "m")],
            ],
            ["resources.cpu 60 (now 64) in ClusterModel m, if its engine needs no more, would fit it on e/p"],
            id="more CPUs than any node has",
        ),
        pytest.param(
            # Three on one node of 60 CPUs have 20 each.
            [
                environment("e", pool("p", allocatable={"cpu": 60})),
                *[model("m", cpu="64"), deployment("new", "m", replicas=3)],
            ],
            ["resources.cpu 20 (now 64) in ClusterModel m, if its engine needs no more, would fit it on e/p"],
            id="more CPUs than any node has, three times",
        ),
        pytest.param(
            [
                environment("e", pool("p", allocatable={"memory": "100Gi"})),
                *[model("m", memory="200Gi"), deployment("new", "m")],
            ],
            ["resources.memory 100Gi (now 200Gi) in ClusterModel m, if its engine needs no more, would fit it on e/p"],
            id="more memory than any node has",
        ),
        pytest.param(
            [
                environment("e", pool("p", allocatable={"cpu": 60, "memory": "100Gi"})),
                *[model("m", cpu="64", memory="200Gi"), deployment("new", "m")],
            ],
            [],
            id="more of both",
        ),
        pytest.param(
            [
                environment("e", pool("p", nodeCount=1, multiNodeCapable=True)),
                *[model("m", profile("f", nodes=2, gpusPerNode=4)), deployment("new", "m", replicas=2)],
            ],
            ["nodeCount 2 on e/p (now 1) would fit it"],
            id="a replica that spans more nodes than there are",
        ),
        pytest.param(
            # Room for two, and both wait: together they would not fit on the second node.
            [
                environment("e", pool("p")),
                model("m"),
                *[
                    deployment("old", "m", replicas=8),
                    deployment("new", "m", replicas=6),
                    deployment("waits", "m", replicas=7),
                ],
            ],
            [
                "e/p would fit it if team/old drops to 2 replicas (now 8)",
                "nodeCount 2 on e/p (now 1) would fit it (team/waits may take this room first)",
            ],
            id="another deployment waits for the same room",
        ),
        pytest.param(
            [environment("e", pool("p")), model("m"), deployment("new", "m", replicas=5, environments=3)],
            ["environments 1 (now 3) is as many as it can have now"],
            id="every environment has it already",
        ),
        pytest.param(
            [
                *[environment("a", pool("p")), environment("b", pool("p", nodeCount=0))],
                *[model("m"), deployment("new", "m", replicas=5, environments=3)],
            ],
            [
                "nodeCount 1 on b/p (now 0) would fit one environment more",
                "environments 1 (now 3) is as many as it can have now",
            ],
            id="one environment at a time",
        ),
    ],
)
def test_the_cheapest_remedies(documents: list[Document], expected: list[str]) -> None:
    assert lines(documents, "new") == expected
    for remedy in remedies_of(documents, "new", limit=9):
        assert_true(remedy, documents, "new")


ZONES = ["europe-west4-a", "europe-west4-c"]
MADE = {"zones": ZONES, "machineType": "a3-highgpu-8g", "nodeSelector": {"cloud.google.com/gke-nodepool": "p"}}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Nine replicas of a whole GPU need one node more than the two, and GKE makes one in each of the two zones.
        ({"nodeCount": 2}, "nodeCount 4 on e/p (now 2) would fit it"),
        # An autoscaler's limit is one for all zones together.
        ({"nodeCount": 2, "maxNodeCount": 2}, "maxNodeCount 3 on e/p (now 2) would fit it"),
    ],
)
def test_nodes_come_in_each_zone(counts: dict[str, int], expected: str) -> None:
    made = environment("e", pool("p", **MADE, **counts))
    made["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
    documents = [made, model("m"), deployment("old", "m", replicas=16), deployment("new", "m", replicas=5)]
    assert expected in lines(documents, "new")
    for remedy in remedies_of(documents, "new", limit=9):
        assert_true(remedy, documents, "new")


def test_a_proposal_that_loading_would_refuse_is_known() -> None:
    """Whoever writes a remedy anew cannot propose what documents may not say: three nodes in two zones (SW227)."""
    made = environment("e", pool("p", nodeCount=2, **MADE))
    made["spec"]["cluster"] = {"source": "GKE", "gke": {"project": "acme", "location": "europe-west4"}}
    fleet = fleet_of([made, model("m"), deployment("d", "m")])
    (place,) = charged_pools(fleet, make_plan(fleet)).values()
    (wanted,) = fleet.deployments
    served = fleet.model_of(wanted)
    want = Want(wanted, served, served.serving[0], place, one_more=False)
    remedy = Remedy(RemedyKind.MORE_NODES, "", "InferenceEnvironment e", "spec.nodePools[p].nodeCount", 3, 8)
    loads = [Proposal(remedy, want, place, place.with_pool(node_count=nodes).document).loads for nodes in (2, 3, 4)]
    assert loads == [True, False, True]


def test_a_remedy_for_tools() -> None:
    documents = [environment("e", pool("p")), model("m"), deployment("new", "m", replicas=9)]
    assert [remedy_to_dict(remedy) for remedy in remedies_of(documents, "new")] == [
        {
            "kind": "fewer-replicas",
            "message": "replicas 8 (now 9) would fit it on e/p",
            "document": "ModelDeployment team/new",
            "field": "spec.scaling.fixed.replicas",
            "value": 8,
            "units": 1,
            "environment": "e",
            "nodePool": "p",
            "profile": "any",
        },
        {
            "kind": "more-nodes",
            "message": "nodeCount 2 on e/p (now 1) would fit it",
            "document": "InferenceEnvironment e",
            "field": "spec.nodePools[p].nodeCount",
            "value": 2,
            "units": 8,
            "environment": "e",
            "nodePool": "p",
            "profile": "any",
        },
    ]


def test_no_remedy_makes_two_deployments_of_one_name_meet() -> None:
    """Two deployments of one model in one namespace: only the labels keep them apart, and loading insists on it."""
    eu, us = (environment(name, pool("p"), labels={"region": name}) for name in ("eu", "us"))
    here = deployment("here", "m", environmentSelector={"region": "us"})
    documents = [eu, us, model("m"), here, deployment("new", "m", replicas=9, environmentSelector={"region": "eu"})]
    assert {remedy.kind for remedy in remedies_of(documents, "new", limit=9)} == {
        RemedyKind.MORE_NODES,
        RemedyKind.FEWER_REPLICAS,
    }
    apart = deepcopy(documents)
    apart[1] = environment("us", pool("p", nodeCount=2), labels={"region": "us"})
    apart[3] = {**here, "metadata": {"name": "here", "namespace": "other"}}
    assert RemedyKind.SELECTOR in {remedy.kind for remedy in remedies_of(apart, "new", limit=9)}


OF_EIGHT = {"cpu": 60, "memory": "100Gi"}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param(
            [environment("e", pool("p", allocatable=OF_EIGHT)), model("m", cpu="64", memory="200Gi")],
            "it needs a pool of GPUs or slices, with room for 1 replica, each with 1 GPU, 64 CPUs and 200Gi of memory",
            id="CPUs and memory",
        ),
        pytest.param(
            [
                environment("e", pool("p", memoryPerGpu="40Gi")),
                model("m", profile("f", memoryPerGpu="70Gi", mig="never", gpusPerNode=4)),
            ],
            "it needs a pool of whole GPUs with 70Gi each, 4 GPUs a node, with room for 1 replica, each with 4 GPUs",
            id="memory",
        ),
        pytest.param(
            [environment("e", pool("p", acceleratorCount=2)), model("m", profile("f", gpusPerNode=4))],
            "it needs a pool of whole GPUs, 4 GPUs a node, with room for",
            id="GPUs of a node",
        ),
        pytest.param(
            [
                environment("e", pool("p", multiNodeCapable=False, nodeCount=2)),
                model("m", profile("f", nodes=2, interNodeBandwidth="ib-200g")),
            ],
            "2 nodes, multiNodeCapable: true, interNodeBandwidth ib-200g, with room for 1 replica of 2 pods",
            id="several nodes",
        ),
        pytest.param(
            [environment("e", slices("s", "3g.40gb")), model("m", profile("f", gpusPerNode=2))],
            "it needs a pool of whole GPUs, 2 GPUs a node, with room for",
            id="two GPUs where there are slices only",
        ),
        pytest.param(
            [environment("e", slices("s", "3g.40gb")), model("m", profile("f", gpusPerNode=2, mig="only"))],
            "mig: only and nodes 1 x gpusPerNode 2 = 2 GPUs exclude each other",
            id="two GPUs and nothing but slices",
        ),
        pytest.param(
            [environment("e", slices("s", "3g.40gb")), model("m", profile("f", interconnect="nvlink", gpusPerNode=2))],
            "it needs a pool of whole GPUs, interconnect nvlink, 2 GPUs a node, with room for",
            id="NVLink where there are slices only",
        ),
        pytest.param(
            [model("m")],
            "it needs a pool of GPUs or slices, with room for",
            id="no environment",
        ),
    ],
)
def test_where_there_is_no_remedy_it_is_said_what_would_be_needed(documents: list[Document], expected: str) -> None:
    fleet = fleet_of([*documents, deployment("new", "m")])
    said = shortfalls_said(fleet)
    assert not [line for line in said if line.startswith("  remedy: ")]
    (needs,) = (line for line in said if line.startswith("  no remedy"))
    assert expected in needs


def test_labels_that_nothing_has_are_needed() -> None:
    wanted = {"region": "eu", "tier": "x"}
    documents = [environment("e", pool("p")), model("m"), deployment("new", "m", environmentSelector=wanted)]
    fleet = fleet_of(documents)
    assert "it needs a pool in an environment with region=eu and tier=x of GPUs or slices, with room for" in "\n".join(
        shortfalls_said(fleet)
    )


def test_where_there_is_a_remedy_nothing_else_is_needed() -> None:
    fleet = fleet_of([environment("e", pool("p")), model("m"), deployment("new", "m", replicas=9)])
    assert "no remedy" not in "\n".join(shortfalls_said(fleet))
