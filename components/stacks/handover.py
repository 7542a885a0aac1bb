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

from ..last_update import LastUpdate
from ..state import REVISION_OUTPUT, SKIPPED_OUTPUT, PreviousStack, StackUnreadableError, read_outputs_of
from .reading import StackPlan


class Stays(NamedTuple):
    """A placement that the plan has elsewhere now, and that is served here for the time being.

    Attributes:
        environment: Where it stays.
        key: The deployment.
        says: For whom it waits, and what to do.
    """

    environment: str
    key: DeploymentKey
    says: Diagnostic

    @property
    def name(self) -> str:
        """What its component is called: environment, namespace and deployment."""
        return f"{self.environment}/{self.key}"


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
            found.append(_staying(each.environment, each.key, new, reasons))
    return tuple(found)


def stays_for_skipped(past: LastUpdate, plan: Plan, skipped: Collection[str]) -> tuple[Stays, ...]:
    """Return what must not leave yet, because the environment that it moves to is skipped, and may not serve it.

    An update that fails leaves what was to go: its outputs do not have that any more, and the state does. So what is
    in its place was made, but as far as is known it never served.

    Args:
        past: What the stack has, its state included.
        plan: The plan.
        skipped: The environments that are left as they are.
    """
    had = {(each.environment, each.key) for each in past.placements}
    left = {*past.placements_in_state()} - had
    now: defaultdict[DeploymentKey, set[str]] = defaultdict(set)
    for placement in plan.placements:
        now[placement.deployment].add(placement.environment)
    found = []
    for environment, key in sorted(had | left):
        if environment in now[key] or environment in skipped:
            continue
        not_served = skipped if (environment, key) in left else {name for name in skipped if (name, key) not in had}
        if new := sorted(now[key].intersection(not_served)):
            found.append(_staying(environment, key, new, [f"{some(new)} {are(len(new))} skipped"]))
    return tuple(found)


def elsewhere(plan: StackPlan, own: Collection[str], staying: Iterable[Stays], before: PreviousStack) -> dict[str, str]:
    """Return, by deployment, where other stacks have what this one has, as the next run is to remember it.

    Of what stays it is what was known before: what the plan has added since is what it waits for.
    """
    kept = {each.key for each in staying}
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


def _staying(environment: str, key: DeploymentKey, new: Iterable[str], reasons: Iterable[str]) -> Stays:
    message = (
        f"it moves from {environment} to {some(sorted(new))}, and stays in {environment} until it is there: "
        f"{'; '.join(reasons)}; then `pulumi up` here removes it"
    )
    return Stays(environment, key, Diagnostic.warning(Code.STAYS_UNTIL_SERVED, message, subject=key.subject))
