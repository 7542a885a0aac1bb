"""Names of services: within KServe's limits, stable, and different where the deployments' or their nodes are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.addresses import nodes_of, service_name

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,120}[a-z0-9])?", fullmatch=True)
# Names that look like those of services of several nodes, too.
SHORT_NAMES = st.from_regex(r"[ab](-n[0-9]{1,2}){0,3}", fullmatch=True)
DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
# By (nodes, autoscaled). Measured on KServe v0.20.0 with LeaderWorkerSet v0.8.0: 63 characters work for one node; for
# several, 40 with ten groups, and so 38 with a thousand. KServe cuts `<name>-kserve-workload-svc` at 63 characters,
# where the name has more than 43.
LIMITS = {(1, False): 63, (1, True): 43, (2, False): 38, (2, True): 38, (1024, False): 38, (1024, True): 38}
CASES = st.sampled_from([*LIMITS])


def suffix(nodes: int) -> str:
    return f"-n{nodes}" if nodes > 1 else ""


@pytest.mark.parametrize(("nodes", "autoscaled"), LIMITS)
def test_a_name_that_fits_stays(*, nodes: int, autoscaled: bool) -> None:
    longest = "a" * (LIMITS[nodes, autoscaled] - len(suffix(nodes)))
    assert service_name(longest, nodes=nodes, autoscaled=autoscaled) == longest + suffix(nodes)
    cut = service_name(longest + "a", nodes=nodes, autoscaled=autoscaled)
    assert len(cut) == LIMITS[nodes, autoscaled]
    assert not cut.startswith(longest)


def test_the_hash_is_stable() -> None:
    """These names are in users' clusters: another hash would replace what they run."""
    assert service_name("a" * 64, nodes=1, autoscaled=False) == f"{'a' * 54}-ffe054fe"
    assert service_name("b" * 41, nodes=2, autoscaled=False) == f"{'b' * 26}-369a91c8-n2"
    assert service_name("chat-n2", nodes=1, autoscaled=False) == "chat-n2-b9952a43"


@given(NAMES, CASES)
def test_names_are_dns_1035_within_the_limit(name: str, case: tuple[int, bool]) -> None:
    result = service_name(name, nodes=case[0], autoscaled=case[1])
    assert len(result) <= LIMITS[case]
    assert DNS_1035.fullmatch(result)


@given(NAMES | SHORT_NAMES, CASES)
def test_a_name_says_how_many_nodes_a_replica_spans(name: str, case: tuple[int, bool]) -> None:
    assert nodes_of(service_name(name, nodes=case[0], autoscaled=case[1])) == case[0]


def test_a_name_of_somebody_else_says_at_least_one() -> None:
    assert [nodes_of(name) for name in ("chat", "chat-n0", "chat-n2", "chat-n2-x", "n2")] == [1, 1, 2, 1, 1]


@given(NAMES, NAMES, CASES, CASES)
def test_different_deployments_keep_different_names(
    one: str, other: str, case: tuple[int, bool], other_case: tuple[int, bool]
) -> None:
    names = {
        service_name(one, nodes=case[0], autoscaled=case[1]),
        service_name(other, nodes=other_case[0], autoscaled=other_case[1]),
    }
    assert len(names) >= len({one, other})


@given(SHORT_NAMES, SHORT_NAMES, st.integers(1, 99), st.integers(1, 99))
def test_a_name_tells_deployment_and_nodes(one: str, other: str, nodes: int, other_nodes: int) -> None:
    """A deployment may be called what another's service of several nodes would be."""
    names = {
        service_name(one, nodes=nodes, autoscaled=False),
        service_name(other, nodes=other_nodes, autoscaled=False),
    }
    assert len(names) == len({(one, nodes), (other, other_nodes)})


@given(st.text("abc", min_size=60, max_size=60), st.text("xyz", min_size=10, max_size=30))
def test_long_names_with_one_beginning_differ(beginning: str, end: str) -> None:
    names = {f"{beginning}-{end}", f"{beginning}-{end}0"}
    assert len({service_name(name, nodes=1, autoscaled=False) for name in names}) == len(names)
