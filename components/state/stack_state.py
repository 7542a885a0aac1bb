"""What the last update left in the stack's state: read only where the stack's outputs cannot tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi

from slicewise.clusters.live import ObjectName
from slicewise.kubernetes import mapping, text
from slicewise.manifests import REVISION_ANNOTATION

from ..stack_name import stack_name
from ..type_tokens import EKS_CLUSTER, GKE_CLUSTER, INFERENCE_ENVIRONMENT, MODEL_PLACEMENT

# The engine's own function, which Pulumi's SDK for Python gives no name.
_READ_RESOURCES: Final = "pulumi:pulumi:readStackResourceOutputs"
_STACK: Final = "pulumi:pulumi:Stack"
_PROVIDER: Final = "pulumi:providers:kubernetes"
_IDENTIFIER: Final = "clusterIdentifier"


@dataclass(frozen=True, order=True, slots=True)
class StateResource:
    """A resource of a stack: its name in the stack, and the token of its type."""

    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Applied:
    """An object that the stack has applied.

    Attributes:
        urn: What the stack calls it.
        uid: What its cluster tells it by from one that is made under the same name later; empty where that is not
            known.
        revision: Which version of a service it is (`slicewise.dev/revision`); empty where it has none.
    """

    urn: str
    uid: str = ""
    revision: str = ""


@dataclass(slots=True)
class EnvironmentState:
    """What the stack has of one environment.

    Attributes:
        has_provider: Whether its provider is there, without which nothing else is.
        shared: What its placements share.
        placements: The objects of every placement, by the name of its component.
    """

    has_provider: bool = False
    shared: list[StateResource] = field(default_factory=list)
    placements: dict[str, list[StateResource]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StackState:
    """What the last update left.

    Attributes:
        environments: What the stack has of each environment.
        outputs: The stack's outputs.
        urns: All its resources.
        identifiers: What the provider of each environment knows its cluster by.
        objects: The objects of each environment's placements.
        kubeconfigs: How the provider of each environment reaches its cluster: with it Pulumi deletes what leaves.
        provisioned: The environments whose clusters the stack has made.
    """

    environments: Mapping[str, EnvironmentState] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    urns: frozenset[str] = frozenset()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, Mapping[ObjectName, Applied]] = field(default_factory=dict)
    kubeconfigs: Mapping[str, str] = field(default_factory=dict, repr=False)
    provisioned: frozenset[str] = frozenset()

    def has_provider(self, environment: str) -> bool:
        """Return whether the state has the provider of an environment."""
        return environment in self.environments and self.environments[environment].has_provider


async def read_state() -> StackState:
    """Return what the state has."""
    answer = await pulumi.runtime.invoke_async(_READ_RESOURCES, {"stackName": stack_name()})
    resources: Mapping[str, Mapping[str, Any]] = answer["outputs"]
    stack = [each["outputs"] for each in resources.values() if each["type"] == _STACK]
    providers = {
        urn.rpartition("::")[2].removesuffix("-provider"): each["outputs"]
        for urn, each in resources.items()
        if each["type"] == _PROVIDER
    }
    return StackState(
        resources_by_environment(resources),
        stack[0] if stack else {},
        frozenset(resources),
        identifiers={name: str(each[_IDENTIFIER]) for name, each in providers.items() if _IDENTIFIER in each},
        objects=objects_of(resources),
        kubeconfigs={name: str(each["kubeconfig"]) for name, each in providers.items() if "kubeconfig" in each},
        provisioned=frozenset(
            urn.rpartition("::")[2] for urn, each in resources.items() if each["type"] in (GKE_CLUSTER, EKS_CLUSTER)
        ),
    )


def provider_urn(environment: str) -> str:
    """Return what the stack calls the provider of an environment."""
    types = f"{INFERENCE_ENVIRONMENT}${_PROVIDER}"
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}::{environment}-provider"


def resources_by_environment(urns: Iterable[str]) -> Mapping[str, EnvironmentState]:
    """Sort the resources of a stack into its environments, whatever their order."""
    found: defaultdict[str, EnvironmentState] = defaultdict(EnvironmentState)
    for urn in sorted(urns):
        _, _, types, name = urn.split("::", 3)
        *parents, token = types.split("$")
        environment = name.partition("/")[0]
        if types == MODEL_PLACEMENT:
            found[environment].placements.setdefault(name, [])
        elif parents == [MODEL_PLACEMENT]:
            found[environment].placements.setdefault(name.rpartition("-")[0], []).append(StateResource(name, token))
        elif parents == [INFERENCE_ENVIRONMENT] and token == _PROVIDER:
            found[name.removesuffix("-provider")].has_provider = True
        elif parents == [INFERENCE_ENVIRONMENT]:
            found[environment].shared.append(StateResource(name, token))
    return found


def objects_of(resources: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[ObjectName, Applied]]:
    """Return the objects of each environment's placements; others are never deleted.

    One whose creation has failed may be in the state without outputs: nothing of it can be deleted.
    """
    found: defaultdict[str, dict[ObjectName, Applied]] = defaultdict(dict)
    for urn, each in resources.items():
        _, _, types, name = urn.split("::", 3)
        metadata, spec = each["outputs"].get("metadata"), mapping(each["outputs"].get("spec"))
        if types.startswith(f"{MODEL_PLACEMENT}$") and metadata:
            key = ObjectName(types.rpartition(":")[2], str(metadata["namespace"]), str(metadata["name"]))
            revision = text(mapping(spec.get("annotations")).get(REVISION_ANNOTATION))
            found[name.partition("/")[0]][key] = Applied(urn, str(metadata.get("uid", "")), revision)
    return found
