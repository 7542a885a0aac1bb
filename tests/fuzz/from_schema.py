"""Documents as the JSON Schema allows them: what an editor would take, with names that exist and meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from slicewise.documents import document_schema
from tests.unit.sizing.configs import LLAMA_8B

# Few names, so that references resolve, labels match and documents collide.
NAMES = st.sampled_from(("a", "b", "c"))
_OWN: dict[str, st.SearchStrategy[Any]] = {
    "name": NAMES,
    "namespace": st.sampled_from(("default", "team-a")),
    "acceleratorType": st.sampled_from(
        ("nvidia-h100-80gb", "h100", "NVIDIA-A100-SXM4-40GB", "nvidia-l4", "nvidia-x9000", "b200", "a30")
    ),
    "profile": st.sampled_from(("3g.40gb", "1g.10gb", "1g.10gb+me", "1g.5gb", "7g.80gb", "1g.6gb", "x")),
    "memoryPerGpu": st.sampled_from(("1Gi", "9Gi", "39Gi", "40Gi", "80Gi", "141G", "0.5Gi", 4_000_000_000)),
    "cpu": st.sampled_from(("500m", "8", 4, "1e3", "100")),
    "memory": st.sampled_from(("16Gi", "1Ti", "400G", 1_000_000)),
    "ephemeralStorage": st.sampled_from(("200Gi", "1Ti")),
    "config": st.sampled_from((LLAMA_8B, {**LLAMA_8B, "num_hidden_layers": "32"}, {"model_type": "x"}, {})),
    "args": st.lists(st.text(max_size=8), max_size=3),
}
_LIMITS: dict[Any, st.SearchStrategy[Any]] = {
    "memory": st.sampled_from(("1Gi", "160Gi", "2Ti")),
    "gpuEquivalents": st.sampled_from((1, "0.5", 2.25, "16")),
}
# What the schema allows of these is mostly refused, for it says nothing of how their fields fit together.
_FITTING: dict[str, st.SearchStrategy[Any]] = {
    "cluster": st.just({"source": "Existing", "existing": {"secretRef": {"name": "kubeconfig"}}}),
    "nodeSelector": st.dictionaries(
        st.sampled_from(("pool", "region", "a.b/c")),
        st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique=True)),
        max_size=2,
    ),
    "tolerations": st.sampled_from(
        ([], [{"operator": "Exists"}], [{"key": "a", "value": "b", "effect": "NoSchedule"}])
    ),
    "source": st.just("HuggingFace"),
    "huggingFace": st.just({"repo": "a/b"}),
    "lora": st.just({"adapters": [{"name": "x", "huggingFace": {"repo": "a/x"}}]}),
    "extendedResources": st.sampled_from(
        ({"rdma/ib": 8}, {"hugepages-2Mi": "4Gi"}, {"hugepages-1Gi": "64Gi", "rdma/ib": 8})
    ),
    "pricePerHour": st.sampled_from((80, 12.5, "98.32", "0.01")),
    "limits": st.fixed_dictionaries({"units": st.integers(0, 8)}, optional=_LIMITS),
    "namespaces": st.sampled_from(([], ["default"], ["default", "team-a"])),
    "pod": st.sampled_from(
        (
            {"labels": {"a": "b"}, "priorityClassName": "high"},
            {"container": {"startupProbe": {"failureThreshold": 360}}},
            {"container": {"resources": {"limits": {"rdma/ib": 1}}}},
            {"container": {"resources": {"limits": {"hugepages-2Mi": "1Gi"}}}},
        )
    ),
    "env": st.sampled_from(([], [{"name": "A", "value": "1"}])),
    "command": st.just(["serve"]),
    "kubernetesVersion": st.sampled_from(("1.37", "1.36.2")),
    "baseRefs": st.sampled_from(([], [{"name": "base"}])),
    "router": st.sampled_from(({}, {"enabled": True}, {"enabled": True, "group": "a", "weight": 1})),
}
# A node that is cut in several profiles, which excludes the fields of one that is not.
_CUT = st.fixed_dictionaries(
    {
        "enabled": st.sampled_from((True,)),
        "slices": st.sampled_from(({"3g.40gb": 1, "1g.10gb": 2}, {"1g.10gb": 1}, {"1g.6gb": 3})),
    },
    optional={
        "memoryPerSlice": st.just({"1g.10gb": "9Gi"}),
        "reservedSlices": st.just({"1g.10gb": 1}),
        "wholeGpus": st.sampled_from((0, 1, 3)),
    },
).map(lambda mig: {"migConfiguration": mig})
_ON_DEMAND = st.fixed_dictionaries(
    {
        "enabled": st.sampled_from((True,)),
        "dynamic": st.sampled_from((True,)),
        "profiles": st.sampled_from((["3g.40gb", "1g.10gb"], ["1g.10gb"], ["1g.6gb", "2g.12gb"])),
    },
    optional={"reservedSlices": st.just({"1g.10gb": 1}), "wholeGpus": st.sampled_from((0, 1))},
).map(lambda mig: {"migConfiguration": mig})
# These need others beside them, or exclude some, or need an environment of a cloud: such documents are the corpus'.
_LEFT_OUT = frozenset(
    (
        *("s3", "oci", "persistentVolumeClaim", "machineType", "diskSizeGb", "zones", "prefill", "interNodeDevice"),
        *("slices", "reservedSlices", "memoryPerSlice", "wholeGpus", "dynamic", "profiles"),
    )
)
# What `source` asks for, and pools without different slices, which the schema does not say.
_BESIDE = frozenset(("huggingFace", "memoryPerGpu"))
_WEIRD = st.one_of(
    *(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=6),
        st.just([]),
        st.just({}),
        st.just([[]]),
    )
)
_SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(min_size=1, max_size=10),
    "boolean": st.booleans(),
    "number": st.integers(1, 10**12),
    "null": st.none(),
}
_LONGEST_LIST = 3


@cache
def documents(kind: str, *, wrong: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents of `kind`; with `wrong`, values that do not belong there now and then."""
    schema = document_schema(kind)
    return _Writer(schema["$defs"], wrong).mapping(schema)


def fitting(name: str) -> st.SearchStrategy[Any]:
    """Return values of a field that go with most documents."""
    return _FITTING[name]


def _asking_the_driver(pool: dict[str, Any]) -> dict[str, Any]:
    """Return a pool with the allocation that goes with GPUs which are cut on demand, if its GPUs are."""
    on_demand = (pool["capabilities"].get("migConfiguration") or {}).get("dynamic")
    return pool | {"allocation": "claim"} if on_demand else pool


@dataclass(frozen=True)
class _Writer:
    """Makes strategies of the parts of one schema, of which it knows the definitions."""

    definitions: dict[str, Any]
    wrong: bool

    def field(self, part: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
        own = _OWN if self.wrong else _OWN | _FITTING
        strategy = own[name] if name in own and "const" not in part else self.value(part)
        if name == "capabilities" and not self.wrong:
            strategy = st.one_of(*[strategy] * 5, _CUT, _ON_DEMAND)
        if name == "nodePools" and not self.wrong:
            strategy = strategy.map(lambda pools: [_asking_the_driver(pool) for pool in pools])
        return st.one_of(*[strategy] * 6, _WEIRD) if self.wrong else strategy

    def value(self, part: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "$ref" in part:
            return self.value(self.definitions[part["$ref"].removeprefix("#/$defs/")])
        # Beside properties it says which of them there must be.
        if "anyOf" in part and "properties" not in part:
            return st.one_of(*map(self.value, part["anyOf"]))
        if "const" in part or "enum" in part:
            return st.sampled_from(part.get("enum", [part.get("const")]))
        of_type = {"object": self.mapping, "array": self.list, "integer": self.integer}.get(part["type"])
        if of_type:
            return of_type(part)
        if "pattern" in part:
            longest = part.get("maxLength", 100)
            return st.from_regex(part["pattern"], fullmatch=True).filter(lambda text: len(text) <= longest)
        return _SIMPLE[part["type"]]

    def list(self, part: dict[str, Any]) -> st.SearchStrategy[Any]:
        most = min(part.get("maxItems", _LONGEST_LIST), _LONGEST_LIST)
        return st.lists(self.value(part["items"]), min_size=part.get("minItems", 0), max_size=most)

    def integer(self, part: dict[str, Any]) -> st.SearchStrategy[Any]:
        low, high = part.get("minimum", 0), part.get("maximum", 1_000_000)
        return st.one_of(st.integers(low, min(high, low + 8)), st.integers(low, high))

    def mapping(self, part: dict[str, Any]) -> st.SearchStrategy[Any]:
        if "properties" not in part:
            return st.dictionaries(st.sampled_from(("pool", "region", "a.b/c")), NAMES, max_size=2)
        fields = {name: self.field(field, name) for name, field in part["properties"].items()}
        beside = fields.keys() & (frozenset() if self.wrong else _BESIDE)
        required = {name: fields[name] for name in (*part.get("required", ()), *sorted(beside))}
        without = required.keys() if self.wrong else required.keys() | _LEFT_OUT
        return st.fixed_dictionaries(required, optional={name: fields[name] for name in fields if name not in without})
