"""nodeSelectors: the fewest labels that mean the nodes of a group, and no node that another group could mean too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slicewise.clusters.discover.grouping import Group, pool_label_of
from slicewise.clusters.live import (
    POOL_LABELS,
    LiveNode,
    Rank,
    awaits_layout,
    describes_gpus,
    is_generated,
    is_stable,
    rank,
)
from slicewise.documents import MAX_LABEL_VALUES, SelectedLabels, selects
from slicewise.kubernetes import (
    COMPUTE_CLASS_LABEL,
    GKE_ACCELERATOR_LABEL,
    GKE_PARTITION_LABEL,
    HOSTNAME_LABEL,
    INSTANCE_TYPE_LABEL,
    MIG_CONFIG_LABEL,
    ZONE_LABEL,
)


@dataclass(frozen=True, slots=True)
class Selected:
    """A group and what selects it.

    Attributes:
        group: The group.
        selector: The labels, each with the values of which a node has one.
        also: Names of nodes that it selects too, which offer the group's resource and belong to no group.
        lacks_class: Whether its ComputeClass would select it if all others with its resource had one.
    """

    group: Group
    selector: SelectedLabels
    also: tuple[str, ...]
    lacks_class: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A group that no label tells from another of the same resource."""

    group: Group
    like: Group


def select(groups: Sequence[Group], nodes: Sequence[LiveNode]) -> tuple[list[Selected], list[LeftOut]]:
    """Choose a selector for every group.

    Groups of one resource that no label tells apart become one where GPU and profile are the same; else the one that
    says less of its GPUs, or has fewer units, is left out.

    Args:
        groups: Groups of nodes; several resources of one node are in several groups.
        nodes: All nodes of the cluster.

    Returns:
        The groups that are left with their selectors, and those that were left out.
    """
    kept, left_out = list(groups), list[LeftOut]()
    while pair := _indistinct(kept):
        one, other = pair
        if _can_be_named(one, other):
            kept = [replace(group, by_name=True) if group in pair else group for group in kept]
            continue
        kept.remove(other)
        if _alike(one, other):
            kept[kept.index(one)] = one.joined(other)
        else:
            left_out.append(LeftOut(other, one))
    labels = [_labels_of(group) for group in kept]
    selectors = _exclusive(kept, labels)
    for index, group in enumerate(kept):
        _narrow(selectors[index], labels[index], group, nodes)
    for index, group in enumerate(kept):
        rivals = [selectors[other] for other in _elsewhere(kept, index)]
        _prune(selectors[index], group, nodes, rivals)
    chosen = [
        Selected(
            group,
            dict(sorted(selector.items(), key=lambda label: rank(*label))),
            _also(group, selector, nodes),
            _lacks_class(labels[index], [labels[other] for other in _rivals(kept, index)]),
        )
        for index, (group, selector) in enumerate(zip(kept, selectors, strict=True))
    ]
    return chosen, left_out


def _can_be_named(one: Group, other: Group) -> bool:
    """Return whether two groups that no label tells apart are to be selected by the names of their nodes.

    They cannot become one pool, because their nodes are cut in different profiles.
    """
    cut = one.beside or other.beside
    named = all(len(group.nodes) <= MAX_LABEL_VALUES and all(map(_hostname, group.nodes)) for group in (one, other))
    return bool(cut) and named and one.resources != other.resources and not (one.by_name and other.by_name)


def _hostname(node: LiveNode) -> str:
    return node.labels.get(HOSTNAME_LABEL, "")


def _labels_of(group: Group) -> SelectedLabels:
    """Return the labels that its nodes carry, in the order in which they are preferred.

    Each with one value on all of them; where it is several node groups, also with the list of these, and of zones.
    """
    first, *others = (node.labels for node in group.nodes)
    common = set(first.items()).intersection(*(labels.items() for labels in others))
    found = {key: frozenset((value,)) for key, value in common if is_stable(key, value)}
    if group.has_several_models:
        found = {key: values for key, values in found.items() if not describes_gpus(key) or group.is_told_by(key)}
    if group.node_groups:
        for key in (*POOL_LABELS, ZONE_LABEL):
            values = {node.labels.get(key, "") for node in group.nodes}
            if 1 < len(values) <= MAX_LABEL_VALUES and all(value and is_stable(key, value) for value in values):
                found[key] = frozenset(values)
    if group.by_name:
        found[HOSTNAME_LABEL] = frozenset(map(_hostname, group.nodes))
    if any(awaits_layout(gpus) for gpus in group.gpus):
        found.pop(MIG_CONFIG_LABEL, None)
    return dict(sorted(found.items(), key=lambda label: _preference(group, *label)))


def _preference(group: Group, key: str, values: frozenset[str]) -> Rank:
    """Return the order of a label: of node groups that come and go an autoscaler has to know what it makes nodes with.

    GPU feature discovery's labels it learns from nodes that are there.
    """
    order = rank(key, values)
    return (1, -1, key) if key == INSTANCE_TYPE_LABEL and _is_nameless(group) else order


def _last_resort(key: str, values: frozenset[str]) -> bool:
    """Return whether a label is of a node or of generated groups, which are gone some day."""
    return key == HOSTNAME_LABEL or any(is_generated(key, value) for value in values)


def _lacks_class(own: SelectedLabels, rivals: Sequence[SelectedLabels]) -> bool:
    """Return whether a ComputeClass does not tell a group from others only because some have none."""
    classes = [each.get(COMPUTE_CLASS_LABEL) for each in rivals]
    mine = own.get(COMPUTE_CLASS_LABEL, frozenset())
    return bool(mine) and None in classes and all(each is None or mine.isdisjoint(each) for each in classes)


def _rivals(groups: Sequence[Group], index: int) -> list[int]:
    own = groups[index]
    return [other for other, group in enumerate(groups) if other != index and group.shares_resource_with(own)]


def _elsewhere(groups: Sequence[Group], index: int) -> list[int]:
    """Return the groups that have none of the group's nodes."""
    own = set(groups[index].names)
    return [other for other, group in enumerate(groups) if own.isdisjoint(group.names)]


def _telling(one: SelectedLabels, other: SelectedLabels) -> str | None:
    """Return the best label that two groups both have, with no value in common."""
    return next((key for key, values in one.items() if key in other and values.isdisjoint(other[key])), None)


def _indistinct(groups: Sequence[Group]) -> tuple[Group, Group] | None:
    """Return two groups that no label tells apart, the one to keep first; such that can become one before others."""
    labels = [_labels_of(group) for group in groups]
    pairs = [
        (group, groups[other])
        for index, group in enumerate(groups)
        for other in _rivals(groups, index)
        if other > index and _telling(labels[index], labels[other]) is None
    ]
    if not pairs:
        return None
    first, second = sorted(next((pair for pair in pairs if _alike(*pair)), pairs[0]), key=_worth)
    return first, second


def _alike(one: Group, other: Group) -> bool:
    return (one.accelerator, one.profile, one.resources) == (other.accelerator, other.profile, other.resources)


def _worth(group: Group) -> tuple[bool, bool, int, tuple[str, ...]]:
    return (group.accelerator is None, group.shares, -group.units, group.names)


def _kept(group: Group, labels: SelectedLabels) -> dict[str, frozenset[str]]:
    """Return the labels that say what nodes of a pool are which no name of a node group keeps apart from others.

    Another node group of the same machines, or another priority of the ComputeClass, may come. The name of a profile
    is that of slices of several GPU models (`1g.10gb` of A100 and H100), and GKE makes no node pool with GPUs for pods
    that do not name the model.
    """
    if not _is_nameless(group):
        return {}
    keys = (GKE_PARTITION_LABEL, COMPUTE_CLASS_LABEL)
    found = [key for key in keys if key in labels]
    if found or _is_generated(group):
        found.append(GKE_ACCELERATOR_LABEL)
    return {key: labels[key] for key in found if len(labels.get(key, ())) == 1}


def _is_nameless(group: Group) -> bool:
    """Return whether it is several node groups, or one whose name is generated."""
    return bool(group.node_groups) or _is_generated(group)


def _is_generated(group: Group) -> bool:
    label = pool_label_of(group.nodes[0])
    return bool(label and is_generated(*label))


def _exclusive(groups: Sequence[Group], labels: Sequence[SelectedLabels]) -> list[dict[str, frozenset[str]]]:
    """Return labels by which no node can be of two groups; groups of the same nodes may share them."""
    selectors = [_kept(group, own) for group, own in zip(groups, labels, strict=True)]
    for index, group in enumerate(groups):
        for other in _elsewhere(groups, index):
            key = _telling(labels[index], labels[other])
            # Pools with different resources are told apart by these anyway, so their nodes get no selector by name.
            if key is None:
                continue
            last = _last_resort(key, labels[index][key]) or _last_resort(key, labels[other][key])
            if not last or group.shares_resource_with(groups[other]):
                selectors[index][key] = labels[index][key]
                selectors[other][key] = labels[other][key]
        if not selectors[index] and labels[index]:
            key = next(iter(labels[index]))
            selectors[index][key] = labels[index][key]
    return selectors


def _strangers(group: Group, selector: SelectedLabels, nodes: Sequence[LiveNode]) -> list[LiveNode]:
    """Return the nodes outside the group that `selector` selects."""
    inside = set(group.names)
    return [node for node in nodes if node.name not in inside and selects(selector, node.labels)]


def _narrow(
    selector: dict[str, frozenset[str]], labels: SelectedLabels, group: Group, nodes: Sequence[LiveNode]
) -> None:
    """Add labels until only the group's nodes are selected, as far as labels can."""
    strangers = _strangers(group, selector, nodes)
    while strangers:
        kept = {key: sum(node.labels.get(key) in values for node in strangers) for key, values in labels.items()}
        telling = [key for key, count in kept.items() if count < len(strangers)]
        if not telling:
            return
        offering = any(node.units(resource) for node in strangers for resource in group.resources)
        if not offering:
            # No pod goes there, so names that are gone some day are not worth it.
            telling = [key for key in telling if key == HOSTNAME_LABEL or not _last_resort(key, labels[key])]
        if not telling:
            return
        best = min(
            telling,
            key=lambda key: (
                _last_resort(key, labels[key]),
                kept[key] > 0,
                kept[key],
                _preference(group, key, labels[key]),
            ),
        )
        selector[best] = labels[best]
        strangers = _strangers(group, selector, nodes)


def _prune(
    selector: dict[str, frozenset[str]], group: Group, nodes: Sequence[LiveNode], rivals: Sequence[SelectedLabels]
) -> None:
    """Take out what is not needed, the least liked first."""
    needed = len(_strangers(group, selector, nodes))
    lasting = _kept(group, selector)
    for key in sorted(selector.keys() - lasting, key=lambda key: _preference(group, key, selector[key]), reverse=True):
        fewer = {other: value for other, value in selector.items() if other != key}
        if (
            fewer
            and len(_strangers(group, fewer, nodes)) == needed
            and all(_telling(fewer, rival) or not _telling(selector, rival) for rival in rivals)
        ):
            del selector[key]


def _also(group: Group, selector: SelectedLabels, nodes: Sequence[LiveNode]) -> tuple[str, ...]:
    strangers = _strangers(group, selector, nodes)
    return tuple(node.name for node in strangers if any(map(node.units, group.resources)))
