"""Why a deployment gets too few environments, in as few lines as it takes: candidates with one reason are one group."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slicewise.documents import Fleet, NodePool
from slicewise.kubernetes import canonical
from slicewise.planning.plan import Rejection, RejectionCode, Shortfall

_ORDER = {code: number for number, code in enumerate(RejectionCode)}
_SELECTORS = (*(RejectionCode.ENVIRONMENT_SELECTOR, RejectionCode.PROFILE_SELECTOR, RejectionCode.NODE_POOL_SELECTOR),)
_EXAMPLES = 3
_Places = tuple[tuple[str, str | None], ...]
# A number that stands alone, or before a unit of memory: not the digits of a name, a label or a MIG profile.
_NUMBER = re.compile(r"(?<![\w.=-])\d+(?:\.\d+)?(?=[KMGTPE]i?\b|[km]?\b)(?![\w]*[.-]\w)")


@dataclass(frozen=True, slots=True)
class Reason:
    """Candidates that were rejected for the same reason."""

    code: RejectionCode
    message: str
    """With ranges where the candidates differ only in numbers."""
    places: _Places
    """Their pools, or environments where those are ruled out as a whole."""
    profiles: Sequence[str]

    def __str__(self) -> str:
        """Write it on one line."""
        noun = "environment" if self.code is RejectionCode.ENVIRONMENT_SELECTOR else "pool"
        count = len(self.places)
        names = [place_of(*place) for place in self.places[:_EXAMPLES]]
        where = names[0] if count == 1 else f"{count:,} {noun}s"
        profiles = f" with {' or '.join(self.profiles)}" if self.profiles else ""
        examples = f"; for example {', '.join(names)}" if count > 1 else ""
        return f"{where}{profiles}: {self.message} ({self.code}){examples}"


def place_of(environment: str, pool: str | None) -> str:
    """Write environment/pool, or the environment alone."""
    return f"{environment}/{pool}" if pool else environment


def grouped(rejections: Iterable[Rejection]) -> list[Reason]:
    """Return the reasons of `rejections`: those first that fail at the last of the rules, and then the most common."""
    patterns = _Patterns()
    alike: dict[tuple[RejectionCode, str, str], _Group] = defaultdict(_Group)
    for item in rejections:
        group = alike[item.code, patterns.of(item), item.profile or ""]
        group.messages.add(item.message)
        group.places.append((item.environment, item.node_pool))
    reasons: dict[tuple[RejectionCode, str, _Places], list[str]] = defaultdict(list)
    for (code, _, profile), group in sorted(alike.items(), key=lambda entry: entry[0][2]):
        message = _summary(code, sorted(group.messages))
        reasons[code, message, tuple(group.places)] += [profile] if profile else []
    found = [Reason(code, message, places, names) for (code, message, places), names in reasons.items()]
    return sorted(found, key=lambda reason: (-_ORDER[reason.code], -len(reason.places), reason.message, reason.places))


class _Group:
    """Candidates with one profile and one pattern of messages."""

    def __init__(self) -> None:
        self.messages: set[str] = set()
        self.places: list[tuple[str, str | None]] = []


class _Patterns:
    """What the messages of one reason have in common, found once for each message."""

    def __init__(self) -> None:
        self._known: dict[tuple[RejectionCode, str], str] = {}

    def of(self, item: Rejection) -> str:
        """Return the message without what may differ."""
        key = (item.code, item.message)
        if key not in self._known:
            selects = item.code in _SELECTORS
            self._known[key] = item.message.partition(";")[0] if selects else _NUMBER.sub("#", item.message)
        return self._known[key]


def nearest_miss(fleet: Fleet, shortfall: Shortfall) -> str | None:
    """Say what comes nearest where no pool could serve it, full or not; None where a pool could."""
    candidates = [item for item in shortfall.rejections if item.node_pool]
    if not candidates or any(item.code is RejectionCode.CAPACITY for item in candidates):
        return None
    last = max((item.code for item in candidates), key=_ORDER.__getitem__)
    nearest = [item for item in candidates if item.code is last]
    if last is RejectionCode.INSUFFICIENT_MEMORY:
        return _largest_memory(fleet, shortfall, nearest)
    best = max(nearest, key=lambda item: _size(_pool(fleet, item), last))
    return f"nearest is {_where(best)} with {best.profile}: {best.message}"


def _largest_memory(fleet: Fleet, shortfall: Shortfall, nearest: Sequence[Rejection]) -> str:
    """Say how much memory there is at most, for the profile that comes nearest to having enough."""
    model = fleet.model_of(fleet.deployment[shortfall.deployment])
    needs = {
        profile.name: wanted
        for profile in model.serving
        if (wanted := profile.replica_topology.requires.memory_per_gpu)
    }

    def share(item: Rejection) -> Decimal:
        return _pool(fleet, item).capabilities.memory_per_gpu.value / needs[item.profile or ""].value

    best = max(nearest, key=share)
    need = canonical(needs[best.profile or ""])
    largest = canonical(_pool(fleet, best).capabilities.memory_per_gpu)
    elsewhere = " elsewhere" if shortfall.placed else ""
    ruled_out = any(item.code in _SELECTORS for item in shortfall.rejections if item.profile in (None, best.profile))
    allowed = " that selectors allow" if ruled_out else ""
    profile = f" for {best.profile}" if len(model.serving) > 1 else ""
    return f"no pool{elsewhere}{allowed} has {need} a GPU or slice{profile}: the largest is {largest} ({_where(best)})"


def _pool(fleet: Fleet, item: Rejection) -> NodePool:
    return fleet.node_pool[item.environment, item.node_pool or ""]


def _where(item: Rejection) -> str:
    return place_of(item.environment, item.node_pool)


def _size(pool: NodePool, code: RejectionCode) -> int:
    """Return what a rejection of this code compares, where it is a number."""
    sizes: Mapping[RejectionCode, int] = {
        RejectionCode.GPUS_PER_NODE: pool.accelerator_count,
        RejectionCode.NOT_ENOUGH_NODES: pool.nodes,
        RejectionCode.NVLINK_DOMAIN: pool.capabilities.nvlink_domain_size or 0,
    }
    return sizes.get(code, 0)


def _summary(code: RejectionCode, messages: Sequence[str]) -> str:
    """Return one message for `messages`, which have one pattern."""
    if len(messages) == 1:
        return messages[0]
    if code in _SELECTORS:
        return messages[0].partition(";")[0]
    ranges = iter(list(_ranges(messages)))
    return _NUMBER.sub(lambda _: next(ranges), messages[0])


def _ranges(messages: Sequence[str]) -> Iterator[str]:
    for numbers in zip(*map(_NUMBER.findall, messages), strict=True):
        low, high = (choose(numbers, key=Decimal) for choose in (min, max))
        yield low if low == high else f"{low} to {high}"
