"""Groups of nodes that are one pool: they differ in nothing but what they are called and the zone they are in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from slicewise.clusters.discover.grouping import Group, kind_of, offer_of
from slicewise.clusters.live import OWN_POOL_LABEL, POOL_LABELS, LiveNode, is_identifier, is_stable
from slicewise.kubernetes import (
    COMPUTE_CLASS_LABEL,
    HOSTNAME_LABEL,
    INSTANCE_TYPE_LABEL,
    REGION_LABEL,
    ZONE_LABEL,
    amount,
)

# What a machine is called, or where it stands.
_OF_A_MACHINE: Final = re.compile(
    r"topology\..*|failure-domain\..*|(?:.*[./-])?(?:node|instance|machine|worker|host)-?(?:id|name)"
    r"|(?:.*[./_-])?(?:rack|chassis)(?:[-_]?(?:id|name))?"
    r"|cloud\.google\.com/gce-topology-.*|k8s\.scaleway\.com/(?:node|pool)|doks\.digitalocean\.com/node-pool-id"
)
# What GPU feature discovery and the operator write is compared as facts of the GPUs.
_OF_GPUS: Final = "nvidia.com/"
# Names of groups are those of labels that GKE and people do not give to pools of several groups.
_NAMES: Final = tuple(key for key in POOL_LABELS if key not in (OWN_POOL_LABEL, COMPUTE_CLASS_LABEL))
# Labels of tools and of people that repeat such a name, as AKS's `agentpool`; `team` says what nodes are for.
_REPEATS_NAME: Final = re.compile(r"(?:.*[./_-])?[A-Za-z]*(?:pool|group|name)[A-Za-z]*", re.IGNORECASE)
_REPEATS_ZONE: Final = re.compile(
    r"(?:.*[./_-])?(?:[A-Za-z]*zone|az|location|dc|data-?center)(?:[-_]?id)?", re.IGNORECASE
)
# Shorter names, and such without a number, are words of other labels' values: `a` of `batch`, `n1` of `n1-standard-8`.
_MACHINE_NAME: Final = re.compile(r"(?=.*\d).{4,}")
# Two nodes may have two values of anything.
_TELLING: Final = 3
# Kernels of one machine type leave somewhat different amounts of memory.
_TOLERANCE: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _NodeGroup:
    """A group of nodes with a name.

    Attributes:
        group: The group.
        name: Its name.
        same: What must be equal in groups that are one pool.
        sizes: What must be nearly equal: bytes of memory and of storage of a node at least.
    """

    group: Group
    name: str
    same: tuple[object, ...]
    sizes: tuple[Decimal, ...]

    def is_like(self, other: _NodeGroup) -> bool:
        """Return whether the two differ in nothing but their names and zones."""
        near = zip(self.sizes, other.sizes, strict=True)
        return self.same == other.same and all(abs(one - two) <= _TOLERANCE * max(one, two) for one, two in near)


def join_alike(groups: Sequence[Group]) -> list[Group]:
    """Return the groups, with those as one that differ only in the name of their node group, and in the zone.

    Groups without a name stay as they are, those that a person has named for Slicewise, and those of unknown GPUs.
    """
    varying = _varying(groups)
    joined: dict[int, Group] = {}
    firsts: list[tuple[int, _NodeGroup]] = []
    for number, group in enumerate(groups):
        named = _named(group, varying)
        like = next((first for first in firsts if named and named.is_like(first[1])), None)
        if named and like:
            first = like[0]
            joined[first] = joined[first].with_alike(group, like[1].name, named.name)
            continue
        joined[number] = group
        if named:
            firsts.append((number, named))
    return sorted(joined.values(), key=lambda group: (group.resource, group.names))


def _named(group: Group, varying: frozenset[str]) -> _NodeGroup | None:
    node = group.nodes[0]
    keys = tuple(key for key in _NAMES if node.labels.get(key))
    unknown = group.has_several_models or not (group.accelerator or node.labels.get(INSTANCE_TYPE_LABEL))
    if not keys or OWN_POOL_LABEL in node.labels or unknown:
        return None
    kind = kind_of(node, offer_of(node, group.resource))
    of_nodes = frozenset((amount(each.cpu), each.pods, tuple(sorted(each.extended.items()))) for each in group.nodes)
    units = tuple(max(each.units for each in part.offers) for part in group.parts)
    same = (keys, kind, units, of_nodes, _said(group, varying))
    sizes = tuple(min(amount(written) for written in each) for each in zip(*map(_written, group.nodes), strict=True))
    return _NodeGroup(group, node.labels[keys[0]], same, sizes)


def _written(node: LiveNode) -> tuple[str, str]:
    return node.memory, node.storage


def _said(group: Group, varying: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Return the labels of all nodes of a group that say what it is, and not what it or a node is called."""
    common = frozenset.intersection(*(frozenset(node.labels.items()) for node in group.nodes))
    return frozenset((key, value) for key, value in common if key not in varying and _tells(key, value, group.nodes[0]))


def _tells(key: str, value: str, node: LiveNode) -> bool:
    if key in (HOSTNAME_LABEL, *_NAMES) or key.startswith(_OF_GPUS) or not is_stable(key, value):
        return False
    if (
        (key != REGION_LABEL and _OF_A_MACHINE.fullmatch(key))
        or is_identifier(value)
        or _names_machine(value, node.name)
    ):
        return False
    names = [node.labels[name] for name in _NAMES if node.labels.get(name)]
    repeats_name = _REPEATS_NAME.fullmatch(key) and any(_has_word(value, name) for name in names)
    return not (repeats_name or (ZONE_LABEL in node.labels and _REPEATS_ZONE.fullmatch(key)))


def _names_machine(value: str, name: str) -> bool:
    """Return whether a label's value is, or contains, the name of a node, and not just the same letters."""
    return value == name or bool(_MACHINE_NAME.fullmatch(name) and _has_word(value, name))


def _has_word(value: str, word: str) -> bool:
    return bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", value))


def _varying(groups: Iterable[Group]) -> frozenset[str]:
    """Return the labels of which every node of some group has another value: they tell machines apart, not groups."""
    found: set[str] = set()
    for group in groups:
        if len(group.nodes) >= _TELLING:
            common = frozenset.intersection(*(frozenset(node.labels) for node in group.nodes))
            found |= {key for key in common if len({node.labels[key] for node in group.nodes}) == len(group.nodes)}
    return frozenset(found)
