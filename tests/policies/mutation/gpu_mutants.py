"""Mutants of what services ask for, and of where they may run."""

from __future__ import annotations

from typing import Final

from tests.policies.mutation.breaking import Mutant, add, both, drop, put, rename, turn
from tests.policies.mutation.targets import (
    ARGS,
    ELASTIC,
    ENV,
    GPU,
    LIMITS,
    MAIN,
    MIG_1G,
    MIG_3G,
    MULTI,
    REQUESTS,
    SINGLE,
    SLICE,
    TEMPLATE,
    TINY,
    WHOLE,
    WORKER,
)

_SIDECAR: Final = {"name": "sidecar", "resources": {"limits": {MIG_3G: "1"}}}
# More than the plan gave the service, and than it charged the pool with.
_UNPLANNED: Final = ("plan-complete", "pool-capacity")
_PARTITION: Final = {"key": "cloud.google.com/gke-gpu-partition-size", "operator": "In", "values": ["1g.20gb"]}
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_PREFERENCE: Final = {
    "weight": 1,
    "preference": {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["mixed-a", "mixed-b"]}]},
}
_PARTITIONED: Final = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [_PARTITION]}]}
    }
}
_OFFERED: Final = {"profile-allowed": {"profiles": ["3g.40gb", "2g.20gb", "1g.20gb"]}}
_NO_WHOLE_GPUS: Final = {"profile-allowed": {"wholeGpus": False}}
_POOL_LABEL: Final = {"slice-pinned": {"selectorKeys": ["slicewise.dev/pool"]}}

ONE_SLICE: Final = (
    Mutant("two slices", SLICE, put(*LIMITS, MIG_3G, value="2"), "one-slice-per-container", also=_UNPLANNED),
    Mutant("two slices, as a number", TINY, put(*LIMITS, MIG_1G, value=2), "one-slice-per-container", also=_UNPLANNED),
    Mutant(
        "slices of two profiles", SLICE, put(*LIMITS, MIG_1G, value="1"), "one-slice-per-container", also=_UNPLANNED
    ),
    Mutant("a slice and a whole GPU", SLICE, put(*LIMITS, GPU, value="1"), "one-slice-per-container", also=_UNPLANNED),
    Mutant(
        "two slices, told by node affinity alone",
        SINGLE,
        both(
            drop(*TEMPLATE, "nodeSelector"), put(*TEMPLATE, "affinity", value=_PARTITIONED), put(*LIMITS, GPU, value=2)
        ),
        "one-slice-per-container",
        also=_UNPLANNED,
    ),
    Mutant("two slices called GPUs", SINGLE, put(*LIMITS, GPU, value="2"), "one-slice-per-container", also=_UNPLANNED),
)
ON_ONE_SLICE: Final = tuple(
    Mutant(f"{name} on a slice", SLICE, breaks, "slice-not-parallel")
    for name, breaks in {
        "tensor parallel": add(*ARGS, value="--tensor-parallel-size=2"),
        "tensor parallel in two words": both(add(*ARGS, value="-tp"), add(*ARGS, value="2")),
        "pipeline parallel": add(*ARGS, value="--pipeline-parallel-size=2"),
        "data parallel": add(*ARGS, value="'--data-parallel-size=4'"),
        "parallelism.tensor": put("spec", "parallelism", value={"tensor": 2}),
        "parallelism.data": put("spec", "parallelism", value={"data": 2, "dataLocal": 2}),
        "KServe's additional arguments": add(*ENV, value={"name": "VLLM_ADDITIONAL_ARGS", "value": "-tp 2"}),
    }.items()
)
PARALLEL: Final = (
    *ON_ONE_SLICE,
    Mutant("tensor parallel on a slice called GPU", SINGLE, add(*ARGS, value="-tp=2"), "slice-not-parallel"),
    Mutant(
        "a worker on slices",
        MULTI,
        both(
            *(rename(*pods, "containers", 0, "resources", "limits", GPU, to=MIG_3G) for pods in (TEMPLATE, WORKER)),
            *(put(*pods, "containers", 0, "resources", "limits", MIG_3G, value="1") for pods in (TEMPLATE, WORKER)),
        ),
        "slice-not-parallel",
        also=("plan-complete",),
    ),
)
NAMES: Final = tuple(
    Mutant(
        f"a slice called {name}", SLICE, rename(*LIMITS, MIG_3G, to=name), "gpu-resource-name", also=("plan-complete",)
    )
    for name in (
        "nvidia.com/3g.40gb",
        "nvidia.com/mig-3g-40gb",
        "nvidia.com/mig-3g40gb",
        "nvidia.com/MIG-3g.40gb",
        "nvidia.com/mig-1g.10gb+me",
        "nvidia.com/mig-large",
    )
)
LIMITED: Final = (
    Mutant(
        "a request without a limit",
        SLICE,
        both(drop(*LIMITS, MIG_3G), put(*REQUESTS, MIG_3G, value="1")),
        "gpu-limits-equal-requests",
    ),
    Mutant("a request above its limit", SLICE, put(*REQUESTS, MIG_3G, value="2"), "gpu-limits-equal-requests"),
    Mutant("a request below its limit", WHOLE, put(*REQUESTS, GPU, value="0"), "gpu-limits-equal-requests"),
)
PINNED: Final = (
    Mutant("a whole GPU anywhere", WHOLE, drop(*TEMPLATE, "nodeSelector"), "whole-gpu-pinned"),
    Mutant("a whole GPU on no label", WHOLE, put(*TEMPLATE, "nodeSelector", value={}), "whole-gpu-pinned"),
    Mutant(
        "a whole GPU on any Linux",
        WHOLE,
        put(*TEMPLATE, "nodeSelector", value={"kubernetes.io/os": "linux"}),
        "whole-gpu-pinned",
    ),
    Mutant("workers anywhere", MULTI, drop(*WORKER, "affinity"), "whole-gpu-pinned", also=("pod-specs-agree",)),
    Mutant("a slice of two node groups anywhere", ELASTIC, drop(*TEMPLATE, "affinity"), "slice-pinned"),
    Mutant(
        "a slice whose node groups are only preferred",
        ELASTIC,
        both(
            drop(*TEMPLATE, "affinity"),
            put(*TEMPLATE, "affinity", value={"nodeAffinity": {_PREFERRED: [_PREFERENCE]}}),
        ),
        "slice-pinned",
    ),
    Mutant("a slice anywhere", SLICE, drop(*TEMPLATE, "nodeSelector"), "slice-pinned"),
    Mutant(
        "a slice on any amd64",
        TINY,
        put(*TEMPLATE, "nodeSelector", value={"kubernetes.io/arch": "amd64"}),
        "slice-pinned",
    ),
    Mutant(
        "a slice without the label asked for",
        TINY,
        drop(*TEMPLATE, "nodeSelector", "slicewise.dev/pool"),
        "slice-pinned",
        config=_POOL_LABEL,
    ),
)
TOLERATED: Final = (
    Mutant("no tolerations", SLICE, drop(*TEMPLATE, "tolerations"), "gpu-toleration"),
    Mutant("tolerations for something else", TINY, drop(*TEMPLATE, "tolerations", 0), "gpu-toleration"),
    Mutant(
        "a toleration of another effect",
        WHOLE,
        put(*TEMPLATE, "tolerations", 0, "effect", value="NoExecute"),
        "gpu-toleration",
    ),
    Mutant(
        "a worker without tolerations",
        MULTI,
        drop(*WORKER, "tolerations"),
        "gpu-toleration",
        also=("pod-specs-agree",),
    ),
    Mutant(
        "a taint of the organisation's own",
        SLICE,
        turn(),
        "gpu-toleration",
        config={"gpu-toleration": {"taints": [GPU, "example.com/gpu"]}},
    ),
)
OFFERED: Final = (
    Mutant("a profile that is not offered", TINY, turn(), "profile-allowed", config=_OFFERED),
    Mutant(
        "one that is not offered, called GPU",
        SINGLE,
        turn(),
        "profile-allowed",
        config={"profile-allowed": {"profiles": ["2g.20gb"]}},
    ),
    Mutant("whole GPUs that are not offered", WHOLE, turn(), "profile-allowed", config=_NO_WHOLE_GPUS),
)
WASTEFUL: Final = (
    Mutant(
        "a whole GPU for 9 GiB",
        WHOLE,
        put("metadata", "annotations", "slicewise.dev/required-memory-per-gpu", value="9Gi"),
        "slice-would-do",
    ),
    Mutant(
        "a whole GPU for half of one",
        WHOLE,
        put("metadata", "annotations", "slicewise.dev/required-memory-per-gpu", value="39Gi"),
        "slice-would-do",
    ),
)
OUTSIDE_MAIN: Final = (
    Mutant(
        "a slice for a sidecar",
        SLICE,
        add(*TEMPLATE, "containers", value=_SIDECAR),
        "main-container",
        also=("pool-capacity",),
    ),
    Mutant(
        "a prefill of KServe's presets alone",
        SLICE,
        put("spec", "prefill", value={}),
        "main-container",
        also=("plan-complete",),
    ),
    Mutant(
        "a prefill without a GPU",
        WHOLE,
        put("spec", "prefill", "template", value={"containers": [{"name": "main"}]}),
        "main-container",
        also=("plan-complete",),
    ),
    Mutant(
        "a worker without a GPU",
        MULTI,
        put(*WORKER, "containers", 0, "resources", "limits", GPU, value=0),
        "main-container",
        also=("pod-specs-agree", "plan-complete"),
    ),
    Mutant("the engine under another name", SLICE, put(*MAIN, "name", value="vllm"), "main-container"),
)
MUTANTS: Final = (
    *ONE_SLICE,
    *PARALLEL,
    *NAMES,
    *LIMITED,
    *PINNED,
    *TOLERATED,
    *OFFERED,
    *WASTEFUL,
    *OUTSIDE_MAIN,
)
