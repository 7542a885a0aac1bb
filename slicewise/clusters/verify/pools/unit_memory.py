"""Whether a unit has the memory that a pool declares of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.pool_fields import memory_said, with_memory
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import GIB, Quantity, readable

# Boards report up to 2 % less than they are sold with; those that keep ECC bits in main memory (L4, L40S) more.
_NOMINAL = Decimal("0.98")
# Drivers differ by less than this in what they leave of a slice (H100 NVL: 10.75 and 10.62 GiB of 1g.12gb).
_DRIVERS_DIFFER = Decimal("0.98")


def check_unit_memory(compared: ComparedPool) -> Iterator[Found]:
    """Yield memory that is declared of a unit and that labels do not report.

    That a unit has somewhat less than its nominal size is not a difference: SW301 says so of slices, and a GPU that is
    sold with 80 GB has 79.6 GiB. It becomes one where a model of the plan needs more than there is.
    """
    reported = {
        node.name: offer.memory_mib * 1024**2
        for node in compared.nodes
        if node.gpus and node.is_of_declared_kind
        for offer in node.gpus.offers
        if offer.resource == compared.resource and offer.memory_mib
    }
    if not reported:
        return
    least = min(reported.values())
    declared = compared.pool.unit_memory
    if declared.bytes <= least:
        return
    hungry = sorted(
        str(name)
        for name, needs in compared.required.items()
        if any(each.memory_per_gpu and each.memory_per_gpu.bytes > least for each in needs)
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
        f"{memory_said(compared.pool)} {declared}, a unit of {some(names)} has {_gib(least)}Gi{fails}",
        f"write {with_memory(compared.pool, _as_reported(least))}",
        facts={"bytes": least, "declaredBytes": declared.bytes},
    )


def _gib(size: int) -> str:
    return f"{size / GIB:.2f}".rstrip("0").rstrip(".")


def _as_reported(size: int) -> str:
    """Write an amount as one that a cluster reported: people write 20Gi of 19.62, and 20480Mi of no other."""
    return f"{size // 1024**2}Mi" if size % GIB == 0 else readable(Quantity(Decimal(size), str(size)))


def _is_known_of_slice(compared: ComparedPool, least: int) -> bool:
    profile = compared.model.profile(compared.profile) if compared.model and compared.profile else None
    usable = profile.usable_mib if profile else None
    return usable is not None and least >= usable * 1024**2 * _DRIVERS_DIFFER
