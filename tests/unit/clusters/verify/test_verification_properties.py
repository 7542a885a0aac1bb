"""Whatever is declared: a cluster that is built from it verifies clean, and one lie gives one finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.clusters.live.facts import LiveCluster, LiveNode, Taint
from slicewise.clusters.live.gpus import Offer, UnitFlaw
from slicewise.mig import find_gpu_model
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    H100_SLICES,
    changed,
    cluster_of,
    found,
    gfd,
    pod,
    with_flaw,
    with_gpus,
    with_pods,
    with_units,
    without,
)

Documents = tuple[Document, ...]
MODELS = (
    model("small", profile("slice", memoryPerGpu="9Gi", mig="only")),
    model("large", profile("gpu", memoryPerGpu="70Gi", mig="never")),
    model("huge", profile("gpus", memoryPerGpu="70Gi", mig="never", gpusPerNode=4)),
)
TAINT = Taint("team", "research", "NoSchedule")
TOLERATIONS: tuple[list[Document], ...] = (
    [],
    [{"key": "dedicated", "operator": "Exists"}],
    [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}],
)


@st.composite
def pools(draw: st.DrawFn, name: str) -> Document:
    """Draw a pool of one to three nodes with up to eight H100s."""
    fields: dict[str, object] = {
        "nodeCount": draw(st.integers(1, 3)),
        "acceleratorCount": draw(st.sampled_from([1, 2, 4, 8])),
        "nodeSelector": {"pool": name} | draw(st.sampled_from([{}, {"zone": "a"}, {"zone": "b", "rack": "7"}])),
        "tolerations": draw(st.sampled_from(TOLERATIONS)),
        "labels": {"is": name},
    }
    if draw(st.booleans()):
        fields["maxNodeCount"] = 3
    cut = draw(st.sampled_from([None, *H100_SLICES]))
    if cut is None:
        return pool(name, **fields)
    # What the driver leaves of the slice, as documents that SW301 does not warn of have it.
    memory = f"{H100_SLICES[cut][1]}Mi"
    return slices(name, cut, strategy=draw(st.sampled_from(["mixed", "single"])), memoryPerGpu=memory, **fields)


@st.composite
def fleets(draw: st.DrawFn) -> Documents:
    """Draw an environment of up to three pools, each with a deployment or none."""
    drawn = [draw(pools(f"pool-{number}")) for number in range(draw(st.integers(1, 3)))]
    deployments = []
    for each in drawn:
        cut = "migConfiguration" in each["capabilities"]
        of = draw(st.sampled_from([None, "small"] if cut else [None, "large", "huge"]))
        if of:
            deployments.append(deployment(f"on-{each['name']}", of, nodePoolSelector={"is": each["name"]}))
    return (environment(ENVIRONMENT, *drawn), *MODELS, *deployments)


def units(cluster: LiveCluster, name: str) -> int:
    """Return how many units a node offers."""
    (node,) = (each for each in cluster.nodes if each.name == name)
    assert node.gpus
    return node.gpus.offers[0].units


def tainted(node: LiveNode) -> LiveNode:
    return replace(node, taints=(TAINT,))


def unlabelled(node: LiveNode) -> LiveNode:
    return replace(node, labels={key: value for key, value in node.labels.items() if key != "pool"})


def cut_otherwise(node: LiveNode) -> LiveNode:
    assert node.gpus
    assert node.gpus.physical
    (offer,) = node.gpus.offers
    other = "3g.40gb" if offer.profile != "3g.40gb" else "1g.10gb"
    strategy = "single" if offer.profile and offer.resource == "nvidia.com/gpu" else "mixed"
    return replace(node, gpus=gfd(node.gpus.physical, other, strategy))


def named_otherwise(node: LiveNode) -> LiveNode:
    """Offer the same slices under the other strategy's name."""
    assert node.gpus
    assert node.gpus.physical
    (offer,) = node.gpus.offers
    strategy = "mixed" if offer.resource == "nvidia.com/gpu" else "single"
    return replace(node, gpus=gfd(node.gpus.physical, offer.profile, strategy))


def half_the_memory(node: LiveNode) -> LiveNode:
    assert node.gpus
    (offer,) = node.gpus.offers
    less = Offer(offer.resource, offer.units, offer.profile, (offer.memory_mib or 0) // 2)
    return replace(node, gpus=replace(node.gpus, offers=(less,)))


A100 = find_gpu_model("a100-80gb")
# What is done to the first node of a pool, or to all of them, and what must be found.
ONE: dict[str, Callable[[LiveNode], LiveNode]] = {
    "SW604": with_gpus(offers=()),
    "SW606": cut_otherwise,
    "SW608": tainted,
    "SW611": with_gpus(mig_state="failed"),
    "SW612": with_flaw(UnitFlaw.SHARED),
    "SW614": half_the_memory,
    "SW615": lambda node: replace(node, ready=False),
}
ALL: dict[str, Callable[[LiveNode], LiveNode]] = {
    "SW601": unlabelled,
    "SW607": named_otherwise,
    "SW610": with_gpus(model=A100, accelerator="A100"),
}


@settings(max_examples=150, deadline=None)
@given(fleets())
def test_what_is_built_from_the_documents_is_clean(documents: Documents) -> None:
    assert found(documents, cluster_of(documents[0])) == []


@settings(max_examples=250, deadline=None)
@given(fleets(), st.data())
def test_one_lie_is_one_finding(documents: Documents, data: st.DataObject) -> None:
    cluster = cluster_of(documents[0])
    chosen = data.draw(st.sampled_from(documents[0]["spec"]["nodePools"]))
    name, count = chosen["name"], chosen["nodeCount"]
    cut = "migConfiguration" in chosen["capabilities"]
    nodes = [f"{name}-{number}" for number in range(count)]
    possible = ["SW602", "SW605", "SW609", "SW613", *ONE, *ALL]
    if not cut:
        possible.remove("SW607")
    if count == 1:
        # Without its one node the pool has none, and one model is not several.
        possible = [code for code in possible if code not in ("SW602", "SW609")]
    if units(cluster, nodes[0]) == 1:
        possible.remove("SW605")
    code = data.draw(st.sampled_from(possible))
    if code in ONE:
        lied = changed(cluster, ONE[code], nodes[0])
    elif code in ALL:
        lied = changed(cluster, ALL[code], *nodes)
    elif code == "SW602":
        lied = without(cluster, nodes[-1])
    elif code == "SW605":
        lied = changed(cluster, with_units(units(cluster, nodes[0]) - 1), nodes[0])
    elif code == "SW609":
        lied = changed(cluster, with_gpus(model=A100, accelerator="A100"), nodes[0])
    else:
        node = next(each for each in cluster.nodes if each.name == nodes[0])
        assert node.gpus
        lied = with_pods(cluster, pod("other", nodes[0], resource=node.gpus.offers[0].resource))
    assert [(where, what) for where, what, _ in found(documents, lied)] == [(name, code)]
