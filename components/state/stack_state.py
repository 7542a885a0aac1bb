"""What the last update left in the stack's state: read only where the stack's outputs cannot tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from slicewise.clusters.live import ObjectName
from slicewise.kubernetes import mapping, text
from slicewise.manifests import REVISION_ANNOTATION

from ..resource_names import PROVIDER_TOKEN
from ..type_tokens import EKS_CLUSTER, FLEET, GKE_CLUSTER, INFERENCE_ENVIRONMENT, MODEL_PLACEMENT
from .engine_reads import read_resources

_STACK: Final = "pulumi:pulumi:Stack"
_IDENTIFIER: Final = "clusterIdentifier"
ENVIRONMENTS_OUTPUT: Final = "environments"
"""In the outputs of a component that plans: the environments that it has, and had."""


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
        at_the_top: The environments of which it has components as stacks of before there was a Fleet have them.
        provider_urns: What the stack calls the provider of each environment.
        kubeconfigs: How the provider of each environment reaches its cluster: with it Pulumi deletes what leaves.
        provisioned: The environments whose clusters the stack has made.
        is_read: Whether it has been read; until then it is empty.
    """

    environments: Mapping[str, EnvironmentState] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    urns: frozenset[str] = frozenset()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, Mapping[ObjectName, Applied]] = field(default_factory=dict)
    at_the_top: frozenset[str] = frozenset()
    provider_urns: Mapping[str, str] = field(default_factory=dict)
    kubeconfigs: Mapping[str, str] = field(default_factory=dict, repr=False)
    provisioned: frozenset[str] = frozenset()
    is_read: bool = False

    def may_have_at_the_top(self, environments: AbstractSet[str | None]) -> bool:
        """Return whether it has the component of one of these at the top, as far as is known."""
        return not self.is_read or not environments.isdisjoint(self.at_the_top)

    def has_provider(self, environment: str) -> bool:
        """Return whether the state has the provider of an environment."""
        return environment in self.environments and self.environments[environment].has_provider


@dataclass(frozen=True, slots=True)
class PlanOwner:
    """A component that plans, and remembers in its own outputs what it has planned.

    Attributes:
        token: The token of its type.
        name: Its name in the stack.
        former: The names that it may have in the state.
    """

    token: str
    name: str
    former: tuple[str, ...] = ()

    def is_itself(self, urn: str) -> bool:
        """Return whether it is what the state has under this URN."""
        _, _, types, name = urn.split("::", 3)
        return types.split("$")[-1] == self.token and name in (self.name, *self.former)

    def has(self, urn: str, others: Collection[str]) -> bool:
        """Return whether it has declared what the state has under this URN.

        Args:
            urn: What the state has.
            others: The environments of the other fleets of the stack.
        """
        _, _, types, name = urn.split("::", 3)
        environment = name.partition("/")[0].removesuffix("-provider")
        in_a_fleet = FLEET in types.split("$")
        if self.token == FLEET:
            return in_a_fleet and environment not in others
        return not in_a_fleet and environment in (self.name, *self.former)


async def read_state(owner: PlanOwner | None = None) -> StackState:
    """Return what the state has; of an `owner`, only what it has declared, and its outputs for the stack's.

    Raises:
        InvalidInputError: the state cannot be loaded (SW436).
    """
    resources = await read_resources()
    at_the_top = frozenset(
        urn.rpartition("::")[2].partition("/")[0]
        for urn, each in resources.items()
        if each["type"] in (INFERENCE_ENVIRONMENT, MODEL_PLACEMENT) and FLEET not in urn.split("::")[2].split("$")
    )
    if owner is None:
        stack = [each["outputs"] for each in resources.values() if each["type"] == _STACK]
    else:
        stack = [each["outputs"] for urn, each in resources.items() if owner.is_itself(urn)]
        others = {
            environment
            for urn, each in resources.items()
            if each["type"] == FLEET and not owner.is_itself(urn)
            for environment in each["outputs"].get(ENVIRONMENTS_OUTPUT, ())
        }
        resources = {urn: each for urn, each in resources.items() if owner.has(urn, others)}
    provider_urns = {
        urn.rpartition("::")[2].removesuffix("-provider"): urn
        for urn in resources
        if urn.split("::")[2].split("$")[-2:] == [INFERENCE_ENVIRONMENT, PROVIDER_TOKEN]
    }
    providers = {name: resources[urn]["outputs"] for name, urn in provider_urns.items()}
    return StackState(
        resources_by_environment(resources),
        stack[0] if stack else {},
        frozenset(resources),
        identifiers={name: str(each[_IDENTIFIER]) for name, each in providers.items() if _IDENTIFIER in each},
        objects=objects_of(resources),
        at_the_top=at_the_top,
        provider_urns=provider_urns,
        kubeconfigs={name: str(each["kubeconfig"]) for name, each in providers.items() if "kubeconfig" in each},
        provisioned=frozenset(
            urn.rpartition("::")[2] for urn, each in resources.items() if each["type"] in (GKE_CLUSTER, EKS_CLUSTER)
        ),
        is_read=True,
    )


def resources_by_environment(urns: Iterable[str]) -> Mapping[str, EnvironmentState]:
    """Sort the resources of a stack into its environments, whatever their order."""
    found: defaultdict[str, EnvironmentState] = defaultdict(EnvironmentState)
    for urn in sorted(urns):
        _, _, types, name = urn.split("::", 3)
        *parents, token = types.split("$")
        environment = name.partition("/")[0]
        if token == MODEL_PLACEMENT:
            found[environment].placements.setdefault(name, [])
        elif parents[-1:] == [MODEL_PLACEMENT]:
            found[environment].placements.setdefault(name.rpartition("-")[0], []).append(StateResource(name, token))
        elif parents[-1:] == [INFERENCE_ENVIRONMENT] and token == PROVIDER_TOKEN:
            found[name.removesuffix("-provider")].has_provider = True
        elif parents[-1:] == [INFERENCE_ENVIRONMENT]:
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
        if types.split("$")[-2:-1] == [MODEL_PLACEMENT] and metadata:
            key = ObjectName(types.rpartition(":")[2], str(metadata["namespace"]), str(metadata["name"]))
            revision = text(mapping(spec.get("annotations")).get(REVISION_ANNOTATION))
            found[name.partition("/")[0]][key] = Applied(urn, str(metadata.get("uid", "")), revision)
    return found
