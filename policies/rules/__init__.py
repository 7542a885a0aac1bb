"""The rules themselves: pure functions over plain data, which know nothing of Pulumi's SDKs.

`RESOURCE_RULES` and `STACK_RULES` are all of them; `run_rule` and `run_stack_rule` apply one and return its outcomes.
"""

from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from policies.rules.reading import STACK, NotKnownError
from policies.rules.rule_runner import EXCLUDE, EXCLUDE_SCHEMA, is_checked, run_rule, run_stack_rule
from policies.rules.rule_types import (
    PACK,
    UNKNOWN,
    Finding,
    Level,
    Outcome,
    Resource,
    ResourceRule,
    Schema,
    StackRule,
    Unchecked,
    not_checked,
)

__all__ = [
    "EXCLUDE",
    "EXCLUDE_SCHEMA",
    "PACK",
    "RESOURCE_RULES",
    "STACK",
    "STACK_RULES",
    "UNKNOWN",
    "Finding",
    "Level",
    "NotKnownError",
    "Outcome",
    "Resource",
    "ResourceRule",
    "Schema",
    "StackRule",
    "Unchecked",
    "is_checked",
    "not_checked",
    "run_rule",
    "run_stack_rule",
]
