"""Layouts that MIG manager is asked for, where a pool has what is declared; and remedies that name layouts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slicewise.clusters.live.facts import LiveNode
from slicewise.clusters.live.nodes import live_node
from tests.documents import pool, slices
from tests.unit.clusters.built_clusters import found, only
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.verify.pools.as_declared import WARNING
from tests.unit.clusters.verify.pools.labelled_nodes import H100, PRODUCT, cluster, declared

GPU = "nvidia.com/gpu"
LAYOUT = "nvidia.com/mig.config"
STATE = "nvidia.com/mig.config.state"
LABEL = "kubectl label node NODE nvidia.com/mig.config="


def node(
    layout: str,
    resources: dict[str, int] | None = None,
    product: str = H100,
    count: int = 8,
    labels: Mapping[str, str] | None = None,
) -> LiveNode:
    gfd = {PRODUCT: product, "nvidia.com/gpu.count": str(count), "nvidia.com/mig.strategy": "mixed"}
    return live_node(
        node_json("n", gfd | {LAYOUT: layout, "pool": "p"} | dict(labels or {}), resources or {GPU: count})
    )


def test_whole_gpus_that_are_to_be_cut() -> None:
    documents = declared(pool("p", memoryPerGpu="79Gi"))
    told = only(documents, cluster(node("all-7g.80gb")))
    assert (told.code, told.severity) == ("SW611", WARNING)
    assert told.message == (
        f"on 1 of 1 node (n): {LAYOUT} asks for all-7g.80gb, and the GPUs are whole, as declared ({STATE}: none): if "
        "MIG manager still applies it, pods of the pool find no units"
    )
    assert told.remedy == (
        f"have MIG manager cut the GPUs as declared: {LABEL}all-disabled --overwrite; or read the logs of the node's "
        "nvidia-mig-manager pod to see why all-7g.80gb is not there, and declare what it makes"
    )
    # As the remedy says.
    assert found(documents, cluster(node("all-disabled"))) == []
    cut = node("all-7g.80gb", {"nvidia.com/mig-7g.80gb": 8}, labels={"nvidia.com/mig-7g.80gb.count": "8"})
    assert found(declared(slices("p", "7g.80gb", memoryPerGpu="79Gi")), cluster(cut)) == []


@pytest.mark.parametrize(
    ("layout", "state"), [("all-enabled", {}), ("all-enabled", {STATE: "success"}), ("four-and-four", {})]
)
def test_mig_mode_without_slices_and_names_of_ones_own_on_whole_gpus(layout: str, state: dict[str, str]) -> None:
    """`all-enabled` turns MIG mode on and cuts nothing, and such GPUs offer nothing."""
    documents = declared(pool("p", memoryPerGpu="79Gi"))
    told = only(documents, cluster(node(layout, labels=state)))
    assert (told.code, told.severity) == ("SW611", WARNING)
    assert (
        f"asks for {layout}, and the GPUs are whole, as declared ({STATE}: {state.get(STATE, 'none')})" in told.message
    )
    assert f"{LABEL}all-disabled --overwrite; or read the logs" in told.remedy
    # As the remedy says.
    assert found(documents, cluster(node("all-disabled", labels=state))) == []
    # Once it is applied, it is what leaves them whole.
    assert found(documents, cluster(node("four-and-four", labels={STATE: "success"}))) == []
    # Of GPUs that nothing can cut a name says nothing.
    fixed = declared(pool("p", acceleratorType="NVIDIA-L40S", acceleratorCount=4, memoryPerGpu="44Gi"))
    assert found(fixed, cluster(node("four-and-four", product="NVIDIA-L40S", count=4, labels=state))) == []


def test_slices_that_are_to_be_cut_otherwise() -> None:
    cut = {"nvidia.com/mig-3g.40gb": 16}
    documents = declared(slices("p", "3g.40gb", memoryPerGpu="39Gi"))
    told = only(documents, cluster(node("all-1g.10gb", cut, labels={STATE: "success"})))
    assert told.code == "SW611"
    assert "the GPUs are cut into 3g.40gb, as declared (nvidia.com/mig.config.state: success)" in told.message
    assert f"{LABEL}all-3g.40gb --overwrite" in told.remedy
    assert found(documents, cluster(node("all-3g.40gb", cut))) == []
    # What the name of a layout means is in the file of whoever wrote it.
    assert found(documents, cluster(node("ours", cut))) == []


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_what_is_told_of_the_units_is_told_once(state: str) -> None:
    documents = declared(pool("p", memoryPerGpu="79Gi"))
    assert len(found(documents, cluster(node("all-7g.80gb", labels={STATE: state})))) == 1


def test_the_label_that_is_there_is_not_proposed() -> None:
    documents = declared(slices("p", "1g.10gb", memoryPerGpu="9Gi"))
    told = only(documents, cluster(node("all-1g.10gb")))
    assert told.code == "SW606"
    assert LABEL not in told.remedy
    assert "see why MIG manager has not applied all-1g.10gb, which the node asks for" in told.remedy
    assert STATE in told.remedy


# mig-parted v0.13.1: no layout by that name, or one of RTX PRO 6000 with another number, or a filter of device ids.
@pytest.mark.parametrize(
    ("product", "profile", "holds"),
    [
        ("NVIDIA-GB200", "1g.24gb", 7),
        ("NVIDIA-RTX-PRO-5000-Blackwell", "1g.24gb", 2),
        ("NVIDIA-RTX-PRO-5000-Blackwell", "2g.48gb", 1),
        ("NVIDIA-RTX-PRO-4500-Blackwell", "1g.16gb", 2),
        ("NVIDIA-GB300", "3g.126gb", 2),
        ("NVIDIA-H200-NVL", "1g.35gb", 4),
    ],
)
@pytest.mark.parametrize("asked", ["all-disabled", "the declared one"])
def test_no_layout_is_proposed_that_makes_something_else(product: str, profile: str, holds: int, asked: str) -> None:
    layout = f"all-{profile}" if asked == "the declared one" else asked
    documents = declared(slices("p", profile, acceleratorType=product, acceleratorCount=4, memoryPerGpu="15Gi"))
    told = only(documents, cluster(node(layout, product=product, count=4)))
    assert told.code == "SW606"
    assert f"{LABEL}all-" not in told.remedy
    assert f'mig-devices: {{"{profile}": {holds}}}' in told.remedy
    assert f"{LABEL}NAME --overwrite" in told.remedy
