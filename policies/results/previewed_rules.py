"""Slicewise's rules on what a preview says: no policy pack runs beside it, which takes as long as the preview again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from policies.results.violation import Violation
from policies.rules import (
    PACK,
    RESOURCE_RULES,
    STACK,
    STACK_RULES,
    UNKNOWN,
    Finding,
    Level,
    Outcome,
    Resource,
    ResourceRule,
    StackRule,
    not_checked,
    run_rule,
    run_stack_rule,
)
from slicewise.kubernetes import mapping, text

# Pulumi's sdk/go/common/resource/properties.go and pkg/resource/stack/deployment.go.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret
_NOT_KNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Of a resource that the stack no longer has when the preview has come true, and of the old one where it has a new one.
_REMOVED: Final = frozenset({"delete", "discard"})
_REPLACED: Final = frozenset({"delete-replaced", "discard-replaced", "remove-pending-replace"})


def violations(events: Sequence[Mapping[str, Any]], *, completed: bool) -> list[Violation]:
    """Return what Slicewise's policy pack would have reported in the preview, at the levels that it has by default.

    What is secret the engine leaves out of its events, so a rule that would read it says that it could not; the pack
    reads it.

    Args:
        events: The engine's, as `pulumi preview --json` streams them.
        completed: Whether everything is declared in them. Otherwise nothing is said of the stack as a whole.
    """
    found = [
        violation
        for resource in previewed(events, "resourcePreEvent", "inputs")
        for rule in RESOURCE_RULES
        for violation in _violations(rule, run_rule(rule, resource), resource.urn)
    ]
    if completed:
        stack = list(previewed(events, "resOutputsEvent", "outputs"))
        root = next((each.urn for each in stack if each.type == STACK), "")
        for rule in STACK_RULES:
            found += _violations(rule, run_stack_rule(rule, stack), root)
    return found


def rule_names(*, completed: bool) -> frozenset[str]:
    """Return the names of the rules that `violations` runs."""
    rules: list[ResourceRule | StackRule] = [*RESOURCE_RULES, *(STACK_RULES if completed else ())]
    return frozenset(rule.name for rule in rules if rule.level is not Level.DISABLED)


def previewed(events: Iterable[Mapping[str, Any]], kind: str, properties: str) -> Iterator[Resource]:
    """Yield the resources that the stack will have, as the events of one `kind` have them last."""
    steps = [event[kind]["metadata"] for event in events if kind in event]
    last: dict[str, Mapping[str, Any]] = {}
    for step in steps:
        # A preview that refreshes has a step of what it then deletes.
        if step["op"] in _REMOVED:
            last.pop(step["urn"], None)
        elif step["new"] and step["op"] not in _REPLACED:
            last[step["urn"]] = step["new"]
    for urn, state in last.items():
        yield _resource(urn, state, mapping(state.get(properties)))


def _resource(urn: str, state: Mapping[str, Any], properties: Mapping[str, Any]) -> Resource:
    # The URN of its provider, and the id of that.
    cluster = text(state.get("provider")).rpartition("::")[0]
    return Resource(
        type=urn.split("::", 3)[2].rpartition("$")[2],
        name=urn.split("::", 3)[3],
        properties={key: _plain(value) for key, value in properties.items()},
        urn=urn,
        cluster=cluster,
        provider=cluster.rpartition("::")[2],
        secrets=frozenset(key for key, value in properties.items() if _is_secret(value)),
    )


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of any type
    if isinstance(value, str):
        return UNKNOWN if value == _NOT_KNOWN else value
    if isinstance(value, dict):
        return UNKNOWN if _is_secret(value) else {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    # The engine has floating-point numbers only.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _violations(rule: ResourceRule | StackRule, outcomes: Iterable[Outcome], urn: str) -> Iterator[Violation]:
    """Yield what the engine would report of the outcomes; `urn` is what they are about if they do not say."""
    if rule.level is Level.DISABLED:
        return
    unchecked = []
    for outcome in outcomes:
        if isinstance(outcome, Finding):
            mandatory = rule.level is not Level.ADVISORY
            yield Violation(rule.name, PACK, rule.description, outcome.message, mandatory, outcome.urn or urn)
        else:
            unchecked.append(outcome)
    if unchecked:
        yield Violation(rule.name, PACK, rule.description, not_checked(unchecked), mandatory=False, urn=urn)
