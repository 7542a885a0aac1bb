"""Plans of seeded fleets whose GPUs are cut on demand: no order of pods and no choice of places leaves one Pending."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.documents import plan_of
from tests.unit.planning.on_demand_fleets import BOARDS, OnDemandPool, on_demand_documents, planned_pools
from tests.unit.planning.placed_on_demand import AskedSlice, always_placed, placed_in_order

SEEDS = range(60)
# Beyond these, the orders are too many to try all.
_MOST_PODS, _MOST_GPUS = 7, 2
_TRIED = 60


def assert_placed(pool: OnDemandPool, seed: int) -> None:
    board, pods, cpu = BOARDS[pool.gpu], pool.pods + pool.reserved, pool.cpu or 0
    if pods.total() <= _MOST_PODS and pool.nodes * pool.gpus <= _MOST_GPUS:
        assert always_placed(board, pool.nodes, pool.gpus, pods, cpu), pool
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    by_size = sorted(pods.elements(), key=lambda pod: (board[pod.profile][0], pod))
    for number in range(_TRIED):
        order = by_size[:: (1, -1)[number]] if number < 2 else rng.sample(by_size, len(by_size))
        assert placed_in_order(board, pool.nodes, pool.gpus, order, cpu, rng) is None, (pool, order)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_every_accepted_pod_finds_a_place(seed: int) -> None:
    for pool in planned_pools(on_demand_documents(seed)):
        assert_placed(pool, seed)


@pytest.mark.long
def test_the_fleets_ask_for_more_than_is_promised_and_get_much_of_it() -> None:
    """Small pools: what is refused could be left Pending, wherever CPU and memory do not decide."""
    refused: Counter[bool] = Counter()
    for seed in SEEDS:
        documents = on_demand_documents(seed, most_gpus=1, most_replicas=2)
        (pool,) = planned_pools(documents)
        if pool.cpu is not None or pool.nodes > 2 or pool.reserved:
            continue
        kinds = {
            f"m{each.profile.replace(' ', '-').replace('+', '-')}": each for each in map(AskedSlice, BOARDS[pool.gpu])
        }
        for short in plan_of(documents)["shortfalls"]:
            wanted = next(each["spec"] for each in documents if each["metadata"]["name"] == short["deployment"]["name"])
            more = Counter({kinds[wanted["modelRef"]["name"]]: wanted["scaling"]["fixed"]["replicas"]})
            refused[always_placed(BOARDS[pool.gpu], pool.nodes, pool.gpus, pool.pods + more)] += 1
    assert refused[False] > 40
    assert refused[True] == 0
