"""nodeSelectors: the fewest labels that mean the nodes of a group, and no node that another group could mean too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slicewise.clusters.discover.grouping import Group
from slicewise.clusters.live import LiveNode, describes_gpus, is_stable, rank
from slicewise.kubernetes import HOSTNAME_LABEL


@dataclass(frozen=True, slots=True)
class Selected:
    """A group and what selects it.

    Attributes:
        group: The group.
        selector: The labels.
        also: Names of nodes that it selects too, which offer the group's resource and belong to no group.
    """

    group: Group
    selector: Mapping[str, str]
    also: tuple[str, ...]


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
        kept.remove(other)
        if _alike(one, other):
            kept[kept.index(one)] = one.joined(other)
        else:
            left_out.append(LeftOut(other, one))
    labels = [_common_labels(group) for group in kept]
    selectors = _exclusive(kept, labels)
    for index, group in enumerate(kept):
        _narrow(selectors[index], labels[index], group, nodes)
    for index, group in enumerate(kept):
        rivals = [selectors[other] for other in _elsewhere(kept, index)]
        _prune(selectors[index], group, nodes, rivals)
    chosen = [
        Selected(group, dict(sorted(selector.items(), key=lambda label: rank(label[0]))), _also(group, selector, nodes))
        for group, selector in zip(kept, selectors, strict=True)
    ]
    return chosen, left_out


def _common_labels(group: Group) -> dict[str, str]:
    """Return the labels that all its nodes carry with one value, in the order in which they are preferred."""
    common = set(group.nodes[0].labels.items()).intersection(*(node.labels.items() for node in group.nodes[1:]))
    lasting = (
        label for label in common if is_stable(*label) and not (group.has_several_models and describes_gpus(label[0]))
    )
    return dict(sorted(lasting, key=lambda label: rank(label[0])))


def _rivals(groups: Sequence[Group], index: int) -> list[int]:
    resource = groups[index].resource
    return [other for other, group in enumerate(groups) if other != index and group.resource == resource]


def _elsewhere(groups: Sequence[Group], index: int) -> list[int]:
    """Return the groups that have none of the group's nodes."""
    own = set(groups[index].names)
    return [other for other, group in enumerate(groups) if own.isdisjoint(group.names)]


def _telling(one: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """Return the best label that two groups both have, with different values."""
    return next((key for key, value in one.items() if key in other and other[key] != value), None)


def _indistinct(groups: Sequence[Group]) -> tuple[Group, Group] | None:
    """Return two groups that no label tells apart, the one to keep first; such that can become one before others."""
    labels = [_common_labels(group) for group in groups]
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
    return (one.accelerator, one.profile) == (other.accelerator, other.profile)


def _worth(group: Group) -> tuple[bool, bool, int, tuple[str, ...]]:
    return (group.accelerator is None, group.shares, -group.units, group.names)


def _exclusive(groups: Sequence[Group], labels: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return labels by which no node can be of two groups; groups of the same nodes may share them."""
    selectors = [dict[str, str]() for _ in groups]
    for index, group in enumerate(groups):
        for other in _elsewhere(groups, index):
            key = _telling(labels[index], labels[other])
            # Pools with different resources are told apart by these anyway, so their nodes get no selector by name.
            if key is not None and (key != HOSTNAME_LABEL or groups[other].resource == group.resource):
                selectors[index][key] = labels[index][key]
                selectors[other][key] = labels[other][key]
        if not selectors[index] and labels[index]:
            key = next(iter(labels[index]))
            selectors[index][key] = labels[index][key]
    return selectors


def _strangers(group: Group, selector: Mapping[str, str], nodes: Sequence[LiveNode]) -> list[LiveNode]:
    """Return the nodes outside the group that `selector` selects."""
    inside = set(group.names)
    return [node for node in nodes if node.name not in inside and selector.items() <= node.labels.items()]


def _narrow(selector: dict[str, str], labels: Mapping[str, str], group: Group, nodes: Sequence[LiveNode]) -> None:
    """Add labels until only the group's nodes are selected, as far as labels can."""
    strangers = _strangers(group, selector, nodes)
    while strangers:
        kept = {key: sum(node.labels.get(key) == value for node in strangers) for key, value in labels.items()}
        telling = [key for key, count in kept.items() if count < len(strangers)]
        if not telling:
            return
        best = min(telling, key=lambda key: (key == HOSTNAME_LABEL, kept[key] > 0, kept[key], rank(key)))
        selector[best] = labels[best]
        strangers = _strangers(group, selector, nodes)


def _prune(
    selector: dict[str, str], group: Group, nodes: Sequence[LiveNode], rivals: Sequence[Mapping[str, str]]
) -> None:
    """Take out what is not needed, the least liked first."""
    needed = len(_strangers(group, selector, nodes))
    for key in sorted(selector, key=rank, reverse=True):
        fewer = {other: value for other, value in selector.items() if other != key}
        if (
            fewer
            and len(_strangers(group, fewer, nodes)) == needed
            and all(_telling(fewer, rival) or not _telling(selector, rival) for rival in rivals)
        ):
            del selector[key]


def _also(group: Group, selector: Mapping[str, str], nodes: Sequence[LiveNode]) -> tuple[str, ...]:
    strangers = _strangers(group, selector, nodes)
    return tuple(node.name for node in strangers if node.gpus and node.gpus.units(group.resource))
