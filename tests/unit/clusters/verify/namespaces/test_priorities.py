"""Whose pods may take slices from a plan's pods, and whose they may take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from slicewise.clusters.live.namespace_rules import priority
from tests.unit.clusters.built_clusters import verified
from tests.unit.clusters.kubernetes_json import pod_json
from tests.unit.clusters.verify.namespaces.namespace import SLICE, cluster, documents, own

if TYPE_CHECKING:
    from slicewise.clusters.live.facts import LiveCluster
    from slicewise.diagnostics import Diagnostic


def classes(**values: int) -> tuple[Any, ...]:
    return tuple(
        priority({"metadata": {"name": name}, "value": value, "globalDefault": name == "usual"})
        for name, value in values.items()
    )


def other(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found = pod_json("train", {SLICE: 1}, "cut-1")
    found["spec"] |= spec
    return found


def priorities(seen: LiveCluster) -> list[Diagnostic]:
    return [each for each in verified(documents(), seen).differences if each.code == "SW630"]


def test_a_pod_of_higher_priority_may_take_slices() -> None:
    (found,) = priorities(cluster(own(0), other(priority=1000, priorityClassName="high")))
    assert (found.severity, found.subject.node_pool) == ("warning", None)
    assert found.message == (
        "pods of others have a higher priority than the plan's (0): team/train (1000). kube-scheduler ends pods of "
        "team/chat to make room for such pods, on Kubernetes 1.34 even against a PodDisruptionBudget of 0"
    )


@pytest.mark.parametrize(
    "spec",
    [{}, {"priority": 0}, {"priority": -5}, {"priority": 1000, "preemptionPolicy": "Never"}],
)
def test_pods_that_take_nothing(spec: dict[str, Any]) -> None:
    assert priorities(cluster(own(0), other(**spec))) == []


def test_pods_of_the_plan_that_are_older_than_the_class_by_default() -> None:
    seen = replace(cluster(own(0)), priorities=classes(usual=100))
    (found,) = priorities(seen)
    assert (
        "PriorityClass usual (100) is the default of pods that name none, and pods of team/chat were made"
        in found.message
    )
    assert found.remedy.endswith("kubectl -n team delete pods -l app.kubernetes.io/name=chat")
    # Those that were made since have its value, and so will those that are yet to come.
    assert priorities(replace(cluster(own(0, priority=100)), priorities=classes(usual=100))) == []
    assert priorities(replace(cluster(), priorities=classes(usual=100))) == []
