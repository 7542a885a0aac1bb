"""The rules as CrossGuard policies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi_policy import (  # type: ignore[import-not-found] # only in the pack's own virtual environment
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PulumiSeverity
from pulumi_policy.deserialize import serialize_properties  # type: ignore[import-not-found]
from pulumi_policy.proxy import UnknownValueError  # type: ignore[import-not-found]

from policies.engine_resources import OpenedSecrets, convert_once, rule_input
from policies.rules import (
    EXCLUDE,
    EXCLUDE_SCHEMA,
    PACK,
    RESOURCE_RULES,
    STACK_RULES,
    Finding,
    NotKnownError,
    Outcome,
    Resource,
    ResourceRule,
    Schema,
    StackRule,
    Unchecked,
    is_checked,
    not_checked,
    run_rule,
    run_stack_rule,
)

Report = Callable[..., None]


class _NotCheckedError(UnknownValueError):  # type: ignore[misc] # its base has no types
    """Makes the SDK say, at level advisory whatever the policy's own is, what could not be checked."""

    def __init__(self, unchecked: Iterable[Unchecked]) -> None:
        Exception.__init__(self)
        self.message = not_checked(unchecked)


def resource_policy(rule: ResourceRule) -> Policy:
    """Return `rule` as a policy."""

    def validate(args: ResourceValidationArgs, report: Report) -> None:
        if rule.applies(args.resource_type):
            _tell(run_rule(rule, rule_input(args), args.get_config()), report)

    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        # As it goes over the wire: secrets and values that are not known stay what they are.
        properties: dict[str, Any] = serialize_properties(args.props)
        secrets = OpenedSecrets(properties)
        resource = Resource(args.resource_type, args.name, properties, args.urn)
        if rule.fix is None or not is_checked(rule, resource, args.get_config()):
            return None
        try:
            fixed = rule.fix(resource, args.get_config())
        except NotKnownError:
            return None
        return properties if fixed and secrets.close() else None

    return ResourceValidationPolicy(
        validate=validate,
        remediate=remediate if rule.fix else None,
        **_description(rule, {EXCLUDE: EXCLUDE_SCHEMA, **rule.config}),
    )


def stack_policy(rule: StackRule) -> Policy:
    """Return `rule` as a policy."""

    def validate(args: StackValidationArgs, report: Report) -> None:
        _tell(run_stack_rule(rule, [rule_input(item) for item in args.resources], args.get_config()), report)

    return StackValidationPolicy(validate=validate, **_description(rule, rule.config))


def policies() -> list[Policy]:
    """Return all policies of the pack."""
    return [*map(resource_policy, RESOURCE_RULES), *map(stack_policy, STACK_RULES)]


def serve() -> None:
    """Serve the pack to the engine; it never returns."""
    convert_once()
    PolicyPack(PACK, policies())


def _description(rule: ResourceRule | StackRule, schema: Schema) -> dict[str, Any]:
    return {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel(rule.level.value),
        "severity": PulumiSeverity(rule.severity.value),
        "remediation_steps": rule.remedy,
        "config_schema": PolicyConfigSchema({key: dict(value) for key, value in schema.items()}) if schema else None,
    }


def _tell(outcomes: list[Outcome], report: Report) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Finding):
            report(outcome.message, outcome.urn or None)
    unchecked = [outcome for outcome in outcomes if isinstance(outcome, Unchecked)]
    if unchecked:
        raise _NotCheckedError(unchecked)
