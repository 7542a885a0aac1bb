"""Where one deployment is in one environment, by names."""

from __future__ import annotations

from typing import NamedTuple

from slicewise.diagnostics import named
from slicewise.documents import offer_in_words


class Location(NamedTuple):
    """Where one deployment is in one environment."""

    environment: str
    node_pool: str
    profile: str
    prefill: str | None = None
    """The pool of its prefill workload."""
    resource: str | None = None
    """The GPU resource, of a pool whose nodes offer several."""
    prefill_resource: str | None = None
    """That of the prefill workload, of such a pool."""

    def __str__(self) -> str:
        """Write it as people do."""
        prefill = f" and prefill on {pool_in_words(self.prefill, self.prefill_resource)}" if self.prefill else ""
        pool = pool_in_words(self.node_pool, self.resource)
        return f"{named(self.environment)}/{pool} with {named(self.profile)}{prefill}"


def pool_in_words(pool: str, resource: str | None) -> str:
    """Write the name of a pool, and which of several GPU resources of its nodes is meant, if any: `cut (3g.40gb)`."""
    return f"{named(pool)} ({offer_in_words(resource)})" if resource else named(pool)
