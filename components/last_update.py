"""What the stack has from its last `pulumi up`: its outputs, its state where these cannot tell, what was renamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from slicewise.clusters.live import ExistingObjects
from slicewise.documents import DeploymentKey, Fleet
from slicewise.manifests import SERVICE_KIND
from slicewise.planning import PreviousPlacement

from .clusters import renamed_environments
from .kubeconfig import ProgramKubeconfigs
from .stack_config import StackConfig
from .state import (
    EnvironmentState,
    PlanOwner,
    PreviousStack,
    Renamed,
    StackState,
    StateResource,
    parse_outputs,
    parse_own_outputs,
    previous_stack,
    read_state,
)


@dataclass(frozen=True, slots=True)
class LastUpdate:
    """What the stack has.

    Attributes:
        before: Its outputs.
        state: Its state; empty as long as it has not been needed.
        renamed: Which environments have another name now.
        owner: Whose it is, where that is not the whole stack.
    """

    before: PreviousStack
    state: StackState
    renamed: Renamed
    owner: PlanOwner | None = None

    @property
    def placements(self) -> tuple[PreviousPlacement, ...]:
        """What it placed, by the names that environments have now."""
        return self.before.under(self.renamed)

    @property
    def unserved(self) -> frozenset[str]:
        """The placements that the last `pulumi up` waited for in vain, by the names that environments have now."""
        named = (each.partition("/") for each in self.before.unserved)
        return frozenset(f"{self.renamed.now(environment)}/{key}" for environment, _, key in named)

    def placements_in_state(self) -> Iterator[tuple[str, DeploymentKey]]:
        """Yield the environment, by the name that it has now, and the deployment of each placement in the state."""
        for former, there in self.state.environments.items():
            for name in there.placements:
                _, namespace, deployment = name.split("/", 2)
                yield self.renamed.now(former), DeploymentKey(namespace, deployment)

    def former_name(self, environment: str, key: DeploymentKey) -> str:
        """Return what the component of a placement was called: environment, namespace and deployment."""
        return f"{self.renamed.formerly.get(environment, environment)}/{key}"

    def resources_of(self, environment: str, key: DeploymentKey) -> list[StateResource]:
        """Return what the state has of a placement, by the names that it has now.

        Where its environment has been renamed, an update that was killed may have moved a part of it.
        """
        now = f"{environment}/{key}"
        found: set[StateResource] = set()
        for name in (now, self.former_name(environment, key)):
            there = self.state.environments.get(name.partition("/")[0], EnvironmentState())
            found |= {
                replace(each, name=f"{now}{each.name.removeprefix(name)}") for each in there.placements.get(name, ())
            }
        return sorted(found)

    async def with_state(self, existing: dict[str, ExistingObjects], *, reads: bool) -> LastUpdate:
        """Return it with the state, where that is needed and has not been read.

        Args:
            existing: What exists in the clusters of the environments that are declared.
            reads: Whether it is needed whatever exists: an environment, or a part of one, is left as it is.
        """
        lost = under_names_unknown(existing, self.before.names, {*self.renamed.formerly.values()})
        return await self.read_state() if not self.state.urns and (reads or lost) else self

    async def read_state(self) -> LastUpdate:
        """Return it with the state."""
        return replace(self, state=await read_state(self.owner))


@dataclass(frozen=True, slots=True)
class PlanMemory:
    """Where a plan remembers what the last one was.

    Attributes:
        owner: The component whose own outputs in the state have it; None where the stack's outputs do.
        given: The outputs of an earlier plan, in place of the remembered one; None where none are given.
    """

    owner: PlanOwner | None = None
    given: Mapping[str, Any] | None = None

    async def read(self, config: StackConfig, environments: AbstractSet[str]) -> tuple[PreviousStack, StackState]:
        """Return what the last `pulumi up` left, and its state; that is empty where the outputs tell all.

        Raises:
            InvalidInputError: the outputs are not what `pulumi up` writes (SW109).
        """
        if self.owner is None and self.given is None:
            before = await previous_stack(config)
            return before, StackState() if before.is_of(environments) else await read_state()
        state = await read_state(self.owner)
        source = f"the outputs of {self.owner.name}" if self.owner else "the stack"
        remembered = parse_own_outputs(config, state.outputs, source) or PreviousStack(identifiers=state.identifiers)
        if self.given is None:
            return remembered, state
        given = parse_outputs(self.given, "previous_plan")
        return replace(remembered, placements=given.placements, left=(), unserved=given.unserved), state


async def read_last_update(
    config: StackConfig, fleet: Fleet, memory: PlanMemory, program: ProgramKubeconfigs
) -> LastUpdate:
    """Read what the stack has, and find what was renamed since; the state is read only where the outputs cannot tell.

    Raises:
        InvalidInputError: the outputs are not what `pulumi up` writes (SW109).
    """
    names = {each.metadata.name for each in fleet.environments}
    before, state = await memory.read(config, names)
    before = before.with_left(state)
    asked = [each for each in fleet.environments if each.metadata.name not in program.later]
    renamed = await renamed_environments(config, asked, before, state, program)
    return LastUpdate(before, state, renamed, memory.owner)


def under_names_unknown(
    existing: Mapping[str, ExistingObjects], stacks: Collection[str], former: Collection[str] = ()
) -> bool:
    """Return whether a service says that it is in an environment which is neither declared nor a `former` name of one.

    Then an update was killed before it could store its outputs, and only the state tells what it had done.
    """
    known = {*existing, *former, ""}
    services = [
        live for there in existing.values() for name, live in there.objects.items() if name.kind == SERVICE_KIND
    ]
    return any(live.stack in stacks and live.environment not in known for live in services)
