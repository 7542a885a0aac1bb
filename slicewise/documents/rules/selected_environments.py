"""Which environments selectors leave, for thousands of selectors and environments: one bit an environment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from slicewise.documents.base import Selector
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.served_model import ModelSpec


class Reach:
    """Tells in which environments a deployment may run, going by its selectors and its model's."""

    def __init__(self, environments: Sequence[InferenceEnvironment]) -> None:
        self._environments = _Labels(environment.labels for environment in environments)
        pools = ((pool.labels for pool in environment.spec.node_pools) for environment in environments)
        # The first pool of each environment, the second of each, and so on: all labels of a selector are one pool's.
        self._pools = [_Labels(row) for row in zip_longest(*pools)]
        self._with_pool: dict[frozenset[tuple[str, str]], int] = {}
        # By the identity of a model, which has no hash, with the model so that it stays the same.
        self._of_model: dict[int, tuple[ModelSpec, int]] = {}

    def of(self, deployment: ModelDeployment, model: ModelSpec) -> int:
        """Return the environments where the selectors of `deployment` and `model` leave a pool: bit 0 is the first."""
        spec = deployment.spec
        environments = self.environments(spec.environment_selector) & self.with_pool(spec.node_pool_selector)
        return environments & self._of_profiles(model)

    def _of_profiles(self, model: ModelSpec) -> int:
        if (known := self._of_model.get(id(model))) is None:
            selected = _union(self.environments(profile.environment_selector) for profile in model.serving)
            known = self._of_model[id(model)] = model, selected
        return known[1]

    def environments(self, selector: Selector) -> int:
        """Return the environments that `selector` selects."""
        return self._environments.selected(selector)

    def with_pool(self, selector: Selector) -> int:
        """Return the environments with a pool that `selector` selects."""
        key = frozenset(selector.match_labels.items())
        if key not in self._with_pool:
            self._with_pool[key] = _union(labels.selected(selector) for labels in self._pools)
        return self._with_pool[key]


class _Labels:
    """Labels of one thing in each environment, or None where an environment has no such thing."""

    def __init__(self, rows: Iterable[Mapping[str, str] | None]) -> None:
        self._all = 0
        self._with: dict[tuple[str, str], int] = defaultdict(int)
        for index, labels in enumerate(rows):
            if labels is not None:
                self._all |= 1 << index
                for label in labels.items():
                    self._with[label] |= 1 << index

    def selected(self, selector: Selector) -> int:
        selected = self._all
        for label in selector.match_labels.items():
            selected &= self._with.get(label, 0)
        return selected


def _union(sets: Iterable[int]) -> int:
    union = 0
    for each in sets:
        union |= each
    return union
