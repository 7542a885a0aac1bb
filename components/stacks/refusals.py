"""What an apply stack refuses once it knows what it has applied: an older plan, environments not its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, are, some

from ..last_update import LastUpdate
from ..stack_config import StackConfig, stack_file
from .reading import StackPlan


def _refuse_outdated(plan: StackPlan, past: LastUpdate, config: StackConfig) -> None:
    """Refuse a plan that is older than the one that the stack has applied, or another one of the same revision.

    Raises:
        InvalidInputError: it is (SW445), and the stack's configuration does not accept it.
    """
    applied = past.before
    later = applied.revision is not None and plan.revision < applied.revision
    other = plan.revision == applied.revision and plan.digest != applied.digest
    if not (later or other) or config.accept_plan == plan.digest:
        return
    which = "another plan of that revision" if other else f"revision {applied.revision}"
    message = (
        f"it is revision {plan.revision}, and this stack has applied {which}: the plan stack was made anew, or its "
        "state is an older one"
    )
    remedy = (
        f"if it is the plan that is to be applied: pulumi config set slicewise:acceptPlan {plan.digest} (`pulumi "
        "preview` then shows what changes); else bring the plan stack's state back, or plan again there"
    )
    place = Place(f"the outputs of stack {plan.stack}")
    raise InvalidInputError([Diagnostic.error(Code.PLAN_OUTDATED, message, remedy, field="revision", place=place)])


def _refuse_unknown(config: StackConfig, plan: StackPlan, past: LastUpdate) -> None:
    """Refuse environments that neither the documents nor the stack know.

    Raises:
        InvalidInputError: there are such (SW446).
    """
    has = past.state.environments if past.state.is_read else past.before.clusters
    known = {*plan.environments, *has}
    problems = [
        Diagnostic.error(
            Code.NOT_IN_PLAN,
            f"the plan has no environment {name}, and this stack has nothing of one",
            f"write one of {some(sorted(plan.environments))}; or, if it has left the fleet, take it out of this list; "
            "a stack that has none left can go: pulumi destroy, then pulumi stack rm",
            field=f"slicewise:environments[{at}]",
            place=Place(stack_file()),
        )
        for at, name in enumerate(config.environments)
        if name not in known
    ]
    if problems:
        raise InvalidInputError(problems)


def refuse_left_behind(left: Collection[str], providers: Mapping[str, str], why: str, remedy: str) -> None:
    """Refuse to go on where the stack has services of environments which are still planned, and it is not to apply.

    What a stack does not declare, Pulumi deletes.

    Args:
        left: These environments.
        providers: What the stack calls the provider of each environment.
        why: Why it is not to apply them.
        remedy: How it is.

    Raises:
        InvalidInputError: there are such (SW448).
    """
    if not left:
        return
    urns = [providers[name] for name in sorted(left) if name in providers]
    forget = " && ".join(f"pulumi state delete --target-dependents '{urn}'" for urn in urns)
    message = (
        f"this stack has services in {some(sorted(left))}, which {are(len(left))} still planned, and {why}: it would "
        "delete them"
    )
    then = f"; to have another stack take them over (slicewise:takeOver there), this one must forget them: {forget}"
    raise InvalidInputError(
        [
            Diagnostic.error(
                Code.SERVICES_LEFT_BEHIND,
                message,
                f"{remedy}{then if forget else ''}",
                field="slicewise:mode",
                place=Place(stack_file()),
            )
        ]
    )


def refuse_plan(plan: StackPlan, past: LastUpdate, config: StackConfig) -> None:
    """Refuse a plan that is not to follow on what the stack has applied.

    Raises:
        InvalidInputError: it is older (SW445), an environment of the stack is in neither (SW446), or the stack has
            services of environments that are not its own (SW448).
    """
    _refuse_outdated(plan, past, config)
    _refuse_unknown(config, plan, past)
    had = {*past.before.clusters, *past.state.environments} - {*past.renamed.formerly.values()}
    refuse_left_behind(
        (had & plan.environments) - {*config.environments},
        past.state.provider_urns,
        "slicewise:environments does not name them",
        "name them there again",
    )
