"""With how many nodes a pool would take more pods: the first number with which it does."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import event, given
from hypothesis import strategies as st

from slicewise.documents import NodePool, with_fields
from slicewise.planning.capacity import PodSize, PoolLedger, ledgers_of
from tests.documents import environment, fleet_of, pool
from tests.unit.planning.strategies import steady

# A node has eight GPUs and, where that is said, 32 CPUs.
_GPUS, _MILLICORES = 8, 32_000
_MOST = 16


def _pool(reserved: int, *, cpu: bool) -> NodePool:
    said = {"allocatable": {"cpu": _MILLICORES // 1000}} if cpu else {}
    (made,) = fleet_of([environment("e", pool("p", nodeCount=_MOST, reservedUnits=reserved, **said))]).environments
    return made.spec.node_pools[0]


def _with_nodes(declared: NodePool, nodes: int, there: Sequence[tuple[PodSize, int]]) -> PoolLedger:
    (ledger,) = ledgers_of("e", with_fields(declared, {"node_count": nodes}))
    for pod, count in there:
        ledger.charge(pod, count)
    return ledger


@st.composite
def _pods(draw: st.DrawFn, *, cpu: bool) -> tuple[PodSize, int]:
    cores = draw(st.sampled_from((1_000, 4_000, 12_000, 40_000))) if cpu else 0
    return PodSize(draw(st.sampled_from((1, 2, 4, 8))), cores), draw(st.integers(1, 4))


@steady
@given(st.data(), st.integers(0, 5), st.booleans())
def test_it_is_the_first_number_that_is_enough(data: st.DataObject, reserved: int, cpu: bool) -> None:
    declared = _pool(reserved, cpu=cpu)
    there = data.draw(st.lists(_pods(cpu=cpu), max_size=3))
    pod, count = data.draw(_pods(cpu=cpu))
    enough = next((n for n in range(_MOST + 1) if _with_nodes(declared, n, there).takes(pod, count)), None)
    event("never" if enough is None else "some")
    assert _with_nodes(declared, 1, there).least_nodes(pod, count, _MOST) == enough


def test_what_no_node_has_takes_no_number_of_nodes() -> None:
    ledger = _with_nodes(_pool(0, cpu=True), 1, [])
    assert ledger.least_nodes(PodSize(1, _MILLICORES + 1), 1, _MOST) is None
    assert ledger.least_nodes(PodSize(1, _MILLICORES), 3, _MOST) == 3


def test_more_than_are_asked_for_are_none() -> None:
    ledger = _with_nodes(_pool(0, cpu=False), 1, [])
    assert ledger.least_nodes(PodSize(_GPUS), 3, 3) == 3
    assert ledger.least_nodes(PodSize(_GPUS), 3, 2) is None
