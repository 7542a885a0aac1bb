"""Running a rule: what it finds, and what it could not look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Final, TypeVar

from policies.rules.reading import NotKnownError
from policies.rules.rule_types import Config, Outcome, Resource, ResourceRule, StackRule, Unchecked

EXCLUDE: Final = "exclude"
# Every rule about resources takes it, so that one exception does not cost a team the whole policy.
EXCLUDE_SCHEMA: Final = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Names of resources in the stack that this policy ignores; * matches any text.",
}

_Subject = TypeVar("_Subject")


def run_rule(rule: ResourceRule, resource: Resource, config: Config | None = None) -> list[Outcome]:
    """Return what `rule` has to say of `resource`; nothing if the rule is not about it."""
    config = config or {}
    if not is_checked(rule, resource, config):
        return []
    return _gather(partial(rule.check, resource, config))


def is_checked(rule: ResourceRule, resource: Resource, config: Config) -> bool:
    """Return whether `rule` is about `resource`, and the configuration does not exclude it."""
    excluded = any(fnmatchcase(resource.name, pattern) for pattern in config.get(EXCLUDE, ()))
    return rule.applies(resource.type) and not excluded


def run_stack_rule(rule: StackRule, resources: Sequence[Resource], config: Config | None = None) -> list[Outcome]:
    """Return what `rule` has to say of a stack."""
    return _gather(partial(rule.check, resources, config or {}))


def each(subjects: Iterable[_Subject], check: Callable[[_Subject], Iterable[Outcome]]) -> Iterator[Outcome]:
    """Check one subject after the other; a value that is not known ends the check of its subject alone."""
    for subject in subjects:
        yield from _until_unknown(partial(check, subject))


def _gather(outcomes: Callable[[], Iterable[Outcome]]) -> list[Outcome]:
    """Return outcomes without repetition: several checks may meet the same unknown value."""
    return list(dict.fromkeys(_until_unknown(outcomes)))


def _until_unknown(outcomes: Callable[[], Iterable[Outcome]]) -> Iterator[Outcome]:
    try:
        yield from outcomes()
    except NotKnownError as error:
        yield Unchecked(error.path)
