"""Remedies for a pool with room that one label, or one field that nobody filled in or that pauses it, keeps out.

They hold only where the world is as the document would then say, so they come after those that buy or give up units.
A label is only ever added: another deployment may rely on the value that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from slicewise.documents import FABRICS, ModelDeployment, Scheduling, Selector
from slicewise.planning.capacity import ChargedPool
from slicewise.planning.matching import unmet_labels
from slicewise.planning.reasons import RejectionCode
from slicewise.planning.remedies.engines import other_arguments
from slicewise.planning.remedies.models import (
    any_unit,
    weights_alone,
    without_interconnect,
    without_network,
    without_nvlink_domain,
)
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want


def label_for_environment(want: Want) -> Proposal | None:
    """Return the label that opens the environment, or the entry of the deployment's selector that closes it."""
    labels = want.place.environment.labels
    entry = only_mismatch(want.deployment.spec.environment_selector, labels)
    if entry and entry[0] in labels:
        return _without(want, "environment_selector", "environmentSelector", entry)
    return _label_environment(want, entry)


def label_for_profile(want: Want) -> Proposal | None:
    """Return the label that opens the environment to the profile."""
    labels = want.place.environment.labels
    entry = only_mismatch(want.profile.environment_selector, labels)
    return None if entry and entry[0] in labels else _label_environment(want, entry)


def label_for_pool(want: Want) -> Proposal | None:
    """Return the label that opens the pool, or the entry of the deployment's selector that closes it."""
    labels = want.place.pool.labels
    entry = only_mismatch(want.deployment.spec.node_pool_selector, labels)
    if entry is None:
        return None
    key, value = entry
    if key in labels:
        return _without(want, "node_pool_selector", "nodePoolSelector", entry)
    environment, pool = want.place.name
    return _checked(
        want,
        want.place.with_pool(labels={**labels, key: value}),
        Remedy(
            kind=RemedyKind.LABEL,
            message=f"label {key}={value} on the pool {want.place} {want.lets_it_run}",
            document=f"InferenceEnvironment {environment}",
            field=f"spec.nodePools[{pool}].labels.{key}",
            value=value,
            units=0,
        ),
    )


def interconnect(want: Want) -> Proposal | None:
    """Return the interconnect to declare where none is; slices do not reach each other (NVIDIA MIG User Guide)."""
    needs = want.profile.replica_topology.requires.interconnect
    if needs is None or want.place.pool.capabilities.interconnect or want.place.pool.mig:
        return None
    return _declare(want, "interconnect", "interconnect", needs, needs.value)


def network(want: Want) -> Proposal | None:
    """Return the network to declare where none is; of an example's fabric where the requirement names none."""
    needs = want.profile.replica_topology.requires.inter_node_bandwidth
    if needs is None or want.place.pool.capabilities.inter_node_bandwidth:
        return None
    meant = needs if needs.fabric else replace(needs, fabric=_FABRIC)
    others = "" if needs.fabric else f" (or {', '.join(f'{each}-' for each in FABRICS if each != _FABRIC)})"
    return _declare(want, "inter_node_bandwidth", "interNodeBandwidth", meant, str(meant), others)


def nvlink_domain(want: Want) -> Proposal | None:
    """Return the size of the NVLink domain to declare where none is."""
    needs = want.profile.replica_topology.requires.nvlink_domain_size
    if needs is None or want.place.pool.capabilities.nvlink_domain_size or want.place.pool.mig:
        return None
    return _declare(want, "nvlink_domain_size", "nvlinkDomainSize", needs, needs)


def multi_node(want: Want) -> Proposal | None:
    """Return that the pool joins nodes, where it says neither that nor the opposite."""
    capabilities = want.place.pool.capabilities
    if "multi_node_capable" in capabilities.model_fields_set or want.place.pool.mig:
        return None
    return _declare(want, "multi_node_capable", "multiNodeCapable", value=True, written=True)


def precisions(want: Want) -> Proposal | None:
    """Return the number formats to declare where none are."""
    needs = want.profile.replica_topology.requires.precision_support
    if want.place.pool.capabilities.precision_support or not needs:
        return None
    return _declare(want, "precision_support", "precisionSupport", needs, sorted(map(str, needs)))


def accepting_pool(want: Want) -> Proposal | None:
    """Return that the pool takes what is new again, where its own document says that it does not."""
    if want.place.pool.scheduling is Scheduling.ACTIVE:
        return None
    return _accepting(want, want.place.with_pool(scheduling=Scheduling.ACTIVE), f"nodePools[{want.place.name[1]}].")


def accepting_environment(want: Want) -> Proposal | None:
    """Return that the environment takes what is new again, where it is the environment that does not."""
    environment = want.place.environment
    if environment.spec.scheduling is Scheduling.ACTIVE:
        return None
    spec = environment.spec.model_copy(update={"scheduling": Scheduling.ACTIVE})
    return _accepting(want, replace(want.place, environment=environment.model_copy(update={"spec": spec})), "")


_FABRIC = "eth"

BY_CODE: Mapping[RejectionCode, Sequence[Callable[[Want], Proposal | None]]] = {
    RejectionCode.ENVIRONMENT_SELECTOR: [label_for_environment],
    RejectionCode.PROFILE_SELECTOR: [label_for_profile],
    RejectionCode.NODE_POOL_SELECTOR: [label_for_pool],
    RejectionCode.PRECISION_UNSUPPORTED: [precisions, weights_alone],
    RejectionCode.INTERCONNECT: [interconnect, without_interconnect],
    RejectionCode.INTER_NODE_BANDWIDTH: [network, without_network],
    RejectionCode.NVLINK_DOMAIN: [nvlink_domain, without_nvlink_domain],
    RejectionCode.MULTI_NODE_UNSUPPORTED: [multi_node],
    RejectionCode.MIG_NOT_ALLOWED: [any_unit],
    RejectionCode.MIG_REQUIRED: [any_unit],
    RejectionCode.ENGINE_MEMORY: [other_arguments],
    RejectionCode.NOT_ACCEPTING: [accepting_pool, accepting_environment],
}
"""What may open a pool that was rejected with the code."""


def only_mismatch(selector: Selector, labels: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the one entry of `selector` that `labels` do not meet; None if there are more, or none."""
    missing = unmet_labels(selector, labels)
    return missing[0] if len(missing) == 1 else None


def _label_environment(want: Want, entry: tuple[str, str] | None) -> Proposal | None:
    if entry is None:
        return None
    key, value = entry
    environment = want.place.name[0]
    return _checked(
        want,
        want.place.with_label(key, value),
        Remedy(
            kind=RemedyKind.LABEL,
            message=f"label {key}={value} on the environment {environment}: {want.serves_it}",
            document=f"InferenceEnvironment {environment}",
            field=f"metadata.labels.{key}",
            value=value,
            units=0,
        ),
    )


def _without(want: Want, attribute: str, field: str, entry: tuple[str, str]) -> Proposal | None:
    spec = want.deployment.spec
    key, value = entry
    selector: Selector = getattr(spec, attribute)
    fewer = Selector(match_labels={k: v for k, v in selector.match_labels.items() if k != key})
    loosened = want.deployment.model_copy(update={"spec": spec.model_copy(update={attribute: fewer})})
    return _checked(
        want,
        want.place,
        Remedy(
            kind=RemedyKind.SELECTOR,
            message=f"without {key}={value} in its {field}, {want.serves_it}",
            document=f"ModelDeployment {want.deployment.key}",
            field=f"spec.{field}.matchLabels.{key}",
            value=None,
            units=0,
        ),
        loosened,
    )


def _accepting(want: Want, place: ChargedPool, within: str) -> Proposal | None:
    environment, _ = want.place.name
    where = f"on {want.place}" if within else f"in the environment {environment}"
    return _checked(
        want,
        place,
        Remedy(
            kind=RemedyKind.SCHEDULING,
            message=f"scheduling: {Scheduling.ACTIVE} {where}, where nothing new comes now, {want.lets_it_run}",
            document=f"InferenceEnvironment {environment}",
            field=f"spec.{within}scheduling",
            value=Scheduling.ACTIVE.value,
            units=0,
        ),
    )


def _declare(
    want: Want, attribute: str, field: str, value: object, written: object, others: str = ""
) -> Proposal | None:
    environment, pool = want.place.name
    shown = f"[{', '.join(written)}]" if isinstance(written, list) else str(written).lower()
    return _checked(
        want,
        want.place.with_capability(attribute, value),
        Remedy(
            kind=RemedyKind.DECLARATION,
            message=(
                f"{field}: {shown}{others} in the capabilities of {want.place}, if its nodes have it, "
                f"{want.lets_it_run}"
            ),
            document=f"InferenceEnvironment {environment}",
            field=f"spec.nodePools[{pool}].capabilities.{field}",
            value=written,
            units=0,
        ),
    )


def _checked(want: Want, place: ChargedPool, remedy: Remedy, asking: ModelDeployment | None = None) -> Proposal | None:
    """Return `remedy`, with where it leads, if the changed `place` takes the deployment."""
    if not want.fits(place, asking):
        return None
    environment, pool = place.name
    found = replace(remedy, environment=environment, node_pool=pool, profile=want.profile.name)
    return Proposal(found, want, place, asking or place.document)
