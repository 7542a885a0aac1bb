"""What the demo shows: every node with its slices, who sits on them, and who waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from embedded.pod_states import PodState

# Seen on black and on white, as in slicewise.presentation.palette.
_COLOURS = ("color(30)", "color(164)", "color(28)", "color(202)", "color(27)", "color(160)")
_TAKEN, _FREE = "■", "□"


@dataclass(frozen=True)
class NodeView:
    """One node: its cluster, its GPU resource, and how many of it there are."""

    cluster: str
    name: str
    resource: str
    units: int


@dataclass(frozen=True)
class PodView:
    """One pod: its cluster, the service it belongs to, and how the cluster sees it."""

    cluster: str
    service: str
    state: PodState


def nodes_table(nodes: Sequence[NodeView], pods: Sequence[PodView]) -> Table:
    """Return a row for each node: a box for each unit, filled in the colour of the service whose pod has it."""
    colours = _colours(pods)
    table = Table("cluster", "node", "resource", "units", box=SIMPLE, title="Nodes", title_justify="left")
    table.add_column("taken", justify="right")
    for node in nodes:
        here = [pod for pod in pods if pod.cluster == node.cluster and pod.state.node == node.name]
        bar = Text()
        for pod in here:
            bar.append(_TAKEN * pod.state.gpus.get(node.resource, 0), style=colours[pod.service])
        taken = len(bar)
        bar.append(_FREE * (node.units - taken), style="dim")
        table.add_row(node.cluster, node.name, node.resource, bar, f"{taken} of {node.units}")
    return table


def services_table(pods: Sequence[PodView]) -> Table:
    """Return a row for each service and node: how many of its pods run there, or why they wait."""
    colours = _colours(pods)
    table = Table("cluster", "service", "pods", "where", box=SIMPLE, title="Pods", title_justify="left")
    groups: dict[tuple[str, str, str], int] = {}
    for pod in pods:
        where = f"on {pod.state.node}" if pod.state.node else f"waits: {pod.state.message or 'not scheduled yet'}"
        key = (pod.cluster, pod.service, where)
        groups[key] = groups.get(key, 0) + 1
    for (cluster, service, where), count in sorted(groups.items()):
        style = colours[service] if where.startswith("on ") else "bold red"
        table.add_row(cluster, Text(service, style=colours[service]), str(count), Text(where, style=style))
    return table


def _colours(pods: Sequence[PodView]) -> Mapping[str, str]:
    services = sorted({pod.service for pod in pods})
    return {service: _COLOURS[index % len(_COLOURS)] for index, service in enumerate(services)}
