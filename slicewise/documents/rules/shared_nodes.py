"""Pools of one environment that a node could belong to both of: it would be counted twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, counted, have, some
from slicewise.documents.allocation import Allocation
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import MOST_SLICES, NodePool
from slicewise.documents.node_selector import exclude_each_other
from slicewise.documents.pool_offers import is_dynamic, resources_of
from slicewise.documents.rules.judged_entry import JudgedEntry
from slicewise.documents.rules.told_by_gpus import are_told_by_gpus
from slicewise.kubernetes import readable
from slicewise.mig import parse_profile_name

# A GPU has eight slices of memory, or four of twice the size (NVIDIA MIG User Guide, Partitioning).
_MEMORY_SLICES: Final = 8


def check_distinct_pools(pools: Sequence[JudgedEntry[NodePool]]) -> Iterator[Diagnostic]:
    """Yield as few pools as would, told apart from the others, leave no two alike: one slip is one error."""
    clashes: dict[int, set[int]] = {}
    for number, entry in enumerate(pools):
        for other in range(number):
            if _may_share_a_node(entry.value, pools[other].value):
                clashes.setdefault(number, set()).add(other)
                clashes.setdefault(other, set()).add(number)
    while clashes:
        worst = max(clashes, key=lambda number: (len(clashes[number]), number))
        pool, rivals = pools[worst].value, sorted(clashes.pop(worst))
        others = some([f'"{pools[number].value.name}"' for number in rivals], between=" or ", word="or")
        resource = _common(pool, pools[rivals[0]].value)[0]
        message = (
            f'a node of "{pool.name}" could belong to {others} too: all advertise {resource}, so it would '
            "be counted twice"
        )
        remedy = _apart(pool, [pools[number].value for number in rivals])
        yield Diagnostic.error(
            Code.POOLS_NOT_DISTINCT,
            message,
            remedy,
            field=(*pools[worst].path, "nodeSelector"),
            nodePools=[pools[number].value.name for number in (*rivals, worst)],
            resource=resource,
        )
        for number in rivals:
            clashes[number].discard(worst)
            if not clashes[number]:
                del clashes[number]


def _apart(pool: NodePool, rivals: Sequence[NodePool]) -> str:
    """Return how `pool` is told from all of `rivals`: by what its lists have in common with one, if that is all."""
    common = {
        f"{key}={value}"
        for rival in rivals
        for key, values in pool.selected.items()
        if key in rival.selected and values != rival.selected[key]
        for value in values & rival.selected[key]
    }
    if common and len(rivals) == 1:
        return f"let only one of the two have {some(sorted(common), word='and')} in its list"
    return "give their nodeSelectors one key with different values"


def check_counted_twice(entries: Sequence[JudgedEntry[NodePool]]) -> Iterator[Diagnostic]:
    """Yield pools that count the GPUs, CPUs, memory or anything else of one node twice."""
    gpus = list(_gpus_counted_twice(entries))
    found = {each.field[:-1] for each in gpus}
    gpus += [each for each in _cut_for_both(entries) if each.field[:-1] not in found]
    yield from gpus
    # Once their GPUs are counted once, or the pools told apart, it is seen whether more is counted twice.
    told = {each.field[:-1] for each in gpus}
    yield from (each for each in _amounts_counted_twice(entries) if each.field[:-1] not in told)


def _amounts_counted_twice(entries: Sequence[JudgedEntry[NodePool]]) -> Iterator[Diagnostic]:
    """Yield pools that may share nodes, as where GPUs of one node are cut in two ways, and both have all its CPUs.

    Amounts that differ are taken for the share of each.
    """
    pools = [entry.value for entry in entries]
    for index, pool in enumerate(pools):
        mine = _amounts(pool)
        for other in pools[:index] if mine else ():
            theirs = _amounts(other)
            same = {name: written for name, written in mine.items() if theirs.get(name) == written}
            twice = [f"{name} {written}" for name, written in same.items()]
            one_node = twice and may_have_one_node(pool, other) and not are_told_by_gpus(pool, other)
            if one_node and not _common(pool, other):
                message = (
                    f'a node of "{pool.name}" may belong to "{other.name}" too, and both count {" and ".join(twice)} '
                    "of it"
                )
                remedy = (
                    "if that is all that a node has, write one pool for its nodes, with migConfiguration.slices and "
                    "wholeGpus in place of profile; if no node is in both, give their nodeSelectors one key with "
                    "different values"
                )
                yield Diagnostic.warning(
                    Code.NODE_COUNTED_TWICE,
                    message,
                    remedy,
                    field=(*entries[index].path, "allocatable"),
                    nodePools=[other.name, pool.name],
                    amounts=same,
                )
                break


def _amounts(pool: NodePool) -> dict[str, str]:
    """Return what is declared of a node of `pool`, by Kubernetes' names, in canonical form."""
    has = pool.allocatable
    declared = {"cpu": has.cpu, "memory": has.memory, "ephemeral-storage": has.ephemeral_storage}
    found = {name: readable(each) for name, each in (declared | has.extended_resources).items() if each}
    # 110 is the kubelet's own number, and says nothing.
    return found | ({"pods": str(has.pods)} if "pods" in has.model_fields_set else {})


def _gpus_counted_twice(entries: Sequence[JudgedEntry[NodePool]]) -> Iterator[Diagnostic]:
    """Yield pools that share their nodes, and together count more slices than the GPUs of a node hold."""
    pools = [entry.value for entry in entries]
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, pool in enumerate(pools):
        if pool.nodes and _says_how_it_is_cut(pool):
            gpu = catalogued(pool)
            labels = frozenset(pool.selected.items())
            alike[labels, gpu.name if gpu else pool.accelerator_type, pool.accelerator_count].append(index)
    for indices in alike.values():
        advertised = [resource for index in indices for resource in resources_of(pools[index])]
        # Those of one resource are an error of their own.
        if len(indices) == 1 or len(set(advertised)) < len(advertised):
            continue
        shares = [_gpus_taken(pools[index]) for index in indices]
        most, last = pools[indices[0]].accelerator_count, indices[-1]
        if max(sum(share) for share in zip(*shares, strict=True)) > most:
            others = " and ".join(f'"{pools[index].name}"' for index in indices[:-1])
            message = (
                f'a node of "{pools[last].name}" belongs to {others} too, and together they count more slices than '
                f"its {counted(most, 'GPU')} {have(most)}"
            )
            apart = "if no node is in both, give their nodeSelectors one key with different values"
            remedy = f"write one pool for these nodes, with {_of_both([pools[index] for index in indices])}; {apart}"
            yield Diagnostic.warning(
                Code.NODE_COUNTED_TWICE,
                message,
                remedy,
                field=(*entries[last].path, "nodeSelector"),
                nodePools=[pools[index].name for index in indices],
                gpus=most,
            )


def _cut_for_both(entries: Sequence[JudgedEntry[NodePool]]) -> Iterator[Diagnostic]:
    """Yield pools that may share nodes whose GPUs the DRA driver cuts on demand, for the pods of either."""
    for index, entry in enumerate(entries):
        pool = entry.value
        other = next((each.value for each in entries[:index] if _may_be_cut_for_both(pool, each.value)), None)
        if other is not None:
            message = (
                f'a node of "{pool.name}" may belong to "{other.name}" too: the DRA driver cuts its GPUs for pods of '
                "either, and both count all of them"
            )
            apart = "if no node is in both, give their nodeSelectors one key with different values"
            yield Diagnostic.warning(
                Code.NODE_COUNTED_TWICE,
                message,
                f"write one pool for these nodes, with {_of_both((pool, other))}; {apart}",
                field=(*entry.path, "nodeSelector"),
                nodePools=[other.name, pool.name],
                gpus=pool.accelerator_count,
            )


def _may_be_cut_for_both(one: NodePool, other: NodePool) -> bool:
    both = (one, other)
    if not any(map(is_dynamic, both)) or any(each.allocation is Allocation.DEVICE_PLUGIN for each in both):
        return False
    # Those of one resource are an error of their own; a pool without nodes counts nothing.
    if _common(one, other) or not (one.nodes and other.nodes) or not (gpu := catalogued(one)):
        return False
    return catalogued(other) == gpu and may_have_one_node(one, other) and not are_told_by_gpus(one, other)


def _of_both(pools: Iterable[NodePool]) -> str:
    """Say what the one pool has that takes the place of several on the same nodes."""
    if any(map(is_dynamic, pools)):
        return (
            "migConfiguration.dynamic, the profiles of all in profiles, and wholeGpus for GPUs that pods may have whole"
        )
    return (
        "migConfiguration.slices and wholeGpus in place of profile: how many slices of each profile a node has, and "
        "GPUs that are not cut"
    )


def _gpus_taken(pool: NodePool) -> tuple[Fraction, Fraction]:
    """Return how many GPUs of a node the units of `pool` take at least: going by compute slices, and by memory."""
    if pool.mig and pool.mig.several:
        # That these fit is a rule of its own.
        return Fraction(pool.accelerator_count), Fraction(pool.accelerator_count)
    if pool.mig is None or pool.mig.profile is None:
        per_gpu, compute, memory = 1, Fraction(1), Fraction(1)
    else:
        gpu, parsed = catalogued(pool), parse_profile_name(pool.mig.profile)
        known = gpu.profile(pool.mig.profile) if gpu else None
        per_gpu = pool.mig.slices_per_gpu or (known.per_gpu if known else 0)
        slices = [
            each.compute for profile in (gpu.profiles if gpu else ()) if (each := parse_profile_name(profile.name))
        ]
        compute = Fraction(parsed.compute if parsed else 0, max(slices, default=MOST_SLICES))
        eighths = (
            round(_MEMORY_SLICES * known.nominal_gib / gpu.memory_gib) if gpu and known and known.nominal_gib else 0
        )
        memory = Fraction(eighths, _MEMORY_SLICES)
    units = max(pool.accelerator_count * per_gpu - Fraction(pool.reserved_units, pool.nodes), Fraction(0))
    return units * compute, units * memory


def _may_share_a_node(one: NodePool, other: NodePool) -> bool:
    return may_have_one_node(one, other) and bool(_common(one, other))


def _common(one: NodePool, other: NodePool) -> list[str]:
    theirs = resources_of(other)
    return [resource for resource in resources_of(one) if resource in theirs]


def _says_how_it_is_cut(pool: NodePool) -> bool:
    return pool.mig is None or pool.mig.profile is not None or bool(pool.mig.several)


def may_have_one_node(one: NodePool, other: NodePool) -> bool:
    """Return whether a node could belong to both pools, as far as can be told."""
    if one.name == other.name or not (_says_how_it_is_cut(one) and _says_how_it_is_cut(other)):
        # That is an error of its own, and hides what is meant here.
        return False
    return not exclude_each_other(one.selected, other.selected)
