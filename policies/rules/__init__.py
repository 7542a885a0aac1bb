"""The rules themselves: pure functions over plain data, which know nothing of Pulumi's SDKs.

`RESOURCE_RULES` and `STACK_RULES` are all of them; `run` and `run_stack` apply one and return its outcomes.
"""

from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from policies.rules.reading import NotKnownError
from policies.rules.rule_runner import EXCLUDE, EXCLUDE_SCHEMA, is_checked, run_rule, run_stack_rule
from policies.rules.rule_types import UNKNOWN, Finding, Outcome, Resource, ResourceRule, Schema, StackRule, Unchecked

__all__ = [
    "EXCLUDE",
    "EXCLUDE_SCHEMA",
    "RESOURCE_RULES",
    "STACK_RULES",
    "UNKNOWN",
    "Finding",
    "NotKnownError",
    "Outcome",
    "Resource",
    "ResourceRule",
    "Schema",
    "StackRule",
    "Unchecked",
    "is_checked",
    "run_rule",
    "run_stack_rule",
]
