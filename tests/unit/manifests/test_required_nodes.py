"""Which nodes pods may run on: labels with one value by nodeSelector, with several by required node affinity."""

from __future__ import annotations

import pytest

from slicewise.documents import Fleet
from slicewise.manifests import field_source, is_chosen, placement_objects
from slicewise.manifests.source_map import SourcePart
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices

ZONES = {"zone": ["b", "a"], "pool": "p"}
# core/v1: one term whose expressions must all fit, an operator In with any of the values.
IN_ZONES = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}]
        }
    }
}


def spec_of(fleet: Fleet) -> Document:
    (placed,) = make_plan(fleet).placements
    spec: Document = placement_objects(fleet, placed)[0]["spec"]
    return spec


def on_slice(**selector: object) -> Document:
    declared = environment("e", slices("p", "1g.10gb", nodeSelector=selector))
    return spec_of(fleet_of([declared, model("m"), deployment("d", "m")]))


def test_a_list_is_required_affinity_and_a_text_stays_in_the_node_selector() -> None:
    template = on_slice(**ZONES)["template"]
    assert template["nodeSelector"] == {"pool": "p"}
    assert template["affinity"] == IN_ZONES


def test_several_lists_are_in_one_term() -> None:
    """Of several terms a node would have to fit any one only."""
    template = on_slice(zone=["a", "b"], disk=["x", "y"])["template"]
    assert "nodeSelector" not in template
    (term,) = template["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert [(each["key"], each["values"]) for each in term["matchExpressions"]] == [
        ("disk", ["x", "y"]),
        ("zone", ["a", "b"]),
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"zone": "a"}, {"zone": ["a"]}, True),
        ({"zone": ["a", "b"]}, {"zone": ["b", "a"]}, True),
        ({"zone": ["a", "b"]}, {"zone": ["a", "c"]}, False),
        ({"zone": ["a", "b"]}, {"zone": "a"}, False),
    ],
)
def test_pods_restart_where_other_nodes_are_meant_alone(one: Document, other: Document, *, same: bool) -> None:
    revisions = {spec["annotations"]["slicewise.dev/revision"] for spec in (on_slice(**one), on_slice(**other))}
    assert len(revisions) == (1 if same else 2)


def test_leader_worker_and_prefill_have_it_each_of_its_own_pool() -> None:
    whole = pool("p", nodeSelector=ZONES, nodeCount=4, multiNodeCapable=True)
    spanning = spec_of(
        fleet_of([environment("e", whole), model("m", profile("q", nodes=2, gpusPerNode=8)), deployment("d", "m")])
    )
    assert spanning["template"]["affinity"] == IN_ZONES
    assert spanning["worker"]["affinity"] == IN_ZONES

    served = model("m", profile("q", gpusPerNode=8, memoryPerGpu="70Gi"))
    prefill = {"replicas": 1, "replicaTopology": {"requires": {"memoryPerGpu": "20Gi", "mig": "only"}}}
    served["spec"]["serving"][0]["prefill"] = prefill
    cut = slices("cut", "3g.40gb", nodeSelector={"rack": ["r2", "r1"]})
    spec = spec_of(fleet_of([environment("e", whole, cut), served, deployment("d", "m")]))
    assert spec["template"]["affinity"] == IN_ZONES
    expressions = spec["prefill"]["template"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]["nodeSelectorTerms"][0]["matchExpressions"]
    assert expressions == [{"key": "rack", "operator": "In", "values": ["r1", "r2"]}]


@pytest.mark.parametrize("selector", [ZONES, {"zone": "a"}, {"zone": ["a", "b"], "disk": ["x", "y"]}, {}])
def test_the_pods_own_nodes_are_told_from_others(selector: Document) -> None:
    """As kube-scheduler reads them: every label with one of its values."""
    template = on_slice(**selector)["template"]
    for zone in ("a", "b", "c", None):
        for disk in ("x", "z", None):
            node = {"pool": "p"} | {key: value for key, value in (("zone", zone), ("disk", disk)) if value}
            wanted = all(node.get(key) in ([said] if isinstance(said, str) else said) for key, said in selector.items())
            assert is_chosen(template, node) is wanted


@pytest.mark.parametrize("workload", ["template", "worker", "prefill.template"])
def test_a_finding_about_affinity_is_shown_at_the_node_selector(workload: str) -> None:
    field = f"spec.{workload}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    source = field_source(field)
    assert source is not None
    assert source.path == ("nodeSelector",)
    expected = SourcePart.PREFILL_NODE_POOL if workload.startswith("prefill") else SourcePart.NODE_POOL
    assert source.part is expected
