"""What of `parallelism` reaches vLLM: the commands that KServe makes of a service, run with a stub in vLLM's place."""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.types import PatchType

from embedded.kserve_kinds import LLMInferenceServiceConfig
from embedded.leader_worker_set import LeaderWorkerSet
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")

ADDRESS = "127.0.0.1"
# One argument, with all that a shell would take apart.
OWN = '--speculative-config={"method": "mtp", "$HOME": "a  b"}'
STUB = """#!/bin/bash
[ "$1" = --version ] && { echo 0.19.0; exit; }
printf '%s\\0' "$@"
"""


@dataclass(frozen=True)
class Sizes:
    """What one vLLM process is told; what it is not told is vLLM's own default (vLLM, CLI reference of `serve`)."""

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    data_local: int | None = None
    expert: bool = False
    nodes: int = 1


def parser() -> argparse.ArgumentParser:
    """Return vLLM's options of `serve` that KServe or Slicewise set; any other is an error, as it is for vLLM."""
    options = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    options.add_argument("command", choices=["serve"])
    options.add_argument("model")
    options.add_argument("--tensor-parallel-size", dest="tensor", type=int, default=1)
    options.add_argument("--pipeline-parallel-size", dest="pipeline", type=int, default=1)
    options.add_argument("--data-parallel-size", dest="data", type=int, default=1)
    options.add_argument("--data-parallel-size-local", dest="data_local", type=int)
    options.add_argument("--enable-expert-parallel", dest="expert", action=argparse.BooleanOptionalAction)
    options.add_argument("--nnodes", dest="nodes", type=int, default=1)
    options.add_argument("--served-model-name", nargs="+")
    options.add_argument("--headless", action="store_true")
    for name in ("port", "api-server-count", "data-parallel-address", "data-parallel-rpc-port", "shutdown-timeout"):
        options.add_argument(f"--{name}")
    for name in ("data-parallel-start-rank", "node-rank", "master-addr", "disable-access-log-for-endpoints"):
        options.add_argument(f"--{name}")
    options.add_argument("--speculative-config")
    return options


def received(container: dict[str, Any], stub: Path, rank: int) -> argparse.Namespace:
    """Run the container's command as a pod of the group would, and return what vLLM got."""
    variables = {
        "PATH": f"{stub}:/usr/bin:/bin",
        "LWS_LEADER_ADDRESS": "localhost",
        "LWS_GROUP_SIZE": "2",
        "LWS_WORKER_INDEX": str(rank),
        "POD_IP": ADDRESS,
    }
    # The kubelet replaces $(NAME), of which there is none here, and makes one dollar sign of two (core/v1, Container).
    command = [word.replace("$$", "$") for word in (*container["command"], *container.get("args", []))]
    run = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=300)
    arguments = run.stdout[run.stdout.index("serve\0") :].split("\0")[:-1]
    return parser().parse_args(arguments)


def sizes(got: argparse.Namespace) -> Sizes:
    return Sizes(got.tensor, got.pipeline, got.data, got.data_local, bool(got.expert), got.nodes)


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A directory with a `vllm` that prints what it is called with."""
    program = tmp_path / "vllm"
    program.write_text(STUB)
    program.chmod(0o755)
    return tmp_path


def made(workloads: Workloads, topology: Document) -> list[dict[str, Any]]:
    """Apply what Slicewise makes of `topology`, and return the engine's containers in what KServe makes of that."""
    big = pool("p", nodeCount=2, multiNodeCapable=True, interconnect="nvlink")
    serving = profile("shape", **topology) | {"engine": {"args": [OWN]}}
    documents = [environment("e", big), model("m", serving), deployment("d", "m", namespace=workloads.namespace)]
    fleet = fleet_of(documents)
    (objects,) = environment_objects(fleet, make_plan(fleet)).values()
    *shared, service = objects
    for config in shared:
        name = config["metadata"]["name"]
        workloads.client.patch(
            LLMInferenceServiceConfig, name, config, namespace=workloads.namespace, patch_type=PatchType.APPLY
        )
    workloads.apply(service)
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = containers(workloads)
        return bool(found)

    workloads.wait("a workload", there)
    return found


def containers(workloads: Workloads) -> Iterator[dict[str, Any]]:
    for each in workloads.client.list(Deployment, namespace=workloads.namespace):
        yield each.to_dict()["spec"]["template"]["spec"]["containers"][0]
    for group in workloads.client.list(LeaderWorkerSet, namespace=workloads.namespace):
        template = group["spec"]["leaderWorkerTemplate"]
        yield from (template[role]["spec"]["containers"][0] for role in ("leaderTemplate", "workerTemplate"))


ONE_NODE = {"gpusPerNode": 8}
BY_PIPELINE = {"nodes": 2, "gpusPerNode": 8}
BY_DATA = {"nodes": 2, "gpusPerNode": 8}


@pytest.mark.parametrize(
    ("topology", "expected"),
    [
        (ONE_NODE, Sizes(tensor=8)),
        (ONE_NODE | {"parallelism": {"tensor": 4, "pipeline": 2}}, Sizes(tensor=4, pipeline=2)),
        (ONE_NODE | {"parallelism": {"tensor": 2, "data": 4}}, Sizes(tensor=2, data=4)),
        (ONE_NODE | {"parallelism": {"expert": True}}, Sizes(tensor=8, expert=True)),
        (ONE_NODE | {"parallelism": {"data": 8, "dataLocal": 8, "expert": True}}, Sizes(data=8, expert=True)),
        (BY_PIPELINE, Sizes(tensor=8, pipeline=2, nodes=2)),
        (BY_PIPELINE | {"parallelism": {"tensor": 8, "pipeline": 2}}, Sizes(tensor=8, pipeline=2, nodes=2)),
        (
            BY_PIPELINE | {"parallelism": {"tensor": 8, "pipeline": 2, "expert": True}},
            Sizes(tensor=8, pipeline=2, nodes=2, expert=True),
        ),
        (BY_DATA | {"parallelism": {"data": 16, "dataLocal": 8}}, Sizes(data=16, data_local=8)),
        (BY_DATA | {"parallelism": {"data": 16, "dataLocal": 8, "expert": True}}, Sizes(1, 1, 16, 8, expert=True)),
        (BY_DATA | {"parallelism": {"tensor": 4, "data": 4, "dataLocal": 2}}, Sizes(tensor=4, data=4, data_local=2)),
        (
            BY_DATA | {"parallelism": {"tensor": 2, "data": 8, "dataLocal": 4, "expert": True}},
            Sizes(2, 1, 8, 4, expert=True),
        ),
    ],
    ids=str,
)
def test_every_field_reaches_leader_and_worker(
    workloads: Workloads, stub: Path, topology: Document, expected: Sizes
) -> None:
    pods = made(workloads, topology)
    assert len(pods) == topology.get("nodes", 1)
    for rank, container in enumerate(pods):
        got = received(container, stub, rank)
        assert sizes(got) == expected
        assert got.speculative_config == OWN.partition("=")[2]
        assert got.headless == (rank > 0)
        if expected.data_local:
            assert got.data_parallel_start_rank == str(rank * expected.data_local)
        elif expected.nodes > 1:
            assert (got.node_rank, got.master_addr) == (str(rank), ADDRESS)
