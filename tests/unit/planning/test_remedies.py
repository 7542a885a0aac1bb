"""The cheapest remedies for each kind of shortfall."""

from __future__ import annotations

from copy import deepcopy

import pytest

from slicewise.planning.remedies.remedy import RemedyKind
from tests.documents import Document, deployment, environment, model, pool, profile, several, slices
from tests.unit.planning.following import assert_true, lines, remedies_of

EU = {"region": "eu"}
F = "the profile f of ClusterModel m"
WAITS = "(team/waits may take this room first)"
ON_ITS_NODES = "in the capabilities of e/p, if its nodes have it, would let it run"


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
                "replicas 2 (now 5) would let it run on mig-a/small",
                "maxNodeCount 3 on mig-a/small (now 2) would let it run",
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
                "reservedUnits 1 on e/p (now 4), if nothing needs the other 3, would let it run",
                "replicas 2 (now 5) would let it run on e/p",
                "nodeCount 2 on e/p (now 1) would let it run",
            ],
            id="fewer reserved units",
        ),
        pytest.param(
            # All of shared is reserved, as shares of GPUs are: neither they nor those of another such node are GPUs.
            [
                environment("e", pool("own"), pool("shared", reservedUnits=8, nodeSelector={"pool": "shared"})),
                *[model("m"), deployment("new", "m", replicas=9)],
            ],
            ["replicas 8 (now 9) would let it run on e/own", "nodeCount 2 on e/own (now 1) would let it run"],
            id="nothing on a pool of which all is reserved",
        ),
        pytest.param(
            # 8 pods: a second node has 8 slices of 1g.20gb beside the 6 that are free; three nodes have 9 of 2g.20gb.
            [
                environment(
                    "e",
                    several(
                        "cut",
                        {"1g.20gb": 8, "2g.20gb": 3},
                        acceleratorCount=4,
                        nodeCount=1,
                        reservedSlices={"1g.20gb": 2},
                        memoryPerSlice={"2g.20gb": "19Gi"},
                    ),
                ),
                *[model("m", profile("p", memoryPerGpu="18Gi")), deployment("new", "m", replicas=8)],
            ],
            [
                (
                    'capabilities.migConfiguration.reservedSlices["1g.20gb"] 0 on e/cut (1g.20gb) (now 2), '
                    "if nothing needs them, would let it run"
                ),
                "replicas 6 (now 8) would let it run on e/cut (1g.20gb)",
                "nodeCount 2 on e/cut (1g.20gb) (now 1) would let it run",
            ],
            id="the fewest nodes, whatever of theirs it takes",
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
                "replicas 2 (now 4) would let it run on e/p",
                "e/p would serve it if team/dev drops to 4 replicas (now 6)",
                "nodeCount 2 on e/p (now 1) would let it run",
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
                "replicas 2 (now 5) would let it run on e/p",
                "e/p would serve it if team/dev is removed",
                "nodeCount 2 on e/p (now 1) would let it run",
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
                "e/p would serve it if team/dev drops to maxReplicas 3 (now 6)",
                "nodeCount 2 on e/p (now 1) would let it run",
            ],
            id="autoscaled deployments are told of maxReplicas, and keep minReplicas",
        ),
        pytest.param(
            [
                environment("e", pool("p"), labels={"tier": "x"}),
                model("m"),
                deployment("new", "m", environmentSelector=EU),
            ],
            ["label region=eu on the environment e: e/p would serve it"],
            id="a label that the environment does not have",
        ),
        pytest.param(
            [
                environment("us", pool("p"), labels={"region": "us"}),
                model("m"),
                deployment("new", "m", environmentSelector=EU),
            ],
            ["without region=eu in its environmentSelector, us/p would serve it"],
            id="a label with another value is left alone",
        ),
        pytest.param(
            [
                environment("us", pool("p", labels={"region": "us"})),
                *[model("m"), deployment("new", "m", nodePoolSelector=EU)],
            ],
            ["without region=eu in its nodePoolSelector, us/p would serve it"],
            id="the same for the pool",
        ),
        pytest.param(
            [environment("e", pool("p")), model("m"), deployment("new", "m", nodePoolSelector=EU)],
            ["label region=eu on the pool e/p would let it run"],
            id="a label that the pool does not have",
        ),
        pytest.param(
            [environment("e", pool("p")), model("m", profile("f", environmentSelector=EU)), deployment("new", "m")],
            ["label region=eu on the environment e: e/p would serve it"],
            id="a label that the profile wants",
        ),
        pytest.param(
            [
                environment("e", pool("p"), slices("s", "7g.80gb")),
                *[model("m", profile("f", interconnect="nvlink")), deployment("new", "m")],
            ],
            [
                "interconnect: nvlink in the capabilities of e/p, if its nodes have it, would let it run",
                f"without interconnect in {F}, which one GPU has no use for, e/s would serve it",
            ],
            id="what is not declared; but no NVLink on slices",
        ),
        pytest.param(
            [
                environment("e", slices("s", "7g.80gb")),
                *[model("m", profile("f", interconnect="pcie")), deployment("new", "m")],
            ],
            [f"without interconnect in {F}, which one GPU has no use for, e/s would serve it"],
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
            [f"without interconnect in {F}, which one GPU has no use for, e/p would serve it"],
            id="what is declared is so, and one GPU has no use for it",
        ),
        pytest.param(
            [
                environment("e", pool("p", nvlinkDomainSize=4, interNodeBandwidth="ib-100g")),
                *[model("m", profile("f", nvlinkDomainSize=8)), deployment("new", "m")],
            ],
            [f"without nvlinkDomainSize in {F}, which one GPU has no use for, e/p would serve it"],
            id="the same for an NVLink domain",
        ),
        pytest.param(
            [
                environment("e", pool("p", interNodeBandwidth="ib-100g")),
                *[model("m", profile("f", gpusPerNode=2, interNodeBandwidth="200g")), deployment("new", "m")],
            ],
            [f"without interNodeBandwidth in {F}, which one node has no use for, e/p would serve it"],
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
            [f"precisionSupport: [bf16] in {F}, if only its weights are fp8, would let it run on e/p"],
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
            [f"mig: any (now only) in {F}, if whole GPUs will do, would let it run on e/p"],
            id="two GPUs and nothing but slices",
        ),
        pytest.param(
            # Five and five do not fit on eight, and the change lets both on.
            [
                environment("e", pool("p")),
                model("m", profile("f", mig="only")),
                *[deployment("new", "m", replicas=5), deployment("waits", "m", replicas=5)],
            ],
            [f"mig: any (now only) in {F}, if whole GPUs will do, would let it run on e/p {WAITS}"],
            id="another deployment of the model waits, too",
        ),
        pytest.param(
            [
                environment("e", slices("s", "3g.40gb")),
                *[model("m", profile("f", memoryPerGpu="30Gi", mig="never")), deployment("new", "m")],
            ],
            [f"mig: any (now never) in {F}, if a slice will do, would let it run on e/s"],
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
            ["resources.cpu 60 (now 64) in ClusterModel m, if its engine needs no more, would let it run on e/p"],
            id="more CPUs than any node has",
        ),
        pytest.param(
            # Three on one node of 60 CPUs have 20 each.
            [
                environment("e", pool("p", allocatable={"cpu": 60})),
                *[model("m", cpu="64"), deployment("new", "m", replicas=3)],
            ],
            ["resources.cpu 20 (now 64) in ClusterModel m, if its engine needs no more, would let it run on e/p"],
            id="more CPUs than any node has, three times",
        ),
        pytest.param(
            [
                environment("e", pool("p", allocatable={"memory": "100Gi"})),
                *[model("m", memory="200Gi"), deployment("new", "m")],
            ],
            [
                (
                    "resources.memory 100Gi (now 200Gi) in ClusterModel m, if its engine needs no more, would let it "
                    "run on e/p"
                )
            ],
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
            ["nodeCount 2 on e/p (now 1) would let it run"],
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
                "e/p would serve it if team/old drops to 2 replicas (now 8)",
                "nodeCount 2 on e/p (now 1) would let it run (team/waits may take this room first)",
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
                "nodeCount 1 on b/p (now 0) would let it run in one more environment",
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
