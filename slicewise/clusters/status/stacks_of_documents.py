"""Which stacks apply the documents, and which services are therefore somebody else's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from slicewise.clusters.live import LiveService


@dataclass(frozen=True, slots=True)
class ApplyingStacks:
    """The stacks that apply the documents, as far as that is known.

    Attributes:
        given: Those that the user has named: then these and no others; empty where none.
        named: By environment, the one stack that all services of the plan there name.
        several: By environment, how many services of the plan there each stack has, where they name several.
    """

    given: frozenset[str] = frozenset()
    named: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, Counter[str]] = field(default_factory=dict)

    def of(self, environment: str) -> frozenset[str]:
        """Return the stacks whose services in an environment are the documents' own; none where that is not known.

        Where services of the plan name several, one of them that applies another environment is meant; where there is
        no service of the plan, any that does.
        """
        if self.given:
            return self.given
        if environment in self.named:
            return frozenset({self.named[environment]})
        anywhere = frozenset(self.named.values())
        return anywhere & {*self.several[environment]} if environment in self.several else anywhere

    def all_of(self, environment: str) -> frozenset[str]:
        """Return the same with those that apply other environments: they may have left services behind here."""
        own = self.of(environment)
        return own | frozenset(self.named.values()) if own else own

    def is_foreign(self, environment: str, live: LiveService) -> bool:
        """Return whether a service is known to be somebody else's; one of no stack was rendered, or made by hand."""
        if live.stack is None:
            return bool(self.given)
        own = self.of(environment)
        return bool(own) and live.stack not in own

    @property
    def unsettled(self) -> dict[str, Counter[str]]:
        """The `several` of the environments in which nothing tells which of them applies the documents."""
        return {name: stacks for name, stacks in self.several.items() if not self.of(name)}


def applying_stacks(given: Collection[str], planned: Iterable[tuple[str, LiveService]]) -> ApplyingStacks:
    """Return which stacks apply the documents.

    Args:
        given: Those that the user has named.
        planned: The services that have the names of the plan's, each with its environment.
    """
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for environment, live in planned:
        if live.stack is not None:
            counted[environment][live.stack] += 1
    named = {name: next(iter(stacks)) for name, stacks in counted.items() if len(stacks) == 1}
    several = {name: stacks for name, stacks in counted.items() if len(stacks) > 1}
    return ApplyingStacks(frozenset(given), named, {} if given else several)
