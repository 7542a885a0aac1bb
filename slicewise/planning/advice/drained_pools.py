"""Pools that are being drained, on which something stays because nothing else takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Subject, some
from slicewise.documents import DeploymentKey, Fleet, InferenceEnvironment, Scheduling


class StayingDeployment(NamedTuple):
    """A deployment that stays on a pool that is being drained.

    Attributes:
        key: Which.
        nearest: Which other pool comes nearest, and what is wanting there; empty where nobody looked.
    """

    key: DeploymentKey
    nearest: str


def drained_pool_advice(
    fleet: Fleet, staying: Mapping[tuple[str, str], Sequence[StayingDeployment]]
) -> Iterator[Diagnostic]:
    """Yield what stays on each pool, by the names of environment and pool."""
    for (name, pool), deployments in sorted(staying.items()):
        names = sorted(str(each.key) for each in deployments)
        why = "; ".join(f"{each.key}: {each.nearest}" for each in deployments if each.nearest)
        stay, them = ("stays", "it") if len(names) == 1 else ("stay", "them")
        yield Diagnostic.warning(
            Code.STAYS_ON_DRAINED_POOL,
            f"{pool} is being drained, and {some(names)} {stay} on it, because no other pool can take {them}: {why}",
            f"make room elsewhere, which the next plan uses; `slicewise explain {names[0]} PATH…` shows every pool",
            field=_field(fleet.environment[name], pool),
            subject=Subject("InferenceEnvironment", name, node_pool=pool),
            deployments=names,
        )


def _field(environment: InferenceEnvironment, pool: str) -> FieldPath:
    index, declared = next(each for each in enumerate(environment.spec.node_pools) if each[1].name == pool)
    if declared.scheduling is Scheduling.DRAIN:
        return ("spec", "nodePools", index, "scheduling")
    return ("spec", "scheduling")
