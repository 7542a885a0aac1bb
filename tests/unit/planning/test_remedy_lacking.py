"""Where no remedy exists, the message says what pool would be needed."""

from __future__ import annotations

import pytest

from slicewise.planning import lists_with_remedies, make_plan, read_lists
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.planning.following import shortfalls_said

OF_EIGHT = {"cpu": 60, "memory": "100Gi"}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param(
            [environment("e", pool("p", allocatable=OF_EIGHT)), model("m", cpu="64", memory="200Gi")],
            "it needs a pool of GPUs or slices, with room for 1 replica with 1 GPU, 64 CPUs and 200Gi of memory",
            id="CPUs and memory",
        ),
        pytest.param(
            [
                environment("e", pool("p", memoryPerGpu="40Gi")),
                model("m", profile("f", memoryPerGpu="70Gi", mig="never", gpusPerNode=4)),
            ],
            "it needs a pool of whole GPUs with 70Gi each, 4 GPUs a node, with room for 1 replica with 4 GPUs",
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
    start = "  remedy: " if "exclude each other" in expected else "  no remedy: "
    (needs,) = (line for line in said if "remedy: " in line)
    assert needs.startswith(start)
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


def test_the_plan_as_json_says_what_would_be_needed_too() -> None:
    large = profile("large", memoryPerGpu="100Gi")
    fleet = fleet_of([environment("e", pool("p")), model("m", large), deployment("new", "m")])
    (shortfall,) = read_lists(lists_with_remedies(fleet, make_plan(fleet)))["shortfalls"]
    assert shortfall["remedies"] == []
    assert shortfall["noRemedy"] == {
        "code": "another-pool",
        "profile": "large",
        "message": (
            "no change to one field would let it run; it needs a pool of GPUs or slices with 100Gi each, with room for "
            "1 replica with 1 GPU, 4 CPUs and 16Gi of memory"
        ),
    }


def test_a_profile_that_excludes_itself_is_told_from_a_pool_that_is_missing() -> None:
    both = profile("both", mig="only", gpusPerNode=2)
    documents = [environment("e", slices("p", "3g.40gb")), model("m", both), deployment("new", "m")]
    fleet = fleet_of(documents, checked=False)
    (shortfall,) = read_lists(lists_with_remedies(fleet, make_plan(fleet)))["shortfalls"]
    assert (shortfall["noRemedy"]["code"], shortfall["noRemedy"]["profile"]) == ("profile-contradiction", "both")
    assert shortfall["noRemedy"]["message"].startswith(
        "mig: only and nodes 1 x gpusPerNode 2 = 2 GPUs exclude each other"
    )


def test_a_shortfall_with_remedies_has_no_needs() -> None:
    fleet = fleet_of([environment("e", pool("p")), model("m"), deployment("new", "m", replicas=9)])
    (shortfall,) = read_lists(lists_with_remedies(fleet, make_plan(fleet)))["shortfalls"]
    assert shortfall["remedies"]
    assert shortfall["noRemedy"] is None


def test_one_cpu_is_not_written_as_several() -> None:
    fleet = fleet_of([model("m", cpu="1"), deployment("new", "m")])
    (said,) = (line for line in shortfalls_said(fleet) if line.startswith("  no remedy"))
    assert said.endswith("with room for 1 replica with 1 GPU, 1 CPU and 16Gi of memory")
