"""What LimitRanges let a plan's pods ask for, in the words of Kubernetes 1.34's admission."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.clusters.live.namespace_rules import namespace_rules
from slicewise.clusters.verify.namespaces.limit_ranges import check_limit_ranges
from tests.unit.clusters.built_clusters import verified
from tests.unit.clusters.verify.namespaces.namespace import (
    INIT,
    QUOTA,
    SLICE,
    as_kserve_makes_it,
    cluster,
    container,
    documents,
    named,
    told,
)

BOTH = "containers main, storage-initializer"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            container(max={"memory": "8Gi"}),
            f"maximum memory usage per Container is 8Gi, but limit is 16Gi ({BOTH})",
        ),
        (
            container(min={"cpu": "8"}),
            f"minimum cpu usage per Container is 8, but request is 4 ({BOTH})",
        ),
        (
            container(min={"ephemeral-storage": "1Gi"}),
            f"minimum ephemeral-storage usage per Container is 1Gi.  No request is specified ({BOTH})",
        ),
        ([{"type": "Pod", "max": {"cpu": "3"}}], "maximum cpu usage per Pod is 3, but limit is 4"),
        (
            container(max={"ephemeral-storage": "1Gi"}),
            f"maximum ephemeral-storage usage per Container is 1Gi.  No limit is specified ({BOTH})",
        ),
    ],
)
def test_what_limit_ranger_says(limits: list[dict[str, Any]], words: str) -> None:
    found = verified(documents(), cluster(limits=limits)).differences
    assert {(each.code.value, each.severity.value) for each in found} == {("SW627", "error")}
    assert f"LimitRange l of namespace team refuses every pod of team/chat: {words}" in [each.message for each in found]


@pytest.mark.parametrize(
    "limits",
    [
        container(max={"memory": "16Gi", "cpu": "4"}, min={"memory": "100Mi"}, maxLimitRequestRatio={"cpu": "1"}),
        # What is missing the LimitRange itself adds.
        container(max={"ephemeral-storage": "9Gi"}, default={"ephemeral-storage": "1Gi"}),
        [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}],
        # Of a pod that which runs first counts only where it asks for more.
        [{"type": "Pod", "max": {"cpu": "4", "memory": "16Gi"}}],
    ],
)
def test_what_limit_ranger_lets_pass(limits: list[dict[str, Any]]) -> None:
    assert verified(documents(), cluster(limits=limits)).differences == ()


def test_a_ratio_that_kserves_init_container_exceeds() -> None:
    limits = namespace_rules([], [named("l", {"limits": container(maxLimitRequestRatio={"cpu": "4"})})], [])["team"]
    (found,) = check_limit_ranges("team", limits.limits, [as_kserve_makes_it()])
    words = "cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000"
    assert found.message == f"LimitRange l of namespace team refuses every pod of team/chat: {words} ({INIT})"


def test_gpus_that_a_limit_range_gives_by_default() -> None:
    """The API server makes a default of every maximum, and the init container gets it, too."""
    limits = container(max={SLICE: "4"}, default={SLICE: "4"}, defaultRequest={SLICE: "4"})
    found = told(documents(), cluster(limits=limits))
    assert found.code == "SW627"
    assert "asks for 4 where the plan counts 1" in found.message


def test_nobody_needs_what_a_namespace_of_no_replicas_forbids() -> None:
    seen = cluster(quota={"hard": {QUOTA: "0"}}, limits=container(max={"memory": "1Gi"}), level="restricted")
    assert verified(documents(0), seen).differences == ()
