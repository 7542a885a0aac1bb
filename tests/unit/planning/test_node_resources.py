"""What runs out on a node beside GPUs: how many pods it takes, its disk, its devices; and how it is said."""

from __future__ import annotations

import re

import yaml

from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.documents import (
    Document,
    deployment,
    each_rejection,
    environment,
    fleet_of,
    model,
    plan_of,
    pool,
    profile,
    slices,
)
from tests.unit.planning.checker import findings


def _judged(*documents: Document) -> Document:
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    return plan


def test_a_node_of_56_slices_that_takes_30_pods_gets_no_40_replicas() -> None:
    few = slices("p", "1g.10gb", allocatable={"pods": 30})
    plan = _judged(environment("env", few), model("m"), deployment("d", "m", replicas=40))
    assert plan["placements"] == []
    (rejection,) = each_rejection(plan)
    assert rejection["message"] == (
        "56 of 56 units free, but only 30 more pods of 1 unit each can be promised a node whatever the order, needs "
        "40; short of pods (a node takes 30)"
    )
    assert rejection["facts"]["short"] == ["pods"]
    assert rejection["facts"]["node"]["pods"] == 30
    plan = _judged(environment("env", few), model("m"), deployment("d", "m", replicas=30))
    assert [item["replicas"] for item in plan["placements"]] == [30]
    (usage,) = plan["nodePools"]
    assert (usage["free"], usage["shortOf"]) == (26, ["pods"])


def test_a_node_takes_110_pods_unless_it_is_declared() -> None:
    # 16 GPUs of seven slices: the kubelet's own maximum comes first.
    wide = slices("p", "1g.10gb", acceleratorCount=16)
    plan = _judged(environment("env", wide), model("m"), deployment("d", "m", replicas=110))
    assert plan["nodePools"][0]["shortOf"] == ["pods"]
    assert _judged(environment("env", wide), model("m"), deployment("d", "m", replicas=111))["placements"] == []
    wide["allocatable"] = {"pods": 250}
    plan = _judged(environment("env", wide), model("m"), deployment("d", "m", replicas=112))
    assert (plan["nodePools"][0]["free"], plan["nodePools"][0]["shortOf"]) == (0, [])


def test_what_is_short_is_the_fewest_that_would_do() -> None:
    # 6 pods of 4 CPUs: 24 are there, and 8 places; a seventh pod lacks CPU alone.
    tight = pool("p", allocatable={"cpu": "24", "memory": "1Ti", "pods": 7})
    plan = _judged(environment("env", tight), model("m"), deployment("d", "m", replicas=6))
    assert plan["nodePools"][0]["shortOf"] == ["cpu"]
    # With seven places and CPU for seven both are short of the eighth.
    tight["allocatable"]["cpu"] = "28"
    plan = _judged(environment("env", tight), model("m"), deployment("d", "m", replicas=7))
    assert plan["nodePools"][0]["shortOf"] == ["cpu", "pods"]


_WIDE = profile("x", nodes=2, gpusPerNode=2, interNodeBandwidth="400g")
_FABRIC: Document = {"multiNodeCapable": True, "interNodeBandwidth": "ib-400g"}


def test_the_device_between_nodes_counts_for_pods_that_need_the_network() -> None:
    """Eight GPUs a node, but one device: one such pod of two GPUs on each node."""
    device = {"interNodeDevice": {"resource": "rdma/ib"}, "allocatable": {"extendedResources": {"rdma/ib": 1}}}
    joined = environment("env", pool("p", nodeCount=4, **_FABRIC, **device))
    plan = plan_of([joined, model("m", _WIDE), deployment("d", "m", replicas=2)])
    assert [item["replicas"] for item in plan["placements"]] == [2]
    assert plan["nodePools"][0]["shortOf"] == ["rdma/ib"]
    plan = plan_of([joined, model("m", _WIDE), deployment("d", "m", replicas=3)])
    assert plan["placements"] == []
    assert each_rejection(plan)[0]["message"].endswith(
        "of 2 units, 1 rdma/ib each can be promised a node whatever the order, needs 6; short of rdma/ib (a node has 1)"
    )
    # Those that do not require the network ask for none.
    slow = profile("x", nodes=2, gpusPerNode=2)
    plan = plan_of([joined, model("m", slow), deployment("d", "m", replicas=8)])
    assert [item["replicas"] for item in plan["placements"]] == [8]


def test_a_network_that_reaches_no_pod_is_a_warning() -> None:
    def codes(profiled: Document, **fields: object) -> list[str]:
        joined = pool("p", nodeCount=2, **(_FABRIC | fields))
        return [
            each["code"]
            for each in plan_of([environment("env", joined), model("m", profiled), deployment("d", "m")])["warnings"]
            if each["code"] == "SW375"
        ]

    assert codes(_WIDE) == ["SW375"]
    assert codes(profile("x", nodes=2)) == []
    assert codes(_WIDE, interNodeBandwidth="eth-400g") == []
    device = {"interNodeDevice": {"resource": "rdma/ib"}, "allocatable": {"extendedResources": {"rdma/ib": 8}}}
    assert codes(_WIDE, **device) == []


def test_whoever_follows_that_warning_gives_pods_the_device() -> None:
    """The device of its example, and as many as a node has: the warning is gone, and each pod asks for one."""
    joined = pool("p", nodeCount=2, **_FABRIC)
    documents = [environment("env", joined), model("m", _WIDE), deployment("d", "m")]
    (warning,) = (each for each in plan_of(documents)["warnings"] if each["code"] == "SW375")
    written = re.fullmatch(
        r"write .* as capabilities\.(\w+), for example (\{.*\}), and how many a node has in allocatable\.(\w+)",
        warning["message"].partition("; ")[2],
    )
    assert written
    field, device, counted = written[1], yaml.safe_load(written[2]), written[3]
    joined["capabilities"][field] = device
    joined["allocatable"] = {counted: {device["resource"]: 8}}
    followed = plan_of(documents)
    assert followed["warnings"] == []
    assert [each["replicas"] for each in followed["placements"]] == [1]
    fleet = fleet_of(documents)
    (objects,) = environment_objects(fleet, make_plan(fleet)).values()
    spec = objects[-1]["spec"]
    for template in (spec["template"], spec["worker"]):
        assert template["containers"][0]["resources"]["limits"]["rdma/ib"] == "1"


def test_a_model_that_is_downloaded_takes_its_bytes_of_the_disk() -> None:
    """60 GB each on a node with 130 GB for pods: two of eight."""
    large = model("m")
    large["spec"]["architecture"] = {"config": {"model_type": "unheard-of"}, "checkpointBytes": 60 * 10**9}
    disk = environment("env", pool("p", allocatable={"ephemeralStorage": "130G"}))
    plan = plan_of([disk, large, deployment("d", "m", replicas=2)])
    assert [item["replicas"] for item in plan["placements"]] == [2]
    assert plan["nodePools"][0]["shortOf"] == ["ephemeral-storage"]
    plan = plan_of([disk, large, deployment("d", "m", replicas=3)])
    assert each_rejection(plan)[0]["facts"]["short"] == ["ephemeral-storage"]
    large["spec"] |= {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "weights"}}
    del large["spec"]["huggingFace"]
    plan = plan_of([disk, large, deployment("d", "m", replicas=8)])
    assert [item["replicas"] for item in plan["placements"]] == [8]


def test_units_that_are_lost_to_the_order_are_not_laid_to_anything_else() -> None:
    one = pool("p", nodeCount=2, allocatable={"cpu": "1000m", "pods": 8})
    documents = [
        environment("env", one),
        model("small", cpu="100m"),
        model("large", profile("x", gpusPerNode=8), cpu="100m"),
        deployment("a", "small", replicas=2),
        deployment("b", "large"),
    ]
    plan = _judged(*documents)
    (rejection,) = each_rejection(plan)
    assert rejection["facts"]["short"] == []
    assert "short of" not in rejection["message"]


def test_reserved_units_that_are_no_whole_pods_count_with_all_the_memory_of_one() -> None:
    """A pod of three GPUs and 30Gi on a node of four and 40Gi, with one GPU reserved for a pod that may want 30Gi."""
    tight = pool("p", acceleratorCount=4, reservedUnits=1, allocatable={"memory": "40Gi"})
    documents = [environment("env", tight), model("m", profile("x", gpusPerNode=3), memory="30Gi")]
    assert _judged(*documents, deployment("d", "m"))["placements"] == []
    tight["allocatable"]["memory"] = "60Gi"
    assert len(_judged(*documents, deployment("d", "m"))["placements"]) == 1
