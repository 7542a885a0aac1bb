"""Which rule keeps a serving profile off a pool, by the documents alone: shares no code with planning."""

from __future__ import annotations

from slicewise.documents import InferenceEnvironment, ModelDeployment, NodePool, ServingProfile
from slicewise.documents.base import Selector
from tests.unit.planning.sizes_by_documents import nodes_of, offer_of, offers_of


def static_codes(
    deployment: ModelDeployment,
    profile: ServingProfile,
    environment: InferenceEnvironment,
    pool: NodePool,
    resource: str | None = None,
) -> set[str]:
    """Return the code of every rule but capacity that keeps `profile` off `resource` of `pool`."""
    offer = offer_of(pool, resource)
    # What a pool with several resources says of links is said of its whole GPUs.
    linked = len(offers_of(pool)) == 1 or not offer.profile
    topology, has = profile.replica_topology, pool.capabilities
    joined = has.interconnect if linked else None
    needs = topology.requires
    nodes, gpus, sliced = topology.nodes, topology.gpus_per_node, bool(offer.profile)
    fast, link = has.inter_node_bandwidth, ["pcie", "nvlink"]
    broken = {
        "environment-selector": not has_labels(deployment.spec.environment_selector, labels_of(environment)),
        "profile-selector": not has_labels(profile.environment_selector, labels_of(environment)),
        "node-pool-selector": not has_labels(deployment.spec.node_pool_selector, pool.labels),
        "insufficient-memory": needs.memory_per_gpu is not None and offer.memory < needs.memory_per_gpu.value,
        "precision-unsupported": not needs.precision_support <= has.precision_support,
        "interconnect": needs.interconnect is not None
        and (joined is None or link.index(joined.value) < link.index(needs.interconnect.value)),
        "inter-node-bandwidth": needs.inter_node_bandwidth is not None
        and (
            fast is None
            or fast.gigabits < needs.inter_node_bandwidth.gigabits
            or needs.inter_node_bandwidth.fabric not in (None, fast.fabric)
        ),
        "nvlink-domain": (needs.nvlink_domain_size or 0) > (has.nvlink_domain_size or 0 if linked else 0),
        "multi-node-unsupported": nodes > 1 and not (linked and has.multi_node_capable),
        "gpus-per-node": not sliced and gpus > offer.units,
        "mig-single-device": sliced and (nodes > 1 or gpus > 1),
        "mig-not-allowed": sliced and needs.mig.value == "never",
        "mig-required": not sliced and needs.mig.value == "only",
        "not-enough-nodes": nodes > nodes_of(pool),
        "not-accepting": scheduling_of(environment, pool) != "Active",
    }
    return {code for code, holds in broken.items() if holds}


def scheduling_of(environment: InferenceEnvironment, pool: NodePool) -> str:
    """Return what comes to a pool: of what it and its environment say, that which takes less."""
    said = {environment.spec.scheduling.value, pool.scheduling.value}
    return next(each for each in ("Drain", "NoNew", "Active") if each in said)


def has_labels(selector: Selector, labels: dict[str, str]) -> bool:
    """Return whether `labels` have all that `selector` asks for."""
    return selector.match_labels.items() <= labels.items()


def labels_of(environment: InferenceEnvironment) -> dict[str, str]:
    """Return the labels of an environment: those of its document, and its name (docs/documents.md)."""
    return {**environment.metadata.labels, "slicewise.dev/environment": environment.metadata.name}
