"""What a plan changes, one line for each placement that is not as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.changes import ChangeKind, Effect, PartChange, PlacementChange, PlanChanges
from slicewise.diagnostics import counted, named
from slicewise.planning import Placement, PreviousPlacement, pool_in_words
from slicewise.presentation.folding import width_of

_SIGNS: Final = {
    ChangeKind.ADDED: "+",
    ChangeKind.REMOVED: "-",
    ChangeKind.MOVED: ">",
    ChangeKind.CHANGED: "~",
}
_WORDS: Final = {
    "record": "Slicewise's own annotations",
    "nodes": "node selector or tolerations",
    "other": "other fields",
}
_NOT_COMPARED: Final = (
    "The earlier plan does not say what its services were made of: only places and numbers are compared this time."
)
# From there on two texts may differ: `vllm/vllm-openai:v0.22.0` and `vllm/vllm-openai:v0.23.0` do after the colon.
_SEPARATORS: Final = "/:@="


def changes_headline(changes: PlanChanges) -> str:
    """Return how many placements become what."""
    counts = [f"{changes.counts[kind]} {kind.value}" for kind in ChangeKind if changes.counts[kind]]
    return f"Changes: {', '.join(counts) or 'nothing is placed, and nothing was'}"


def change_lines(changes: PlanChanges, width: int | None = None) -> list[str]:
    """Return a line for each placement that is not as it was: what is done, and whether pods restart.

    Where one of them is longer than `width`, all have what is done on a line of its own, so that it can be found.
    """
    rows = [
        (_SIGNS[change.kind], str(change.deployment), _place(change), _text(change))
        for change in changes.every
        if change.kind in _SIGNS
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (1, 2)]
    lines = [f"{sign} {name.ljust(widths[0])}  {place.ljust(widths[1])}  {text}" for sign, name, place, text in rows]
    if width is not None and any(width_of(line) > width for line in lines):
        lines = [part for sign, name, place, text in rows for part in (f"{sign} {name}  {place}", f"    {text}")]
    return [*lines, *([] if changes.knows_parts else [_NOT_COMPARED])]


def _place(change: PlacementChange) -> str:
    placement, target = change.now or change.before, change.move.target if change.move else None
    pool = pool_in_words(placement.node_pool, target.resource if target else None) if placement else ""
    return f"{named(placement.environment)}/{pool}" if placement else ""


def _text(change: PlacementChange) -> str:
    if change.kind is ChangeKind.ADDED and change.now:
        return f"{counted(change.now.replicas, 'replica')} with {named(change.now.profile)}: {_takes(change.now)}"
    if change.kind is ChangeKind.REMOVED and change.before:
        why = f": {change.move.text} ({change.move.code})" if change.move else ""
        return f"frees {_frees(change.before)}{why}"
    if change.kind is ChangeKind.MOVED and change.before and change.now:
        return _moved(change, change.before, change.now)
    effect = _effect(change)
    return f"{', '.join(map(_part, change.parts))}{f'; {effect}' if effect else ''}"


def _moved(change: PlacementChange, before: PreviousPlacement, now: Placement) -> str:
    prefill = f" and prefill on {named(before.prefill.node_pool)}" if before.prefill else ""
    pool = pool_in_words(before.node_pool, change.move.source.resource if change.move else None)
    source = f"{named(before.environment)}/{pool} with {named(before.profile)}{prefill}"
    why = f": {change.move.text} ({change.move.code})" if change.move else ""
    same = before.profile == now.profile
    told = [part for part in change.parts if part.part in ("image", "args", "source", "replicas")] if same else []
    also = f"; also {', '.join(map(_part, told))}" if told else ""
    now_prefill = f" and prefill on {named(now.prefill.node_pool)}" if now.prefill else ""
    now_with = "" if same and now_prefill == prefill else f", now with {named(now.profile)}{now_prefill}"
    stays = f"; {_effect(change)}" if change.effect is Effect.NONE else ""
    return f"from {source}{now_with}{why}{also}{stays}"


def _takes(now: Placement) -> str:
    return ", ".join(f"{each.units} {each.resource}" for each in now.workloads)


def _frees(before: PreviousPlacement) -> str:
    amounts = [(before.units, before.resource)]
    if before.prefill:
        amounts.append((before.prefill.units, before.prefill.resource))
    return ", ".join(
        f"{units} {named(resource)}" if resource else counted(units, "unit") for units, resource in amounts
    )


def _part(change: PartChange) -> str:
    words = _WORDS.get(change.part) or _spelt_out(change.part)
    if change.before and change.now is None:
        return f"{words} no longer {named(change.before)}"
    if change.before is None or change.now is None:
        return f"{words} {named(change.now)}" if change.now else words
    before, now = _without_same_beginning(change.before, change.now)
    return f"{words} {named(before)} -> {named(now)}"


def _spelt_out(part: str) -> str:
    """Return the name of a part as words: `servedName` is "served name"."""
    words = re.sub(r"(?<=[a-z])[A-Z]", lambda found: f" {found[0].lower()}", part)
    return words if words.replace(" ", "").isalpha() else named(part)


def _without_same_beginning(before: str, now: str) -> tuple[str, str]:
    """Return two texts from where they differ on."""
    start = 0
    for index, (one, other) in enumerate(zip(before, now, strict=False)):
        if one != other:
            break
        if one in _SEPARATORS:
            start = index + 1
    return (before[start:], now[start:]) if before[start:] and now[start:] else (before, now)


def _effect(change: PlacementChange) -> str:
    if change.effect is Effect.NONE:
        return "no pod restarts"
    if change.effect is Effect.PODS and change.now:
        return "its pod restarts" if change.now.replicas * change.now.nodes_per_replica == 1 else "its pods restart"
    return "the service is replaced, with its pods" if change.effect is Effect.SERVICE else ""


def touched_pools(changes: PlanChanges) -> Sequence[tuple[str, str]]:
    """Return the environment and name of every pool on which something is not as it was."""
    return sorted({pool for change in changes.every if change.kind in _SIGNS for pool in _pools(change)})


def _pools(change: PlacementChange) -> Iterator[tuple[str, str]]:
    for placement in (change.before, change.now):
        if placement:
            yield placement.environment, placement.node_pool
            if placement.prefill:
                yield placement.environment, placement.prefill.node_pool
