"""Every way to break a stack that the policies claim to catch, and whether they do."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest

from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from tests.policies.mutation import gpu_mutants, service_mutants, stack_mutants
from tests.policies.mutation.breaking import Mutant
from tests.policies.mutation.following import TAKEN_BACK, follow
from tests.policies.mutation.stacks import Config, Stack, demo, lab

MUTANTS: tuple[Mutant, ...] = (*gpu_mutants.MUTANTS, *service_mutants.MUTANTS, *stack_mutants.MUTANTS)
RULES = {*(rule.name for rule in RESOURCE_RULES), *(rule.name for rule in STACK_RULES)}
OF_THE_PLAN = {"plan-complete", "pool-capacity", "engine-memory"}
# What an organisation may well configure, and Slicewise's own objects keep to.
CONFIGURED: Config = {
    "profile-allowed": {"profiles": ["1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb"]},
    "gpu-toleration": {"taints": ["nvidia.com/gpu"]},
}


def engine(stack: Stack, name: str) -> object:
    """Return image and arguments of a service's engine, as far as it has one that was judged."""
    resource = stack.resources.get(name)
    properties = resource.properties if resource else {}
    annotations = properties.get("metadata", {}).get("annotations") or {}
    if "slicewise.dev/judged-engine" not in annotations:
        return None
    containers = properties["spec"].get("template", {}).get("containers", [])
    return deepcopy(
        [(each.get("image"), each.get("args", [])) for each in containers if each.get("name") == "main"][:1]
    )


@pytest.mark.parametrize("stack", [demo(), lab()], ids=["demo", "lab"])
@pytest.mark.parametrize("config", [{}, CONFIGURED], ids=["default", "configured"])
def test_what_slicewise_declares_breaks_no_rule(stack: Stack, config: Config) -> None:
    assert list(stack.outcomes(config)) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_is_caught_by_its_rule(mutant: Mutant) -> None:
    stack = next(each for each in (demo(), lab()) if mutant.target in each.resources).copy()
    judged = engine(stack, mutant.target)
    mutant.breaks(stack, mutant.target)
    # Whatever changes image or arguments makes it another engine than the plan compared with the unit's memory.
    changed = {"engine-memory"} if engine(stack, mutant.target) not in (judged, None, []) else set()
    assert stack.broken_rules(mutant.config) == {mutant.rule, *mutant.also, *changed}


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_who_follows_the_remedies_is_rid_of_the_findings(mutant: Mutant) -> None:
    stack = next(each for each in (demo(), lab()) if mutant.target in each.resources).copy()
    mutant.breaks(stack, mutant.target)
    followed = set()
    while found := next(stack.findings(mutant.config, but=TAKEN_BACK), None):
        _, name, finding = found
        # Each remedy does what it says the first time, and does not lead back to the first mistake.
        assert (name, finding.message) not in followed, finding.message
        followed.add((name, finding.message))
        follow(stack, name, finding.path, finding.remedy)
    # What differs from the plan is to be taken back, and nothing else is left; some break the plan alone.
    assert stack.broken_rules(mutant.config) <= OF_THE_PLAN
    assert followed or mutant.rule in OF_THE_PLAN


def test_each_mutant_is_its_own() -> None:
    assert [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1] == []


def test_every_rule_has_a_mutant() -> None:
    assert {mutant.rule for mutant in MUTANTS} == RULES
