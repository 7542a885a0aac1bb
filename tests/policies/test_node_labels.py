"""What a pod requires of its node may be said by nodeSelector or by required node affinity: every rule reads both."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.rules.all_rules import RESOURCE_RULES
from policies.rules.one_slice import ONE_SLICE
from policies.rules.reading.fields import Field
from policies.rules.reading.pod_gpus import selected_profiles
from policies.rules.reading.pod_specs import Pod
from policies.rules.rule_runner import run_rule
from policies.rules.rule_types import Finding, Resource
from policies.rules.scheduling import SLICE_PINNED, WHOLE_GPU_PINNED
from policies.rules.slice_parallelism import SLICE_NOT_PARALLEL
from policies.rules.slice_profiles import PROFILE_ALLOWED, SLICE_WOULD_DO
from tests.policies.mutation.stacks import demo, lab
from tests.policies.outcomes import found
from tests.policies.resources import SLICE, altered, container, deployment, pod_spec, service

PRODUCT, PARTITION, CONFIG = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-gpu-partition-size",
    "nvidia.com/mig.config",
)
WHOLE, BIG, SMALL = (f"NVIDIA-H100-80GB-HBM3{suffix}" for suffix in ("", "-MIG-3g.40gb", "-MIG-1g.10gb"))
GPU = "nvidia.com/gpu"

Expression = dict[str, Any]


def said(key: str, operator: str, *values: str) -> Expression:
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


def one_of(key: str, *values: str) -> Expression:
    return said(key, "In", *values)


def required(*terms: list[Expression], **fields: list[Expression]) -> dict[str, Any]:
    """Return an affinity of terms of label expressions; `fields` are terms of their own."""
    written = [{"matchExpressions": term} for term in terms] + [{"matchFields": term} for term in fields.values()]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": written}}}


def profiles(selector: Mapping[str, str] | None = None, affinity: object = None) -> set[str | None]:
    return set(selected_profiles(Pod(Field({"nodeSelector": selector, "affinity": affinity}))))


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([[one_of(PRODUCT, BIG)]], {"3g.40gb"}),
        ([[one_of(PRODUCT, f"{BIG}-SHARED")]], {"3g.40gb"}),
        ([[one_of(PRODUCT, BIG, SMALL)]], {"3g.40gb", "1g.10gb"}),
        ([[one_of(PRODUCT, BIG, WHOLE)]], {"3g.40gb", None}),
        ([[one_of(PRODUCT, BIG)], [one_of(PARTITION, "1g.10gb")]], {"3g.40gb", "1g.10gb"}),
        # A term that does not say it lets the pod go anywhere.
        ([[one_of(PRODUCT, BIG)], [one_of("zone", "a")]], {"3g.40gb", None}),
        ([[one_of(PRODUCT, BIG)], []], {"3g.40gb"}),
        ([[one_of(PRODUCT, WHOLE), one_of(PARTITION, "1g.10gb")]], {"1g.10gb"}),
        ([[one_of(PRODUCT, BIG, WHOLE), one_of(PRODUCT, BIG, SMALL)]], {"3g.40gb"}),
        ([[one_of(PRODUCT, BIG, WHOLE), said(PRODUCT, "NotIn", WHOLE)]], {"3g.40gb"}),
        ([[one_of(CONFIG, "all-1g.10gb.me")]], {"1g.10gb+me"}),
        ([[one_of(CONFIG, "all-disabled")]], {None}),
        ([[said(PRODUCT, "NotIn", WHOLE)]], {None}),
        ([[said(PRODUCT, "Exists")]], {None}),
        ([[said(CONFIG, "Exists")]], {None}),
        ([[said(PARTITION, "DoesNotExist")]], {None}),
        ([[said(PARTITION, "NotIn", "1g.10gb")]], {None}),
        # GKE labels nodes that it cut and no others: a slice, and no label says which.
        ([[said(PARTITION, "Exists")]], {""}),
        # GPU feature discovery: only what is a slice has these (strategy single; under mixed their keys differ).
        ([[said(f"{GPU}.slices.gi", "Gt", "0")]], {""}),
        ([[one_of(f"{GPU}.slices.ci", "3", "4")]], {""}),
        ([[said(f"{GPU}.multiprocessors", "Exists")], [one_of(PRODUCT, BIG)]], {"", "3g.40gb"}),
        ([[one_of(PRODUCT, BIG, WHOLE), said(f"{GPU}.slices.gi", "Exists")]], {"3g.40gb", ""}),
        ([[said(f"{GPU}.slices.gi", "DoesNotExist")]], {None}),
        ([[said(f"{GPU}.slices.gi", "NotIn", "7")]], {None}),
        ([[one_of(PRODUCT)]], {None}),
        ([[]], {None}),
        ([], {None}),
    ],
)
def test_what_a_gpu_is_on_the_required_nodes(terms: list[list[Expression]], expected: set[str | None]) -> None:
    assert profiles(affinity=required(*terms)) == expected


def test_node_selector_and_affinity_hold_together() -> None:
    assert profiles({PRODUCT: BIG}, required([one_of("zone", "a")])) == {"3g.40gb"}
    assert profiles({"zone": "a"}, required([one_of(PRODUCT, SMALL)])) == {"1g.10gb"}
    assert profiles({PRODUCT: BIG}, required([one_of(PRODUCT, BIG, SMALL)])) == {"3g.40gb"}
    # No node is both.
    assert profiles({PRODUCT: WHOLE}, required([one_of(PRODUCT, BIG)])) == {None}
    assert profiles({PRODUCT: BIG}, required([said(PRODUCT, "DoesNotExist")])) == {None}


def test_what_is_only_preferred_is_not_required() -> None:
    term = {"weight": 100, "preference": {"matchExpressions": [one_of(PRODUCT, BIG)]}}
    assert profiles(affinity={"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}) == {None}


def test_a_named_node_says_nothing_of_its_gpus() -> None:
    assert profiles(affinity=required(names=[one_of("metadata.name", BIG)])) == {None}


UNIVERSE: dict[str, tuple[str, ...]] = {PRODUCT: (WHOLE, BIG, SMALL), PARTITION: ("3g.40gb",), "zone": ("a", "b")}
NODES = [
    {key: value for key, value in zip(UNIVERSE, chosen, strict=True) if value is not None}
    for chosen in itertools.product(*((None, *values) for values in UNIVERSE.values()))
]


def matches(node: Mapping[str, str], expression: Expression) -> bool:
    """Return what Kubernetes' reference says of an expression (Assigning Pods to Nodes, Operators)."""
    value = node.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


def fitting(selector: Mapping[str, str], terms: list[list[Expression]]) -> Iterator[Mapping[str, str]]:
    for node in NODES:
        if all(node.get(key) == value for key, value in selector.items()) and any(
            term and all(matches(node, expression) for expression in term) for term in terms
        ):
            yield node


def is_cut(node: Mapping[str, str]) -> bool:
    return PARTITION in node or "-MIG-" in node.get(PRODUCT, "")


def expressions(*operators: str) -> st.SearchStrategy[Expression]:
    def of_key(key: str) -> st.SearchStrategy[Expression]:
        values = st.lists(st.sampled_from(UNIVERSE[key]), min_size=1, unique=True)
        return st.builds(lambda operator, listed: said(key, operator, *listed), st.sampled_from(operators), values)

    return st.sampled_from(sorted(UNIVERSE)).flatmap(of_key)


def terms_of(*operators: str) -> st.SearchStrategy[list[list[Expression]]]:
    return st.lists(st.lists(expressions(*operators), max_size=3), min_size=1, max_size=3)


SELECTORS = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in UNIVERSE.items()})


@given(selector=SELECTORS, terms=terms_of("In", "NotIn", "Exists", "DoesNotExist"))
def test_a_pod_that_is_said_to_get_a_slice_gets_one_on_every_node(
    selector: dict[str, str], terms: list[list[Expression]]
) -> None:
    if None not in profiles(selector, required(*terms)):
        assert all(map(is_cut, fitting(selector, terms)))


@given(selector=SELECTORS, terms=terms_of("In"))
def test_where_all_nodes_that_are_listed_are_cut_the_pod_gets_a_slice(
    selector: dict[str, str], terms: list[list[Expression]]
) -> None:
    nodes = list(fitting(selector, terms))
    # Only In: what is not listed cannot be meant.
    if nodes and all(map(is_cut, nodes)):
        assert None not in profiles(selector, required(*terms))


def with_affinity(resource: Resource) -> Resource:
    """Return the resource with every nodeSelector written as required node affinity."""
    for role in ("template", "worker"):
        spec = resource.properties.get("spec", {}).get(role, {})
        if selector := spec.get("nodeSelector"):
            term = [one_of(key, value) for key, value in selector.items()]
            resource = altered(resource, ("spec", role, "affinity"), required(term))
            resource = altered(resource, ("spec", role, "nodeSelector"), {})
    return resource


BROKEN = {
    "two slices called GPUs": (("containers", 0, "resources", "limits", GPU), "2"),
    "parallel on a slice": (("containers", 0, "args"), ["--tensor-parallel-size=2"]),
    "nothing": (("schedulerName",), "default-scheduler"),
}
SERVICES = [
    item for stack in (demo(), lab()) for item in stack.resources.values() if item.type.endswith(":LLMInferenceService")
]


@pytest.mark.parametrize("rule", RESOURCE_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("change", BROKEN)
def test_every_rule_finds_the_same_with_the_labels_in_node_affinity(rule: Any, change: str) -> None:  # noqa: ANN401
    config = {"profiles": ["7g.80gb"], "wholeGpus": False} if rule is PROFILE_ALLOWED else {}
    path, value = BROKEN[change]
    for item in SERVICES:
        resource = altered(item, ("spec", "template", *path), value)
        written = altered(resource, ("metadata", "annotations", "slicewise.dev/required-memory-per-gpu"), "9Gi")
        assert run_rule(rule, with_affinity(written), config) == run_rule(rule, written, config)


def pods(gpu: str, count: object = "1", **more: object) -> Resource:
    return deployment(pod_spec(container(gpu, count, args=["-tp", "2"]), nodeSelector=None, **more))


def test_slices_are_recognised_by_affinity_in_each_rule() -> None:
    slices = pods(GPU, "2", affinity=required([one_of(PRODUCT, BIG)]))
    assert len(found(ONE_SLICE, slices)) == 1
    assert len(found(SLICE_NOT_PARALLEL, slices)) == 1
    assert found(PROFILE_ALLOWED, slices, profiles=["3g.40gb"], wholeGpus=False) == []
    assert len(found(PROFILE_ALLOWED, slices, profiles=["1g.10gb"])) == 1
    either = pods(GPU, "2", affinity=required([one_of(PRODUCT, BIG, WHOLE)]))
    assert found(ONE_SLICE, either) == []
    assert found(SLICE_NOT_PARALLEL, either) == []
    # It may get a whole GPU as well as a slice that is not offered.
    assert len(found(PROFILE_ALLOWED, either, profiles=["1g.10gb"], wholeGpus=False)) == 2
    unnamed = pods(GPU, "2", affinity=required([said(PARTITION, "Exists")]))
    assert len(found(ONE_SLICE, unnamed)) == 1
    assert found(PROFILE_ALLOWED, unnamed, profiles=["1g.10gb"], wholeGpus=False) == []


@pytest.mark.parametrize(
    ("terms", "slices"),
    [
        ([[one_of(PRODUCT, WHOLE)]], "where 7 slices of 1g.10gb (9.75 GiB) fit; offer the model a pool of 1g.10gb"),
        ([[one_of(PRODUCT, WHOLE, "NVIDIA-A100-SXM4-80GB")]], "7 slices of 1g.10gb (9.75 GiB)"),
        ([[one_of(PRODUCT, WHOLE)], [one_of(PRODUCT, "NVIDIA-L4")]], None),
        ([[one_of(PRODUCT, WHOLE)], [one_of("zone", "a")]], None),
        ([[said(PRODUCT, "Exists")]], None),
    ],
)
def test_a_slice_would_do_on_every_gpu_that_the_pod_may_get(terms: list[list[Expression]], slices: str | None) -> None:
    spec = pod_spec(container(GPU), nodeSelector=None, affinity=required(*terms))
    annotations = {"slicewise.dev/required-memory-per-gpu": "9Gi"}
    outcomes = run_rule(SLICE_WOULD_DO, altered(service(spec), ("metadata", "annotations"), annotations))
    assert [slices in item.message for item in outcomes if slices] == ([True] if slices else [])
    assert bool(outcomes) == bool(slices)


@pytest.mark.parametrize(
    ("affinity", "pinned"),
    [
        (required([one_of("pool", "a")]), True),
        (required([one_of("pool", "a", "b")]), True),
        (required([one_of("pool", "a")], [one_of("pool", "b")]), True),
        (required([one_of("pool", "a")], [one_of("kubernetes.io/arch", "amd64")]), False),
        (required([said("pool", "NotIn", "a")]), False),
        (required([said("pool", "DoesNotExist")]), False),
        (required([said(PRODUCT, "Exists")]), False),
        (required([said("cloud.google.com/gke-accelerator", "Exists")]), False),
        (required([said("node-role.kubernetes.io/gemma", "Exists")]), True),
        (required([said("gemma", "Exists")]), True),
        (required([said("nvidia.com/gpu.memory", "Gt", "80000")]), True),
        (required(names=[one_of("metadata.name", "node-1")]), True),
        (required(names=[said("metadata.name", "NotIn", "node-1")]), False),
        (required([one_of("pool", "a")], names=[one_of("metadata.name", "node-1")]), True),
        (required([one_of("zone", "a")], names=[said("metadata.name", "NotIn", "node-1")]), False),
    ],
)
@pytest.mark.parametrize(("rule", "gpu"), [(WHOLE_GPU_PINNED, GPU), (SLICE_PINNED, SLICE)])
def test_a_pod_is_pinned_where_every_term_pins_it(rule: Any, gpu: str, affinity: object, pinned: bool) -> None:  # noqa: ANN401
    outcomes = run_rule(rule, pods(gpu, affinity=affinity))
    assert [type(item) for item in outcomes] == ([] if pinned else [Finding])


def test_configured_labels_pin_by_their_value_alone() -> None:
    chosen, any_of_them = (
        pods(GPU, affinity=required([term])) for term in (one_of("pool", "a"), said("pool", "Exists"))
    )
    assert found(WHOLE_GPU_PINNED, chosen, selectorKeys=["pool"]) == []
    assert len(found(WHOLE_GPU_PINNED, any_of_them, selectorKeys=["pool"])) == 1
    assert len(found(WHOLE_GPU_PINNED, chosen, selectorKeys=["zone"])) == 1
