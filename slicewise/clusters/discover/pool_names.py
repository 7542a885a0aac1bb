"""Names for pools: what the cloud calls them, and their profile where one node pool has several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from slicewise.clusters.discover.grouping import Group, pool_label_of
from slicewise.clusters.live import is_generated
from slicewise.kubernetes import COMPUTE_CLASS_LABEL

_LONGEST: Final = 40
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9]+")


def dns_label(text: str, longest: int) -> str:
    """Return `text` as a DNS label; empty if nothing of it is allowed in one."""
    return _NOT_IN_A_NAME.sub("-", text.lower()).strip("-")[:longest].strip("-")


def pool_names(groups: Sequence[Group], models: Sequence[str]) -> list[str]:
    """Return a name for every group, unique among them.

    Args:
        groups: The groups.
        models: The name of each one's GPU model.
    """
    bases = [_pool(group) or model for group, model in zip(groups, models, strict=True)]
    shared = Counter(bases)
    wanted = [
        dns_label(base, _LONGEST)
        if shared[base] == 1 and _pool(group)
        else _with_profile(base, group, alone=shared[base] == 1)
        for base, group in zip(bases, groups, strict=True)
    ]
    return _unique([name or "gpus" for name in wanted])


def _pool(group: Group) -> str:
    """Return what all nodes say their pool is called, or node groups that are alike have in common; else nothing."""
    labels = {pool_label_of(node) for node in group.nodes}
    label = labels.pop() if len(labels) == 1 else None
    if label and not is_generated(*label):
        return label[1]
    classes = {node.labels.get(COMPUTE_CLASS_LABEL, "") for node in group.nodes}
    return classes.pop() if len(classes) == 1 and "" not in classes else _in_common(group.node_groups)


def _in_common(names: Sequence[str]) -> str:
    """Return the whole words that all of `names` begin with: of `h100-mig-a` and `h100-mig-b` h100-mig."""
    words = [_NOT_IN_A_NAME.split(name.lower()) for name in names]
    same = takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    return "-".join(each[0] for each in same)


def _with_profile(base: str, group: Group, *, alone: bool) -> str:
    if group.beside:
        return _suffixed(base, "slices")
    if group.profile is None:
        return dns_label(base, _LONGEST) if alone else _suffixed(base, "whole")
    # `+me` and `-me` are opposites.
    return _suffixed(base, dns_label(group.profile.replace("-", "-without-"), _LONGEST))


def _suffixed(base: str, suffix: str) -> str:
    return f"{dns_label(base, _LONGEST - len(suffix) - 1)}-{suffix}".strip("-")


def _unique(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    found = []
    for name in names:
        number, candidate = 1, name
        while candidate in taken:
            number += 1
            candidate = _suffixed(name, str(number))
        taken.add(candidate)
        found.append(candidate)
    return found
