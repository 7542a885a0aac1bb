"""Whether a pool has the nodes that it declares, and which nodes are meant where it does not."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.clusters.live import LiveNode
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.label_ownership import is_written_by_hand
from slicewise.clusters.verify.pools.membership import closest, matches, missing_labels, names_of, why_no_node
from slicewise.clusters.verify.pools.nearly_members import NearMisses, explained, label_remedy
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, counted, some


def check_presence(compared: ComparedPool, near: NearMisses, nodes: tuple[LiveNode, ...]) -> Iterator[Found]:
    """Yield what is wrong with the number of nodes; `near` are nodes that seem to be meant, `nodes` the cluster's."""
    pool = compared.pool
    if not compared.nodes:
        yield from _no_node(compared, near, nodes)
    elif len(compared.nodes) < pool.node_count:
        yield from _fewer_nodes(compared, near)
    elif len(compared.taking) > pool.nodes:
        more = [node.name for node in compared.taking]
        yield Found(
            Code.MORE_THAN_DECLARED,
            Severity.WARNING,
            f"{counted(len(more), 'node')} of {counted(pool.nodes, 'declared one')}: {some(more)}",
            f"write {'nodeCount' if pool.max_node_count is None else 'maxNodeCount'}: {len(more)}, so that all of them "
            "are counted",
            ("nodes", str(pool.nodes), *more),
            facts={"nodes": len(more), "declared": pool.nodes},
        )


def _no_node(compared: ComparedPool, near: NearMisses, nodes: tuple[LiveNode, ...]) -> Iterator[Found]:
    pool = compared.pool
    if not pool.node_count:
        if pool.nodes:
            yield Found(
                Code.NO_NODE_MATCHES,
                Severity.WARNING,
                f"no node is there now, so nothing of the pool can be checked (nodeCount 0, maxNodeCount {pool.nodes})",
                "verify again when the autoscaler has added a node",
            )
        return
    message, remedy = _why_none(compared, near, nodes)
    selected = (f"{key}={value}" for key, value in sorted(pool.node_selector.items()))
    cause = (str(pool.node_count), *selected, "near", *names_of(near.nodes))
    yield Found(Code.NO_NODE_MATCHES, Severity.WARNING, message, remedy, cause, takes_room=True)


def _why_none(compared: ComparedPool, near: NearMisses, nodes: tuple[LiveNode, ...]) -> tuple[str, str]:
    """Return why the pool has no node, and what to do."""
    pool = compared.pool
    if not nodes:
        return (
            f"the cluster has no nodes, {pool.node_count} declared",
            "add the nodes, or see whether the kubeconfig is of the cluster that is meant",
        )
    if not pool.node_selector:
        return (
            f"none of {counted(len(nodes), 'node')} has GPUs or a GPU label, {pool.node_count} declared",
            "install NVIDIA's driver and device plugin (the GPU Operator brings both), or add nodes with GPUs",
        )
    elsewhere = explained(compared, [node for node in nodes if matches(pool, node)])
    if elsewhere.nodes:
        names = some(names_of(elsewhere.nodes))
        said = f"{pool.node_count} declared, and the nodes that the nodeSelector matches ({names}) are other pools': "
        offer = elsewhere.told(compared) if elsewhere.reasons else f"they offer no {compared.resource}"
        return said + offer, " or ".join((*elsewhere.fixes(), "correct the nodeSelector, or remove the pool"))
    none = f"the nodeSelector matches none of {counted(len(nodes), 'node')}, {pool.node_count} declared"
    why = why_no_node(pool, nodes)
    remedies = near.remedies()
    if near.unlabelled or not near.nodes:
        remedies.append(label_remedy(compared, near.unlabelled or closest(pool, nodes)))
    if not near.nodes:
        return f"{none}: {why}", "; ".join((*remedies, "or add the nodes, where they are gone"))
    if len(near.reasons) == 1 and not near.unlabelled:
        ((reason, those),) = near.reasons.items()
        sign, said = ":", f"the {'node is' if len(those) == 1 else 'nodes are'} {reason.says} ({some(names_of(those))})"
    else:
        sign, said = ".", _near(compared, near)
    return f"{none}: {why}{'' if why.endswith('?') else sign} {said}", "; ".join(remedies)


def _fewer_nodes(compared: ComparedPool, near: NearMisses) -> Iterator[Found]:
    pool, count = compared.pool, len(compared.nodes)
    scaled = pool.max_node_count is not None
    another = " and declare another pool" if any(reason.declare for reason in near.reasons) else ""
    remedies = near.fixes()
    if near.unlabelled:
        by_hand = all(is_written_by_hand(key) for node in near.unlabelled for key in missing_labels(pool, node))
        remedies.append("label the nodes that are meant" if by_hand else label_remedy(compared, near.unlabelled))
    elif not near.nodes and not scaled:
        remedies.append("add the nodes")
    rest = ", or ".join(remedies)
    # Reserved units are for others' pods and for updates: at most as many count as the nodes that are left have.
    kept = max(min(pool.reserved_units, count * compared.units_per_node - compared.planned_units), 0)
    ways = (
        Way(_either(f"write nodeCount: {count}{another}", rest), {"node_count": count}),
        Way(
            _either(f"write nodeCount: {count} and reservedUnits: {kept} (now {pool.reserved_units}){another}", rest),
            {"node_count": count, "reserved_units": kept},
        ),
        Way(f"{rest or 'add the nodes'}: nodeCount: {count} {NO_ROOM}"),
    )
    yield Found(
        Code.FEWER_NODES,
        Severity.WARNING,
        f"{counted(count, 'node')} of {pool.node_count} declared{f'. {_near(compared, near)}' if near.nodes else ''}",
        ways[0].remedy,
        ("nodes", str(pool.node_count), *names_of(compared.nodes), "near", *names_of(near.nodes)),
        takes_room=True,
        ways=ways,
        facts={"nodes": count, "declared": pool.node_count},
    )


def _either(write: str, rest: str) -> str:
    return f"{write}, or {rest}" if rest else write


def _near(compared: ComparedPool, near: NearMisses) -> str:
    return f"Nodes that may be meant: {near.told(compared)}"
