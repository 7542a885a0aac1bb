"""Which nodes the pods of a pool may run on: labels of one value in nodeSelector, of several in required affinity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slicewise.documents import NodePool, selects
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests.vocabulary import KubernetesObject

_TERMS: Final = ("nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


def node_choice(pool: NodePool) -> KubernetesObject:
    """Return the fields of a pod spec that keep it on the nodes of `pool`; the same for every way to write a label.

    One term: a node must fit all expressions of a term, and only one of the terms (core/v1, NodeSelectorTerm).
    """
    labels = sorted(pool.selected.items())
    single = {key: min(values) for key, values in labels if len(values) == 1}
    several = [{"key": key, "operator": "In", "values": sorted(values)} for key, values in labels if len(values) > 1]
    if not several:
        return {"nodeSelector": single}
    affinity: Any = [{"matchExpressions": several}]
    for name in reversed(_TERMS):
        affinity = {name: affinity}
    return {"nodeSelector": single, "affinity": affinity}


def is_chosen(template: Mapping[str, Any], node: Mapping[str, str]) -> bool:
    """Return whether a pod that `node_choice` has made may run on a node with the labels `node`."""
    wanted = {key: frozenset((text(value),)) for key, value in mapping(template.get("nodeSelector")).items()}
    required: Any = mapping(template.get("affinity"))
    for name in _TERMS[:-1]:
        required = mapping(required.get(name))
    for term in items(required.get(_TERMS[-1])):
        for each in items(term.get("matchExpressions")):
            wanted[text(each.get("key"))] = frozenset(each.get("values") or ())
    return selects(wanted, node)
