"""Random fleets that are valid, small enough to judge, and full enough that not everything fits.

Picky fleets have selectors, requirements and pools of every sort, so that most pools are ruled out. In the others
nearly everything matches, so that pods of many sizes meet on few nodes and capacity decides.

Strategies are made once: to make and check them costs more than to draw from them. What they draw is always new.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from copy import deepcopy
from functools import cache
from operator import itemgetter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.documents import Document, deployment, environment, model, pool, profile, slices

steady = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same examples in every run, on every machine."""

_PRECISIONS = st.lists(st.sampled_from(["fp8", "bf16", "int8"]), unique=True)
_LABELS = st.fixed_dictionaries({}, optional={"region": st.sampled_from("ab"), "tier": st.sampled_from("xy")})
_SLICE_PROFILES = ["1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "7g.80gb"]
_PICKY: Mapping[str, st.SearchStrategy[object]] = {
    "precisionSupport": st.sampled_from([["bf16"], ["fp8", "int8"]]).map(list),
    "interconnect": st.sampled_from(["pcie", "nvlink"]),
    "interNodeBandwidth": st.sampled_from(["200g", "ib-200g"]),
    "nvlinkDomainSize": st.sampled_from([4]),
    "memoryPerGpu": st.sampled_from(["80Gi"]),
}
_NOTHING: st.SearchStrategy[Document] = st.just({}).map(dict)
_AMOUNTS: list[Document] = [
    {"limits": {"rdma/ib": 1}},
    {"limits": {"rdma/ib": 2}},
    {"requests": {"ephemeral-storage": "30G"}},
    {"requests": {"ephemeral-storage": "60G"}, "limits": {"rdma/ib": 1}},
]
_ASKED = st.sampled_from(_AMOUNTS).map(lambda each: {"pod": {"container": {"resources": deepcopy(each)}}})
# What containers ask for beside GPUs, CPU and memory; most often nothing.
_ASKING: st.SearchStrategy[Document] = st.one_of(*[_NOTHING] * 5, _ASKED)
_EXTENDED = st.sampled_from([None, None, {"rdma/ib": 4}, {"rdma/ib": 9}, {"example.com/nic": 8}]).map(deepcopy)
_CPUS = [8, 20, 60]
_MEMORIES = ["40Gi", "100Gi", "400Gi"]


def _given(fields: Document) -> Document:
    return {key: value for key, value in fields.items() if value is not None}


@cache
def _one_of(*values: Hashable) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@cache
def _selectors(*, picky: bool) -> st.SearchStrategy[Document]:
    return st.one_of(_NOTHING, _NOTHING, _LABELS) if picky else _NOTHING


@cache
@st.composite
def pools(draw: st.DrawFn, name: str, *, picky: bool) -> Document:
    """Draw a pool of whole GPUs or of slices."""
    fields: Document = {
        "labels": draw(_LABELS),
        "nodeCount": draw(_one_of(1, 2, 3, 0) if picky else _one_of(1, 2, 3, 4)),
        "reservedUnits": draw(_one_of(0, 0, 1, 2, 3, 5)),
        "precisionSupport": draw(_PRECISIONS) if picky else ["bf16", "fp8", "int8"],
    }
    allocatable = {
        "cpu": draw(_one_of(None, None, *_CPUS)),
        "memory": draw(_one_of(None, None, *_MEMORIES)),
        "pods": draw(_one_of(None, None, None, 2, 5)),
        "ephemeralStorage": draw(_one_of(None, None, "100G", "300G")),
        "extendedResources": draw(_EXTENDED),
    }
    fields |= draw(_ASKING)
    fields["allocatable"] = _given(allocatable)
    if draw(st.booleans()):
        fields["maxNodeCount"] = fields["nodeCount"] + draw(st.integers(0, 2))
    if draw(st.integers(0, 2)) == 0:
        fields["acceleratorCount"] = draw(_one_of(1, 2))
        return slices(name, draw(_one_of(*_SLICE_PROFILES)), strategy=draw(_one_of("mixed", "single")), **fields)
    capabilities = {
        "interconnect": draw(_one_of(None, "pcie", "nvlink")) if picky else "nvlink",
        "multiNodeCapable": draw(st.booleans()) if picky else True,
        "nvlinkDomainSize": draw(_one_of(None, 4, 8)) if picky else 8,
        "interNodeBandwidth": draw(_one_of(None, "ib-400g", "roce-200g")) if picky else "ib-400g",
        "memoryPerGpu": draw(_one_of("80Gi", "40Gi")),
    }
    fields["acceleratorCount"] = draw(_one_of(8, 4, 2, 1) if picky else _one_of(8, 8, 4, 6))
    return pool(name, **_given(capabilities), **fields)


@cache
@st.composite
def profiles(draw: st.DrawFn, name: str, *, picky: bool, nodes: int | None = None) -> Document:
    """Draw a serving profile, most often of one GPU; on one or two `nodes` where it is left open."""
    requirements: Document = {
        "memoryPerGpu": draw(_one_of(None, None, "9Gi", "40Gi")),
        "mig": draw(_one_of(None, None, None, "any", "only", "never")),
    }
    if picky:
        # Two or three of them, and hardly any pool would do.
        field = draw(_one_of(*sorted(_PICKY)))
        requirements[field] = draw(_PICKY[field])
    return profile(
        name,
        nodes=nodes or draw(_one_of(1, 1, 1, 1, 2)),
        gpusPerNode=draw(_one_of(1, 2, 3, 1, 2, 4, 8)),
        environmentSelector=draw(_selectors(picky=picky)),
        **_given(requirements),
    ) | draw(_ASKING)


@cache
@st.composite
def split_profiles(draw: st.DrawFn, name: str, *, picky: bool) -> Document:
    """Draw a serving profile with prefill, in a shape of its own or in the profile's."""
    own = draw(profiles(name, picky=picky, nodes=1))
    prefill = {"replicas": draw(_one_of(1, 1, 2, 4))}
    if draw(st.booleans()):
        prefill["replicaTopology"] = draw(profiles(name, picky=picky, nodes=1))["replicaTopology"]
    return {**own, "prefill": prefill}


@cache
@st.composite
def models(draw: st.DrawFn, name: str, *, picky: bool, split: bool = False) -> Document:
    """Draw a model with up to three profiles; where it is `split`, most of them have prefill."""
    names = draw(_names("p", 1, 3))
    serving = [
        draw((split_profiles if split and draw(st.integers(0, 3)) else profiles)(profile_name, picky=picky))
        for profile_name in names
    ]
    cpu, memory = draw(_one_of("500m", "2", "4", "7")), draw(_one_of("8Gi", "16Gi", "30Gi"))
    drawn = model(name, *serving, cpu=cpu, memory=memory)
    drawn["spec"] |= draw(_ASKING)
    if draw(st.integers(0, 3)) == 0:
        drawn["spec"]["architecture"] = {
            "config": {"model_type": "unheard-of"},
            "checkpointBytes": draw(_one_of(20, 45)) * 10**9,
        }
    if draw(st.integers(0, 9)) == 0:
        del drawn["spec"]["huggingFace"]
        drawn["spec"] |= {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}
    return drawn


@cache
def scalings() -> st.SearchStrategy[Document]:
    """Draw how many replicas there are."""
    fixed = st.sampled_from([1, 2, 1, 3, 0, 5]).map(
        lambda replicas: {"signal": "Fixed", "fixed": {"replicas": replicas}}
    )
    follows = st.integers(1, 6).map(
        lambda most: {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": most, "target": 8}}
    )
    return st.one_of(fixed, fixed, follows, _NOTHING)


@cache
@st.composite
def deployments(draw: st.DrawFn, name: str, model_names: tuple[str, ...], *, picky: bool = False) -> Document:
    """Draw a deployment, in a namespace of its own: two of one model in one namespace would collide."""
    return deployment(
        name,
        draw(_one_of(*model_names)),
        namespace=f"team-{name}",
        environments=draw(_one_of(1, 1, 2, 3)),
        priority=draw(_one_of(0, 0, 0, 5, -5)),
        scaling=draw(scalings()),
        environmentSelector=draw(_selectors(picky=picky)),
        nodePoolSelector=draw(_selectors(picky=picky)),
        **draw(_ASKING),
    )


@cache
def _names(prefix: str, low: int, high: int) -> st.SearchStrategy[list[str]]:
    everything = st.permutations([f"{prefix}{number}" for number in range(high)])
    first = {count: everything.map(itemgetter(slice(count))) for count in range(low, high + 1)}
    return st.integers(low, high).flatmap(lambda count: first[count])


@st.composite
def fleets(draw: st.DrawFn, *, split: bool = False) -> list[Document]:
    """Draw the documents of a fleet; where it is `split`, models have prefill, and no deployment is autoscaled."""
    picky = draw(st.integers(0, 3)) == 0
    documents = []
    for name in draw(_names("env-", 1, 3)):
        drawn = [
            draw(pools(pool_name, picky=picky)) for pool_name in draw(_names("pool-", 1, 2 if picky or split else 1))
        ]
        documents.append(environment(name, *drawn, labels=draw(_LABELS)))
    model_names = draw(_names("model-", 1, 3))
    documents += [draw(models(name, picky=picky, split=split)) for name in model_names]
    found = [draw(deployments(name, tuple(model_names), picky=picky)) for name in draw(_names("d", 3, 7))]
    if split:
        for each in found:
            each["spec"]["scaling"] = {"fixed": {"replicas": draw(_one_of(1, 2, 1, 3, 0, 5))}}
    return [*documents, *found]
