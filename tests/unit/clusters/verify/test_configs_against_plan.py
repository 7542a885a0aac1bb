"""What configs of baseRefs say against the plan, as KServe v0.20 merges them under the service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.live import LiveNamed, ObjectName
from slicewise.diagnostics import Diagnostic
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.clusters.built_clusters import changed, cluster_of, verified

ERROR, WARNING = True, False
MIG = "nvidia.com/mig-3g.40gb"


def container(name: str = "main", **resources: Document) -> Document:
    return {"template": {"containers": [{"name": name, "resources": resources}]}}


def said(
    *configs: Document,
    replicas: int = 4,
    nodes: int = 1,
    fast: tuple[str, ...] = (),
    selector: Document | None = None,
) -> list[Diagnostic]:
    """Return what is said of 4 replicas of 10 CPUs, on 16 slices of a node of 100 CPUs, with these configs."""
    pool = slices("small", "3g.40gb", nodeCount=nodes, allocatable={"cpu": "100", "memory": "1Ti"})
    gemma = model("gemma", profile("any", memoryPerGpu="30Gi"), cpu="10", memory="10Gi")
    gemma["spec"]["baseRefs"] = [{"name": f"own-{number}"} for number in range(len(configs))]
    site = environment("mig-a", pool)
    written = [site, gemma, deployment("chat", "gemma", replicas=replicas)]
    there = {
        ObjectName("LLMInferenceServiceConfig", "team", f"own-{number}"): LiveNamed(there=True, config=config)
        for number, config in enumerate(configs)
    }
    cluster = replace(cluster_of(site), named=there)
    pool["nodeSelector"] = selector or pool["nodeSelector"]
    if fast:
        cluster = changed(cluster, lambda each: replace(each, labels={**each.labels, "disk": "fast"}), *fast)
    return [each for each in verified(written, cluster).differences if each.code.value == "SW665"]


# Each was merged by KServe's own controller, v0.20.0: tests/cluster/test_configs_of_services.py.
AGAINST = [
    (container(limits={"nvidia.com/mig-1g.10gb": "1"}), "1 nvidia.com/mig-1g.10gb more", ERROR),
    (container("proxy", limits={MIG: "2"}), f"2 {MIG} more", ERROR),
    (container(requests={"cpu": "30"}), "requests 30 of cpu for container main, which is limited to 10", ERROR),
    (container(requests={"memory": "10240Mi", "cpu": "10500m"}), "10500m of cpu", ERROR),
    ({"prefill": {"replicas": 1, **container(limits={MIG: "1"})}}, "it has a prefill workload", ERROR),
    ({"worker": container()["template"]}, "it has a worker", ERROR),
    ({"template": {"nodeSelector": {"disk": "fast"}}}, "disk=fast, which 0 of the pool's 1 have", ERROR),
    # 4 pods of 10 and 20 CPUs are 120 of 100.
    (container("proxy", requests={"cpu": "20"}), "up to 20 cpu more", WARNING),
    (container("proxy", requests={"memory": "300Gi"}), "up to 300Gi memory more", WARNING),
    (
        {"template": {"initContainers": [{"name": "warm", "resources": {"requests": {"cpu": "26"}}}]}},
        "up to 16 cpu more",
        WARNING,
    ),
]


@pytest.mark.parametrize(("config", "what", "severity"), AGAINST)
def test_what_only_a_config_says_is_not_in_the_plan(config: Document, what: str, severity: bool) -> None:
    (told,) = said(config)
    assert what in told.message
    assert told.is_error == severity
    assert "LLMInferenceServiceConfig team/own-0" in told.message
    assert "team/chat" in told.message


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"replicas": 9, "parallelism": {"tensor": 4}, "model": {"uri": "hf://x/y"}},
        container(limits={MIG: "4", "cpu": "99"}),
        container(requests={"cpu": "1"}),
        container("proxy", requests={"cpu": "15"}),
        {"template": {"initContainers": [{"name": "first", "resources": {"requests": {"cpu": "9"}}}]}},
        {"template": {"nodeSelector": {"kubernetes.io/os": "linux"}}},
        # What the service selects by wins.
        {"template": {"nodeSelector": {"pool": "other"}}},
    ],
)
def test_what_the_service_says_wins_and_what_has_room_is_nobodys_concern(config: Document) -> None:
    assert said(config) == []


def test_configs_add_up() -> None:
    one, other = (container(name, requests={"cpu": "9"}) for name in ("proxy", "logs"))
    assert said(one) == said(other) == []
    (told,) = said(one, other)
    assert "up to 18 cpu more" in told.message
    assert "team/own-0" in told.message
    assert "team/own-1" in told.message


def test_the_remedies_end_it() -> None:
    config = container("proxy", requests={"cpu": "20"})
    assert said(config, replicas=3) == []
    assert said(container("proxy", requests={"cpu": "15"})) == []


def test_a_part_of_the_nodes_is_a_warning() -> None:
    config = {"template": {"nodeSelector": {"disk": "fast"}}}
    (told,) = said(config, nodes=2, fast=("small-0",))
    assert not told.is_error
    assert "which 1 of the pool's 2 have" in told.message
    assert said(config, nodes=2, fast=("small-0", "small-1")) == []


def test_a_pool_that_selects_by_a_list_of_values() -> None:
    config = {"template": {"nodeSelector": {"pool": "small"}}}
    assert said(config, selector={"pool": ["small", "other"]}) == []
    (told,) = said({"template": {"nodeSelector": {"pool": "other"}}}, selector={"pool": ["small", "other"]})
    assert "pool=other, which 0 of the pool's 1 have" in told.message


def test_what_does_not_run_is_not_looked_at() -> None:
    assert said(container("proxy", limits={MIG: "2"}), replicas=0) == []
