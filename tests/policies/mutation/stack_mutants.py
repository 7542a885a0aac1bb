"""Mutants of what only all resources together show: the plan that the outputs declare, and what is there of it."""

from __future__ import annotations

from typing import Final

from tests.policies.mutation.breaking import Break, Mutant, drop, put, rename, twice
from tests.policies.mutation.stacks import Stack
from tests.policies.mutation.targets import (
    DEMO_STACK,
    ELASTIC,
    GPU,
    LAB_STACK,
    LIMITS,
    MIG_3G,
    MULTI,
    SCALER,
    SINGLE,
    SLICE,
    TINY,
    WHOLE,
)

_POOL: Final = ("metadata", "annotations", "slicewise.dev/node-pool")
_ENVIRONMENT: Final = ("metadata", "annotations", "slicewise.dev/environment")


def _absent() -> Break:
    def breaks(stack: Stack, target: str) -> None:
        del stack.resources[target]

    return breaks


def _smaller(environment: str, pool: str, **fields: int) -> Break:
    """Change what the stack's outputs say of a pool."""

    def breaks(stack: Stack, target: str) -> None:
        stack.resources[target].properties["nodePools"][f"{environment}/{pool}"].update(fields)

    return breaks


CAPACITY: Final = (
    Mutant("more replicas than planned", SLICE, put("spec", "replicas", value=3), "pool-capacity"),
    Mutant("more replicas of two nodes than planned", MULTI, put("spec", "replicas", value=2), "pool-capacity"),
    Mutant("a higher maximum than planned", SCALER, put("spec", "maxReplicaCount", value=5), "pool-capacity"),
    Mutant(
        "a service that was not planned",
        TINY,
        twice("more", put("metadata", "name", value="m")),
        "pool-capacity",
        # Its route is for the same model.
        also=("routed-models-unique",),
    ),
    Mutant(
        "a pool without nodes",
        DEMO_STACK,
        _smaller("mig-a", "small-models-mig", nodes=0),
        "pool-capacity",
    ),
    Mutant(
        "a pool with smaller nodes",
        LAB_STACK,
        _smaller("lab", "whole", unitsPerNode=4),
        "pool-capacity",
    ),
)
COMPLETE: Final = (
    Mutant("a placement without its service", TINY, _absent(), "plan-complete"),
    Mutant(
        "a service of another cluster",
        SLICE,
        put(*_ENVIRONMENT, value="elsewhere"),
        "plan-complete",
    ),
    Mutant(
        "a service on another pool", WHOLE, put(*_POOL, value="h100-tiny"), "plan-complete", also=("pool-capacity",)
    ),
    Mutant("another slice than planned", SLICE, rename(*LIMITS, MIG_3G, to="nvidia.com/mig-1g.10gb"), "plan-complete"),
    Mutant("fewer GPUs than planned", MULTI, put(*LIMITS, GPU, value="4"), "plan-complete", also=("pod-specs-agree",)),
    Mutant(
        "fewer GPUs for a worker than planned",
        MULTI,
        put("spec", "worker", "containers", 0, "resources", "limits", GPU, value="4"),
        "plan-complete",
        also=("pod-specs-agree",),
    ),
    Mutant("no GPU at all", WHOLE, drop(*LIMITS, GPU), "plan-complete"),
    Mutant("no slice at all", SLICE, put(*LIMITS, MIG_3G, value="0"), "plan-complete"),
    Mutant("another name than planned", SINGLE, put("metadata", "name", value="renamed"), "plan-complete"),
)
UNIQUE: Final = (
    Mutant(
        "a service that is declared twice",
        TINY,
        twice("more", put("spec", "replicas", value=0)),
        "service-names-unique",
    ),
)
AUTOSCALED: Final = (
    Mutant("replicas of an autoscaled service", ELASTIC, put("spec", "replicas", value=1), "autoscaled-replicas"),
    Mutant(
        "a scaler for a service with replicas",
        SCALER,
        put("spec", "scaleTargetRef", "name", value="single-kserve"),
        "autoscaled-replicas",
    ),
    Mutant(
        "a scaler for a service of several nodes",
        SCALER,
        put("spec", "scaleTargetRef", "name", value="huge-n2-kserve-mn"),
        "autoscaled-replicas",
    ),
)


def _routed(*names: str) -> Break:
    """Have KServe make routes for services, whose names a gateway then has to tell apart."""

    def breaks(stack: Stack, _: str) -> None:
        for name in names:
            stack.resources[name].properties["spec"]["router"] = {"route": {}}

    return breaks


# Two deployments of one model.
ROUTED: Final = (Mutant("two services of one model routed", SINGLE, _routed(SINGLE, ELASTIC), "routed-models-unique"),)
MUTANTS: Final = (*CAPACITY, *COMPLETE, *UNIQUE, *AUTOSCALED, *ROUTED)
