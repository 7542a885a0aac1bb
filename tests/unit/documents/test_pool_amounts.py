"""Amounts of a pool that cannot both be true are said, and those at the very limit are not."""

from __future__ import annotations

import pytest

from slicewise.diagnostics import Code
from slicewise.documents.rules.registry import check_document
from slicewise.documents.served_model import ClusterModel
from tests.documents import Document, environment, fleet_of, model, pool, profile, several, slices


def said(made: Document) -> list[str]:
    """Return the codes of what is said of a pool."""
    (declared,) = fleet_of([environment("e", made)]).environments
    return [finding.code.value for finding in check_document(declared)]


UNKNOWN = {"acceleratorType": "nvidia-r100"}
OF_THE_FUTURE = {"migConfiguration": {"enabled": True, "profile": "3g.80gb", "slicesPerGpu": 2}, "memoryPerGpu": "80Gi"}
ONE_NODE_THERE = {"nodeCount": 1, "maxNodeCount": 3}


@pytest.mark.parametrize(
    ("made", "most"),
    [
        # GPUs of a node x slices of a GPU (NVIDIA MIG User Guide) x nodes.
        (pool("p"), 8),
        (pool("p", nodeCount=3), 24),
        (pool("p", nodeCount=0), 0),
        (pool("p", **ONE_NODE_THERE), 24),
        (slices("s", "1g.10gb", memoryPerGpu="9Gi"), 56),
        (slices("s", "3g.40gb", memoryPerGpu="39Gi", nodeCount=2), 32),
        (slices("s", "7g.80gb", memoryPerGpu="79Gi", strategy="single"), 8),
    ],
)
def test_all_of_a_pool_may_be_reserved_and_no_more(made: Document, most: int) -> None:
    """`discover` reserves whole pools."""
    assert said({**made, "reservedUnits": most}) == []
    assert said({**made, "reservedUnits": most + 1}) == ["SW335"]


@pytest.mark.parametrize(
    "made",
    [
        pool("p", nodeCount=0, reservedUnits=1),
        several("p", {"1g.10gb": 14}, nodeCount=0, acceleratorCount=2, reservedSlices={"1g.10gb": 1}),
    ],
)
def test_of_a_pool_without_nodes_no_less_than_nothing_is_proposed(made: Document) -> None:
    (declared,) = fleet_of([environment("e", made)]).environments
    assert [finding.remedy for finding in check_document(declared)] == [
        "write 0, or nodeCount: 1 if it has that many nodes"
    ]


def test_slices_that_only_the_document_counts_may_be_reserved() -> None:
    made = pool("s", **UNKNOWN, **OF_THE_FUTURE)
    assert said({**made, "reservedUnits": 16}) == ["SW303"]
    assert sorted(said({**made, "reservedUnits": 17})) == ["SW303", "SW335"]


@pytest.mark.parametrize(("count", "codes"), [(1, []), (16, []), (17, ["SW336"]), (1000, ["SW336"])])
def test_gpus_of_one_machine(count: int, codes: list[str]) -> None:
    assert said(pool("p", acceleratorCount=count)) == codes


@pytest.mark.parametrize(
    ("capabilities", "codes"),
    [
        ({"interconnect": "pcie", "nvlinkDomainSize": 8}, ["SW337"]),
        ({"interconnect": "pcie", "nvlinkDomainSize": 72}, ["SW337"]),
        # Pairs that a bridge joins.
        ({"interconnect": "pcie", "nvlinkDomainSize": 2}, []),
        ({"interconnect": "nvlink", "nvlinkDomainSize": 8}, []),
        ({"nvlinkDomainSize": 8}, []),
        ({"interconnect": "pcie"}, []),
    ],
)
def test_nvlink_that_is_pcie(capabilities: Document, codes: list[str]) -> None:
    assert said(pool("p", **capabilities)) == codes


def test_one_gpu_is_a_domain_of_its_own() -> None:
    assert said(pool("p", acceleratorCount=1, interconnect="pcie", nvlinkDomainSize=1)) == []


@pytest.mark.parametrize(
    ("topology", "codes"),
    [
        ({"gpusPerNode": 2, "mig": "only"}, [Code.NEVER_ON_ANY_UNIT]),
        ({"nodes": 2, "mig": "only"}, [Code.NEVER_ON_ANY_UNIT]),
        ({"interconnect": "nvlink", "mig": "only"}, [Code.NEVER_ON_ANY_UNIT]),
        ({"nvlinkDomainSize": 2, "mig": "only"}, [Code.NEVER_ON_ANY_UNIT]),
        ({"mig": "only"}, []),
        ({"interconnect": "pcie", "nvlinkDomainSize": 1, "mig": "only"}, []),
        ({"gpusPerNode": 2, "interconnect": "nvlink", "mig": "any"}, []),
        ({"nodes": 2, "mig": "never"}, []),
    ],
)
def test_what_nothing_but_a_slice_will_do_for_and_no_slice_can_do(topology: Document, codes: list[Code]) -> None:
    document = ClusterModel.model_validate(model("m", profile("f", **topology)))
    assert [finding.code for finding in check_document(document)] == codes
