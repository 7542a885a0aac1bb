"""Random fleets that are valid, small enough to judge, and full enough that not everything fits.

Picky fleets have selectors, requirements and pools of every sort, so that most pools are ruled out. In the others
nearly everything matches, so that pods of many sizes meet on few nodes and capacity decides.
"""

from __future__ import annotations

from collections.abc import Mapping

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
_PICKY: Mapping[str, list[object]] = {
    "precisionSupport": [["bf16"], ["fp8", "int8"]],
    "interconnect": ["pcie", "nvlink"],
    "interNodeBandwidth": ["200g", "ib-200g"],
    "nvlinkDomainSize": [4],
    "memoryPerGpu": ["80Gi"],
}
_CPUS = [8, 20, 60]
_MEMORIES = ["40Gi", "100Gi", "400Gi"]


def _given(fields: Document) -> Document:
    return {key: value for key, value in fields.items() if value is not None}


def _asking() -> st.SearchStrategy[Document]:
    """Draw what containers ask for beside GPUs, CPU and memory; most often nothing."""
    amounts: list[Document] = [
        {"limits": {"rdma/ib": 1}},
        {"limits": {"rdma/ib": 2}},
        {"requests": {"ephemeral-storage": "30G"}},
        {"requests": {"ephemeral-storage": "60G"}, "limits": {"rdma/ib": 1}},
    ]
    asked = st.sampled_from(amounts).map(lambda each: {"pod": {"container": {"resources": each}}})
    return st.one_of(*[st.just(dict[str, object]())] * 5, asked)


def _selectors(*, picky: bool) -> st.SearchStrategy[dict[str, str]]:
    return st.one_of(st.just({}), st.just({}), _LABELS) if picky else st.just({})


@st.composite
def pools(draw: st.DrawFn, name: str, *, picky: bool) -> Document:
    """Draw a pool of whole GPUs or of slices."""
    fields: Document = {
        "labels": draw(_LABELS),
        "nodeCount": draw(st.sampled_from([1, 2, 3, 0] if picky else [1, 2, 3, 4])),
        "reservedUnits": draw(st.sampled_from([0, 0, 1, 2, 3, 5])),
        "precisionSupport": draw(_PRECISIONS) if picky else ["bf16", "fp8", "int8"],
    }
    allocatable = {
        "cpu": draw(st.sampled_from([None, None, *_CPUS])),
        "memory": draw(st.sampled_from([None, None, *_MEMORIES])),
        "pods": draw(st.sampled_from([None, None, None, 2, 5])),
        "ephemeralStorage": draw(st.sampled_from([None, None, "100G", "300G"])),
        "extendedResources": draw(
            st.sampled_from([None, None, {"rdma/ib": 4}, {"rdma/ib": 9}, {"example.com/nic": 8}])
        ),
    }
    fields |= draw(_asking())
    fields["allocatable"] = _given(allocatable)
    if draw(st.booleans()):
        fields["maxNodeCount"] = fields["nodeCount"] + draw(st.integers(0, 2))
    if draw(st.integers(0, 2)) == 0:
        fields["acceleratorCount"] = draw(st.sampled_from([1, 2]))
        return slices(
            name, draw(st.sampled_from(_SLICE_PROFILES)), strategy=draw(st.sampled_from(["mixed", "single"])), **fields
        )
    capabilities = {
        "interconnect": draw(st.sampled_from([None, "pcie", "nvlink"])) if picky else "nvlink",
        "multiNodeCapable": draw(st.booleans()) if picky else True,
        "nvlinkDomainSize": draw(st.sampled_from([None, 4, 8])) if picky else 8,
        "interNodeBandwidth": draw(st.sampled_from([None, "ib-400g", "roce-200g"])) if picky else "ib-400g",
        "memoryPerGpu": draw(st.sampled_from(["80Gi", "40Gi"])),
    }
    fields["acceleratorCount"] = draw(st.sampled_from([8, 4, 2, 1] if picky else [8, 8, 4, 6]))
    return pool(name, **_given(capabilities), **fields)


@st.composite
def profiles(draw: st.DrawFn, name: str, *, picky: bool, nodes: int | None = None) -> Document:
    """Draw a serving profile, most often of one GPU; on one or two `nodes` where it is left open."""
    requirements: Document = {
        "memoryPerGpu": draw(st.sampled_from([None, None, "9Gi", "40Gi"])),
        "mig": draw(st.sampled_from([None, None, None, "any", "only", "never"])),
    }
    if picky:
        # Two or three of them, and hardly any pool would do.
        field = draw(st.sampled_from(sorted(_PICKY)))
        requirements[field] = draw(st.sampled_from(_PICKY[field]))
    return profile(
        name,
        nodes=nodes or draw(st.sampled_from([1, 1, 1, 1, 2])),
        gpusPerNode=draw(st.sampled_from([1, 2, 3, 1, 2, 4, 8])),
        environmentSelector=draw(_selectors(picky=picky)),
        **_given(requirements),
    ) | draw(_asking())


@st.composite
def split_profiles(draw: st.DrawFn, name: str, *, picky: bool) -> Document:
    """Draw a serving profile with prefill, in a shape of its own or in the profile's."""
    own = draw(profiles(name, picky=picky, nodes=1))
    prefill = {"replicas": draw(st.sampled_from([1, 1, 2, 4]))}
    if draw(st.booleans()):
        prefill["replicaTopology"] = draw(profiles(name, picky=picky, nodes=1))["replicaTopology"]
    return {**own, "prefill": prefill}


@st.composite
def models(draw: st.DrawFn, name: str, *, picky: bool, split: bool = False) -> Document:
    """Draw a model with up to three profiles; where it is `split`, most of them have prefill."""
    names = draw(_names("p", 1, 3))
    serving = [
        draw((split_profiles if split and draw(st.integers(0, 3)) else profiles)(profile_name, picky=picky))
        for profile_name in names
    ]
    cpu, memory = draw(st.sampled_from(["500m", "2", "4", "7"])), draw(st.sampled_from(["8Gi", "16Gi", "30Gi"]))
    drawn = model(name, *serving, cpu=cpu, memory=memory)
    drawn["spec"] |= draw(_asking())
    if draw(st.integers(0, 3)) == 0:
        drawn["spec"]["architecture"] = {
            "config": {"model_type": "unheard-of"},
            "checkpointBytes": draw(st.sampled_from([20, 45])) * 10**9,
        }
    if draw(st.integers(0, 9)) == 0:
        del drawn["spec"]["huggingFace"]
        drawn["spec"] |= {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}
    return drawn


def scalings() -> st.SearchStrategy[Document]:
    """Draw how many replicas there are."""
    fixed = st.sampled_from([1, 2, 1, 3, 0, 5]).map(
        lambda replicas: {"signal": "Fixed", "fixed": {"replicas": replicas}}
    )
    follows = st.integers(1, 6).map(
        lambda most: {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": most, "target": 8}}
    )
    return st.one_of(fixed, fixed, follows, st.just({}))


@st.composite
def deployments(draw: st.DrawFn, name: str, model_names: list[str], *, picky: bool = False) -> Document:
    """Draw a deployment, in a namespace of its own: two of one model in one namespace would collide."""
    return deployment(
        name,
        draw(st.sampled_from(model_names)),
        namespace=f"team-{name}",
        environments=draw(st.sampled_from([1, 1, 2, 3])),
        priority=draw(st.sampled_from([0, 0, 0, 5, -5])),
        scaling=draw(scalings()),
        environmentSelector=draw(_selectors(picky=picky)),
        nodePoolSelector=draw(_selectors(picky=picky)),
        **draw(_asking()),
    )


def _names(prefix: str, low: int, high: int) -> st.SearchStrategy[list[str]]:
    everything = [f"{prefix}{number}" for number in range(high)]
    return st.integers(low, high).flatmap(lambda count: st.permutations(everything).map(lambda names: names[:count]))


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
    found = [draw(deployments(name, model_names, picky=picky)) for name in draw(_names("d", 3, 7))]
    if split:
        for each in found:
            each["spec"]["scaling"] = {"fixed": {"replicas": draw(st.sampled_from([1, 2, 1, 3, 0, 5]))}}
    return [*documents, *found]
