"""The stack's outputs beside the plan: which cluster each environment is, what was skipped, whose it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place

CLUSTERS_OUTPUT: Final = "clusters"
STACK_OUTPUT: Final = "stack"
SKIPPED_OUTPUT: Final = "skipped"
LEAVING_OUTPUT: Final = "leaving"
REVISION_OUTPUT: Final = "revision"
DIGEST_OUTPUT: Final = "digest"
ELSEWHERE_OUTPUT: Final = "elsewhere"
UNSERVED_OUTPUT: Final = "unserved"


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


def read_clusters_output(output: object, source: str) -> Mapping[str, KnownCluster]:
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
        raise InvalidInputError(
            [Diagnostic.error(Code.BAD_PREVIOUS_PLAN, message, field=CLUSTERS_OUTPUT, place=Place(source))]
        ) from None


def find_renamed(
    declared: Iterable[str],
    before: Mapping[str, KnownCluster],
    uids: Mapping[str, str | None],
    providers: Collection[str],
) -> Renamed:
    """Return which of the `declared` environments are clusters that the stack knows by a name it declares no more.

    Args:
        declared: The environments that are declared now.
        before: What the stack remembers.
        uids: What the clusters say now, by environment.
        providers: The environments whose providers are in the stack's state.
    """
    names = set(declared)
    gone = {known.uid: name for name, known in before.items() if name not in names}
    formerly: dict[str, str] = {}
    for name in sorted(names):
        uid = uids.get(name)
        # Where both have a provider, the two have been one cluster under two names. After a rename that broke off,
        # only the new name has one, and the old name some objects.
        if uid in gone and not {name, gone[uid]} <= set(providers):
            # Of two environments that are this cluster now, only one takes the old one's place.
            formerly[name] = gone.pop(uid)
    return Renamed(formerly)


def clusters_to_outputs(
    before: Mapping[str, KnownCluster],
    uids: Mapping[str, str | None],
    renamed: Renamed,
    identifiers: Mapping[str, str],
    departing: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the output `clusters`: what is known now, and of clusters that were not asked what was known before.

    Args:
        before: What was known before.
        uids: What the clusters that were asked say now, by environment.
        renamed: Which environments have another name now.
        identifiers: What the provider of each declared environment knows its cluster by.
        departing: The environments that are no longer declared, and that the stack's state had when the program began:
            they are remembered until it has nothing of them, because a deletion or a rename may fail.
    """
    found: dict[str, Any] = {}
    for name, identifier in sorted(identifiers.items()):
        known = before.get(renamed.formerly.get(name, name))
        uid = uids.get(name) or (known.uid if known else None)
        if uid:
            found[name] = {"uid": uid, "identifier": identifier}
    found |= {name: before[name].model_dump() for name in sorted(departing) if name in before}
    return found
