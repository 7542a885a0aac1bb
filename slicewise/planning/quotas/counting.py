"""Whom a quota counts, and what a unit of each pool counts, found once for quotas that are alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slicewise.documents import InferenceEnvironment, ModelDeployment, NodePool, Quota, Selector
from slicewise.planning.quotas.worth import NOTHING, Limits, Worth, limits_of, unit_worth

_Labels = frozenset[tuple[str, str]]


class WeightsOfQuotas:
    """What a unit of each pool counts; found once for all quotas of the same pools and measures."""

    def __init__(self, pools: Iterable[tuple[InferenceEnvironment, NodePool]]) -> None:
        """Take the pools by their numbers."""
        self._pools = [(*pool, unit_worth(pool[1])) for pool in pools]
        self._found: dict[tuple[_Labels, _Labels, tuple[bool, ...]], Sequence[Worth]] = {}

    def of(self, quota: Quota) -> Sequence[Worth]:
        """Return what a unit of each pool counts, by what is limited; nothing where the quota does not count it."""
        limits, spec = limits_of(quota), quota.spec
        limited = tuple(limit is not None for limit in limits)
        key = (_labels(spec.environment_selector), _labels(spec.node_pool_selector), limited)
        if key not in self._found:
            self._found[key] = [
                _limited(worth, limits) if quota.covers(environment, pool) else NOTHING
                for environment, pool, worth in self._pools
            ]
        return self._found[key]

    def different(self) -> Iterable[Sequence[Worth]]:
        """Return what has been found, each once."""
        return self._found.values()


class QuotaIndex:
    """The quotas of a fleet, by what the deployments must have that share them."""

    def __init__(self, quotas: Sequence[Quota]) -> None:
        """Take the quotas by their numbers."""
        self._quotas = quotas
        self._by_namespace: dict[str, list[int]] = {}
        self._by_label: dict[tuple[str, str], list[int]] = {}
        self._others: list[int] = []
        for number, quota in enumerate(quotas):
            labels = quota.spec.deployment_selector.match_labels
            for namespace in quota.spec.namespaces:
                self._by_namespace.setdefault(namespace, []).append(number)
            if labels and not quota.spec.namespaces:
                self._by_label.setdefault(min(labels.items()), []).append(number)
            elif not quota.spec.namespaces:
                self._others.append(number)

    def of(self, deployment: ModelDeployment) -> tuple[int, ...]:
        """Return the numbers of the quotas that count what `deployment` takes."""
        metadata = deployment.metadata
        numbers = {*self._others, *self._by_namespace.get(metadata.namespace, ())}
        for item in metadata.labels.items():
            numbers.update(self._by_label.get(item, ()))
        return tuple(number for number in sorted(numbers) if self._quotas[number].is_of(deployment))


def _labels(selector: Selector) -> _Labels:
    return frozenset(selector.match_labels.items())


def _limited(worth: Worth, limits: Limits) -> Worth:
    """Return `worth` by the measures that are limited: pools that differ in others alone need not be told apart."""
    return Worth(*(0 if limit is None else amount for amount, limit in zip(worth, limits, strict=True)))
