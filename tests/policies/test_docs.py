"""docs/policies.md says of every rule what the rule says of itself."""

from __future__ import annotations

import json
import re

import pytest

from embedded.program import CHECKOUT
from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from policies.rules.rule_types import ResourceRule, StackRule

ALL_RULES: list[ResourceRule | StackRule] = [*RESOURCE_RULES, *STACK_RULES]
PAGE = (CHECKOUT / "docs" / "policies.md").read_text()
SECTIONS = dict(re.findall(r"^## ([a-z0-9-]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def test_every_rule_has_a_section_in_order() -> None:
    assert list(SECTIONS) == [rule.name for rule in ALL_RULES]


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_sections_say_what_rules_say(rule: ResourceRule | StackRule) -> None:
    section = plain(SECTIONS[rule.name])
    assert section.startswith(f"{rule.description} Default level {rule.level}, severity {rule.severity}")
    assert f"Remedy: {plain(rule.remedy)}" in section
    # An example, and the message that it gets.
    assert SECTIONS[rule.name].count("\n```\n") >= 3
    row = f"| [{rule.name}](#{rule.name}) | {rule.level} | {rule.severity} | {rule.description} |"
    assert row in PAGE.replace("`", "")


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_sections_list_the_configuration(rule: ResourceRule | StackRule) -> None:
    section = SECTIONS[rule.name]
    assert re.findall(r"^- `(\w+)` \(", section, re.MULTILINE) == list(rule.config)
    for schema in rule.config.values():
        assert plain(schema["description"]) in plain(section)
        if "default" in schema:
            assert f"default `{json.dumps(schema['default'])}`" in section
