"""Names of services: within KServe's limits, stable, and different where the deployments' are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.manifests.names import service_name

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,120}[a-z0-9])?", fullmatch=True)
DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
# Measured on KServe v0.20.0 with LeaderWorkerSet v0.8.0: 63 characters work for one node, 40 for several.
LIMITS = {False: 63, True: 40}


@pytest.mark.parametrize("multi_node", [False, True])
def test_a_name_that_fits_stays(*, multi_node: bool) -> None:
    longest = "a" * LIMITS[multi_node]
    assert service_name(longest, multi_node=multi_node) == longest
    assert service_name(longest + "a", multi_node=multi_node) != longest + "a"


def test_the_hash_is_stable() -> None:
    """These names are in users' clusters: another hash would replace what they run."""
    assert service_name("a" * 64, multi_node=False) == f"{'a' * 54}-ffe054fe"
    assert service_name("b" * 41, multi_node=True) == f"{'b' * 31}-369a91c8"


@given(NAMES, st.booleans())
def test_names_are_dns_1035_within_the_limit(name: str, multi_node: bool) -> None:
    result = service_name(name, multi_node=multi_node)
    assert len(result) <= LIMITS[multi_node]
    assert DNS_1035.fullmatch(result)


@given(NAMES, NAMES, st.booleans())
def test_different_deployments_keep_different_names(one: str, other: str, multi_node: bool) -> None:
    names = {service_name(name, multi_node=multi_node) for name in (one, other)}
    assert len(names) == len({one, other})


@given(st.text("abc", min_size=60, max_size=60), st.text("xyz", min_size=10, max_size=30))
def test_long_names_with_one_beginning_differ(beginning: str, end: str) -> None:
    assert service_name(f"{beginning}-{end}", multi_node=False) != service_name(f"{beginning}-{end}0", multi_node=False)
