"""Rules of the labels in a nodeSelector that say which GPUs a node has, and how they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, some
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.cluster import Cluster, ClusterSource
from slicewise.documents.environment import NodePool
from slicewise.documents.node_selector import written_values
from slicewise.kubernetes import GKE_ACCELERATOR_LABEL, GKE_PARTITION_LABEL, MIG_CONFIG_LABEL, PRODUCT_LABEL
from slicewise.mig import (
    WHOLE_LAYOUT,
    canonical_profile_name,
    known_gpu_model,
    parse_profile_name,
)

_SHARED: Final = "-SHARED"
_CUT: Final = "-MIG-"
_ALL: Final = "all-"


def check_node_labels(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the labels that no node of an existing cluster has whose GPUs are those of `pool`, which is at `path`.

    Where the stack makes the nodes, SW222 says it of these labels.
    """
    if cluster.source is not ClusterSource.EXISTING:
        return
    gpu = catalogued(pool)
    for at, key, value in written_values(pool.node_selector):
        field: FieldPath = (*path, "nodeSelector", *at)
        there = _model_said(key, value)
        if gpu and there and there != gpu.name:
            yield _contradiction(field, f"it says {there}, but the pool is declared with {gpu.name}")
        if (key, value) == (MIG_CONFIG_LABEL, WHOLE_LAYOUT) and pool.mig:
            yield _contradiction(field, "it says that no GPU is cut, but the pool is declared with slices")
        profile = _profile_said(key, value)
        if profile is None or (pool.mig and pool.mig.profile is None and not pool.mig.slices):
            continue
        if pool.mig and pool.mig.slices:
            if [*pool.mig.slices] != [profile] or pool.mig.whole_gpus:
                several = some([*pool.mig.slices, *(["whole GPUs"] if pool.mig.whole_gpus else [])])
                yield _contradiction(field, f"it says {profile} of all GPUs, but the pool has {several}")
        elif pool.mig is None:
            yield _contradiction(field, f"it says {profile} slices, but the pool is declared with whole GPUs")
        elif pool.mig.profile and canonical_profile_name(pool.mig.profile) != profile:
            yield _contradiction(field, f"it says {profile}, but the pool is declared with {pool.mig.profile}")


def _contradiction(field: FieldPath, why: str) -> Diagnostic:
    message = f"the label contradicts the pool's GPUs, so no node has both: {why}"
    remedy = "correct whichever is wrong"
    return Diagnostic.warning(Code.LABEL_CONTRADICTS_GPUS, message, remedy, field=field)


def _model_said(key: str, value: str) -> str | None:
    """Return the GPU model of the catalogue that a label names; None where it names none, or leaves it open."""
    if key not in (GKE_ACCELERATOR_LABEL, PRODUCT_LABEL):
        return None
    model = known_gpu_model(value)
    return model.name if model else None


def _profile_said(key: str, value: str) -> str | None:
    """Return the profile that a label says all GPUs are cut into, as the driver spells it; None where it says none."""
    if key == GKE_PARTITION_LABEL:
        said = value
    elif key == MIG_CONFIG_LABEL and value.startswith(_ALL):
        said = value.removeprefix(_ALL)
    elif key == PRODUCT_LABEL:
        said = value.removesuffix(_SHARED).partition(_CUT)[2]
    else:
        return None
    profile = canonical_profile_name(said)
    return profile if parse_profile_name(profile) else None
