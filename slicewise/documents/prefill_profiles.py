"""The second workload of a service whose prompts are computed by pods of their own."""

from __future__ import annotations

from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.pod_levels import merged_pods
from slicewise.documents.served_model import Engine, ServingProfile


def prefill_workload(profile: ServingProfile) -> ServingProfile | None:
    """Return the prefill workload of `profile` as a profile of its own, with nothing left out; None if it has none."""
    prefill = profile.prefill
    if prefill is None:
        return None
    changes = {
        "prefill": None,
        "engine": _engine(profile.engine, prefill.engine),
        "replica_topology": prefill.replica_topology or profile.replica_topology,
        "pod": merged_pods(profile.pod, prefill.pod),
    }
    return profile.model_copy(update=changes)


def prefill_replicas(deployment: ModelDeployment, profile: ServingProfile) -> int:
    """Return the prefill replicas of `deployment` in each environment: none where it has no replicas itself."""
    return profile.prefill.replicas if profile.prefill and deployment.replicas else 0


def _engine(engine: Engine, own: Engine | None) -> Engine:
    if own is None:
        return engine
    return engine.model_copy(update={field: getattr(own, field) for field in own.model_fields_set})
