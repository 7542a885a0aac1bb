"""Where fields are in documents."""

from __future__ import annotations

from slicewise.diagnostics.diagnostic import dotted

ENVIRONMENT, MODEL, DEPLOYMENT = "InferenceEnvironment", "ClusterModel", "ModelDeployment"
POOL = ("spec", "nodePools", 0)
CAPABILITIES = (*POOL, "capabilities")
MIG = (*CAPABILITIES, "migConfiguration")
TOLERATION = (*POOL, "tolerations", 0)
PROFILE = ("spec", "serving", 0)
TOPOLOGY = (*PROFILE, "replicaTopology")
CONCURRENCY = ("spec", "scaling", "concurrency")
PRECISIONS = '"fp32", "fp16", "bf16", "fp8", "fp4", "int8" or "int4"'


def leads_to(path: tuple[str | int, ...]) -> set[str]:
    """Return the dotted path of every field on the way to `path`, with every list's first entry."""
    first = [0 if isinstance(part, int) else part for part in path]
    return {dotted(tuple(first[: index + 1])) for index in range(len(path))}


def leaves(data: object, path: tuple[str | int, ...] = ()) -> set[str]:
    """Return the dotted path of every field below `path`, with every list's first entry."""
    if isinstance(data, dict):
        return {dotted((*path, key)) for key in data}.union(
            *(leaves(value, (*path, key)) for key, value in data.items())
        )
    if isinstance(data, list):
        return set().union(*(leaves(value, (*path, 0)) for value in data))
    return set()
