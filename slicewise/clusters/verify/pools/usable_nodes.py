"""Whether pods of the plan may run on a pool's nodes: nodes that are out, taints, and how many pods a node takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from slicewise.clusters.live import REPELS, LiveNode, Taint, keeping_out, not_tolerated
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.membership import names_of, units_of
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, are, counted, have, some
from slicewise.manifests import pod_tolerations


def check_absent(compared: ComparedPool) -> Iterator[Found]:
    """Yield nodes that take no pods now, where the others are fewer than the plan counts on."""
    if len(compared.taking) >= compared.pool.nodes:
        return
    tolerations = pod_tolerations(compared.pool)
    out: dict[str, list[LiveNode]] = {}
    for node in compared.nodes:
        kept_out = keeping_out(node.taints, tolerations)
        if not node.ready:
            out.setdefault("not Ready", []).append(node)
        elif node.cordoned:
            out.setdefault("cordoned", []).append(node)
        elif kept_out:
            out.setdefault(f"tainted {some([taint.key for taint in kept_out])} for now", []).append(node)
    told = [f"{some(names_of(those))} {are(len(those))} {state}" for state, those in sorted(out.items(), key=_rank)]
    if told:
        units = sum(units_of(node, compared.resource) for those in out.values() for node in those)
        # A node that is down advertises nothing: its device plugin has withdrawn its units.
        lost = f"{units} of {compared.units} units cannot be used now" if units else f"no {compared.resource} there now"
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
        )


def _rank(state: tuple[str, list[LiveNode]]) -> tuple[int, str]:
    return ("not Ready", "cordoned", state[0]).index(state[0]), state[0]


def check_taints(compared: ComparedPool) -> Iterator[Found]:
    """Yield the taints that the pods' tolerations do not tolerate."""
    tolerations = pod_tolerations(compared.pool)
    tainted: dict[Taint, list[str]] = {}
    for node in compared.gpu_nodes:
        for taint in not_tolerated(node.taints, tolerations):
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
        )


def check_pods(compared: ComparedPool) -> Iterator[Found]:
    """Yield nodes that take fewer pods, whatever these ask for, than they have units: the rest is never used."""
    few = [
        node
        for node in compared.offering
        if node.pods is not None
        and node.pods * compared.smallest_pod < min(units_of(node, compared.resource), compared.units_per_node)
    ]
    lost = sum(units_of(node, compared.resource) - (node.pods or 0) * compared.smallest_pod for node in few)
    if lost > compared.pool.reserved_units:
        least = min(few, key=lambda node: (node.pods or 0, node.name))
        units = units_of(least, compared.resource)
        ways = (
            Way(f"raise the kubelet's maxPods, or write reservedUnits: {lost}", {"reserved_units": lost}),
            Way(f"raise the kubelet's maxPods: reservedUnits: {lost} {NO_ROOM}"),
        )
        yield Found(
            Code.FEWER_PODS_THAN_UNITS,
            Severity.WARNING,
            f"{counted(len(few), 'node')} ({some(names_of(few))}) {'takes' if len(few) == 1 else 'take'} fewer pods "
            f"than there are units: {least.pods} pods and {units} units on {least.name}, pods of the system included",
            ways[0].remedy,
            tuple(f"{node.name} {node.pods}" for node in few),
            takes_room=True,
            ways=ways,
        )
