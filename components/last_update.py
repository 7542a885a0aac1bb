"""What the stack has from its last `pulumi up`: its outputs, its state where these cannot tell, what was renamed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from slicewise.clusters.live import ExistingObjects
from slicewise.documents import Fleet
from slicewise.manifests import SERVICE_KIND
from slicewise.planning import PreviousPlacement

from .clusters import renamed_environments
from .stack_config import StackConfig
from .state import PreviousStack, Renamed, StackState, previous_stack, read_state


@dataclass(frozen=True, slots=True)
class LastUpdate:
    """What the stack has.

    Attributes:
        before: Its outputs.
        state: Its state; empty as long as it has not been needed.
        renamed: Which environments have another name now.
    """

    before: PreviousStack
    state: StackState
    renamed: Renamed

    @property
    def placements(self) -> tuple[PreviousPlacement, ...]:
        """What it placed, by the names that environments have now."""
        return self.before.under(self.renamed)

    async def with_state(self, existing: dict[str, ExistingObjects], *, skips: bool) -> LastUpdate:
        """Return it with the state, where that is needed and has not been read.

        Args:
            existing: What exists in the clusters of the environments that are declared.
            skips: Whether an environment is left as it is.
        """
        lost = under_names_unknown(existing, self.before.names, {*self.renamed.formerly.values()})
        return replace(self, state=await read_state()) if not self.state.urns and (skips or lost) else self


async def read_last_update(config: StackConfig, fleet: Fleet) -> LastUpdate:
    """Read what the stack has, and find what was renamed since; the state is read only where the outputs cannot tell.

    Raises:
        InvalidInputError: the outputs are not what `pulumi up` writes (SW109).
    """
    before = await previous_stack(afresh=config.plan_afresh)
    known = before.is_of({each.metadata.name for each in fleet.environments})
    state = StackState() if known else await read_state()
    before = before.with_left(state)
    return LastUpdate(before, state, await renamed_environments(config, fleet.environments, before, state))


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
