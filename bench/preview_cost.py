"""`python -m bench.preview_cost`: a preview of 1,000 placements beside a program that only declares their objects.

Both run the real engine and provider, in turns and without a cluster; what either declares is compared first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.children import children_seconds
from bench.fleet_documents import Document, document, write_yaml
from embedded import CHECKOUT, Program
from slicewise.documents import load_fleet
from slicewise.manifests import STACK_ANNOTATION, KubernetesObject, placement_objects
from slicewise.planning import make_plan

_MINIMAL: Final = Path(__file__).parent / "minimal_program"
_STACK: Final = "bench"
_ENVIRONMENTS: Final = 10
_MODELS: Final = 50
_NAMESPACES: Final = 10
_COPIES: Final = 2
_PLACEMENTS: Final = _MODELS * _NAMESPACES * _COPIES
_PROVIDER: Final = "pulumi:providers:kubernetes"
_MOST: Final = 1.05
# How much of a failed preview's output is shown.
_LAST_WORDS: Final = 2000


@dataclass
class TimedProgram:
    """A program and what its previews took, in seconds.

    Attributes:
        name: What it is called in the report.
        program: What is run.
        wall: By the clock, each time.
        cpu: Of the engine, the program and the provider together.
    """

    name: str
    program: Program
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Preview once."""
        before, start = children_seconds(), time.perf_counter()
        self._preview()
        self.wall.append(time.perf_counter() - start)
        self.cpu.append(children_seconds() - before)

    def declared(self) -> dict[str, Any]:
        """Return the inputs of every provider and Kubernetes object that a preview shows, by name."""
        shown = self._preview("--json")
        events = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
        steps = [event["resourcePreEvent"]["metadata"] for event in events if "resourcePreEvent" in event]
        return {
            step["urn"].rpartition("::")[2]: step["new"]["inputs"]
            for step in steps
            if step["type"].startswith(("kubernetes:", _PROVIDER))
        }

    def _preview(self, *flags: str) -> str:
        run = self.program.pulumi("preview", "--stack", _STACK, *flags)
        if run.returncode != 0:
            sys.exit(f"{self.name}: the preview failed\n{run.stdout[-_LAST_WORDS:]}\n{run.stderr[-_LAST_WORDS:]}")
        return run.stdout


def main() -> int:
    """Measure and report; the exit code says whether Slicewise is within the limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.preview_cost", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each program")
    runs = parser.parse_args().runs
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as directory:
        slicewise = TimedProgram("slicewise", _slicewise(Path(directory) / "slicewise"))
        minimal = TimedProgram("minimal program", _minimal(Path(directory) / "minimal", slicewise.program.directory))
        declared = slicewise.declared()
        if len(declared) != _PLACEMENTS + _ENVIRONMENTS or declared != minimal.declared():
            console.print("the programs do not declare the same: there is nothing to compare")
            return 1
        for number in range(runs):
            # Each goes first equally often, so other work on the machine slows both alike.
            for timed in (minimal, slicewise) if number % 2 == 0 else (slicewise, minimal):
                timed.run()
    return _report(console, minimal, slicewise)


def _report(console: Console, minimal: TimedProgram, slicewise: TimedProgram) -> int:
    console.print(
        f"pulumi preview of {_PLACEMENTS:,} placements in {_ENVIRONMENTS} environments, "
        f"median of {len(minimal.wall)} runs each, in turns:"
    )
    for timed in (minimal, slicewise):
        wall, cpu = statistics.median(timed.wall), statistics.median(timed.cpu)
        console.print(f"  {timed.name:<15} {wall:6.2f} s  {cpu:6.2f} s of CPU   each run: {_seconds(timed.wall)}")
    ratio = statistics.median(slicewise.wall) / statistics.median(minimal.wall)
    of_cpu = statistics.median(slicewise.cpu) / statistics.median(minimal.cpu)
    console.print(f"  ratio           {ratio:6.2f}    {of_cpu:6.2f}            at most {_MOST}")
    return 0 if ratio <= _MOST else 1


def _seconds(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _slicewise(directory: Path) -> Program:
    program = Program.create(directory, _STACK)
    program.set_config("kubeconfigSource", "none")
    write_yaml(fleet_documents(), directory / "stacks" / _STACK)
    return program


def _minimal(directory: Path, slicewise: Path) -> Program:
    """Make the minimal program, and the file of the objects that Slicewise makes of its documents."""
    shutil.copytree(_MINIMAL, directory)
    (directory / ".venv").symlink_to(CHECKOUT / ".venv")
    (directory / "state").mkdir()
    fleet = load_fleet([str(slicewise / "stacks" / _STACK)])
    placements = [
        {
            "name": f"{placement.environment}/{placement.deployment}-service",
            "environment": placement.environment,
            "object": _of_the_stack(item),
        }
        for placement in make_plan(fleet).placements
        for item in placement_objects(fleet, placement)
    ]
    environments = [environment.metadata.name for environment in fleet.environments]
    text = json.dumps({"environments": environments, "placements": placements})
    (directory / "objects.json").write_text(text, encoding="utf-8")
    program = Program.at(directory, _STACK)
    program.pulumi("stack", "init", _STACK, "--secrets-provider", "passphrase").check_returncode()
    return program


def _of_the_stack(item: KubernetesObject) -> KubernetesObject:
    """Return the object as the stack applies it: it says whose it is."""
    metadata = item["metadata"]
    annotations = {**metadata["annotations"], STACK_ANNOTATION: f"organization/slicewise/{_STACK}"}
    return {**item, "metadata": {**metadata, "annotations": annotations}}


def fleet_documents() -> list[Document]:
    """Return a fleet that has room for everything: what is planned is not the point here."""
    models = [f"model-{number:02}" for number in range(_MODELS)]
    return [
        *(_environment(f"env-{number:02}") for number in range(_ENVIRONMENTS)),
        *(_model(name) for name in models),
        *(_deployment(f"team-{number}", name) for name in models for number in range(_NAMESPACES)),
    ]


def _environment(name: str) -> Document:
    capabilities = {
        "memoryPerGpu": "39Gi",
        "precisionSupport": ["bf16", "fp8"],
        "migConfiguration": {"enabled": True, "profile": "3g.40gb"},
    }
    pool = {
        "name": "slices",
        "nodeSelector": {"slicewise.dev/pool": "slices"},
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": 8,
        "nodeCount": 64,
        "capabilities": capabilities,
    }
    cluster = {"source": "Existing", "existing": {"secretRef": {"name": f"{name}-kubeconfig"}}}
    return document("InferenceEnvironment", {"name": name}, {"cluster": cluster, "nodePools": [pool]})


def _model(name: str) -> Document:
    requires = {"memoryPerGpu": "38Gi", "precisionSupport": ["fp8"], "mig": "only"}
    profile = {
        "name": "fp8",
        "engine": {
            "args": [
                "--quantization=fp8",
                "--max-model-len=16384",
                "--max-num-seqs=64",
                "--max-num-batched-tokens=2048",
            ]
        },
        "replicaTopology": {"requires": requires},
    }
    spec = {
        "model": {"name": f"example/{name}"},
        "source": "HuggingFace",
        "huggingFace": {"repo": f"example/{name}", "secretRef": {"name": "huggingface", "key": "token"}},
        "resources": {"cpu": "8", "memory": "48Gi"},
        "serving": [profile],
    }
    return document("ClusterModel", {"name": name}, spec)


def _deployment(namespace: str, model: str) -> Document:
    scaling = {"signal": "Fixed", "fixed": {"replicas": 1}}
    spec = {"modelRef": {"name": model}, "environments": _COPIES, "scaling": scaling}
    return document("ModelDeployment", {"name": model, "namespace": namespace}, spec)


if __name__ == "__main__":
    sys.exit(main())
