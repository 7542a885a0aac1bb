"""What rules have to say, in the form that tests compare."""

from __future__ import annotations

from collections.abc import Iterable

from policies.rules.rule_runner import run_rule, run_stack_rule
from policies.rules.rule_types import Finding, Outcome, Resource, ResourceRule, StackRule, Unchecked


def found(rule: ResourceRule, resource: Resource, **config: object) -> list[str]:
    """Return the paths of the findings; nothing may be unchecked."""
    return [item.path for item in _findings(run_rule(rule, resource, config))]


def unchecked(rule: ResourceRule, resource: Resource, **config: object) -> list[str]:
    """Return the paths of what was not checked; nothing may be found."""
    outcomes = run_rule(rule, resource, config)
    assert all(isinstance(item, Unchecked) for item in outcomes), outcomes
    return [item.path for item in outcomes]


def messages(rule: StackRule, *resources: Resource) -> list[str]:
    """Return the messages of the findings in a stack; nothing may be unchecked."""
    return [item.message for item in _findings(run_stack_rule(rule, resources))]


def _findings(outcomes: Iterable[Outcome]) -> list[Finding]:
    findings = [item for item in outcomes if isinstance(item, Finding)]
    assert findings == list(outcomes)
    # The first semicolon and blank of a message ends the problem and begins the remedy.
    assert not [item for item in findings if "; " in item.problem]
    return findings
