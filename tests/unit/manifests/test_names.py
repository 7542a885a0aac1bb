"""Names of services: within KServe's limits, stable, and different where the deployments' are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.manifests.names import service_name

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,120}[a-z0-9])?", fullmatch=True)
DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
# By (multi_node, autoscaled). Measured on KServe v0.20.0 with LeaderWorkerSet v0.8.0: 63 characters work for one node,
# 40 for several. KServe cuts `<name>-kserve-workload-svc` at 63 characters, where the name has more than 43.
LIMITS = {(False, False): 63, (False, True): 43, (True, False): 40, (True, True): 40}


@pytest.mark.parametrize(("multi_node", "autoscaled"), LIMITS)
def test_a_name_that_fits_stays(*, multi_node: bool, autoscaled: bool) -> None:
    longest = "a" * LIMITS[multi_node, autoscaled]
    assert service_name(longest, multi_node=multi_node, autoscaled=autoscaled) == longest
    assert service_name(longest + "a", multi_node=multi_node, autoscaled=autoscaled) != longest + "a"


def test_the_hash_is_stable() -> None:
    """These names are in users' clusters: another hash would replace what they run."""
    assert service_name("a" * 64, multi_node=False, autoscaled=False) == f"{'a' * 54}-ffe054fe"
    assert service_name("b" * 41, multi_node=True, autoscaled=False) == f"{'b' * 31}-369a91c8"


@given(NAMES, st.sampled_from([*LIMITS]))
def test_names_are_dns_1035_within_the_limit(name: str, case: tuple[bool, bool]) -> None:
    result = service_name(name, multi_node=case[0], autoscaled=case[1])
    assert len(result) <= LIMITS[case]
    assert DNS_1035.fullmatch(result)


@given(NAMES, NAMES, st.sampled_from([*LIMITS]))
def test_different_deployments_keep_different_names(one: str, other: str, case: tuple[bool, bool]) -> None:
    names = {service_name(name, multi_node=case[0], autoscaled=case[1]) for name in (one, other)}
    assert len(names) == len({one, other})


@given(st.text("abc", min_size=60, max_size=60), st.text("xyz", min_size=10, max_size=30))
def test_long_names_with_one_beginning_differ(beginning: str, end: str) -> None:
    names = {f"{beginning}-{end}", f"{beginning}-{end}0"}
    assert len({service_name(name, multi_node=False, autoscaled=False) for name in names}) == len(names)
