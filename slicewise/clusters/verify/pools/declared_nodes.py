"""Whether a pool has the nodes that it declares, and which nodes are meant where it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from slicewise.clusters.live import LiveNode
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.cuts import ANEW, AS_DECLARED, cutting, declaring, made_alike
from slicewise.clusters.verify.pools.near_misses import CutOtherwise, NearMisses, UnmatchedNode
from slicewise.clusters.verify.pools.pool_fields import reserving
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, are, counted, did_you_mean, some
from slicewise.documents import written_label


def check_declared_nodes(compared: ComparedPool, everywhere: Sequence[LiveNode]) -> Iterator[Found]:
    """Yield what is wrong with the number of nodes; `everywhere` are all nodes of the cluster."""
    pool = compared.pool
    if not compared.nodes:
        yield from _no_node(compared, everywhere)
    elif len(compared.nodes) < pool.node_count:
        yield from _fewer_nodes(compared)
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


def _no_node(compared: ComparedPool, everywhere: Sequence[LiveNode]) -> Iterator[Found]:
    pool = compared.pool
    facts = {"nodes": 0, "declared": pool.node_count}
    if not pool.node_count:
        if pool.nodes:
            yield Found(
                Code.NO_NODE_MATCHES,
                Severity.WARNING,
                f"no node is there now, so nothing of the pool can be checked (nodeCount 0, maxNodeCount {pool.nodes})",
                "verify again when the autoscaler has added a node",
                facts=facts,
            )
        return
    message, remedy = _why_none(compared, everywhere)
    selected = (written_label(key, values) for key, values in sorted(pool.selected.items()))
    cause = (str(pool.node_count), *selected, "near", *_names(compared.near.nodes))
    yield Found(Code.NO_NODE_MATCHES, Severity.WARNING, message, remedy, cause, takes_room=True, facts=facts)


def _why_none(compared: ComparedPool, everywhere: Sequence[LiveNode]) -> tuple[str, str]:
    """Return why the pool has no node, and what to do."""
    pool, near, elsewhere = compared.pool, compared.near, compared.elsewhere
    if not everywhere:
        return (
            f"the cluster has no nodes, {pool.node_count} declared",
            "add the nodes, or see whether the kubeconfig is of the cluster that is meant",
        )
    if not pool.node_selector:
        return (
            f"none of {counted(len(everywhere), 'node')} has GPUs or a GPU label, {pool.node_count} declared",
            "install NVIDIA's driver and device plugin (the GPU Operator brings both), or add nodes with GPUs",
        )
    if elsewhere.nodes:
        names = some(_names(elsewhere.nodes))
        said = f"{pool.node_count} declared, and the nodes that the nodeSelector matches ({names}) are other pools': "
        offer = _told(elsewhere) if elsewhere.cut_otherwise else f"they offer no {compared.resource}"
        # Cut anew for this pool alone, they would be lost to the others.
        fixes = (f"{AS_DECLARED} by all of these pools, ",) if elsewhere.cut_otherwise else ()
        return said + offer, "".join((*fixes, "correct the nodeSelector, or remove the pool"))
    none = f"the nodeSelector matches none of {counted(len(everywhere), 'node')}, {pool.node_count} declared"
    why = _unmatched_labels(compared, everywhere)
    remedies = _remedies(compared.profile, near)
    if near.unlabelled or not near.nodes:
        remedies.append(_label_remedy(near.unlabelled or compared.closest))
    if not near.nodes:
        return f"{none}: {why}", "; ".join((*remedies, "or add the nodes, where they are gone"))
    if len(near.cut_otherwise) == 1 and not near.unlabelled:
        ((cut, those),) = near.cut_otherwise
        sign, said = ":", f"the {'node is' if len(those) == 1 else 'nodes are'} {_cut(cut)} ({some(_names(those))})"
    else:
        sign, said = ".", f"Nodes that may belong to it: {_told(near)}"
    return f"{none}: {why}{'' if why.endswith('?') else sign} {said}", "; ".join(remedies)


def _fewer_nodes(compared: ComparedPool) -> Iterator[Found]:
    pool, near, count = compared.pool, compared.near, len(compared.nodes)
    another = " and declare another pool" if any(cut.declare for cut, _ in near.cut_otherwise) else ""
    remedies = _fixes(compared.profile, near)
    if near.unlabelled:
        by_hand = not any(each.not_by_hand for each in near.unlabelled)
        remedies.append("label the nodes that are meant" if by_hand else _label_remedy(near.unlabelled))
    elif not near.nodes and pool.max_node_count is None:
        remedies.append("add the nodes")
    rest = ", or ".join(remedies)
    # Reserved units are for others' pods and for updates: at most as many count as the nodes that are left have.
    kept = max(min(pool.reserved_units, count * compared.units_per_node - compared.planned_units), 0)
    ways = (
        Way(_either(f"write nodeCount: {count}{another}", rest), {"node_count": count}),
        Way(
            _either(f"write nodeCount: {count} and {reserving(pool, kept)} (now {pool.reserved_units}){another}", rest),
            {"node_count": count, "reserved_units": kept},
        ),
        Way(f"{rest or 'add the nodes'}: nodeCount: {count} {NO_ROOM}"),
    )
    meant = f". Nodes that may belong to it: {_told(near)}" if near.nodes else ""
    yield Found(
        Code.FEWER_NODES,
        Severity.WARNING,
        f"{counted(count, 'node')} of {pool.node_count} declared{meant}",
        ways[0].remedy,
        ("nodes", str(pool.node_count), *(node.name for node in compared.nodes), "near", *_names(near.nodes)),
        takes_room=True,
        ways=ways,
        facts={"nodes": count, "declared": pool.node_count},
    )


def _either(write: str, rest: str) -> str:
    return f"{write}, or {rest}" if rest else write


def _names(nodes: Iterable[LiveNode]) -> list[str]:
    return [node.name for node in nodes]


def _cut(cut: CutOtherwise) -> str:
    """Say how GPUs are cut, after "is"."""
    if cut.invalid:
        return "MIG-INVALID: the slices do not fit the single strategy, so the device plugin offers none"
    return f"cut into {', '.join(cut.profiles)}" if cut.profiles else "not cut into slices"


def _fix(profile: str | None, cut: CutOtherwise) -> str:
    """Return how GPUs that are cut otherwise come to be cut into `profile`."""
    if cut.cutter is None:
        return made_alike(profile)
    if cut.several_models:
        return f"{ANEW}, or {AS_DECLARED}"
    return cutting(profile, cut.cutter) + ("" if cut.declare else ", or remove the pool")


def _fixes(profile: str | None, near: NearMisses) -> list[str]:
    """Return how those that are cut otherwise become what is declared."""
    return list(dict.fromkeys(_fix(profile, cut) for cut, _ in near.cut_otherwise))


def _remedies(profile: str | None, near: NearMisses) -> list[str]:
    """Return what to declare in the pool's place, or else how these nodes become what is declared."""
    return [
        f"{_declare(cut)}, or {_fix(profile, cut)}" if cut.declare else _fix(profile, cut)
        for cut, _ in near.cut_otherwise
    ]


def _declare(cut: CutOtherwise) -> str:
    select = ", ".join(f"{key}: {value}" for key, value in cut.select)
    written = declaring(cut.declare) if cut.declare else ""
    return f"{written}, select {select}" if select else written


def _told(near: NearMisses) -> str:
    """Say of each what it is, or lacks."""
    parts = [f"{some(_names(nodes))} {are(len(nodes))} {_cut(cut)}" for cut, nodes in near.cut_otherwise]
    return "; ".join((*parts, _lacks(near.unlabelled)) if near.unlabelled else parts)


def _label_remedy(nodes: Iterable[UnmatchedNode]) -> str:
    """Return how nodes come to be matched: labels are to be written only where nothing else writes them."""
    given = sorted({key for node in nodes for key in node.not_by_hand})
    if given:
        keys = f"{some(given)} {are(len(given))}"
        return f"correct the nodeSelector ({keys} not for people to write: the cloud or NVIDIA's tools do)"
    return "correct the nodeSelector, or label the nodes (kubectl label node NODE KEY=VALUE)"


def _unmatched_labels(compared: ComparedPool, everywhere: Sequence[LiveNode]) -> str:
    """Say which labels of the pool's selector no node has, and what nodes have in their place."""
    reasons = [
        _instead(key, wanted, everywhere)
        for key, wanted in sorted(compared.pool.selected.items())
        if all(node.labels.get(key) not in wanted for node in everywhere)
    ]
    if reasons:
        return "; ".join(reasons)
    return f"each of the labels is on some node, all of them on none: {_lacks(compared.closest[:1])}"


def _instead(key: str, wanted: frozenset[str], everywhere: Sequence[LiveNode]) -> str:
    values = Counter(node.labels[key] for node in everywhere if key in node.labels)
    if not values:
        known = {each for node in everywhere for each in node.labels}
        return f"no node has a label {key}{did_you_mean(key, sorted(known))}"
    return f"no node has {written_label(key, wanted)}; nodes have {_values(values)}"


def _values(values: Mapping[str, int]) -> str:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{value or 'the empty value'} ({count})" for value, count in ordered])


def _lacks(nodes: Iterable[UnmatchedNode]) -> str:
    """Say what nodes lack to be matched: `n-0 and n-1 lack pool=right (it is left)`."""
    return "; ".join(_lacking(nodes))


def _lacking(nodes: Iterable[UnmatchedNode]) -> Iterator[str]:
    groups: dict[tuple[tuple[str, str | None], ...], list[str]] = {}
    for each in nodes:
        key = tuple(
            (written_label(name, values), each.node.labels.get(name)) for name, values in sorted(each.missing.items())
        )
        groups.setdefault(key, []).append(each.node.name)
    for labels, names in sorted(groups.items(), key=lambda group: group[1]):
        wanted = " and ".join(label + ("" if has is None else f" (it is {has or 'empty'})") for label, has in labels)
        yield f"{some(names)} {'lacks' if len(names) == 1 else 'lack'} {wanted}"
