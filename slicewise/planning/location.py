"""Where one deployment is in one environment, by names."""

from __future__ import annotations

from typing import NamedTuple

from slicewise.diagnostics import named


class Location(NamedTuple):
    """Where one deployment is in one environment."""

    environment: str
    node_pool: str
    profile: str
    prefill: str | None = None
    """The pool of its prefill workload."""

    def __str__(self) -> str:
        """Write it as people do."""
        prefill = f" and prefill on {named(self.prefill)}" if self.prefill else ""
        return f"{named(self.environment)}/{named(self.node_pool)} with {named(self.profile)}{prefill}"
