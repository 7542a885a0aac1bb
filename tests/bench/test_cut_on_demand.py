"""The benchmark of GPUs that are cut on demand: each number is what it says, where it can be counted by hand."""

from __future__ import annotations

from bench.cut_on_demand import GPUS, NODES, measure_promises, promises_table


def test_what_can_be_counted_by_hand() -> None:
    gpus = NODES * GPUS
    found = {(each.gpu, each.mix): each for each in measure_promises()}
    alone = found["h100-80gb", "1 x 3g.40gb"]
    assert (alone.any_order, alone.best_order, alone.in_advance) == (2 * gpus, 2 * gpus, 2 * gpus)
    # Two slices, wherever they are, take both places of a 3g.40gb, and one takes that of a 7g.80gb.
    assert found["h100-80gb", "4 x 1g.10gb + 1 x 3g.40gb"].any_order == 2 * gpus
    assert found["h100-80gb", "1 x 1g.10gb + 1 x 7g.80gb"].any_order == gpus
    # A GPU has four 1g.10gb beside a 3g.40gb.
    assert found["h100-80gb", "4 x 1g.10gb + 1 x 3g.40gb"].best_order == 5 * gpus
    # 14 x 7g.80gb on as many GPUs, and 14 x 1g.10gb on two.
    assert found["h100-80gb", "1 x 1g.10gb + 1 x 7g.80gb"].in_advance == 28


def test_no_order_is_better_than_the_best() -> None:
    promises = measure_promises()
    assert all(each.any_order <= each.in_advance <= each.best_order for each in promises)
    table = promises_table(promises)
    assert [row[4] for row in table.rows][:2] == ["100%", "63%"]
