"""discover, plan, up and verify on nodes of NVIDIA's DRA driver: what was accepted runs, and nothing differs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.dra_devices import cut_gpus, driver_classes, dynamic_gpus, gpus_cut_alike, profile_class, whole_gpus
from embedded.dra_objects import DEVICE_CLASSES, install_device_classes, server_version
from embedded.fake_nodes import FakePool, add_nodes
from embedded.pod_states import pods_of
from embedded.program import Program
from tests.documents import Document, deployment, model, profile
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

STACK, NAME = "test", "driven"
# On in these releases and later.
EXTENDED_FROM = COUNTERS_FROM = (1, 36)
POOL = "test.invalid/kind"
RESOURCE = "nvidia.com/mig-3g.40gb"
STATIC = FakePool("static", 1, {POOL: "static"}, devices=gpus_cut_alike("h100-80gb", 2, "3g.40gb"))
MIXED = FakePool("mixed", 1, {POOL: "mixed"}, devices=cut_gpus("a100-80gb", (("3g.40gb", 4), ("1g.10gb", 0)), None))
WHOLE = FakePool("whole", 1, {POOL: "whole"}, devices=whole_gpus("l40s", 2))
DYNAMIC = FakePool("dynamic", 1, {POOL: "dynamic"}, devices=dynamic_gpus("h100-80gb", 2))
# Its device plugin is off on purpose, and the kubelet keeps what it offered as 0.
SWITCHED_OFF = FakePool(
    "off",
    1,
    {POOL: "off", "nvidia.com/gpu.deploy.device-plugin": "false"},
    resources={"nvidia.com/gpu": 0, RESOURCE: 0},
    devices=gpus_cut_alike("h100-80gb", 2, "1g.10gb"),
)
PLUGIN = FakePool("plugin", 1, {POOL: "plugin"}, resources={"nvidia.com/mig-2g.20gb": 6})
TAKES_LARGE = model("large", profile("any", memoryPerGpu="30Gi", mig="only"))
TAKES_SMALL = model("small", profile("any", memoryPerGpu="4Gi", mig="only"))
TAKES_WHOLE = model("whole", profile("any", memoryPerGpu="44Gi", mig="never"))


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("driven"), kserve_webhooks=True, data=kinds) as cluster:
        with connect(cluster.plane) as client:
            version = server_version(client)
            install_device_classes(client, driver_classes(extended=version >= EXTENDED_FROM))
        pools = [STATIC, MIXED, WHOLE, SWITCHED_OFF, PLUGIN]
        add_nodes(cluster.plane, pools if version < COUNTERS_FROM else [*pools, DYNAMIC])
        yield cluster


def release_of(cluster: EmbeddedCluster) -> tuple[int, int]:
    with connect(cluster.plane) as client:
        return server_version(client)


def discovered(cluster: EmbeddedCluster) -> Document:
    kubeconfig = str(cluster.plane.kubeconfig_path)
    run = slicewise("discover", "--kubeconfig", kubeconfig, "--name", NAME)
    assert (run.returncode, run.stderr) == (0, "")
    found: Document = yaml.safe_load(run.stdout)
    return found


def only(environment: Document, *kinds: str) -> Document:
    """Return the environment with the pools of some nodes."""
    pools = [pool for pool in environment["spec"]["nodePools"] if pool["nodeSelector"].get(POOL) in kinds]
    assert len(pools) >= len(kinds)
    return {**environment, "spec": {**environment["spec"], "nodePools": pools}}


def findings(cluster: EmbeddedCluster, directory: Path) -> list[tuple[str | None, str]]:
    """Return what verify says of the stack's pools, and of the cluster; other pools' nodes are in no document."""
    kubeconfig = str(cluster.plane.kubeconfig_path)
    run = slicewise("verify", str(directory), "--kubeconfig", kubeconfig, "--output", "json")
    assert run.stderr == ""
    found = [(each["nodePool"], each["code"]) for each in json.loads(run.stdout)["findings"]]
    return [each for each in found if each != (None, "SW617")]


def is_running(cluster: EmbeddedCluster) -> list[str]:
    return sorted(pod.name.rsplit("-", 2)[0] for pod in pods_of(cluster.plane, "team") if pod.node and pod.ready)


@pytest.fixture
def program(driven: EmbeddedCluster, tmp_path: Path) -> Iterator[Program]:
    program = Program.create(tmp_path / "program", STACK)
    program.set_config(f'kubeconfigs["{NAME}-kubeconfig"]', driven.plane.kubeconfig, secret=True)
    program.set_config("createNamespaces", "true")
    program.set_config("waitForReady", "true")
    yield program
    program.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK).check_returncode()


def brought_up(driven: EmbeddedCluster, program: Program, environment: Document, *wanted: Document) -> None:
    """Plan, apply, wait and verify; what is not as planned fails."""
    documents = [environment, TAKES_LARGE, TAKES_SMALL, TAKES_WHOLE, *wanted]
    directory = program.directory / "stacks" / STACK
    (directory / "documents.yaml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    plan = slicewise("plan", str(directory))
    assert (plan.returncode, plan.stderr) == (0, ""), plan.stdout
    assert [each for each in findings(driven, directory) if each[1] != "SW619"] == []
    up = program.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
    assert up.returncode == 0, up.stdout + up.stderr
    assert findings(driven, directory) == []
    again = program.pulumi("preview", "--expect-no-changes", "--stack", STACK)
    assert again.returncode == 0, again.stdout + again.stderr


def test_slices_and_gpus_that_are_there_are_found_planned_applied_and_run(
    driven: EmbeddedCluster, program: Program
) -> None:
    """4 slices of 3g.40gb of two H100s and one of an A100, 14 of 1g.10gb and one, and two L40S."""
    environment = only(discovered(driven), "static", "mixed", "whole", "off")
    brought_up(
        driven,
        program,
        environment,
        deployment("large", "large", replicas=4),
        deployment("small", "small", replicas=14),
        deployment("whole", "whole", replicas=2),
    )
    assert len(is_running(driven)) == 20


def test_gpus_that_are_cut_on_demand_are_found_planned_applied_and_run(
    driven: EmbeddedCluster, program: Program
) -> None:
    if release_of(driven) < COUNTERS_FROM:
        pytest.skip("the API server drops counters in this release")
    environment = only(discovered(driven), "dynamic")
    (pool,) = environment["spec"]["nodePools"]
    assert pool["capabilities"]["migConfiguration"]["dynamic"] is True
    brought_up(driven, program, environment, deployment("large", "large", replicas=4))
    assert len(is_running(driven)) == 4


def test_beside_nodes_of_the_device_plugin_each_is_a_pool_of_its_own(driven: EmbeddedCluster, program: Program) -> None:
    environment = only(discovered(driven), "static", "plugin")
    allocations = {pool["nodeSelector"][POOL]: pool.get("allocation") for pool in environment["spec"]["nodePools"]}
    assert allocations == {"static": "claim", "plugin": None}
    brought_up(
        driven,
        program,
        environment,
        deployment("large", "large", replicas=4),
        deployment("small", "small", replicas=6),
    )
    assert len(is_running(driven)) == 10


def test_a_class_that_answers_the_resource_makes_it_a_pool_of_that_resource(
    driven: EmbeddedCluster, program: Program
) -> None:
    if release_of(driven) < EXTENDED_FROM:
        pytest.skip("no DeviceClass answers a resource in this release")
    with connect(driven.plane) as client:
        install_device_classes(client, [profile_class("large", "3g.40gb", RESOURCE)])
        environment = only(discovered(driven), "static")
        assert [pool["allocation"] for pool in environment["spec"]["nodePools"]] == ["extendedResource"]
        brought_up(driven, program, environment, deployment("large", "large", replicas=4))
        assert len(is_running(driven)) == 4
        program.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK).check_returncode()
        client.delete(DEVICE_CLASSES, "large")
