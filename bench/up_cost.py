"""`python -m bench.up_cost CHECKOUT`: what `pulumi up` of a new stack costs, beside another checkout.

Each program runs with the engine, the provider and the Python packages of its own checkout (where `make preview` has
run), on stacks whose state is in files, against one embedded API server with KServe's kinds and no controllers. This
checkout's stacks are made with checkpoints and without (PULUMI_SKIP_CHECKPOINTS=true). Shown are the seconds of the
processor that engine, program and provider take together, what they write to files, pipes and sockets, and the size of
the state at the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace
from rich.console import Console

from bench.children import children_seconds
from bench.fleet_documents import Document, document, write_yaml
from bench.least_median_most import least_median_most
from embedded import CHECKOUT, ControlPlane, LLMInferenceService, Program, connect, install_kserve_crds

_STACK: Final = "bench"
_ENVIRONMENT: Final = "cluster"
_KUBECONFIG: Final = "kubeconfig"
_PROGRAM: Final = ("__main__.py", "components", "slicewise", "Pulumi.yaml")
_WITHOUT_CHECKPOINTS: Final = {"PULUMI_SKIP_CHECKPOINTS": "true"}
_SECONDS: Final = 3600
_A_NODE: Final = 16
# How much of a failed update's output is shown.
_LAST_WORDS: Final = 2000


@dataclass
class NewStack:
    """A way of making a stack of so many services, and what each run of it took.

    Attributes:
        name: What it is called in the report.
        checkout: Whose program it is.
        services: How many.
        settings: Environment variables of the engine.
        cpu: Seconds of the processor.
        written: Bytes.
        state: Bytes of the state at the end.
    """

    name: str
    checkout: Path
    services: int
    settings: dict[str, str]
    cpu: list[float] = field(default_factory=list)
    written: int = 0
    state: int = 0

    def run(self, plane: ControlPlane, namespace: str) -> None:
        """Make a new stack in a namespace of its own."""
        with connect(plane) as client:
            client.apply(Namespace(metadata=ObjectMeta(name=namespace)))
        with tempfile.TemporaryDirectory() as directory:
            program = _program(self.checkout, Path(directory) / "program")
            program.set_config(f'kubeconfigs["{_KUBECONFIG}"]', plane.kubeconfig, secret=True)
            program.set_config("verify", "false")
            write_yaml(_fleet(self.services, namespace), program.directory / "stacks" / _STACK)
            program = replace(program, environment=program.environment | self.settings)
            cpu, written = children_seconds(), _written()
            done = program.pulumi("up", "--yes", "--skip-preview", "--stack", _STACK, seconds=_SECONDS)
            self.cpu.append(children_seconds() - cpu)
            self.written = _written() - written
            if done.returncode != 0:
                sys.exit(f"{self.name}: {done.stdout[-_LAST_WORDS:]}\n{done.stderr[-_LAST_WORDS:]}")
            (state,) = (program.directory / "state/.pulumi/stacks").rglob(f"{_STACK}.json")
            self.state = state.stat().st_size
        with connect(plane) as client:
            there = sum(1 for _ in client.list(LLMInferenceService, namespace=namespace))
        if there != self.services:
            sys.exit(f"{self.name}: {there} services are there")

    def __str__(self) -> str:
        """Write it on one line."""
        sizes = f"{self.written / 1e6:9,.0f} MB written   {self.state / 1e6:6.2f} MB of state"
        return f"{self.services:6,} services, {self.name:<28} {least_median_most(self.cpu, 1)} s   {sizes}"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.up_cost", description=__doc__)
    parser.add_argument("checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    parser.add_argument("--services", type=int, nargs="+", default=[250, 500, 1000], help="stacks of so many services")
    parser.add_argument("--most", type=int, default=250, help="with checkpoints, none of more (default: %(default)s)")
    parser.add_argument("--other-most", type=int, default=1000, help="the other's, none of more (default: %(default)s)")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    rows = list(_rows(arguments))
    with tempfile.TemporaryDirectory() as directory, ControlPlane.start(Path(directory)) as plane:
        install_kserve_crds(plane)
        for number in range(arguments.runs):
            for at, row in enumerate(rows):
                row.run(plane, f"bench-{number}-{at}")
                console.print(str(row))
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}; CPU seconds: least, median and most")
    for row in rows:
        console.print(str(row))


def _rows(arguments: argparse.Namespace) -> Iterator[NewStack]:
    for number in arguments.services:
        yield NewStack("without checkpoints", CHECKOUT, number, _WITHOUT_CHECKPOINTS)
        if number <= arguments.most:
            yield NewStack("with checkpoints", CHECKOUT, number, {})
        if number <= arguments.other_most:
            yield NewStack("other checkout", arguments.checkout.resolve(), number, {})


def _program(checkout: Path, directory: Path) -> Program:
    """Return the program of a checkout on an empty stack, with the engine and the packages of that checkout."""
    (directory / "stacks" / _STACK).mkdir(parents=True)
    (directory / "state").mkdir()
    for name in _PROGRAM:
        (directory / name).symlink_to(checkout / name)
    (directory / ".venv").symlink_to(checkout / ".venv")
    program = Program.at(directory, _STACK)
    python = str(checkout / ".venv/bin/python")
    where = subprocess.run(  # noqa: S603 - the checkout that was asked for
        [python, checkout / "toolchain/build.py", "where"], capture_output=True, text=True, check=True
    )
    path = os.pathsep.join((where.stdout.strip(), program.environment["PATH"]))
    program = replace(program, environment=program.environment | {"PATH": path, "PULUMI_PYTHON_CMD": python})
    program.pulumi("stack", "init", _STACK, "--secrets-provider", "passphrase").check_returncode()
    return program


def _fleet(services: int, namespace: str) -> list[Document]:
    """Return one environment that has room for all, and a model for each of the deployments."""
    pool = {
        "name": "slices",
        "nodeSelector": {"slicewise.dev/pool": "slices"},
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": _A_NODE // 2,
        "nodeCount": -(-services // _A_NODE),
        "capabilities": {
            "memoryPerGpu": "39Gi",
            "precisionSupport": ["bf16", "fp8"],
            "migConfiguration": {"enabled": True, "profile": "3g.40gb"},
        },
    }
    cluster = {"source": "Existing", "existing": {"secretRef": {"name": _KUBECONFIG}}}
    profile = {
        "name": "fp8",
        "engine": {"args": ["--quantization=fp8", "--max-model-len=16384", "--max-num-seqs=64"]},
        "replicaTopology": {"requires": {"memoryPerGpu": "38Gi", "precisionSupport": ["fp8"], "mig": "only"}},
    }
    names = [f"chat-{number:04}" for number in range(services)]
    return [
        document("InferenceEnvironment", {"name": _ENVIRONMENT}, {"cluster": cluster, "nodePools": [pool]}),
        *(document("ClusterModel", {"name": name}, _model(name, profile)) for name in names),
        *(document("ModelDeployment", {"name": name, "namespace": namespace}, _deployment(name)) for name in names),
    ]


def _model(name: str, profile: Document) -> Document:
    return {
        "model": {"name": f"example/{name}"},
        "source": "HuggingFace",
        "huggingFace": {"repo": f"example/{name}", "secretRef": {"name": "huggingface", "key": "token"}},
        "resources": {"cpu": "8", "memory": "48Gi"},
        "serving": [profile],
    }


def _deployment(model: str) -> Document:
    scaling = {"signal": "Fixed", "fixed": {"replicas": 1}}
    return {"modelRef": {"name": model}, "environments": 1, "scaling": scaling}


def _written() -> int:
    """Return how many bytes this process and all that it has waited for have written."""
    lines = Path("/proc/self/io").read_text(encoding="utf-8").splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


if __name__ == "__main__":
    main()
