"""Selectors of deployments and serving profiles that select nothing, or too little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Statement, Subject, closest, counted, some
from slicewise.documents.base import Labels, Selector
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import ENVIRONMENT_LABEL
from slicewise.documents.fleet import Fleet
from slicewise.documents.rules.selected_environments import Reach

_SHOWN: Final = 5


def check_selectors(fleet: Fleet, reach: Reach) -> Iterator[Diagnostic]:
    """Yield the selectors of the deployments and models of `fleet` that leave nothing, going by its `reach`."""
    return _Selectors(fleet, reach).advice()


class _Selectors:
    """Finds the selectors of deployments and models that leave nothing."""

    def __init__(self, fleet: Fleet, reach: Reach) -> None:
        self._fleet = fleet
        self._reach = reach
        self._said: dict[tuple[str, frozenset[tuple[str, str]], int], Statement] = {}
        self._known: dict[tuple[str, int], dict[str, set[str]]] = {}

    def advice(self) -> Iterator[Diagnostic]:
        for deployment, model in self._fleet.served:
            spec = deployment.spec
            found = self._reach.of(deployment, model).bit_count()
            if found >= spec.environments:
                continue
            environments = self._reach.environments(spec.environment_selector)
            if not environments:
                field: FieldPath = ("spec", "environmentSelector")
                yield self._nothing(deployment.key.subject, field, "environment", spec.environment_selector)
            elif not environments & self._reach.with_pool(spec.node_pool_selector):
                field = ("spec", "nodePoolSelector")
                yield self._nothing(deployment.key.subject, field, "node pool", spec.node_pool_selector, environments)
            else:
                yield from self._too_few(deployment, found)
        for key, model in self._fleet.models.items():
            for index, profile in enumerate(model.serving):
                if not self._reach.environments(profile.environment_selector):
                    field = ("spec", "serving", index, "environmentSelector")
                    yield self._nothing(key.subject, field, "environment", profile.environment_selector)

    def _too_few(self, deployment: ModelDeployment, found: int) -> Iterator[Diagnostic]:
        wanted = deployment.spec.environments
        # Where its model's selectors leave nothing, that is said of them.
        if found:
            every = len(self._fleet.environments)
            if found == every:
                message = f"{wanted} are asked for, and the documents have only {counted(found, 'environment')}"
                remedy = f"write {found}, or load the other environments too"
            else:
                message = f"{wanted} are asked for, and its selectors and its model's leave only {found} of {every}"
                remedy = f"write {found}, loosen a selector, or load the other environments too"
            yield Diagnostic.warning(
                Code.TOO_FEW_ENVIRONMENTS,
                message,
                remedy,
                field=("spec", "environments"),
                subject=deployment.key.subject,
                wanted=wanted,
                selected=found,
            )

    def _nothing(
        self, subject: Subject, field: FieldPath, what: str, selector: Selector, environments: int = 0
    ) -> Diagnostic:
        key = (what, frozenset(selector.match_labels.items()), environments)
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = _why(what, selector, self._values(what, environments))
        message, remedy, facts = said
        return Diagnostic.warning(Code.SELECTOR_MATCHES_NOTHING, message, remedy, field=field, subject=subject, **facts)

    def _values(self, what: str, environments: int) -> Mapping[str, set[str]]:
        """Return the labels of what could be selected, and the values of each."""
        key = (what, environments)
        if key not in self._known:
            values: dict[str, set[str]] = {}
            for labels in self._labels(what, environments):
                for name, value in labels.items():
                    values.setdefault(name, set()).add(value)
            self._known[key] = values
        return self._known[key]

    def _labels(self, what: str, environments: int) -> list[Labels]:
        every = self._fleet.environments
        if what == "environment":
            return [environment.labels for environment in every]
        chosen = [environment for index, environment in enumerate(every) if environments >> index & 1]
        return [pool.labels for environment in chosen for pool in environment.spec.node_pools]


def _why(what: str, selector: Selector, values: Mapping[str, set[str]]) -> Statement:
    """Say which label it is that nothing has, and which it might be."""
    none = "none" if what == "environment" else "none in the environments that it may use"
    for name, value in sorted(selector.match_labels.items()):
        if name not in values:
            close = closest(name, values)
            hint = f'did you mean "{close}"?' if close else f"correct the label, or add it to the {what} you mean"
            hint = _by_name(value, values) or hint
            return Statement(f"it selects no {what}: {none} has the label {name}", hint, {"label": name})
        if value not in values[name]:
            close, there = closest(value, values[name]), sorted(values[name])
            hint = f'did you mean "{close}"?' if close else f"the values that there are: {some(there, _SHOWN)}"
            hint = _by_name(value, values) or hint
            facts = {"label": name, "found": value, "allowed": there}
            return Statement(f"it selects no {what}: {none} has {name}={value}", hint, facts)
    wanted = " and ".join(f"{name}={value}" for name, value in sorted(selector.match_labels.items()))
    remedy = f"leave one of them out, or add the missing label to the {what} you mean"
    return Statement(f"it selects no {what}: {none} has {wanted}", remedy)


def _by_name(value: str, values: Mapping[str, set[str]]) -> str:
    """Return what to write where a label that nothing has was meant as the name of an environment; else nothing."""
    return (
        f"write {ENVIRONMENT_LABEL}: {value} for the environment of that name"
        if value in values.get(ENVIRONMENT_LABEL, ())
        else ""
    )
