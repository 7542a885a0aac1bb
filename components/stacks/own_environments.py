"""What an apply stack has of the documents: its environments, and what may be placed there."""

from __future__ import annotations

from dataclasses import replace

from slicewise.documents import Fleet

from ..stack_config import StackConfig


def own_part(config: StackConfig, fleet: Fleet) -> Fleet:
    """Return the documents without the environments of other stacks.

    Quotas and advice are about all environments together: the plan stack tells them.
    """
    own = tuple(each for each in fleet.environments if each.metadata.name in config.environments)
    return replace(fleet, environments=own, advice=(), quotas=())
