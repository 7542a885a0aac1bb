"""What a pod requires of its node's labels: by nodeSelector and by required node affinity.

A node must have every label of nodeSelector and fit one of the affinity's terms (Kubernetes' component-helpers,
scheduling/corev1/nodeaffinity). So what only some of the terms say is not required.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.reading.fields import Field
from policies.rules.reading.pod_specs import Pod

_TERMS: Final = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
_IN: Final = "In"
# Operators that the label's presence satisfies, or that its presence is part of.
_PRESENT: Final = ("Exists", "Gt", "Lt")
_BOUNDS: Final = ("Gt", "Lt")


@dataclass(frozen=True, slots=True)
class NodeLabels:
    """One way for a node to be fit for a pod.

    Attributes:
        values: The values that a label may have, for each label that must have one of some.
        others: Every other expression: operator, label and values.
        nodes: The names that the node may have; None where any will do.
    """

    values: Mapping[str, frozenset[str]]
    others: frozenset[tuple[str, str, frozenset[str]]] = frozenset()
    nodes: frozenset[str] | None = None

    def requires(self, label: str) -> bool:
        """Return whether the label must be there, with whatever value."""
        return label in self.values or any(key == label and operator in _PRESENT for operator, key, _ in self.others)

    @property
    def selecting(self) -> frozenset[str]:
        """The labels of which not every value will do."""
        bounded = (key for operator, key, _ in self.others if operator in _BOUNDS)
        return frozenset((*self.values, *bounded))

    @property
    def existing(self) -> frozenset[str]:
        """The labels that need only be there."""
        return frozenset(key for operator, key, _ in self.others if operator == "Exists")


def required_labels(pod: Pod) -> list[NodeLabels]:
    """Return every way for a node to be fit for `pod`; none where it asks for what no node can have."""
    selector = {key: frozenset((value.text() or "",)) for key, value in pod.spec["nodeSelector"].entries().items()}
    terms = pod.spec.at(*_TERMS).elements()
    if not terms:
        return [NodeLabels(selector)]
    return [labels for term in terms for labels in _of_term(term, selector)]


def _of_term(term: Field, selector: Mapping[str, frozenset[str]]) -> Iterator[NodeLabels]:
    expressions, fields = term["matchExpressions"].elements(), term["matchFields"].elements()
    if not expressions and not fields:
        return  # Kubernetes: an empty term matches no node
    values, others = dict(selector), set()
    for expression in expressions:
        operator, key, listed = _read(expression)
        if operator == _IN:
            values[key] = values.get(key, listed) & listed
        else:
            others.add((operator, key, listed))
    for operator, key, listed in others:
        if operator == "NotIn" and key in values:
            values[key] -= listed
        elif operator == "DoesNotExist" and key in values:
            values[key] = frozenset()
    if all(values.values()):
        yield NodeLabels(values, frozenset(others), _nodes(fields))


def _nodes(fields: list[Field]) -> frozenset[str] | None:
    """Return the nodes that are named: `metadata.name` is the only field that Kubernetes takes here."""
    named = [listed for operator, _, listed in map(_read, fields) if operator == _IN]
    return frozenset.intersection(*named) if named else None


def _read(expression: Field) -> tuple[str, str, frozenset[str]]:
    listed = frozenset(value.text() or "" for value in expression["values"].elements())
    return expression["operator"].text() or "", expression["key"].text() or "", listed
