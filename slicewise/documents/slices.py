"""What a pool says of nodes that have several profiles: slices of a node, and of the pool, by profile."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StrictStr

from slicewise.documents.amounts import GpuMemory
from slicewise.documents.base import Count, CountOrZero

MOST_PROFILES: Final = 32
"""The most profiles of a node: no GPU model has as many."""
ProfileName = Annotated[StrictStr, Field(min_length=1, max_length=63)]
"""A MIG profile, as NVIDIA's driver names it."""
SliceCounts = Annotated[dict[ProfileName, Count], Field(min_length=1, max_length=MOST_PROFILES)]
"""How many slices of each profile a node has."""
ProfileNames = Annotated[tuple[ProfileName, ...], Field(min_length=1, max_length=MOST_PROFILES)]
"""The profiles that nodes are cut into on demand."""
SliceReserves = Annotated[dict[ProfileName, CountOrZero], Field(max_length=MOST_PROFILES)]
"""How many slices of each profile are left alone, of all nodes."""
SliceMemory = Annotated[dict[ProfileName, GpuMemory], Field(max_length=MOST_PROFILES)]
"""The memory of one slice of each profile."""
