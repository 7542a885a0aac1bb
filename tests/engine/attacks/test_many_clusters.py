"""Ten rounds, each with four faults: in the plan, and in three clusters that have an apply stack each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embedded.control_plane import ControlPlane
from tests.engine.attacks.many_clusters import UP, Clusters, Live
from tests.engine.attacks.moments import SEED, seed
from tests.engine.attacks.rounds import OLDER, SITES, Plan, Round, of, rounds
from tests.engine.attacks.verdicts import SEEN
from tests.engine.plain_pulumi import kill
from tests.etcd_data import started_with
from tests.processes import descendants

pytestmark = [pytest.mark.attack, pytest.mark.xdist_group("attacks-clusters")]

Seen = Callable[[str, object], None]
DRAWN_WITH = seed()
BEGIN, ROUNDS = rounds(DRAWN_WITH, 10)


@pytest.fixture(scope="module")
def clusters(
    plane: ControlPlane, west: ControlPlane, tmp_path_factory: pytest.TempPathFactory, kinds: Path
) -> Iterator[Clusters]:
    """Three clusters in which the first plan has been applied."""
    with started_with(kinds, tmp_path_factory.mktemp("north")) as north:
        planes = dict(zip(SITES, (plane, west, north), strict=True))
        with Clusters.at(planes, tmp_path_factory.mktemp("clusters")) as made:
            made.make_plan(BEGIN)
            for site in SITES:
                made.stacks.up(site)
            yield made


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_71_faults_in_three_clusters(clusters: Clusters, record_property: Seen, number: int) -> None:
    this = ROUNDS[number]
    before, after = clusters.plan, this.after
    live = {site: clusters.services(site) for site in SITES}
    clusters.make_plan(after)

    with ThreadPoolExecutor() as pool:
        away = pool.submit(_goes_away, clusters, this, before)
        refused = pool.submit(clusters.keep_from_updating, this.refused, this.faults[1], this.third)
    at, undo = away.result(), refused.result()
    try:
        # Older than what is applied a plan can only be when that is.
        late = this.faults[2] == OLDER
        if not late:
            clusters.with_a_wrong_plan(this.third, this.faults[2], this.away)
        in_third = _is_updated(clusters, this, before)
        if late:
            clusters.with_a_wrong_plan(this.third, this.faults[2], this.away)
    finally:
        clusters.start_again(this.away)
    # Everything that was there and is still wanted is somewhere, and nothing is in two clusters but what moves.
    there = {site: clusters.replicas(site) for site in SITES}
    lost = [name for name in before.keys() & after.keys() if not any(name in each for each in there.values())]
    doubled = [
        name
        for name in before.keys() | after.keys()
        for places in [{site for site in SITES if name in there[site]}]
        if len(places) > 1 and places != {before[name].site, after[name].site}
    ]
    note = f"{SEED}={DRAWN_WITH}, round {number}: {this.faults}, {there}"
    assert (lost, doubled) == ([], []), note

    # All is back: one update of each, and of the third one more for what has moved out of it.
    undo()
    if "pulumi" in this.faults[0]:
        clusters.after_a_kill(this.away)
    with ThreadPoolExecutor() as pool:
        list(pool.map(clusters.stacks.up, (this.refused, this.away)))
    clusters.stacks.up(this.third)
    for site in SITES:
        _is_as_planned(clusters, site, after, note)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda stack: clusters.stacks.run(stack, *UP, "--expect-no-changes"), ("plan", *SITES)))
    for name in before.keys() & after.keys():
        if before[name] == after[name]:
            assert live[after[name].site][name] == clusters.services(after[name].site)[name], f"{name}: {note}"
    gone, kept, plan, busy = this.faults
    there_now = sum(len(clusters.services(site)) for site in SITES)
    record_property(
        SEEN,
        f"round {number}: {this.away}: {gone} {at}; {this.refused}: {kept}; plan: {plan}; {this.third}: {busy} "
        f"{in_third}; {len(after)} planned, {there_now} there, 0 lost, 0 twice",
    )


def _goes_away(clusters: Clusters, this: Round, before: Plan) -> str:
    """Kill a cluster's API server in the middle of its update; it stays away."""
    with clusters.updating(this.away, _meanwhile(before, this, this.away), this.points[0]) as (engine, at):
        if "pulumi" in this.faults[0]:
            kill(engine.pid, *descendants(engine.pid))
        clusters.server(this.away).kill()
        clusters.end(engine)
    # Several services are changed at once, so the last may have been when the server was killed.
    return at if engine.returncode else f"{at}, and all were made by then"


def _is_updated(clusters: Clusters, this: Round, before: Plan) -> str:
    """Disturb the update of the third cluster, update it, and see that it has all that can be there now."""
    wanted = _meanwhile(before, this, this.third)
    deletes = "program" not in this.faults[3]
    with clusters.updating(this.third, wanted, this.points[1], deletes=deletes) as (engine, at):
        clusters.disturb(this.third, this.faults[3], engine)
    clusters.stacks.up(this.third)
    assert clusters.replicas(this.third) == wanted
    return at


def _meanwhile(before: Plan, this: Round, site: str) -> dict[str, int]:
    """Return what a cluster has while those are away that deployments move to from there: these stay as they are."""
    moving = {name for name, each in before.items() if each.site == site and this.after.get(name, each).site != site}
    return of(this.after, site) | {name: before[name].replicas for name in moving}


def _is_as_planned(clusters: Clusters, site: str, plan: Plan, note: str) -> None:
    services: dict[str, Live] = clusters.services(site)
    assert {name: each.replicas for name, each in services.items()} == of(plan, site), note
    assert {each.owner for each in services.values()} == {f"organization/slicewise/{site}"}, note
