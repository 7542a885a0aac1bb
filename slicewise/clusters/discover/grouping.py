"""From nodes to groups that can be pools: nodes that offer one resource in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from slicewise.clusters.discover.cut_nodes import can_be_cut, together, whole_units
from slicewise.clusters.live import POOL_LABELS, Gpus, LabelledBy, LiveNode, Offer, Taint, UnitFlaw, not_tolerated
from slicewise.manifests import GPU_TOLERATION
from slicewise.mig import (
    WHOLE_GPU_RESOURCE,
    GpuModel,
    MigStrategy,
    can_be_cut_on_demand,
    parse_profile_name,
    resource_name,
)

# Slicewise gives it to every pod (manifests/pods.py), so a pool need not declare it.


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that offer `resource`, for one pool.

    Attributes:
        resource: What its pods would ask for; the first by name, where these are several resources.
        nodes: Its nodes, by name.
        beside: The other resources of the pool: slices of several profiles, and GPUs left whole.
        differing: Whether nodes are in it which differ, because no label tells them apart.
        by_name: Whether a nodeSelector may list the names of its nodes, because no other label tells them from others.
        node_groups: The names of the groups of nodes that are one pool, which differ in these names and zones alone;
            empty where it is one group, or none.
    """

    resource: str
    nodes: tuple[LiveNode, ...]
    beside: tuple[str, ...] = ()
    differing: bool = False
    by_name: bool = False
    node_groups: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its nodes."""
        return tuple(node.name for node in self.nodes)

    @property
    def resources(self) -> tuple[str, ...]:
        """All that its pods may ask for, by name."""
        return tuple(sorted((self.resource, *self.beside)))

    @property
    def parts(self) -> tuple[Group, ...]:
        """The same nodes, for each of its resources."""
        return tuple(replace(self, resource=resource, beside=()) for resource in self.resources)

    def shares_resource_with(self, other: Group) -> bool:
        """Return whether both have a resource, so that its pods could go to the nodes of either."""
        return not set(self.resources).isdisjoint(other.resources)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What each node offers of the resource, in the order of the nodes."""
        return tuple(offer_of(node, self.resource) for node in self.nodes)

    @property
    def gpus(self) -> tuple[Gpus, ...]:
        """The GPUs of each node, in the order of the nodes."""
        return tuple(node.gpus for node in self.nodes if node.gpus)

    @property
    def profile(self) -> str | None:
        """The MIG profile of a unit; None for whole GPUs."""
        return self.offers[0].profile

    @property
    def accelerator(self) -> str | None:
        """The GPU model as labels write it; None where none does."""
        return self.offers[0].accelerator or self.gpus[0].accelerator

    @property
    def model(self) -> GpuModel | None:
        """The catalogue's model of its GPUs; None where it has none, or labels do not say which of several it is."""
        return self.gpus[0].model_of(self.resource)

    @property
    def slices(self) -> dict[str, int]:
        """The most slices of each profile that a node has."""
        return {part.profile: max(offer.units for offer in part.offers) for part in self.parts if part.profile}

    @property
    def by_driver(self) -> bool:
        """Whether NVIDIA's DRA driver has its GPUs."""
        return self.gpus[0].told_by is LabelledBy.DRA

    @property
    def on_demand(self) -> bool:
        """Whether the driver cuts them when pods come."""
        return self.gpus[0].on_demand

    @property
    def can_be_cut(self) -> bool:
        """Whether the GPUs of each node could be cut into the most slices of each profile that any has."""
        return all(can_be_cut(gpus, self.resource, self.slices, self._whole_of(gpus)) for gpus in self.gpus)

    def _whole_of(self, gpus: Gpus) -> int:
        return whole_units(gpus) if WHOLE_GPU_RESOURCE in self.resources else 0

    @property
    def is_beside_other_model(self) -> bool:
        """Whether its slices are on GPUs of another model than the whole ones of their node."""
        return any(gpus.physical is not None and gpus.physical_of(self.resource) is None for gpus in self.gpus)

    @property
    def has_several_models(self) -> bool:
        """Whether GPUs of several models are in a node, or may be: its labels describe any one of them."""
        return any(gpus.has_several_models for gpus in self.gpus)

    def is_told_by(self, key: str) -> bool:
        """Return whether a label that describes GPUs describes the group's, on nodes that may have others as well."""
        return any(
            key.startswith(f"{part.resource}.")
            and all(gpus.is_described(offer) for gpus, offer in zip(self.gpus, part.offers, strict=True))
            for part in self.parts
        )

    @property
    def supposed(self) -> bool:
        """Whether no label says its profile, and the number of units on a node does."""
        return any(offer.supposed for offer in self.offers)

    @property
    def suffixed(self) -> tuple[str, ...]:
        """Profiles with a suffix whose slices have the name of `profile`: the device plugin knows no suffixes."""
        return tuple(sorted({each for part in self.parts for offer in part.offers for each in offer.suffixed}))

    @property
    def unnamed(self) -> bool:
        """Whether no label names its profile, and what labels say of a slice does."""
        return any(offer.unnamed for offer in self.offers)

    @property
    def unexplained(self) -> bool:
        """Whether a node has more units than its GPUs can be, and neither labels nor numbers say what a unit is."""
        return any(
            gpus.is_exceeded_by(offer) and not offer.supposed
            for gpus, offer in zip(self.gpus, self.offers, strict=True)
        )

    @property
    def shares(self) -> bool:
        """Whether a unit may be no GPU or slice of its own."""
        return self.unexplained or bool(self.flaws)

    @property
    def flaws(self) -> frozenset[UnitFlaw]:
        """What labels say against its units."""
        return frozenset(offer.flaw for offer in self.offers if offer.flaw)

    @property
    def units(self) -> int:
        """Units that its nodes offer together."""
        return sum(offer.units for part in self.parts for offer in part.offers)

    def joined(self, other: Group) -> Group:
        """Return the group of the nodes of both, which differ."""
        return replace(self.with_alike(other), differing=True)

    def with_alike(self, other: Group, *names: str) -> Group:
        """Return the group of the nodes of both, which are those of the node groups called `names` if that is said."""
        nodes = tuple(sorted((*self.nodes, *other.nodes), key=lambda node: node.name))
        return replace(self, nodes=nodes, node_groups=tuple(sorted({*self.node_groups, *other.node_groups, *names})))


def offer_of(node: LiveNode, resource: str) -> Offer:
    """Return what `node`, which offers `resource`, offers of it."""
    return next(offer for offer in (node.gpus.offers if node.gpus else ()) if offer.resource == resource)


def group_nodes(nodes: Iterable[LiveNode]) -> list[Group]:
    """Return a group for every resource and every kind of node that offers it, in an order that names decide."""
    groups: dict[tuple[object, ...], tuple[tuple[str, ...], list[LiveNode]]] = {}
    for node in sorted(nodes, key=lambda each: each.name):
        for resources in together(node, usable_offers(node)):
            key = (resources, pool_label_of(node), *kind_of(node, offer_of(node, resources[0])))
            groups.setdefault(key, (resources, []))[1].append(node)
    found = [each for resources, those in groups.values() for each in _groups(resources, those)]
    return sorted(found, key=lambda group: (group.resource, group.names))


def _groups(resources: tuple[str, ...], nodes: list[LiveNode]) -> list[Group]:
    """Return nodes of one kind as a group; as several, where no node could have what each has most of."""
    first, *beside = resources
    group = Group(first, tuple(nodes), tuple(beside))
    if not beside or group.on_demand or group.can_be_cut:
        return [group]
    by_counts: dict[tuple[int, ...], list[LiveNode]] = {}
    for node in nodes:
        by_counts.setdefault(tuple(map(node.units, resources)), []).append(node)
    return [Group(first, tuple(those), tuple(beside)) for those in by_counts.values()]


def usable_offers(node: LiveNode) -> tuple[Offer, ...]:
    """Return what a node offers that a pool can declare: whole GPUs, and slices whose profile has a proper name."""
    return tuple(offer for offer in (node.gpus.offers if node.gpus else ()) if node.gpus and _usable(node.gpus, offer))


def lasting_taints(node: LiveNode) -> tuple[Taint, ...]:
    """Return the taints that a pool's tolerations must tolerate."""
    return tuple(taint for taint in not_tolerated(node.taints, [GPU_TOLERATION]) if taint.effect)


def pool_label_of(node: LiveNode) -> tuple[str, str] | None:
    """Return the label in which a cloud or a tool says what pool the node is of; None where none does."""
    return next(((key, node.labels[key]) for key in POOL_LABELS if node.labels.get(key)), None)


def _usable(gpus: Gpus, offer: Offer) -> bool:
    if gpus.on_demand:
        # No pool declares GPUs that are cut on demand, of which it is not known where slices may be.
        profile, model = offer.profile, gpus.model
        placed = profile is not None and model is not None and can_be_cut_on_demand(model, [profile])
        return placed and offer.flaw is None
    if offer.profile is None:
        return offer.resource == resource_name(None, MigStrategy.MIXED)
    strategies = (MigStrategy.MIXED, MigStrategy.SINGLE)
    named = offer.resource in {resource_name(offer.profile, strategy) for strategy in strategies}
    # The catalogue may be wrong about a GPU; a pool of slices of a GPU without any could not be declared, though.
    model = gpus.model_of(offer.resource)
    return named and parse_profile_name(offer.profile) is not None and (model is None or model.mig_capable)


def kind_of(node: LiveNode, offer: Offer) -> tuple[object, ...]:
    """Return what makes nodes of one node group, or of none, that offer the same resource different pools.

    Not how many slices there are: a node that lacks some is still of its pool. Of whole GPUs a pod may want several,
    so there their number counts.
    """
    gpus, is_whole = node.gpus, offer.profile is None
    if gpus is None:
        return ()
    return (
        None if gpus.has_several_models and not (is_whole and gpus.is_described(offer)) else gpus.accelerator,
        offer.accelerator,
        offer.profile,
        gpus.mig_config,
        offer.flaw,
        tuple(each.resource for each in gpus.offers),
        (gpus.physical, whole_units(gpus)) if is_whole or whole_units(gpus) else None,
        (gpus.told_by is LabelledBy.DRA, gpus.on_demand),
        lasting_taints(node),
    )
