"""Who holds a pool's units: the plan, others, or nobody who may be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live import LiveService
from slicewise.clusters.live.facts import GpuPod, Readable
from slicewise.diagnostics import Code
from slicewise.planning import parse_previous
from tests.documents import deployment, pool, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    changed,
    cluster_of,
    found,
    only,
    pod,
    verified,
    with_pods,
    with_units,
)
from tests.unit.clusters.verify.pools.as_declared import ERROR, LARGE, NODE, SLICE, WARNING, here, shared_pool
from tests.unit.clusters.verify.pools.labelled_nodes import declared


@pytest.mark.parametrize(
    ("reserved", "replicas", "held", "expected"),
    [
        (0, 2, 1, WARNING),
        (1, 2, 1, []),
        (1, 2, 2, WARNING),
        (0, 2, 14, WARNING),
        (0, 2, 15, ERROR),
        (4, 12, 4, []),
        (4, 12, 5, ERROR),
        (4, 11, 5, WARNING),
    ],
)
def test_units_that_others_hold(reserved: int, replicas: int, held: int, expected: str | list[Any]) -> None:
    documents, cluster = shared_pool(reserved, replicas)
    cluster = with_pods(cluster, *(pod(f"p{number:02}", f"whole-{number % 2}") for number in range(held)))
    assert found(documents, cluster) == ([("whole", "SW613", expected)] if expected else [])


@pytest.mark.parametrize(("held", "clean"), [(1, True), (2, False)])
def test_reserved_units_are_for_what_nodes_lack_first(held: int, clean: bool) -> None:
    documents, cluster = shared_pool(reserved=4)
    cluster = with_pods(changed(cluster, with_units(5), "whole-0"), pod("notebook", "whole-1", held))
    assert found(documents, cluster) == ([] if clean else [("whole", "SW613", WARNING)])
    if not clean:
        assert only(documents, cluster).remedy.startswith("write reservedUnits: 6 (5 for what is held or missing, 1 ")


def test_the_remedy_of_held_units_is_their_number() -> None:
    documents, cluster = shared_pool(reserved=1)
    told = only(documents, with_pods(cluster, pod("notebook", "whole-0"), pod("train", "whole-1", 3)))
    assert "others hold 4 of 16 units (team/train, team/notebook), reservedUnits is 1" in told.message
    assert told.remedy == (
        "write reservedUnits: 5 (4 for what is held or missing, 1 for rolling updates), or move these pods "
        "to other nodes"
    )


def test_who_holds_units_is_said_by_stack() -> None:
    """Six pods of one stack are one holder, in one place."""
    documents, cluster = shared_pool()
    annotations = {"slicewise.dev/stack": "organization/slicewise/live"}
    services = {("team", name): LiveService("team", name, annotations, {}) for name in ("gemma", "qwen")}
    theirs = [pod(f"{name}-{n}", "whole-0", service=name) for name in ("gemma", "qwen") for n in range(3)]
    held = with_pods(replace(cluster, services=services), *theirs, pod("train", "whole-1", 2))
    (told,) = [each for each in verified(documents, held).differences if each.code is Code.HELD_BY_OTHERS]
    assert told.message == (
        "others hold 8 of 16 units (6 by stack organization/slicewise/live, team/train), reservedUnits is 0"
    )


def test_what_the_plan_itself_runs_is_not_others() -> None:
    documents, cluster = shared_pool()
    own = [pod(f"big-{number}", "whole-0", service="big") for number in range(2)]
    result = verified(documents, with_pods(cluster, *own))
    assert result.differences == ()
    (whole,) = result.pools
    assert (whole.held_by_plan, whole.held_by_others, whole.free) == (2, 0, 14)


@pytest.mark.parametrize(
    ("those", "counts"),
    [
        (pod("waits", None), False),
        (pod("elsewhere", "control-plane"), False),
        (pod("other", "whole-0", 1, SLICE), False),
        # A service that this plan does not have is somebody else's.
        (pod("old-0", "whole-0", service="old"), True),
        (pod("mine", "whole-0"), True),
    ],
)
def test_whose_pods_count(those: GpuPod, counts: bool) -> None:
    documents, cluster = shared_pool()
    assert found(documents, with_pods(cluster, those)) == ([("whole", "SW613", WARNING)] if counts else [])


def test_what_an_earlier_plan_had_makes_room() -> None:
    documents, cluster = shared_pool(replicas=16)
    full = with_pods(cluster, *(pod(f"old-{number}", "whole-0", 8, service="old") for number in range(1)))
    assert found(documents, full) == [("whole", "SW613", ERROR)]
    entry = {
        "deployment": {"namespace": "team", "name": "old"},
        "environment": ENVIRONMENT,
        "nodePool": "whole",
        "profile": "whole",
        "units": 8,
        "gpusPerNode": 8,
    }
    assert found(documents, full, previous=parse_previous([entry], "test")) == []
    elsewhere = parse_previous([entry | {"environment": "other"}], "test")
    assert found(documents, full, previous=elsewhere) == [("whole", "SW613", ERROR)]


@pytest.mark.parametrize(("on", "expected"), [("whole-0", []), ("whole-1", ERROR)])
def test_one_pod_of_others_keeps_a_pod_of_eight_away(on: str, expected: str | list[Any]) -> None:
    """Reserved are eight units, a whole node; the others' two are on one node, or on both."""
    documents, cluster = here(pool("whole", nodeCount=2, reservedUnits=8), more=(NODE, deployment("huge", "node")))
    cluster = with_pods(cluster, pod("a", "whole-0"), pod("b", on))
    assert found(documents, cluster) == ([("whole", "SW613", expected)] if expected else [])


@pytest.mark.parametrize(("replicas", "severity"), [(8, WARNING), (9, ERROR)])
def test_an_autoscaler_makes_room(replicas: int, severity: str) -> None:
    scaled = pool("whole", nodeCount=1, maxNodeCount=2)
    documents, cluster = here(scaled, more=(LARGE, deployment("big", "large", replicas=replicas)))
    assert found(documents, with_pods(cluster, pod("other", "whole-0", 8))) == [("whole", "SW613", severity)]


def test_of_pods_that_may_not_be_read_no_number_is_told() -> None:
    documents = declared(pool("whole"))
    result = verified(documents, replace(cluster_of(documents[0]), unread=(Readable.PODS,)))
    (reality,) = result.pools
    numbers = reality.to_dict()
    assert (numbers["heldByOthers"], numbers["heldByPlan"], numbers["free"]) == (None, None, None)
    (told,) = result.differences
    assert told.code == "SW621"
    assert told.message.startswith("this user may not list pods in the whole cluster, so ")


@pytest.mark.parametrize(
    ("lost", "reserved", "held", "said", "enough"),
    [
        (4, 4, 3, "reservedUnits is 4, of which 4 are for units that are not there", 7),
        (1, 2, 2, "reservedUnits is 2, of which 1 is for units that are not there", 3),
        (0, 2, 3, "reservedUnits is 2", 3),
    ],
)
def test_units_that_are_held_beside_units_that_are_not_there(
    lost: int, reserved: int, held: int, said: str, enough: int
) -> None:
    documents = declared(slices("cut", "3g.40gb", nodeCount=2, reservedUnits=reserved, memoryPerGpu="39Gi"))
    nodes = changed(cluster_of(documents[0]), with_units(16 - lost), "cut-0")
    told = only(documents, with_pods(nodes, pod("other", "cut-1", held, "nvidia.com/mig-3g.40gb")))
    assert told.message == f"others hold {held} of {32 - lost} units (team/other), {said}"
    assert told.remedy.startswith(f"write reservedUnits: {enough}, ")


def test_no_more_of_the_reserved_units_than_there_are_stand_for_others() -> None:
    documents = declared(slices("cut", "3g.40gb", nodeCount=2, reservedUnits=2, memoryPerGpu="39Gi"))
    nodes = changed(cluster_of(documents[0]), with_units(12), "cut-0")
    result = verified(documents, with_pods(nodes, pod("other", "cut-1", 1, "nvidia.com/mig-3g.40gb")))
    told = {each.code.value: each for each in result.differences}
    assert sorted(told) == ["SW605", "SW613"]
    assert told["SW613"].message.endswith("reservedUnits is 2, of which 2 are for units that are not there")
    assert told["SW613"].remedy.startswith("write reservedUnits: 5, ")


def test_planned_units_beside_units_that_are_not_there() -> None:
    documents = (
        *declared(pool("whole", nodeCount=2, reservedUnits=4)),
        *(LARGE, deployment("big", "large", replicas=12)),
    )
    nodes = changed(cluster_of(documents[0]), with_units(4), "whole-0")
    told = only(documents, with_pods(nodes, pod("other", "whole-1", 1)))
    assert "12 planned and 1 held of 12 units, reservedUnits is 4, of which 4 are for units" in told.message
    assert told.severity == "error"
