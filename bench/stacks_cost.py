"""`python -m bench.stacks_cost`: one stack for all environments, beside a plan stack and one of its apply stacks.

All are made anew with `pulumi up`, by the real engine and provider, against one embedded API server that has KServe's
kinds and no controllers; each environment has a namespace of its own there. The states are in files, and are written
without checkpoints (PULUMI_SKIP_CHECKPOINTS=true). Shown are the seconds of the processor that engine, program and
provider take together, the most memory that each of the three has had, and the size of the state.
"""

from __future__ import annotations

import argparse
import base64
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

import psutil
import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace
from rich.console import Console

from bench.fleet_documents import Document, document, write_yaml
from embedded import ControlPlane, LLMInferenceService, Program, connect, install_kserve_crds

_PLAN: Final = "plan"
_APPLY: Final = "apply"
_ONE: Final = "one"
_SECONDS: Final = 7200
_A_NODE: Final = 16
_SAMPLE_SECONDS: Final = 0.1
# How much of a failed command's output is shown.
_LAST_WORDS: Final = 2000
# Each process by what only its command line has; the engine's has nothing that the others do not have.
_PROCESSES: Final = {"pulumi-language-python-exec": "program", "pulumi-resource-kubernetes": "provider"}
_ENGINE: Final = "engine"
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"


class Cost(NamedTuple):
    """What one command took.

    Attributes:
        cpu: Seconds of the processor.
        engine: Bytes that the engine had at most.
        program: Bytes that the program had at most.
        provider: Bytes that the provider had at most; 0 where there was none.
    """

    cpu: float
    engine: int
    program: int
    provider: int

    def __str__(self) -> str:
        """Write it on one line."""
        memory = " ".join(f"{each / 1e6:7,.0f} MB" for each in (self.engine, self.program, self.provider))
        return f"{self.cpu:7.1f} s of CPU   engine, program, provider {memory}"


@dataclass(frozen=True)
class Bench:
    """Stacks of one size, in a directory of their own.

    Attributes:
        program: Where `pulumi` runs.
        plane: The API server.
        environments: What they are called.
        console: Where it is said what a command took.
    """

    program: Program
    plane: ControlPlane
    environments: Sequence[str]
    console: Console

    def measure(self, *, whole: bool) -> None:
        """Make the stacks, and say what it took; the one stack for all only if that is wanted."""
        self._configure(_PLAN, {"mode": "plan"})
        self._say("plan stack, new", _PLAN)
        self._say("plan stack, unchanged", _PLAN)
        own = self.environments[:1]
        self._init(_APPLY, own, {"mode": "apply", "planStack": f"organization/slicewise/{_PLAN}"})
        self._configure(_APPLY, {"environments[0]": own[0]})
        self._say("an apply stack, new", _APPLY)
        self._say("an apply stack, unchanged", _APPLY)
        if whole:
            with connect(self.plane) as client:
                # They are the apply stack's, and the one stack would be refused them.
                client.deletecollection(LLMInferenceService, namespace=own[0])
            self._init(_ONE, self.environments, {})
            self._say("one stack, new", _ONE)
            self._say("one stack, unchanged", _ONE)

    def _init(self, stack: str, environments: Sequence[str], values: dict[str, str]) -> None:
        self.program.pulumi("stack", "init", stack, "--secrets-provider", "passphrase").check_returncode()
        self._configure(stack, {"manifests": f"stacks/{_PLAN}", "verify": "false", **values})
        kubeconfig = _short(self.plane)
        secrets = [f'--secret=slicewise:kubeconfigs["{name}-kubeconfig"]={kubeconfig}' for name in environments]
        self.program.pulumi("config", "set-all", "--stack", stack, "--path", *secrets).check_returncode()

    def _configure(self, stack: str, values: dict[str, str]) -> None:
        for key, value in values.items():
            replace(self.program, stack=stack).set_config(key, value)

    def _say(self, what: str, stack: str) -> None:
        cost = _timed(self.program, stack)
        (state,) = (self.program.directory / "state/.pulumi/stacks").rglob(f"{stack}.json")
        self.console.print(f"  {what:<26}{cost}   {state.stat().st_size / 1e6:6.2f} MB of state")


@dataclass
class MostMemory:
    """The most memory that the processes of a command have had, by what they are.

    Attributes:
        most: In bytes.
    """

    most: dict[str, int] = field(default_factory=dict)

    def watch(self, ended: threading.Event) -> None:
        """Look at all descendants of this process again and again, until it has `ended`."""
        while not ended.wait(_SAMPLE_SECONDS):
            for child in psutil.Process().children(recursive=True):
                self._look_at(child.pid)

    def _look_at(self, pid: int) -> None:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            return  # ended in between
        peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), "0")
        who = next((name for part, name in _PROCESSES.items() if part in command), None)
        if who is None and Path(command.partition("\0")[0]).name == "pulumi":
            who = _ENGINE
        if who:
            self.most[who] = max(self.most.get(who, 0), int(peak) * 1024)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.stacks_cost", description=__doc__)
    parser.add_argument("--environments", type=int, default=50, help="(default: %(default)s)")
    parser.add_argument(
        "--placements",
        type=int,
        nargs="+",
        default=[20, 40, 80, 200],
        help="in each environment (default: %(default)s)",
    )
    parser.add_argument(
        "--most", type=int, default=200, help="one stack for all with no more in each (default: %(default)s)"
    )
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    names = [f"env-{number:02}" for number in range(arguments.environments)]
    for placements in arguments.placements:
        with tempfile.TemporaryDirectory() as directory, ControlPlane.start(Path(directory) / "plane") as plane:
            install_kserve_crds(plane)
            with connect(plane) as client:
                _make_namespaces(client, names)
            program = Program.create(Path(directory) / "program", _PLAN)
            program.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
            write_yaml(_fleet(names, placements), program.directory / "stacks" / _PLAN)
            total = placements * len(names)
            console.print(f"{total:,} placements in {len(names)} environments, load {os.getloadavg()[0]:.1f}")
            Bench(program, plane, names, console).measure(whole=placements <= arguments.most)


def _make_namespaces(client: Client, names: Sequence[str]) -> None:
    for name in names:
        client.apply(Namespace(metadata=ObjectMeta(name=name)))


def _short(plane: ControlPlane) -> str:
    """Return the kubeconfig with no more than the authority's own certificate: 50 whole ones keep Python from starting.

    Pulumi passes a stack's configuration as one environment variable, and Linux takes 128 KiB (findings/).
    """
    config = yaml.safe_load(plane.kubeconfig)
    authority = f"{_CERTIFICATE}{plane.authority().rpartition(_CERTIFICATE)[2]}"
    config["clusters"][0]["cluster"]["certificate-authority-data"] = base64.b64encode(authority.encode()).decode()
    return yaml.safe_dump(config)


def _timed(program: Program, stack: str) -> Cost:
    """Run `pulumi up` in a process of its own, whose children are those of the command alone."""
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(program, stack, sender))
    process.start()
    cost = receiver.recv()
    process.join()
    if isinstance(cost, str):
        sys.exit(f"{stack}: {cost}")
    return Cost(*cost)


def _run(program: Program, stack: str, sender: Connection) -> None:
    memory, ended = MostMemory(), threading.Event()
    watcher = threading.Thread(target=memory.watch, args=(ended,))
    watcher.start()
    try:
        done = program.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack, seconds=_SECONDS)
    finally:
        ended.set()
        watcher.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    failed = f"{done.stdout[-_LAST_WORDS:]}\n{done.stderr[-_LAST_WORDS:]}"
    most = (memory.most.get(who, 0) for who in (_ENGINE, *_PROCESSES.values()))
    cost = Cost(used.ru_utime + used.ru_stime, *most)
    sender.send(cost if done.returncode == 0 else failed)


def _fleet(names: Sequence[str], placements: int) -> list[Document]:
    """Return environments with room for what is placed there by a label: what is planned is not the point here."""
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
        "acceleratorCount": _A_NODE // 2,
        "nodeCount": -(-placements // _A_NODE),
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
    return document("ModelDeployment", {"name": f"{environment}-{number:03}", "namespace": environment}, spec)


if __name__ == "__main__":
    main()
