"""The plan that an apply stack applies, from the outputs of its plan stack; refused where it is not to be applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, printable, some
from slicewise.documents import DeploymentKey, Fleet, documents_digest
from slicewise.kubernetes import mapping, text
from slicewise.planning import PreviousPlacement, lacking, parse_previous

from ..stack_config import StackConfig, StackMode, stack_file
from ..stack_name import stack_name
from ..state import DIGEST_OUTPUT, REVISION_OUTPUT, StackUnreadableError, read_outputs_of
from .plan_outputs import APPLY_STACKS_OUTPUT, DOCUMENTS_OUTPUT, MODE_OUTPUT, digest_of


@dataclass(frozen=True)
class StackPlan:
    """What a plan stack has planned for all environments.

    Attributes:
        stack: The plan stack: organization, project and name.
        revision: Which revision of the plan it is: it counts up when the plan changes.
        digest: The digest of its outputs.
        placements: What is placed where.
        apply_stacks: By environment, the stack that applies it, as far as the plan stack says so.
        environments: All environments of the documents that it was made from.
    """

    stack: str
    revision: int
    digest: str
    placements: tuple[PreviousPlacement, ...]
    apply_stacks: Mapping[str, str]
    environments: frozenset[str]

    def of(self, environments: Collection[str]) -> list[PreviousPlacement]:
        """Return what is placed in some environments."""
        return [each for each in self.placements if each.environment in environments]

    @cached_property
    def environments_of(self) -> Mapping[DeploymentKey, frozenset[str]]:
        """Where each deployment is; empty for one that is nowhere."""
        found: defaultdict[DeploymentKey, set[str]] = defaultdict(set)
        for each in self.placements:
            found[each.key].add(each.environment)
        return defaultdict(frozenset, {key: frozenset(names) for key, names in found.items()})


async def read_stack_plan(config: StackConfig, fleet: Fleet) -> StackPlan:
    """Return the plan of the plan stack, which was made from the documents of `fleet`.

    Args:
        config: The stack's configuration, with mode `apply`.
        fleet: All documents, those of other environments among them.

    Raises:
        InvalidInputError: there is no plan there (SW442), or it was edited by hand (SW443) or made from other documents
            (SW444), or another stack applies an environment (SW447).
    """
    stack = config.plan_stack or ""
    outputs = await read_named(stack)
    _refuse(_not_a_plan(stack, outputs))
    _refuse(_edited(stack, outputs))
    _refuse(_of_other_documents(config, stack, outputs, fleet))
    plan = StackPlan(
        stack,
        int(outputs[REVISION_OUTPUT]),
        str(outputs[DIGEST_OUTPUT]),
        parse_previous(outputs.get("placements"), _outputs_of(stack)),
        {name: text(each) for name, each in mapping(outputs.get(APPLY_STACKS_OUTPUT)).items()},
        frozenset(fleet.environment),
    )
    _refuse([*_of_another_release(plan, config, fleet), *_applied_by_another(plan, config)])
    return plan


def _refuse(problems: Iterator[Diagnostic] | list[Diagnostic]) -> None:
    if found := list(problems):
        raise InvalidInputError(found)


def _outputs_of(stack: str) -> str:
    return f"the outputs of stack {stack}"


async def read_named(stack: str) -> Mapping[str, Any]:
    """Return the outputs of the stack that `planStack` names.

    Raises:
        InvalidInputError: it cannot be read, or has none (SW442).
    """
    try:
        outputs = await read_outputs_of(stack)
    except StackUnreadableError as error:
        message = f"got {stack}, which cannot be read: {printable(str(error))}"
        remedy = (
            "write it as Pulumi does: organization/project/stack (without Pulumi Cloud the organization is the word "
            "`organization`), in this stack's backend, where whoever runs this may read it; `pulumi stack ls --all` "
            "has those that are there"
        )
        raise InvalidInputError([_no_plan(message, remedy)]) from None
    if not outputs:
        message = f"stack {stack} has no outputs: it was destroyed, or has not been updated yet"
        remedy = f"run it, and then this one again: pulumi up --stack {stack.rpartition('/')[2]}"
        raise InvalidInputError([_no_plan(message, remedy)])
    return outputs


def _not_a_plan(stack: str, outputs: Mapping[str, Any]) -> Iterator[Diagnostic]:
    if outputs.get(MODE_OUTPUT) != StackMode.PLAN or not isinstance(outputs.get(REVISION_OUTPUT), int | float):
        does = "applies a plan" if outputs.get(MODE_OUTPUT) == StackMode.APPLY else "does not plan for others"
        message = f"stack {stack} {does}; expected the one that has mode: plan"
        remedy = (
            "name that one; if it is meant to be this one, and applies nothing: pulumi config set slicewise:mode plan "
            f"--stack {stack.rpartition('/')[2]}, and `pulumi up` there"
        )
        yield _no_plan(message, remedy)


def _no_plan(message: str, remedy: str) -> Diagnostic:
    return Diagnostic.error(Code.NO_PLAN, message, remedy, field="slicewise:planStack", place=Place(stack_file()))


def _edited(stack: str, outputs: Mapping[str, Any]) -> Iterator[Diagnostic]:
    if (said := outputs.get(DIGEST_OUTPUT)) != (found := digest_of(outputs)):
        message = (
            f"they are not as `pulumi up` has written them: their digest is {found}, and `digest` says {said}. They "
            "were edited by hand, or written by another release of Slicewise"
        )
        remedy = f"have them written anew: pulumi up --stack {stack.rpartition('/')[2]}"
        yield Diagnostic.error(Code.PLAN_EDITED, message, remedy, field=DIGEST_OUTPUT, place=Place(_outputs_of(stack)))


def _of_other_documents(
    config: StackConfig, stack: str, outputs: Mapping[str, Any], fleet: Fleet
) -> Iterator[Diagnostic]:
    here = documents_digest(fleet)
    if here != outputs.get(DOCUMENTS_OUTPUT):
        message = (
            f"revision {int(outputs[REVISION_OUTPUT])} was planned from other documents than those in "
            f"{some(config.manifests)}: their digest is {here}"
        )
        yield _other_documents(stack, message, DOCUMENTS_OUTPUT)


def _of_another_release(plan: StackPlan, config: StackConfig, fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield what the plan places and the documents cannot have: another release of Slicewise reads them otherwise."""
    for each in plan.of(config.environments):
        if missing := lacking(fleet, each):
            message = f"{each.environment}/{each.key} is in the plan, and the documents have {missing}"
            yield _other_documents(plan.stack, message, f"placements.{each.environment}/{each.key}")


def _other_documents(stack: str, message: str, field: str) -> Diagnostic:
    remedy = (
        "use one commit, and one release of Slicewise, for both: check out what was planned, or plan what is here with "
        f"pulumi up --stack {stack.rpartition('/')[2]}"
    )
    return Diagnostic.error(Code.PLAN_OF_OTHER_DOCUMENTS, message, remedy, field=field, place=Place(_outputs_of(stack)))


def _applied_by_another(plan: StackPlan, config: StackConfig) -> Iterator[Diagnostic]:
    own, short = stack_name(), plan.stack.rpartition("/")[2]
    for at, name in enumerate(config.environments):
        if (other := plan.apply_stacks.get(name, own)) != own:
            key = f'slicewise:applyStacks["{name}"]'
            message = f"the plan has stack {other} apply {name}, and this is {own}"
            remedy = (
                f"take it out of this stack's list; or, if it is to be this stack's: pulumi config set --path '{key}' "
                f"{own} --stack {short}, and pulumi up --stack {short}"
            )
            yield Diagnostic.error(
                Code.APPLIED_BY_ANOTHER,
                message,
                remedy,
                field=f"slicewise:environments[{at}]",
                place=Place(stack_file()),
            )
