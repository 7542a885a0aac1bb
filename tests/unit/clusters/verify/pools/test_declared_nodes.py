"""Whether a pool has the nodes that it declares, and which nodes are meant where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slicewise.clusters.live.facts import LiveCluster, LiveNode
from tests.documents import deployment, environment, pool, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    adding,
    changed,
    cluster_of,
    found,
    gfd,
    node,
    only,
    with_gpus,
    without,
)
from tests.unit.clusters.verify.pools.as_declared import ERROR, SMALL, WARNING, mig
from tests.unit.clusters.verify.pools.labelled_nodes import cluster, declared

if TYPE_CHECKING:
    from collections.abc import Callable
from tests.unit.clusters.verify.pools.labelled_nodes import labelled, selecting


@pytest.mark.parametrize(
    ("selector", "labels", "said"),
    [
        ({"pool": "left"}, [{"pool": "right"}, {"pool": "right"}], "no node has pool=left; nodes have right (2)"),
        ({"pool": "left"}, [{"team": "x"}], "no node has a label pool"),
        ({"gpu-product": "h100"}, [{"gpu.product": "h100"}], 'label gpu-product; did you mean "gpu.product"?'),
        ({"a": "1", "b": "2"}, [{"a": "1", "b": "3"}], "no node has b=2; nodes have 3 (1)"),
        ({"a": "1", "b": "2"}, [{"a": "1"}, {"b": "2"}], "all of them on none: n-0 lacks b=2"),
        ({"a": "1"}, [{"a": ""}], "nodes have the empty value (1)"),
        ({"a": ["1", "2"]}, [{"a": "3"}], "no node has a in (1,2); nodes have 3 (1)"),
        ({"a": ["2", "1"], "b": "2"}, [{"a": "1"}, {"b": "2"}], "n-0 lacks b=2"),
        ({"a": ["2", "1"], "b": "2"}, [{"a": "3", "b": "2"}, {"a": "1"}], "n-0 lacks a in (1,2) (it is 3)"),
    ],
)
def test_what_no_node_has_and_what_nodes_have(selector: dict[str, Any], labels: list[Any], said: str) -> None:
    told = only(selecting(selector), labelled(*labels))
    assert (told.subject.node_pool, told.code) == ("whole", "SW601")
    assert said in told.message


def test_an_empty_cluster() -> None:
    assert "the cluster has no nodes" in only(selecting({"a": "1"}), labelled()).message


@pytest.mark.parametrize(
    ("count", "maximum", "real", "expected"),
    [
        (0, None, 0, []),
        (0, 4, 0, [("whole", "SW601", WARNING)]),
        (0, 4, 4, []),
        (0, 4, 5, [("whole", "SW603", WARNING)]),
        (2, 4, 0, [("whole", "SW601", WARNING)]),
        (2, 4, 1, [("whole", "SW602", WARNING)]),
        (2, 4, 2, []),
        (2, None, 1, [("whole", "SW602", WARNING)]),
        (2, None, 3, [("whole", "SW603", WARNING)]),
    ],
)
def test_the_number_of_nodes(count: int, maximum: int | None, real: int, expected: list[Any]) -> None:
    scaled = {} if maximum is None else {"maxNodeCount": maximum}
    documents = selecting({"pool": "whole"}, nodeCount=count, **scaled)
    assert found(documents, labelled(*[{"pool": "whole"}] * real)) == expected


def test_the_node_that_is_meant_is_named_once() -> None:
    documents = selecting({"pool": "whole", "zone": "a"}, nodeCount=2)
    told = only(documents, labelled({"pool": "whole", "zone": "a"}, {"pool": "whole", "zone": "b"}))
    assert told.code == "SW602"
    assert "n-1 lacks zone=a (it is b)" in told.message


def test_a_node_that_lacks_one_label_of_several_is_meant_whatever_it_offers() -> None:
    """The selector has a label that changes with the layout: the cut is the cause, and is all that is said."""
    selector = {"pool": "cut", "nvidia.com/mig.config": "all-3g.40gb"}
    documents = (environment(ENVIRONMENT, slices("cut", "3g.40gb", nodeSelector=selector, memoryPerGpu="39Gi")),)
    now = {"pool": "cut", "nvidia.com/mig.config": "all-1g.10gb"}
    cluster = LiveCluster((node("n", gfd(8, "1g.10gb"), now),), (), (), serves_kserve=True, namespaces=frozenset())
    told = only(documents, cluster)
    assert (told.subject.node_pool, told.code) == ("cut", "SW601")
    assert told.message.endswith("nodes have all-1g.10gb (1): the node is cut into 1g.10gb (n)")


@pytest.mark.parametrize(("change", "severity"), [(mig("1g.10gb"), ERROR), (with_gpus(offers=()), WARNING)])
def test_an_autoscaled_pool_of_only_wrong_nodes(change: Callable[[LiveNode], LiveNode], severity: str) -> None:
    """Its next nodes will be as these are, unless they have only just begun."""
    autoscaled = slices("cut", "3g.40gb", nodeCount=0, maxNodeCount=2, memoryPerGpu="39Gi")
    documents = (environment(ENVIRONMENT, autoscaled), SMALL, deployment("chat", "small"))
    cluster = adding(cluster_of(documents[0]), node("n", gfd(8, "3g.40gb"), {"pool": "cut"}))
    ((_, _, found_severity),) = found(documents, changed(cluster, change, "n"))
    assert found_severity == severity
    # With one right node beside it, it stops nothing.
    cluster = adding(cluster, node("right", gfd(8, "3g.40gb"), {"pool": "cut"}))
    ((_, _, found_severity),) = found(documents, changed(cluster, change, "n"))
    assert found_severity == WARNING


def test_an_empty_cluster_has_nothing_to_label() -> None:
    told = only(declared(pool("whole")), cluster())
    assert told.message == "the cluster has no nodes, 1 declared"
    assert told.remedy == "add the nodes, or see whether the kubeconfig is of the cluster that is meant"


def test_nodes_that_are_gone_can_be_added() -> None:
    """As for a pool that has some left: whether its nodes are gone or the selector is wrong is not known here."""
    documents = declared(pool("whole", nodeCount=2))
    told = only(documents, without(cluster_of(documents[0]), "whole-0", "whole-1"))
    assert (told.code, told.remedy.endswith("; or add the nodes, where they are gone")) == ("SW601", True)
    labelled_otherwise = cluster(node("n", gfd(8), {"pool": "b"}))
    assert "add the nodes" not in only(documents, labelled_otherwise).remedy
