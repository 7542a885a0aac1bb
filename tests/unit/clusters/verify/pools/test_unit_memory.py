"""Memory of slices and GPUs beside what is declared of a unit."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.clusters.live.gpus import Offer
from tests.documents import deployment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import GPU, changed, found, only, with_gpus
from tests.unit.clusters.verify.pools.as_declared import ERROR, SLICE, WARNING, here


@pytest.mark.parametrize(
    ("declared", "needed", "mib", "expected"),
    [
        ("39Gi", "39Gi", 40448, []),
        # The driver leaves 39.5 GiB of 3g.40gb, and SW301 says so; a model that needs 40 is another matter.
        ("40Gi", "39.5Gi", 40448, []),
        ("40Gi", "40Gi", 40448, ERROR),
        ("39Gi", "30Gi", 39 * 1024, []),
        ("39Gi", "30Gi", 39 * 1024 - 1, []),
        # Less than any driver leaves.
        ("38Gi", "30Gi", 38 * 1024, []),
        ("39Gi", "30Gi", 38 * 1024, WARNING),
        ("39Gi", "38Gi", 38 * 1024, WARNING),
        ("39Gi", "39Gi", 38 * 1024, ERROR),
        ("39Gi", "39Gi", None, []),
    ],
)
def test_memory_of_a_slice(declared: str, needed: str, mib: int | None, expected: str | list[Any]) -> None:
    asks = model("small", profile("slice", memoryPerGpu=needed, mig="only"))
    documents, cluster = here(slices("cut", "3g.40gb", memoryPerGpu=declared), more=(asks, deployment("chat", "small")))
    cluster = changed(cluster, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", mib),)))
    assert found(documents, cluster) == ([("cut", "SW614", expected)] if expected else [])


@pytest.mark.parametrize(
    ("mib", "expected"),
    # A GPU that is sold with 80 GB reports 81559 MiB: that is not a difference. 75 GiB are.
    [(81559, []), (75 * 1024, ERROR)],
)
def test_memory_of_a_gpu_is_compared_with_what_it_is_sold_with(mib: int, expected: str | list[Any]) -> None:
    asks = model("large", profile("whole", memoryPerGpu="80Gi", mig="never"))
    documents, cluster = here(pool("whole"), more=(asks, deployment("big", "large")))
    cluster = changed(cluster, with_gpus(offers=(Offer(GPU, 8, None, mib),)))
    assert found(documents, cluster) == ([("whole", "SW614", expected)] if expected else [])


@pytest.mark.parametrize(
    ("mib", "has", "remedy"),
    [
        (38 * 1024 + 512, "38.5Gi", "write memoryPerGpu: 38.5Gi"),
        # 38Gi is written of what a driver leaves of it, too: in Mi it is what a cluster reported.
        (38 * 1024, "38Gi", "write memoryPerGpu: 38912Mi"),
        (38 * 1024 + 1, "38Gi", "write memoryPerGpu: 38913Mi"),
    ],
)
def test_an_amount_is_read_and_written_in_the_unit_of_the_document(mib: int, has: str, remedy: str) -> None:
    asks = model("small", profile("slice", memoryPerGpu="39Gi", mig="only"))
    documents, cluster = here(slices("cut", "3g.40gb", memoryPerGpu="39Gi"), more=(asks, deployment("chat", "small")))
    told = only(documents, changed(cluster, with_gpus(offers=(Offer(SLICE, 16, "3g.40gb", mib),))))
    assert f" has {has}, and " in told.message
    assert told.remedy == remedy
