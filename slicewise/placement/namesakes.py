"""Deployments that only selectors keep apart: of one namespace and one model name, which no environment may have twice.

A remedy that opens a pool must not let two of them meet: loading would refuse the documents (SW217).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from slicewise.placement.remedy import Remedy, RemedyKind
from slicewise.spec import Fleet, ModelDeployment
from slicewise.spec.base import Selector


class Namesakes:
    """Knows which selectors keep namesakes apart."""

    def __init__(self, fleet: Fleet) -> None:
        groups: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
        for deployment in fleet.deployments:
            groups[deployment.metadata.namespace, fleet.model_of(deployment).model.name].append(deployment)
        alike = [deployment for group in groups.values() if len(group) > 1 for deployment in group]
        self._documents = {f"ModelDeployment {deployment.key}" for deployment in alike}
        self._labels = {
            label
            for deployment in alike
            for selector in _selectors(fleet, deployment)
            for label in selector.match_labels.items()
        }

    def might_meet(self, remedy: Remedy) -> bool:
        """Return whether the remedy touches what keeps some of them apart."""
        if remedy.kind is RemedyKind.SELECTOR:
            return remedy.document in self._documents
        if remedy.kind is RemedyKind.LABEL:
            return (remedy.field.partition("labels.")[2], remedy.value) in self._labels
        return False


def _selectors(fleet: Fleet, deployment: ModelDeployment) -> Iterator[Selector]:
    yield deployment.spec.environment_selector
    yield deployment.spec.node_pool_selector
    yield from (profile.environment_selector for profile in fleet.model_of(deployment).serving)
