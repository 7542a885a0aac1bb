"""Fleet: environments, models and deployments of one plan, in anybody's Pulumi program."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from typing_extensions import Unpack

from slicewise.diagnostics import printable

from .component_options import PlanOptions, PreviousPlan
from .document_inputs import DocumentInput, DocumentInputs
from .documents import load_documents
from .inference_environment import InferenceEnvironment
from .kubeconfig import kubeconfigs_of_program, sweep_while_the_engine_runs
from .last_update import PlanMemory
from .leaving import declare_all_untouched, declare_placement_untouched
from .plain_kubeconfigs import tell_plain
from .planning_component import PlanningComponent, depended_on, former_names, memory_of
from .preparation import Preparation, prepare, with_state
from .provisioning import provision
from .serving_wait import unserved_outputs, wait_until_served
from .stack_config import StackMode, read_stack_config
from .stacks import own_part, plan_only, read_stack_plan, refuse_wrong_keys
from .state import DIGEST_OUTPUT, REVISION_OUTPUT, PlanOwner
from .synchronous import complete
from .type_tokens import FLEET
from .unused_config import tell_unused


class Fleet(PlanningComponent):
    """Many language models on the GPUs of several clusters: planned together, and applied to each.

    It has an `InferenceEnvironment` for each environment, and these a `ModelPlacement` for each deployment there. They
    are called by the environments' own names, so an environment is in one fleet of a stack only.

    When the constructor returns, the clusters have been asked and everything is declared.
    """

    environments: Mapping[str, InferenceEnvironment]
    """The environments that can be changed now, by name."""

    def __init__(  # noqa: PLR0913 - passed by name
        self,
        name: str,
        *,
        documents: Sequence[str | Path] = (),
        environments: Sequence[DocumentInput] = (),
        models: Sequence[DocumentInput] = (),
        deployments: Sequence[DocumentInput] = (),
        quotas: Sequence[DocumentInput] = (),
        kubeconfigs: Mapping[str, pulumi.Input[str]] | None = None,
        previous_plan: PreviousPlan | Mapping[str, Any] = PreviousPlan.STATE,
        opts: pulumi.ResourceOptions | None = None,
        **options: Unpack[PlanOptions],
    ) -> None:
        """Load the documents, plan, ask the clusters, and declare what is placed.

        Args:
            name: The component's name in the stack.
            documents: Files and directories of documents; where nothing at all is passed, what the stack's
                configuration has under `slicewise:manifests`.
            environments: InferenceEnvironments: types of `slicewise.documents`, or mappings as their YAML. Plain values
                only: a plan is made before Pulumi knows any Output.
            models: ClusterModels and Models.
            deployments: ModelDeployments.
            quotas: Quotas.
            kubeconfigs: By environment, the text of its kubeconfig, in place of what its document refers to. It may be
                an Output of a cluster that this program makes: where a preview does not know it, the environment's
                objects are declared and its cluster is not asked; `pulumi up` waits for it, and asks.
            previous_plan: Where the last plan is remembered, by which placements stay where they are; or its outputs.
            opts: Pulumi's options; docs/components.md says what each does.
            **options: What else decides the plan; the stack's configuration (`slicewise:`) decides what is omitted.

        Raises:
            pulumi.RunError: anything is wrong with the documents, a cluster cannot be used, or a deployment gets fewer
                environments than it asks for, and nothing says to go on. It has everything that is wrong.
        """
        sweep_while_the_engine_runs()
        memory = memory_of(PlanOwner(FLEET, name, former_names(opts)), previous_plan)
        inputs = DocumentInputs(documents, environments, models, deployments, quotas)
        prepared = complete(_prepare(name, inputs, kubeconfigs or {}, memory, options, depended_on(opts)))
        super().__init__(FLEET, name, None, opts)
        if not isinstance(prepared, Preparation):
            self.environments = {}
            self._publish(prepared, [])
            self._remember([], memory)
            return
        prepared, serves = self._apply(prepared, depended_on(opts))
        resources = [resource for each in self.environments.values() for resource in each.resources]
        self._publish(prepared.outputs(), resources)
        until_then, before = unserved_outputs(prepared.planned.drained_into), prepared.past.before
        if prepared.plan:
            until_then |= {REVISION_OUTPUT: before.revision, DIGEST_OUTPUT: before.digest}
        self._publish_when_applied(until_then, serves)
        self._remember(prepared.names, memory)

    def _apply(
        self, prepared: Preparation, depends_on: Sequence[pulumi.Resource]
    ) -> tuple[Preparation, pulumi.Output[bool]]:
        fleet = prepared.planned.fleet
        made = provision(fleet.environments, prepared.config.kubeconfig_source, self)
        declared = {}
        for name, handling in prepared.ownership.handlings.items():
            if name in prepared.skipped:
                continue
            content = prepared.content(name)._replace(depends_on=depends_on)
            if name in made:
                content = content._replace(kubeconfig=made[name].kubeconfig, after=made[name].ready)
            # Pulumi's engine crosses them with everything below: what the state has not is not sent.
            at_the_top = prepared.past.state.may_have_at_the_top({name, handling.formerly})
            aliases = handling.component_aliases if at_the_top else handling.aliases
            declared[name] = InferenceEnvironment(
                name,
                fleet.environment[name],
                content=content,
                opts=pulumi.ResourceOptions(parent=self, aliases=aliases(name)),
            )
        prepared = complete(_looked_at_again(prepared, declared))
        declare_all_untouched(prepared.skipped, prepared.going, prepared.past.state, prepared.without_plugin, self)
        complete(_declare_contents(declared.values(), prepared.past.state.at_the_top))
        _keep(prepared, declared)
        self.environments = declared
        return prepared, wait_until_served([each.served for each in declared.values()], prepared)


def _keep(prepared: Preparation, environments: Mapping[str, InferenceEnvironment]) -> None:
    """Declare as it is what moves to environments of other stacks, or to skipped ones, and is not there yet."""
    for each in prepared.staying:
        name = each.environment
        if name in environments:
            pulumi.log.warn(printable(str(each.says)))
            aliases = prepared.ownership.handlings[name].aliases
            resources = prepared.past.resources_of(each.environment, each.key)
            declare_placement_untouched(
                each.name, resources, environments[name], environments[name].provider, aliases=aliases
            )


async def _prepare(
    name: str,
    inputs: DocumentInputs,
    kubeconfigs: Mapping[str, pulumi.Input[str]],
    memory: PlanMemory,
    options: PlanOptions,
    after: Sequence[pulumi.Resource],
) -> Preparation | dict[str, Any]:
    """Return what is to be declared; of a stack that only plans, its outputs."""
    written_in = f'Fleet("{name}")'
    config = read_stack_config(pulumi.Config("slicewise"), dict(options), written_in)
    refuse_wrong_keys(config)
    fleet = inputs.load() if inputs else load_documents(config)
    plan = await read_stack_plan(config, fleet) if config.mode is StackMode.APPLY else None
    if plan:
        fleet = own_part(config, fleet)
    tell_plain(config)
    tell_unused(config, fleet, kubeconfigs, written_in)
    if config.mode is StackMode.PLAN:
        return await plan_only(config, fleet, memory)
    return await prepare(config, fleet, memory, await kubeconfigs_of_program(written_in, kubeconfigs, after), plan)


async def _looked_at_again(prepared: Preparation, environments: Mapping[str, InferenceEnvironment]) -> Preparation:
    """Return it with the stack's state, where an environment that the outputs know is not in it under its name.

    An update that renames one and is killed leaves its outputs as they were, and the state half renamed.

    Raises:
        InvalidInputError: the documents take such a rename back (SW426), or the state has what must not be deleted.
    """
    known = environments.keys() & prepared.past.before.clusters.keys()
    if prepared.past.state.urns or all([await environments[name].is_in_state() for name in sorted(known)]):
        return prepared
    return await with_state(prepared)


async def _declare_contents(environments: Iterable[InferenceEnvironment], at_the_top: Collection[str]) -> None:
    for environment in environments:
        await environment.declare_content(at_the_top)
