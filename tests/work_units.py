"""What pytest's processes share out: files, or groups that marks name; and which of them begin first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

# Groups, files and directories whose units begin first, in this order: what waits for clusters and engines most of the
# time, for what only computes fills that time, and the end; and of either what takes longest.
_FIRST = (
    "cluster-devices",
    "cluster-stacks",
    "tests/engine/test_kubeconfig_canaries.py",
    "tests/engine/",
    "cluster-nodes",
    "tests/cluster/test_demo.py",
    "tests/cluster/",
    "tests/gateway/",
    "tests/policies/engine/",
    "tests/package/",
    "tests/unit/planning/",
    "tests/fuzz/",
)
# Each process that runs one of these has API servers of its own for them, to its end.
_IN_FEW, _FEW = "tests/engine/", 2


class Units(LoadGroupScheduling):  # type: ignore[misc]
    """Shares them out: the tests of a file have fixtures in common, which are slow to make twice."""

    def _split_scope(self, nodeid: str) -> str:
        group = str(super()._split_scope(nodeid))
        return _file(nodeid) if group == nodeid else group

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(self._next(node), last=False)
        super()._assign_work_unit(node)

    def _next(self, node: WorkerController) -> str:
        """Return the unit that a process is to take: the first, or one that needs no more API servers."""
        left: list[str] = list(self.workqueue)
        taken = self.assigned_work.items()
        having = {each for each, units in taken if any(unit.startswith(_IN_FEW) for unit in units)}
        if node in having or len(having) < _FEW:
            return left[0]
        return next((unit for unit in left if not unit.startswith(_IN_FEW)), left[0])


def in_order(tests: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return tests in the order in which their units begin: by `_FIRST`, and then the largest."""
    sizes = Counter(map(_unit, tests))

    def rank(test: pytest.Item) -> tuple[int, int, str]:
        unit = _unit(test)
        begins = (unit.startswith(first) or test.nodeid.startswith(first) for first in _FIRST)
        place = next((place for place, here in enumerate(begins) if here), len(_FIRST))
        return place, -sizes[unit], unit

    return sorted(tests, key=rank)


def _unit(test: pytest.Item) -> str:
    mark = test.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else _file(test.nodeid)


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
