"""`python -m bench.stacks_cost`: one stack for all environments, beside a plan stack and one of its apply stacks.

All run the real engine and provider on a state in files, without a cluster: the plan stack with `pulumi up`, which is
all that it ever does, the others with `pulumi preview`. Shown are the seconds by the clock, those of the processor that
engine, program and provider take together, the memory of the largest of these processes, and the size of the plan
stack's state.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from bench.fleet_documents import Document, document, write_yaml
from embedded import Program

_PLAN: Final = "plan"
_SECONDS: Final = 3600
# How much of a failed command's output is shown.
_LAST_WORDS: Final = 2000


class Cost(NamedTuple):
    """What one command took.

    Attributes:
        wall: Seconds by the clock.
        cpu: Seconds of the processor.
        memory: Bytes that the largest process had at once.
    """

    wall: float
    cpu: float
    memory: int

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{self.wall:7.1f} s {self.cpu:7.1f} s of CPU {self.memory / 1e6:7,.0f} MB"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.stacks_cost", description=__doc__)
    parser.add_argument("--environments", type=int, default=50, help="(default: %(default)s)")
    parser.add_argument("--placements", type=int, default=200, help="in each environment (default: %(default)s)")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as directory:
        program = Program.create(Path(directory), _PLAN)
        write_yaml(_fleet(arguments.environments, arguments.placements), program.directory / "stacks" / _PLAN)
        _configure(program, _PLAN, {"mode": "plan"})
        console.print(f"{arguments.environments} environments with {arguments.placements} placements each")
        console.print(f"plan stack, up, first     {_timed(program, _PLAN, 'up', '--yes', '--skip-preview')}")
        console.print(f"plan stack, up, unchanged {_timed(program, _PLAN, 'up', '--yes', '--skip-preview')}")
        (state,) = (program.directory / "state/.pulumi/stacks").rglob(f"{_PLAN}.json")
        console.print(f"plan stack's state        {state.stat().st_size / 1e6:7.1f} MB")
        common = {"manifests": f"stacks/{_PLAN}", "kubeconfigSource": "none"}
        apply = {"mode": "apply", "planStack": f"organization/slicewise/{_PLAN}", "environments": '["env-00"]'}
        for stack, name, values in (
            ("apply", "one apply stack, preview ", apply),
            ("one", "one stack, preview       ", {}),
        ):
            program.pulumi("stack", "init", stack, "--secrets-provider", "passphrase").check_returncode()
            _configure(program, stack, {**common, **values})
            console.print(f"{name} {_timed(program, stack, 'preview')}")
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def _configure(program: Program, stack: str, values: dict[str, str]) -> None:
    for key, value in values.items():
        arguments = ("config", "set", "--stack", stack, f"slicewise:{key}")
        program.pulumi(*arguments, stdin=value).check_returncode()


def _timed(program: Program, stack: str, *command: str) -> Cost:
    """Run a command in a process of its own, whose children are those of the command alone."""
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(program, stack, command, sender))
    process.start()
    cost = receiver.recv()
    process.join()
    if isinstance(cost, str):
        sys.exit(f"{stack}: {cost}")
    return Cost(*cost)


def _run(program: Program, stack: str, command: tuple[str, ...], sender: Connection) -> None:
    start = time.perf_counter()
    done = program.pulumi(*command, "--suppress-outputs", "--stack", stack, seconds=_SECONDS)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    failed = f"{done.stdout[-_LAST_WORDS:]}\n{done.stderr[-_LAST_WORDS:]}"
    cost = Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
    sender.send(cost if done.returncode == 0 else failed)


def _fleet(environments: int, placements: int) -> list[Document]:
    """Return environments with room for what is placed there by a label: what is planned is not the point here."""
    names = [f"env-{number:02}" for number in range(environments)]
    return [
        *(_environment(name, placements) for name in names),
        document("ClusterModel", {"name": "model"}, _MODEL),
        *(_deployment(name, number) for name in names for number in range(placements)),
    ]


def _environment(name: str, placements: int) -> Document:
    pool = {
        "name": "slices",
        "nodeSelector": {"slicewise.dev/pool": "slices"},
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": 8,
        "nodeCount": -(-placements // 16),
        "capabilities": {"memoryPerGpu": "39Gi", "migConfiguration": {"enabled": True, "profile": "3g.40gb"}},
    }
    cluster = {"source": "Existing", "existing": {"secretRef": {"name": f"{name}-kubeconfig"}}}
    spec = {"cluster": cluster, "nodePools": [pool]}
    return document("InferenceEnvironment", {"name": name, "labels": {"site": name}}, spec)


_MODEL: Final[Document] = {
    "model": {"name": "example/model"},
    "source": "HuggingFace",
    "huggingFace": {"repo": "example/model"},
    "resources": {"cpu": "8", "memory": "48Gi"},
    "serving": [{"name": "fp8", "replicaTopology": {"requires": {"memoryPerGpu": "38Gi", "mig": "only"}}}],
}


def _deployment(environment: str, number: int) -> Document:
    spec = {
        "modelRef": {"name": "model"},
        "environments": 1,
        "environmentSelector": {"matchLabels": {"site": environment}},
        "scaling": {"signal": "Fixed", "fixed": {"replicas": 1}},
    }
    return document("ModelDeployment", {"name": f"{environment}-{number:03}", "namespace": "team"}, spec)


if __name__ == "__main__":
    main()
