"""Whoever does what `verify` says of a recorded node, in the document or to the node, has it say nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from slicewise.clusters.discover import usable_offers
from slicewise.diagnostics import Diagnostic
from tests.documents import environment, pool, slices
from tests.unit.clusters.recorded.followed import State, discovered, ways
from tests.unit.clusters.recorded.nodes import LAYOUTS, UNTELLABLE, cluster
from tests.unit.clusters.recorded.test_recorded_nodes import SLICE, WRONG, declared_alike
from tests.unit.clusters.recorded.truth import is_as_it_should_be, shares, usable_units

STEPS = 6
MOST_OF_A_KIND = 3
PAIRS = 80
BOARDS = sorted({name.split("/")[0] for name in LAYOUTS} - {"l40s"})


def kind_of(told: Diagnostic) -> tuple[str, str]:
    """Return what a difference is apart from names and numbers."""
    return told.code.value, "".join(each for each in told.remedy if not each.isdigit())


def starts(board: str) -> Iterator[State]:
    """Yield documents and nodes: those of discover, of whole GPUs and of slices, and of other layouts of the board."""
    for name, number in WRONG:
        if name.split("/")[0] == board and not number:
            fields = declared_alike(name)
            strategy = "mixed" if LAYOUTS[name].strategy == "none" else LAYOUTS[name].strategy
            cut = slices("p", SLICE[str(fields["acceleratorType"])], strategy=strategy, **fields)
            yield State(environment("prod", pool("p", **fields)), name, name)
            yield State(environment("prod", cut), name, name)
    names = [name for name in LAYOUTS if name.split("/")[0] == board and name not in UNTELLABLE]
    for name in names:
        if shares(LAYOUTS[name]) and usable_offers(cluster(name, 0).nodes[0]):
            yield State(discovered(name), name, name)
    meant = [name for name in names if is_as_it_should_be(LAYOUTS[name]) and not shares(LAYOUTS[name])]
    pairs = [(one, other) for one in meant for other in names]
    random = Random(board)  # noqa: S311 - a seeded choice
    for one, other in random.sample(pairs, min(PAIRS, len(pairs))):
        units = sum(each.count for each in usable_units(LAYOUTS[one]).values())
        yield State(discovered(one), other, one, replicas=units)


def unsettled(state: State, trail: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield what was followed where that leads nowhere, or verifying still says the same: each way, then the first."""
    told = state.told()
    if not told:
        return
    if len(trail) == 2 * STEPS:
        yield (*trail, *map(str, told))
        return
    ended = True
    for way, first in ways(told[0], state):
        now = first
        for also in told[1:]:
            # All that is said of the documents is put right before they are loaded again.
            if now and now.node == state.node and also.subject.node_pool in {each["name"] for each in now.pools}:
                now = next((followed for _, followed in ways(also, now) if followed), now)
        if now is None:
            continue
        ended = False
        if str(told[0]) in map(str, now.told()):
            yield (*trail, str(told[0]), way, "says the same")
        else:
            yield from unsettled(now, (*trail, str(told[0]), way))
        if trail:
            break
    if ended:
        yield (*trail, *map(str, told), "no way")


@pytest.mark.long
@pytest.mark.parametrize("board", BOARDS)
def test_every_way_of_every_remedy_leads_to_a_clean_verify(board: str) -> None:
    followed: Counter[tuple[str, str]] = Counter()
    for state in starts(board):
        told = state.told()
        if told and followed[kind_of(told[0])] < MOST_OF_A_KIND:
            followed[kind_of(told[0])] += 1
            assert list(unsettled(state)) == [], (state.meant, state.node)
    assert followed


@pytest.mark.parametrize("name", sorted(name for name in LAYOUTS if shares(LAYOUTS[name]) and name not in UNTELLABLE))
def test_what_is_said_of_shares_ends_it_at_once(name: str) -> None:
    """Labels that are there only while units are shared select nothing afterwards."""
    if not usable_offers(cluster(name, 0).nodes[0]):
        return
    state = State(discovered(name), name, name)
    # How many GPUs hold slices of an unknown model is a guess, and of shares it is the least.
    guessed = {"SW603"} if state.pools[0]["acceleratorType"] == "unknown" else set()
    for told in state.told():
        _, now = next(ways(told, state))
        assert now
        assert {each.code.value for each in now.told()} <= guessed
