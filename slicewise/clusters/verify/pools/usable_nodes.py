"""Whether pods of the plan may run on a pool's nodes: nodes that are out, taints, and how many pods a node takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from slicewise.clusters.live import REPELS, Taint
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.pool_node import PoolNode
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, are, counted, have, some
from slicewise.documents import Allocatable, offered_as


def check_nodes_out(compared: ComparedPool) -> Iterator[Found]:
    """Yield nodes that take no pods now, where the others are fewer than the plan counts on."""
    if len(compared.taking) >= compared.pool.nodes or compared.is_left:
        return
    out: dict[str, list[PoolNode]] = {}
    for node in compared.nodes:
        if not node.node.ready:
            out.setdefault("not Ready", []).append(node)
        elif node.node.cordoned:
            out.setdefault("cordoned", []).append(node)
        elif node.kept_out:
            out.setdefault(f"tainted {some([taint.key for taint in node.kept_out])} for now", []).append(node)
    told = [
        f"{some([node.name for node in those])} {are(len(those))} {state}"
        for state, those in sorted(out.items(), key=_rank)
    ]
    if told:
        units = sum(node.units for those in out.values() for node in those)
        # A node that is down advertises nothing: its device plugin has withdrawn its units.
        named = f" of {compared.resource}" if offered_as(compared.pool) else ""
        lost = (
            f"{units} of {compared.units} units{named} cannot be used now"
            if units
            else f"no {compared.resource} there now"
        )
        back, taking = "bring the nodes back (kubectl describe node, kubectl uncordon)", len(compared.taking)
        ways: tuple[Way, ...] = (Way(back),)
        if taking < compared.pool.node_count:
            ways = (Way(f"{back}, or lower nodeCount", {"node_count": taking}), *ways)
        yield Found(
            Code.NODES_OUT,
            Severity.WARNING,
            f"{'; '.join(told)}: {lost}",
            ways[0].remedy,
            tuple(f"{node.name} {state}" for state, those in out.items() for node in those),
            takes_room=True,
            ways=ways,
            facts={"nodes": sum(map(len, out.values())), "lost": units, "units": compared.units},
        )


def _rank(state: tuple[str, list[PoolNode]]) -> tuple[int, str]:
    return ("not Ready", "cordoned", state[0]).index(state[0]), state[0]


def check_taints(compared: ComparedPool) -> Iterator[Found]:
    """Yield the taints that the pods' tolerations do not tolerate."""
    tainted: dict[Taint, list[str]] = {}
    for node in compared.gpu_nodes:
        for taint in node.not_tolerated:
            tainted.setdefault(taint, []).append(node.name)
    for taint, names in sorted(tainted.items(), key=lambda item: (item[0].key, item[0].value, item[0].effect)):
        repels = taint.effect in REPELS
        value = f"={taint.value}" if taint.value else ""
        effect = "no pod of the pool may run there" if repels else "pods go there only when nothing else is free"
        operator = f"operator: Equal, value: {json.dumps(taint.value)}" if taint.value else "operator: Exists"
        yield Found(
            Code.TAINT_NOT_TOLERATED,
            Severity.WARNING,
            f"{counted(len(names), 'node')} ({some(names)}) {have(len(names))} the taint {taint.key}{value}:"
            f"{taint.effect}, and no toleration of the pool tolerates it: {effect}",
            f"add to the pool's tolerations: {{key: {taint.key}, {operator}, effect: {taint.effect}}}",
            (taint.key, taint.value, taint.effect, *names),
            takes_room=repels,
            facts={"nodes": len(names)},
        )


def check_pods_per_node(compared: ComparedPool) -> Iterator[Found]:
    """Yield nodes that take fewer pods, whatever these ask for, than they have units, and than is declared."""
    smallest, declared = compared.smallest_pod, compared.pool.allocatable
    few = [
        (node, room)
        for node in compared.offering
        if (room := node.node.room_for_pods) is not None
        and room * smallest < min(node.units, compared.units_per_node, declared.pods * smallest)
    ]
    lost = sum(min(node.units, declared.pods * smallest) - pods * smallest for node, pods in few)
    if lost > compared.pool.reserved_units:
        least, most_pods = min(few, key=lambda each: (each[1], each[0].name))
        names = some([node.name for node, _ in few])
        ways = tuple(_ways_of_few_pods(declared, most_pods))
        yield Found(
            Code.FEWER_PODS_THAN_UNITS,
            Severity.WARNING,
            f"{counted(len(few), 'node')} ({names}) {'takes' if len(few) == 1 else 'take'} fewer pods "
            f"than there are units: {counted(most_pods, 'pod')} and {counted(least.units, 'unit')} on {least.name}"
            f"{_of_daemons(least)}",
            ways[0].remedy,
            tuple(f"{node.name} {pods}" for node, pods in few),
            takes_room=True,
            ways=ways,
            facts={"nodes": len(few), "pods": most_pods, "units": least.units, "lost": lost},
        )


def _of_daemons(node: PoolNode) -> str:
    return f", beside {counted(node.node.daemons, 'pod')} of daemons" if node.node.daemons else ""


def _ways_of_few_pods(declared: Allocatable, pods: int) -> Iterator[Way]:
    more, written = "raise the kubelet's maxPods", f"allocatable.pods: {pods}"
    if pods:
        changed = declared.model_copy(update={"pods": pods})
        yield Way(f"{more}, or write {written}", {"allocatable": changed})
    yield Way(f"{more}: {written} {NO_ROOM}")
