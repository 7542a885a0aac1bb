"""The stack's outputs beside the plan: which cluster each environment is, and what the stack itself is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from slicewise.spec import Code, InvalidInputError, Problem

CLUSTERS_OUTPUT: Final = "clusters"
STACK_OUTPUT: Final = "stack"


class KnownCluster(BaseModel):
    """What the stack remembers of the cluster of one environment.

    Attributes:
        uid: The cluster's identity: the uid of its namespace kube-system.
        identifier: What the provider knows the cluster by: the name under which the stack first applied to it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    uid: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """Environments that have another name than at the last `pulumi up`, and are the same clusters.

    Attributes:
        formerly: The name that each had.
    """

    formerly: Mapping[str, str]

    def now(self, environment: str) -> str:
        """Return what an environment of the last `pulumi up` is called now."""
        return next((new for new, old in self.formerly.items() if old == environment), environment)


_CLUSTERS: Final = TypeAdapter(dict[str, KnownCluster])


def read_clusters(output: object, source: str) -> Mapping[str, KnownCluster]:
    """Read the output `clusters` of the last `pulumi up`; nothing where there was none.

    Raises:
        InvalidInputError: it is not what the program writes (SW109).
    """
    if output is None:
        return {}
    try:
        return _CLUSTERS.validate_python(output)
    except ValidationError:
        message = "it is not what `pulumi up` writes there: a mapping from environments to uid and identifier"
        raise InvalidInputError([Problem(source, 0, 0, CLUSTERS_OUTPUT, message, Code.BAD_PREVIOUS_PLAN)]) from None


def find_renamed(
    declared: Iterable[str], before: Mapping[str, KnownCluster], uids: Mapping[str, str | None]
) -> Renamed:
    """Return which of the `declared` environments are clusters that the stack knows by a name it declares no more.

    Args:
        declared: The environments that are declared now.
        before: What the stack remembers.
        uids: What the clusters say now, by environment.
    """
    names = set(declared)
    gone = {known.uid: name for name, known in before.items() if name not in names}
    return Renamed({name: gone[uid] for name in sorted(names - set(before)) if (uid := uids.get(name)) in gone and uid})


def cluster_outputs(
    before: Mapping[str, KnownCluster], uids: Mapping[str, str | None], renamed: Renamed, identifiers: Mapping[str, str]
) -> dict[str, Any]:
    """Return the output `clusters`: what is known now, and of clusters that were not asked what was known before.

    Args:
        before: What was known before.
        uids: What the clusters that were asked say now, by environment.
        renamed: Which environments have another name now.
        identifiers: What the provider of each declared environment knows its cluster by.
    """
    found: dict[str, Any] = {}
    for name, identifier in sorted(identifiers.items()):
        known = before.get(renamed.formerly.get(name, name))
        uid = uids.get(name) or (known.uid if known else None)
        if uid:
            found[name] = {"uid": uid, "identifier": identifier}
    return found
