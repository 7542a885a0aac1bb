"""What moves to an environment of another stack, or to one that is skipped: it stays where it is until it is there."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from slicewise.diagnostics import Code, Diagnostic, are, some
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import mapping
from slicewise.planning import Plan, PreviousPlacement

from ..state import REVISION_OUTPUT, SKIPPED_OUTPUT, PreviousStack, StackUnreadableError, read_outputs_of
from .reading import StackPlan


class Stays(NamedTuple):
    """A placement that the plan has elsewhere now, and that is served here for the time being.

    Attributes:
        placement: What stays.
        says: For whom it waits, and what to do.
    """

    placement: PreviousPlacement
    says: Diagnostic

    @property
    def name(self) -> str:
        """What its component is called: environment, namespace and deployment."""
        return f"{self.placement.environment}/{self.placement.key}"


async def stays(
    plan: StackPlan, own: Collection[str], before: PreviousStack, placements: Iterable[PreviousPlacement]
) -> tuple[Stays, ...]:
    """Return what must not leave yet, because the environment that it moves to does not have it yet.

    An environment has it when the outputs of the stack that applies it say so, and that it has applied this revision
    of the plan: it says so when everything is applied, and with `waitForReady` when it serves. Outputs have no
    credentials, and none is needed to read them.

    Args:
        plan: The plan.
        own: The environments of this stack; between these Pulumi makes the new before it deletes the old.
        before: What the last `pulumi up` of this stack left.
        placements: What this stack has, by the names that environments have now.
    """
    moving = {
        each: new
        for each in placements
        if each.environment not in (now := plan.environments_of[each.key])
        and (new := now - {*own} - before.elsewhere.get(str(each.key), frozenset()))
    }
    stacks = {plan.apply_stacks[name] for new in moving.values() for name in new if name in plan.apply_stacks}
    applied = dict(
        zip(sorted(stacks), await asyncio.gather(*(_applied(plan, each) for each in sorted(stacks))), strict=True)
    )
    found = []
    for each, new in moving.items():
        reasons = [reason for name in sorted(new) if (reason := _why_not_yet(plan, name, each.key, applied))]
        if reasons:
            found.append(Stays(each, _stays(each, new, reasons)))
    return tuple(found)


def stays_for_skipped(before: Iterable[PreviousPlacement], plan: Plan, skipped: Collection[str]) -> tuple[Stays, ...]:
    """Return what must not leave yet, because the environment that it moves to is skipped, and does not have it.

    Args:
        before: What the stack has, by the names that environments have now.
        plan: The plan.
        skipped: The environments that are left as they are.
    """
    had = [*before]
    there = {(each.key, each.environment) for each in had}
    now: defaultdict[DeploymentKey, set[str]] = defaultdict(set)
    for placement in plan.placements:
        now[placement.deployment].add(placement.environment)
    found = []
    for each in had:
        new = sorted(name for name in now[each.key] if name in skipped and (each.key, name) not in there)
        if new and each.environment not in now[each.key] and each.environment not in skipped:
            found.append(Stays(each, _stays(each, new, [f"{some(new)} {are(len(new))} skipped"])))
    return tuple(found)


def elsewhere(plan: StackPlan, own: Collection[str], staying: Iterable[Stays], before: PreviousStack) -> dict[str, str]:
    """Return, by deployment, where other stacks have what this one has, as the next run is to remember it.

    Of what stays it is what was known before: what the plan has added since is what it waits for.
    """
    kept = {each.placement.key for each in staying}
    here = {each.key for each in plan.placements if each.environment in own} | kept
    others = {
        str(key): before.elsewhere.get(str(key), frozenset()) if key in kept else plan.environments_of[key] - {*own}
        for key in sorted(here)
    }
    return {name: " ".join(sorted(environments)) for name, environments in others.items() if environments}


async def _applied(plan: StackPlan, stack: str) -> Collection[str] | StackUnreadableError:
    """Return the names of the placements that a stack has applied of the plan, or why that is not known."""
    try:
        outputs = await read_outputs_of(stack)
    except StackUnreadableError as error:
        return error
    revision, skipped = outputs.get(REVISION_OUTPUT), outputs.get(SKIPPED_OUTPUT) or ()
    if not isinstance(revision, int | float) or revision < plan.revision:
        return ()
    return [name for name in mapping(outputs.get("placements")) if name.partition("/")[0] not in skipped]


def _why_not_yet(
    plan: StackPlan, environment: str, key: DeploymentKey, applied: Mapping[str, Collection[str] | StackUnreadableError]
) -> str | None:
    stack = plan.apply_stacks.get(environment)
    if stack is None:
        configured = f"pulumi config set --path 'slicewise:applyStacks[\"{environment}\"]' ORGANIZATION/PROJECT/STACK"
        short = plan.stack.rpartition("/")[2]
        return (
            f"the plan does not say which stack applies {environment}; run: {configured} --stack {short}, and "
            f"pulumi up --stack {short}"
        )
    there = applied[stack]
    if isinstance(there, StackUnreadableError):
        return f"stack {stack}, which applies {environment}, cannot be read ({there})"
    if f"{environment}/{key}" in there:
        return None
    return f"stack {stack} does not have it there yet; run: pulumi up --stack {stack.rpartition('/')[2]}"


def _stays(placement: PreviousPlacement, new: Iterable[str], reasons: Iterable[str]) -> Diagnostic:
    message = (
        f"it moves from {placement.environment} to {some(sorted(new))}, and stays in {placement.environment} until it "
        f"is there: {'; '.join(reasons)}; then `pulumi up` here removes it"
    )
    return Diagnostic.warning(Code.STAYS_UNTIL_SERVED, message, subject=placement.key.subject)
