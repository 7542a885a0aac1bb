"""GPU models of nodes beside the declared one."""

from __future__ import annotations

import pytest

from slicewise.mig import find_gpu_model
from tests.documents import pool
from tests.unit.clusters.built_clusters import changed, found, with_gpus
from tests.unit.clusters.verify.pools.as_declared import here


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (("h100-80gb", "H"), ("h100-80gb", "H PCIe"), None),
        (("h100-80gb", "H"), (None, "unknown"), None),
        ((None, "X100"), (None, "X200"), "SW609"),
        ((None, "X100"), (None, "X100"), None),
        ((None, None), (None, "X100"), None),
        (("a100-80gb", "A"), ("h200", "B"), "SW609"),
        (("a100-80gb", "A"), ("a100-80gb", "A"), "SW610"),
        (("a100-80gb", "A"), (None, "unknown"), "SW610"),
    ],
)
def test_models_are_compared_where_they_are_known(
    first: tuple[str | None, str | None], second: tuple[str | None, str | None], code: str | None
) -> None:
    documents, cluster = here(pool("whole", nodeCount=2))
    for name, (known, accelerator) in (("whole-0", first), ("whole-1", second)):
        facts = with_gpus(model=find_gpu_model(known) if known else None, accelerator=accelerator)
        cluster = changed(cluster, facts, name)
    assert [each for _, each, _ in found(documents, cluster)] == ([code] if code else [])


def test_a_declared_model_that_the_catalogue_does_not_know_is_not_compared() -> None:
    documents, cluster = here(pool("whole", acceleratorType="nvidia-x999"))
    assert found(documents, cluster) == []
