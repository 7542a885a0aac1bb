"""Whole stacks as the policies see them: what Slicewise declares for the demo, and for services of other shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from components.resource_names import object_suffix
from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from policies.rules.rule_runner import run_rule, run_stack_rule
from policies.rules.rule_types import Finding, Outcome, Resource
from slicewise.documents import Fleet, load_fleet
from slicewise.manifests import KubernetesObject, placement_objects, shared_objects
from slicewise.planning import Rejections, make_plan, placements_by_environment, plan_to_outputs
from tests import documents

CHECKOUT = Path(__file__).resolve().parents[3]
Config = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Stack:
    """Resources by their name in the stack; to be broken."""

    resources: dict[str, Resource]

    def copy(self) -> Stack:
        """Return one that can be broken alone."""
        return Stack(deepcopy(self.resources))

    def outcomes(self, config: Config) -> Iterator[tuple[str, Outcome]]:
        """Yield everything that any rule has to say, with the rule's name."""
        for rule in RESOURCE_RULES:
            for resource in self.resources.values():
                for outcome in run_rule(rule, resource, config.get(rule.name)):
                    yield rule.name, outcome
        for stack_rule in STACK_RULES:
            for outcome in run_stack_rule(stack_rule, list(self.resources.values()), config.get(stack_rule.name)):
                yield stack_rule.name, outcome

    def findings(self, config: Config, but: re.Pattern[str]) -> Iterator[tuple[str, str, Finding]]:
        """Yield the findings whose remedy is not one of `but`, with the names of their rule and resource."""
        by_urn = {resource.urn: name for name, resource in self.resources.items()}
        for rule in RESOURCE_RULES:
            for name, resource in self.resources.items():
                for outcome in run_rule(rule, resource, config.get(rule.name)):
                    if isinstance(outcome, Finding) and not but.match(outcome.remedy):
                        yield rule.name, name, outcome
        for stack_rule in STACK_RULES:
            for outcome in run_stack_rule(stack_rule, list(self.resources.values()), config.get(stack_rule.name)):
                if isinstance(outcome, Finding) and not but.match(outcome.remedy):
                    yield stack_rule.name, by_urn[outcome.urn], outcome

    def broken_rules(self, config: Config) -> set[str]:
        """Return the names of the rules that find something."""
        return {name for name, outcome in self.outcomes(config) if isinstance(outcome, Finding)}


@cache
def demo() -> Stack:
    """The demo stack: models on slices of two profiles, and on a whole GPU."""
    return stack_of("demo", load_fleet([str(CHECKOUT / "stacks/demo")]))


@cache
def lab() -> Stack:
    """What the demo has none of: several nodes, autoscaling, and slices that are called nvidia.com/gpu."""
    partitioned = {
        "pool": "single",
        "cloud.google.com/gke-accelerator": "nvidia-h100-80gb",
        "cloud.google.com/gke-gpu-partition-size": "1g.20gb",
    }
    declared = [
        documents.environment(
            "lab",
            documents.pool("whole", nodeCount=4, multiNodeCapable=True, nodeSelector={"pool": ["whole-a", "whole-b"]}),
            documents.slices("mixed", "2g.20gb", nodeSelector={"pool": ["mixed-a", "mixed-b"]}),
            documents.slices(
                "single", "1g.20gb", strategy="single", nodeSelector=partitioned, labels={"use": "single"}
            ),
        ),
        documents.model("huge", documents.profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi")),
        documents.model("small", documents.profile("slice", memoryPerGpu="18Gi", mig="only")),
        documents.deployment("huge", "huge"),
        documents.deployment("single", "small", nodePoolSelector={"use": "single"}),
        documents.deployment(
            "elastic", "small", scaling={"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 8}}
        ),
    ]
    return stack_of("lab", documents.fleet_of(declared))


def stack_of(name: str, fleet: Fleet) -> Stack:
    plan = make_plan(fleet)
    kind = "pulumi:pulumi:Stack"
    outputs = plan_to_outputs(fleet, plan, Rejections(fleet, plan))
    resources = [Resource(kind, f"slicewise-{name}", outputs, _urn(kind, f"slicewise-{name}"))]
    placed = placements_by_environment(plan)
    for item in fleet.environments:
        environment = item.metadata.name
        resources.append(_provider(environment))
        resources += [
            _object(f"{environment}-{shared['metadata']['namespace']}-pipeline-parallel-config", shared, environment)
            for shared in shared_objects(fleet, placed.get(environment, []))
        ]
    resources += [
        _object(f"{placement.environment}/{placement.deployment}-{object_suffix(item)}", item, placement.environment)
        for placement in plan.placements
        for item in placement_objects(fleet, placement)
    ]
    return Stack({resource.name: resource for resource in resources})


def _provider(environment: str) -> Resource:
    kind = "pulumi:providers:kubernetes"
    properties = {"kubeconfig": "apiVersion: v1\nkind: Config\n", "clusterIdentifier": environment}
    name = f"{environment}-provider"
    return Resource(kind, name, properties, _urn(kind, name), secrets=frozenset({"kubeconfig"}))


def _object(name: str, item: KubernetesObject, environment: str) -> Resource:
    kind = f"kubernetes:{item['apiVersion']}:{item['kind']}"
    provider = f"{environment}-provider"
    cluster = _urn("pulumi:providers:kubernetes", provider)
    # As the engine passes it on: template and worker, one value in Slicewise, are two.
    properties = json.loads(json.dumps(item))
    return Resource(kind, name, properties, _urn(kind, name), cluster=cluster, provider=provider)


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:test::slicewise::{kind}::{name}"
