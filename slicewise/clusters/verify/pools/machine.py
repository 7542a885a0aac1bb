"""Whether a pool has its nodes, and whether pods of the plan may run on them and find what is declared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from slicewise.clusters.live import REPELS, LiveNode, Taint, keeping_out, not_tolerated
from slicewise.clusters.verify.pools.compared_pool import ComparedPool, gpu_facts
from slicewise.clusters.verify.pools.label_ownership import is_written_by_hand
from slicewise.clusters.verify.pools.membership import closest, matches, missing_labels, units_of, why_no_node
from slicewise.clusters.verify.pools.nearly_members import NearMisses, explained, label_remedy
from slicewise.clusters.verify.pools.requirements import unmet
from slicewise.clusters.verify.pools.units import is_other_model, settled_nodes
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, are, counted, have, some
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import GIB, GKE_ACCELERATOR_LABEL, PRODUCT_LABEL, Quantity, amount
from slicewise.manifests import pod_tolerations


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
    cause = (str(pool.node_count), *selected, "near", *_names(near.nodes))
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
        names = some(_names(elsewhere.nodes))
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
        sign, said = ":", f"the {'node is' if len(those) == 1 else 'nodes are'} {reason.says} ({some(_names(those))})"
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
        ("nodes", str(pool.node_count), *_names(compared.nodes), "near", *_names(near.nodes)),
        takes_room=True,
        ways=ways,
        facts={"nodes": count, "declared": pool.node_count},
    )


def _either(write: str, rest: str) -> str:
    return f"{write}, or {rest}" if rest else write


def _near(compared: ComparedPool, near: NearMisses) -> str:
    return f"Nodes that may be meant: {near.told(compared)}"


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
    told = [f"{some(_names(those))} {are(len(those))} {state}" for state, those in sorted(out.items(), key=_rank)]
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


def check_models(compared: ComparedPool) -> Iterator[Found]:
    """Yield a pool of several GPU models, or of another than the declared one."""
    models = Counter(name for node in compared.gpu_nodes for name in _model_names(compared, node))
    models.pop("", None)
    known = {model for _, gpus in gpu_facts(compared.gpu_nodes) for model in gpus.models_of(compared.resource)}
    unknown = {_model_name(node) for node, gpus in gpu_facts(compared.gpu_nodes) if not gpus.model} - {""}
    if len(known) > 1 or (not known and len(unknown) > 1):
        odd = [
            node.name
            for node, gpus in gpu_facts(compared.gpu_nodes)
            if any(model != compared.model for model in gpus.models_of(compared.resource))
        ]
        which = f"; not {compared.model.name}: {some(odd)}" if compared.model and odd else ""
        misled = _misled(compared, compared.gpu_nodes if compared.model is None else _other(compared))
        yield Found(
            Code.MIXED_GPU_MODELS,
            Severity.ERROR if misled else Severity.WARNING,
            f"the nodes have several GPU models: {_list_models(models)}{which}{_lack(misled)}",
            "declare a pool for each GPU model, with a nodeSelector that tells them apart "
            f"({PRODUCT_LABEL} or {GKE_ACCELERATOR_LABEL})",
            ("models", *_names(compared.gpu_nodes)),
            takes_room=not misled,
        )
        return
    others = [node for node, gpus in gpu_facts(compared.gpu_nodes) if is_other_model(compared, gpus)]
    if others:
        misled = _misled(compared, others)
        yield Found(
            Code.OTHER_GPU_MODEL,
            Severity.ERROR if misled else Severity.WARNING,
            f"declared is {compared.pool.accelerator_type}, {counted(len(others), 'node')} ({some(_names(others))}) "
            f"{have(len(others))} {_model_name(others[0])}{_lack(misled)}",
            f"write acceleratorType: {_model_name(others[0])} with the profile and memory of that GPU, "
            "or correct the nodeSelector",
            (compared.pool.accelerator_type, *_names(others)),
            takes_room=not misled,
        )


def _other(compared: ComparedPool) -> list[LiveNode]:
    """Return the nodes that have, or may have, another GPU model than the declared one."""
    return [
        node
        for node, gpus in gpu_facts(compared.gpu_nodes)
        if any(model != compared.model for model in gpus.models_of(compared.resource) or (None,))
    ]


def _misled(compared: ComparedPool, nodes: Iterable[LiveNode]) -> list[DeploymentKey]:
    """Return the deployments whose pods may go to one of these nodes, and require more than its GPUs have."""
    return sorted(
        {
            name
            for node, gpus in gpu_facts([node for node in nodes if units_of(node, compared.resource)])
            for name in unmet(compared.required, gpus, compared.resource)
        }
    )


def _lack(misled: Sequence[DeploymentKey]) -> str:
    if not misled:
        return ""
    verb = "requires" if len(misled) == 1 else "require"
    return f"; {some(list(map(str, misled)))} {verb} what such a GPU lacks, or is not known to have"


def _names(nodes: Iterable[LiveNode]) -> list[str]:
    return [node.name for node in nodes]


def _model_name(node: LiveNode) -> str:
    if node.gpus is None:
        return ""
    return node.gpus.model.name if node.gpus.model else node.gpus.accelerator or ""


def _model_names(compared: ComparedPool, node: LiveNode) -> list[str]:
    """Return the node's model and, where the label of the pool's resource says another, that one too."""
    models = node.gpus.models_of(compared.resource) if node.gpus else ()
    return [model.name for model in models] or [_model_name(node)]


def _list_models(models: Counter[str]) -> str:
    ordered = sorted(models.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{name} on {counted(count, 'node')}" for name, count in ordered])


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
            f"{counted(len(few), 'node')} ({some(_names(few))}) {'takes' if len(few) == 1 else 'take'} fewer pods than "
            f"there are units: {least.pods} pods and {units} units on {least.name}, pods of the system included",
            ways[0].remedy,
            tuple(f"{node.name} {node.pods}" for node in few),
            takes_room=True,
            ways=ways,
        )


def check_machine(compared: ComparedPool) -> Iterator[Found]:
    """Yield CPU and memory that are declared in `allocatable` and that nodes do not offer."""
    allocatable = compared.pool.allocatable
    for field, declared, offered in (
        ("cpu", allocatable.cpu, _cpu),
        ("memory", allocatable.memory, _memory),
    ):
        if declared:
            yield from _too_little(compared, field, declared, offered)


def _cpu(node: LiveNode) -> str:
    return node.cpu


def _memory(node: LiveNode) -> str:
    return node.memory


def _too_little(
    compared: ComparedPool, field: str, declared: Quantity, offered: Callable[[LiveNode], str]
) -> Iterator[Found]:
    amounts = {node.name: amount(offered(node)) for node in compared.gpu_nodes}
    less = sorted(name for name, value in amounts.items() if value < declared.value)
    if not less:
        return
    smallest = min(less, key=lambda name: (amounts[name], name))
    written = next(offered(node) for node in compared.gpu_nodes if node.name == smallest)
    ways = tuple(_ways_of_less(compared, field, written, less))
    yield Found(
        Code.LESS_CPU_OR_MEMORY,
        Severity.WARNING,
        f"allocatable.{field} declares {declared}, {counted(len(less), 'node')} ({some(less)}) {have(len(less))} less: "
        f"{_readable(field, written)} on {smallest}",
        ways[0].remedy,
        (field, *less),
        takes_room=True,
        ways=ways,
    )


def _ways_of_less(compared: ComparedPool, field: str, written: str, less: Sequence[str]) -> Iterator[Way]:
    """Yield what to do about the nodes `less`, the smallest of which offers `written`."""
    pool, names = compared.pool, some(less)
    if amount(written):
        allocatable = pool.allocatable.model_copy(update={field: Quantity.parse(written)})
        yield Way(f"write allocatable.{field}: {written}", {"allocatable": allocatable})
    for_all = f"allocatable.{field}: {written or 0} for all of the pool {NO_ROOM}"
    count = min(pool.node_count, len(compared.nodes) - len(less))
    if count > 0:
        fields, said = {"node_count": count}, f"nodeCount: {count}"
        if pool.max_node_count is not None:
            fields["max_node_count"] = max(pool.max_node_count - len(less), count)
            said += f" and maxNodeCount: {fields['max_node_count']}"
        apart = f"take {names} out of the pool (another nodeSelector, or a pool of their own)"
        yield Way(f"{apart} and write {said}: {for_all}", fields)
    yield Way(f"let {names} offer what is declared: {for_all}")


def _readable(field: str, written: str) -> str:
    gib = f" ({amount(written) / GIB:.1f}Gi)" if field == "memory" and not written.endswith("Gi") else ""
    return f"{written or 'none'}{gib}"


def check_unit_memory(compared: ComparedPool) -> Iterator[Found]:
    """Yield memory that is declared of a unit and that labels do not report.

    That a unit has somewhat less than its nominal size is not a difference: SW301 says so of slices, and a GPU that is
    sold with 80 GB has 79.6 GiB. It becomes one where a model of the plan needs more than there is.
    """
    reported = {
        node.name: offer.memory_mib * 1024**2
        for node, gpus in settled_nodes(compared)
        for offer in gpus.offers
        if offer.resource == compared.resource and offer.memory_mib
    }
    if not reported:
        return
    least = min(reported.values())
    declared = compared.pool.capabilities.memory_per_gpu
    if declared.bytes <= least:
        return
    hungry = sorted(
        str(name)
        for name, needs in compared.required.items()
        if needs.memory_per_gpu and needs.memory_per_gpu.bytes > least
    )
    if compared.profile is None and least >= declared.bytes * _NOMINAL:
        return
    if not hungry and _is_known_of_slice(compared, least):
        return
    names = sorted(name for name, bytes_ in reported.items() if bytes_ == least)
    fails = f", and {some(hungry)} {'needs' if len(hungry) == 1 else 'need'} more than that" if hungry else ""
    yield Found(
        Code.LESS_UNIT_MEMORY,
        Severity.ERROR if hungry else Severity.WARNING,
        f"memoryPerGpu declares {declared}, a unit of {some(names)} has {least / GIB:.2f}Gi{fails}",
        f"write memoryPerGpu: {least // 1024**2}Mi",
        facts={"bytes": least, "declaredBytes": declared.bytes},
    )


# Boards report up to 2 % less than they are sold with; those that keep ECC bits in main memory (L4, L40S) more.
_NOMINAL = Decimal("0.98")
# Drivers differ by less than this in what they leave of a slice (H100 NVL: 10.75 and 10.62 GiB of 1g.12gb).
_DRIVERS_DIFFER = Decimal("0.98")


def _is_known_of_slice(compared: ComparedPool, least: int) -> bool:
    profile = compared.model.profile(compared.profile) if compared.model and compared.profile else None
    usable = profile.usable_gib if profile else None
    return usable is not None and least >= Decimal(str(usable)) * GIB * _DRIVERS_DIFFER
