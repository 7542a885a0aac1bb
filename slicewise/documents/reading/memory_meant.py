"""A proposal of memory for a pool's unit that is wrong there is brought down to what such a unit has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from slicewise.diagnostics import FieldPath, Statement
from slicewise.documents.amounts import gpu_memory_meant
from slicewise.documents.declared_memory import most_gib
from slicewise.kubernetes import GIB, Quantity
from slicewise.mig import known_gpu_model
from slicewise.sources import UnusableTextError

_WRITE: Final = "write "
# "write 40Gi (powers of 1024) or 40G (powers of 1000)": GPUs are not sold in powers of 1000.
_DECIMAL: Final = "powers of 1000"
_POOL: Final = ("spec", "nodePools")


def within_unit(said: Statement, document: Any, path: FieldPath) -> Statement:  # noqa: ANN401 - plain data
    """Return `said`, of a value that is at `path`, with no memory of a GPU proposed that would be corrected next.

    For `memoryPerGpu: 40GB` of a `3g.40gb` of an H100 that is 39.5Gi, not 40Gi or 40G; for `40K` of a model it is 40Gi.
    """
    if not {"memoryPerGpu", "memoryPerSlice"} & set(path) or not said.remedy.startswith(_WRITE):
        return said
    first, _, others = said.remedy.removeprefix(_WRITE).partition(" ")
    try:
        proposed = Quantity.parse(first)
    except UnusableTextError:
        return said
    if meant := gpu_memory_meant(proposed):
        said = said._replace(remedy=f"{_WRITE}{meant}")
        proposed = Quantity.parse(meant.rpartition(" ")[2])
    elif _DECIMAL in others:
        said = said._replace(remedy=f"{_WRITE}{first}")
    if path[:2] != _POOL:
        return said
    pool = _mapping(_mapping(document, "spec").get("nodePools"), path[2])
    mig = _mapping(_mapping(pool, "capabilities"), "migConfiguration")
    profile = path[-1] if path[-1] != "memoryPerGpu" else mig.get("profile") if mig.get("enabled") else None
    accelerator = pool.get("acceleratorType")
    gpu = known_gpu_model(accelerator) if isinstance(accelerator, str) else None
    most = most_gib(gpu, profile if isinstance(profile, str) else None)
    if most is None or proposed.value <= Decimal(str(most)) * GIB:
        return said
    return said._replace(remedy=f"{_WRITE}{most:g}Gi")


def _mapping(value: Any, key: Any) -> dict[Any, Any]:  # noqa: ANN401 - plain data
    try:
        found = value[key]
    except (KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
