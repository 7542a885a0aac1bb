"""`python -m embedded.demo`: what `make demo` and `make demo-down` run."""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from lightkube.resources.core_v1 import Namespace
from lightkube.types import PatchType
from rich.console import Console, Group
from rich.live import Live

from embedded.api_client import connect
from embedded.demo import supervisor, view
from embedded.demo.answers import answers
from embedded.demo.screen import nodes_table, services_table
from embedded.demo.secrets import add_secrets
from embedded.errors import ControlPlaneError
from embedded.kserve_kinds import LLMInferenceService
from embedded.program import CHECKOUT, Program
from slicewise.documents import Fleet, load_fleet
from slicewise.manifests import node_choice

STACK = "live"
SECONDS = 300
# The act of the demo that shows what Slicewise prevents happens on this pool.
BY_HAND = {"environment": "mig-a", "pool": "small-models-mig", "namespace": "uncounted"}

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
State = Annotated[
    Path, typer.Argument(resolve_path=True, help="A directory for everything that the demo leaves on disk.")
]


@app.command()
def up(
    state: State,
    picture: Annotated[Path | None, typer.Option(help="Write what is shown as an SVG picture, too.")] = None,
) -> None:
    """Start two clusters with fake MIG nodes, `pulumi up` the demo stack, and show which pod has which slice."""
    width = None if sys.stdout.isatty() and not picture else 150
    console = Console(width=width, highlight=False, record=picture is not None)
    fleet = load_fleet([str(CHECKOUT / supervisor.DOCUMENTS)])
    if supervisor.is_running(state):
        console.print("The demo's clusters are running already.")
    else:
        _remove(state)
        state.mkdir(parents=True)
        with console.status("Starting two Kubernetes clusters: API server, scheduler, KServe, fake nodes ..."):
            started = time.monotonic()
            try:
                supervisor.start(state)
            except ControlPlaneError as error:
                console.print(f"error: {error}", markup=False)
                raise typer.Exit(1) from error
        console.print(f"Two clusters with fake MIG nodes are up ({time.monotonic() - started:.0f} s).")
    with console.status("pulumi up ..."):
        started = time.monotonic()
        _pulumi_up(console, state, fleet)
        add_secrets(state, fleet)
    console.print(f"pulumi up: done ({time.monotonic() - started:.0f} s). Waiting for the scheduler ...")
    _show_settled(console, state, fleet)
    _by_hand(console, state, fleet)
    if picture:
        # Without the web fonts that rich names: a picture in a repository should fetch nothing.
        svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="make demo"), flags=re.DOTALL)
        picture.write_text(svg, encoding="utf-8")
    console.print("The clusters go on running. Their kubeconfigs:")
    for environment in fleet.environments:
        path = supervisor.cluster_directory(state, environment.metadata.name) / "kubeconfig"
        console.print(f"  kubectl --kubeconfig {path} get pods -A -o wide", soft_wrap=True)
    console.print("`make demo-down` stops them and removes everything.")
    for answer in answers(state, fleet):
        console.print("A model answers through the gateway of its cluster, KServe's route and a stub engine:")
        console.print(f"  {answer.command}", soft_wrap=True, markup=False)
        console.print(f"  {answer.output or 'not called: curl is not installed'}", soft_wrap=True, markup=False)


@app.command()
def down(state: State) -> None:
    """Stop the clusters and remove what the demo left on disk."""
    was_running = supervisor.stop(state)
    _remove(state)
    print("The demo's clusters are gone." if was_running else "No demo was running.")  # noqa: T201 - the result


@app.command("serve", hidden=True)
def supervise(state: State) -> None:
    """Keep the clusters running until SIGTERM."""
    supervisor.keep_running(state)


def _remove(state: Path) -> None:
    """Remove what a demo left on disk.

    Raises:
        OSError: something of it cannot be removed.
    """
    if state.exists():
        shutil.rmtree(state)


def _pulumi_up(console: Console, state: Path, fleet: Fleet) -> None:
    """Run the program on a stack that reaches the clusters, as a user would."""
    directory = state / "program"
    program = Program.at(directory, STACK) if directory.exists() else Program.create(directory, STACK)
    program.set_config("manifests", str(CHECKOUT / supervisor.DOCUMENTS))
    program.set_config("createNamespaces", "true")
    for environment in fleet.environments:
        existing = environment.spec.cluster.existing
        if existing is None or existing.secret_ref is None:
            continue
        secret = existing.secret_ref.name
        kubeconfig = view.attach(state, environment.metadata.name).kubeconfig
        program.set_config(f'kubeconfigs["{secret}"]', kubeconfig, secret=True)
    run = program.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
    if run.returncode:
        console.print(f"error: pulumi up failed:\n{run.stdout}\n{run.stderr}", markup=False)
        raise typer.Exit(1)


def _show_settled(console: Console, state: Path, fleet: Fleet, expected: int | None = None) -> None:
    """Show the pods until there are as many as the plan has and the scheduler has looked at all of them.

    In a terminal the screen follows; in a pipe only its end is printed.
    """
    if expected is None:
        expected = sum(deployment.replicas * deployment.spec.environments for deployment in fleet.deployments)
    deadline = time.monotonic() + SECONDS
    nodes = view.nodes(fleet.environments)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            pods = view.pod_views(state, fleet.environments)
            live.update(Group(nodes_table(nodes, pods), services_table(pods)), refresh=True)
            decided = all(pod.state.node or pod.state.message for pod in pods)
            if (len(pods) >= expected and decided) or time.monotonic() > deadline:
                break
            time.sleep(0.3)
    if not console.is_terminal:
        console.print()  # rich ends the last line only in a terminal


def _by_hand(console: Console, state: Path, fleet: Fleet) -> None:
    """Apply a service whose slices were not counted: it asks for one more than its node has left."""
    pool = fleet.node_pool[BY_HAND["environment"], BY_HAND["pool"]]
    pods = view.pod_views(state, fleet.environments)
    node = next(item for item in view.nodes(fleet.environments) if item.name == f"{pool.name}-0")
    taken = sum(pod.state.node == node.name for pod in pods)
    replicas = node.units - taken + 1
    console.print(
        f"Without Slicewise: somebody applies a service of {replicas} replicas by hand. The node has {node.units} "
        f"slices, {taken} are taken, and so the {node.units + 1}th pod waits:"
    )
    template = {
        **node_choice(pool),
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "containers": [{"name": "main", "resources": {"limits": {pool.resource: "1"}}}],
    }
    document = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "by-hand"},
        "spec": {"replicas": replicas, "model": {"uri": "hf://example/model"}, "template": template},
    }
    namespace = BY_HAND["namespace"]
    with connect(view.attach(state, BY_HAND["environment"])) as client:
        empty = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        client.patch(Namespace, namespace, empty, patch_type=PatchType.APPLY)
        client.patch(LLMInferenceService, "by-hand", document, namespace=namespace, patch_type=PatchType.APPLY)
        _show_settled(console, state, fleet, len(pods) + replicas)
        # A pod that waits keeps KServe's controller busy without end.
        client.delete(LLMInferenceService, "by-hand", namespace=namespace)
    console.print("Slicewise would have said so before anything was applied. The service is removed again.")


app()
