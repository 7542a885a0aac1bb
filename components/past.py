"""What the stack has from its last `pulumi up`: its outputs, its state where these cannot tell, what was renamed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slicewise.clusters.live import ExistingObjects
from slicewise.documents import Fleet
from slicewise.planning import PreviousPlacement

from . import verdicts
from .clusters import renamed_environments
from .stack_config import StackConfig
from .state import PreviousStack, Renamed, StackState, previous_stack, read_state


@dataclass(frozen=True, slots=True)
class Past:
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

    async def with_state(self, existing: dict[str, ExistingObjects], *, skips: bool) -> Past:
        """Return it with the state, where that is needed and has not been read.

        Args:
            existing: What exists in the clusters of the environments that are declared.
            skips: Whether an environment is left as it is.
        """
        lost = verdicts.under_names_unknown(existing, self.before.names, {*self.renamed.formerly.values()})
        return replace(self, state=await read_state()) if not self.state.urns and (skips or lost) else self


async def read_past(config: StackConfig, fleet: Fleet) -> Past:
    """Read what the stack has, and find what was renamed since; the state is read only where the outputs cannot tell.

    Raises:
        InvalidInputError: the outputs are not what `pulumi up` writes (SW109).
    """
    before = await previous_stack(afresh=config.plan_afresh)
    known = before.is_of({each.metadata.name for each in fleet.environments})
    state = StackState() if known else await read_state()
    before = before.with_left(state)
    return Past(before, state, await renamed_environments(config, fleet.environments, before, state))
