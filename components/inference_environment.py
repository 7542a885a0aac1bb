"""The component of one environment: its provider, what its placements share, and its placements."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_kubernetes as kubernetes
from typing_extensions import Unpack

from slicewise.clusters.access import marked
from slicewise.clusters.live import NAMESPACE_KIND
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place
from slicewise.documents import Fleet
from slicewise.manifests import DEVICE_CLASS_KIND, KubernetesObject

from .component_options import PlanOptions, PreviousPlan
from .document_inputs import DocumentInput, DocumentInputs, as_mapping
from .environment_content import EnvironmentContent
from .kubeconfig import NOWHERE, kubeconfigs_of_program, sweep_while_the_engine_runs
from .kubernetes_objects import declare
from .kubernetes_provider import kubernetes_provider
from .last_update import PlanMemory
from .leaving import declare_untouched
from .model_placement import ModelPlacement
from .object_handling import Handling, name_of_object
from .planning_component import PlanningComponent, depended_on, former_names, memory_of
from .preparation import Preparation, prepare
from .provisioning import provision
from .resource_names import provider_name
from .serving_wait import Served, unserved_outputs, wait_until_served
from .stack_config import read_stack_config, stack_file
from .state import EnvironmentState, PlanOwner
from .synchronous import complete
from .type_tokens import INFERENCE_ENVIRONMENT

# What it registers, so that the next run can tell whether the state has it without reading the state.
_IN_STATE: Final = "declared"


class InferenceEnvironment(PlanningComponent):
    """One cluster, with everything that is placed there.

    Alone it plans by itself: it takes the environment's spec and the models and deployments that are to run there. In a
    `Fleet`, which plans for several, it gets what the plan has for it.

    Everything is applied through `provider`, never through an ambient kubeconfig.
    """

    provider: kubernetes.Provider
    """The provider of this cluster alone."""
    kubeconfig: pulumi.Output[str]
    """How to reach it; secret."""
    model_placements: Mapping[str, ModelPlacement]
    """The components of what is placed there, by namespace and name of the deployment: `team/chat`."""

    def __init__(  # noqa: PLR0913 - passed by name
        self,
        name: str,
        spec: DocumentInput,
        *,
        models: Sequence[DocumentInput] = (),
        deployments: Sequence[DocumentInput] = (),
        documents: Sequence[str | Path] = (),
        kubeconfig: pulumi.Input[str] | None = None,
        previous_plan: PreviousPlan | Mapping[str, Any] = PreviousPlan.STATE,
        content: EnvironmentContent | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **options: Unpack[PlanOptions],
    ) -> None:
        """Plan for one environment, ask its cluster, and declare what is placed there.

        Args:
            name: The environment's name.
            spec: An InferenceEnvironment of that name, or only its `spec`.
            models: ClusterModels and Models.
            deployments: What is to run there.
            documents: Files and directories of models and deployments.
            kubeconfig: How to reach the cluster, in place of what the spec refers to; it may be an Output of a cluster
                that this program makes, unknown in a preview.
            previous_plan: Where the last plan is remembered, or its outputs.
            content: What a plan has for it, in place of `models`, `deployments` and `documents`: what a Fleet passes.
            opts: Pulumi's options. Placements and their objects are children, and inherit what children inherit.
            **options: What else decides the plan; the stack's configuration (`slicewise:`) decides what is omitted.

        Raises:
            pulumi.RunError: something is wrong with the documents, or the cluster cannot be used.
        """
        if content is not None:
            self._register(name, opts)
            self._content = content
            return
        sweep_while_the_engine_runs()
        memory = memory_of(PlanOwner(INFERENCE_ENVIRONMENT, name, former_names(opts)), previous_plan)
        inputs = DocumentInputs(documents, [_document(name, spec)], models, deployments)
        prepared = complete(_prepare(name, inputs, kubeconfig, memory, options, depended_on(opts)))
        self._register(name, opts)
        serves = self._apply(name, prepared, depended_on(opts))
        self._publish(prepared.outputs(), self.resources)
        self._publish_when_applied(unserved_outputs(prepared.planned.drained_into), serves)
        self._remember(prepared.names, memory)

    def _register(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(INFERENCE_ENVIRONMENT, name, {_IN_STATE: None}, opts)
        self._name_in_stack = name

    async def is_in_state(self) -> bool:
        """Return whether the stack's state has it under this name, or under one of its aliases.

        The engine answers a registration with the outputs that the last `pulumi up` registered.
        """
        found: pulumi.Output[bool | None] = getattr(self, _IN_STATE)
        return await found.future() is True

    async def declare_content(self, at_the_top: Collection[str] = ()) -> None:
        """Declare what a plan has for it: a Fleet does so when it has looked at all of its environments.

        Args:
            at_the_top: The environments whose components the state has as stacks of before there was a Fleet.
        """
        known_as = {self._name_in_stack, self._content.handling.formerly}
        moves = not known_as.isdisjoint(at_the_top)
        await self._declare(self._name_in_stack, self._content._replace(at_the_top=moves))
        self._publish(self._content.outputs, self.resources)
        # Not before all of them have moved: an update may be killed, and the next one must read the state again.
        self.register_outputs({} if moves else {_IN_STATE: True})

    @property
    def resources(self) -> list[pulumi.Resource]:
        """Everything that is applied to the cluster."""
        return [resource for placement in self.model_placements.values() for resource in placement.resources]

    def _apply(self, name: str, prepared: Preparation, depends_on: Sequence[pulumi.Resource]) -> pulumi.Output[bool]:
        self.model_placements = {}
        if name in prepared.skipped:
            state = prepared.past.state
            declare_untouched(
                name,
                state.environments.get(name, EnvironmentState()),
                component=self,
                identifier=state.identifiers.get(name),
                runs_plugin=name in prepared.without_plugin,
            )
            return pulumi.Output.from_input(val=False)
        content = prepared.content(name)._replace(depends_on=depends_on)
        fleet, source = prepared.planned.fleet, prepared.config.kubeconfig_source
        if made := provision(fleet.environments, source, self).get(name):
            content = content._replace(kubeconfig=made.kubeconfig, after=made.ready)
        complete(self._declare(name, content))
        return wait_until_served([self.served], prepared)

    async def _declare(self, name: str, content: EnvironmentContent) -> None:
        handling = content.handling
        self.kubeconfig = pulumi.Output.secret(content.kubeconfig or NOWHERE)
        self.provider = kubernetes_provider(
            provider_name(name),
            # The provider leaves a copy in the temporary directory; the sweeper finds it by this mark.
            kubeconfig=self.kubeconfig.apply(marked),
            # Without it, a rotated CA or a new endpoint would replace every object of the cluster.
            identifier=handling.identifier or name,
            opts=pulumi.ResourceOptions(
                parent=self,
                aliases=handling.aliases(provider_name(name)),
                # Everything that is applied depends on the provider.
                depends_on=[*content.depends_on],
            ),
        )
        shared = self._shared(name, content)
        self.model_placements, placed = {}, {}
        # Pulumi's engine crosses them with those of the parents: for 1,000 placements that is a third of a preview.
        aliases = handling.component_aliases if content.at_the_top else handling.aliases
        for deployment, pool, objects in content.placed:
            placement = f"{name}/{deployment}"
            component = ModelPlacement(
                placement,
                objects=objects,
                handling=handling,
                provider=self.provider,
                after=shared,
                opts=pulumi.ResourceOptions(parent=self, aliases=aliases(placement)),
            )
            self.model_placements[str(deployment)] = component
            placed[deployment] = (pool, component)
            # Let the engine work on this placement while the next one is declared.
            await asyncio.sleep(0)
        self.served = Served(name, self.kubeconfig, placed)

    def _shared(self, name: str, content: EnvironmentContent) -> list[pulumi.Resource]:
        """Declare what must be there before any placement, and return it."""
        handling = content.handling
        shared = [*content.after]
        # A slash is in no name of Kubernetes: environment a and namespace b-c are not a-b and c.
        shared += [self._namespace(f"{name}/{space}/namespace", space, handling) for space in handling.namespaces]
        shared += [
            declare(
                _shared_name(name, item),
                item,
                handling,
                parent=self,
                provider=self.provider,
                after=list(shared),
                # KServe looks for a config by its name, and pods for a class: another stack's may have come to need it.
                retained=True,
            )
            for item in content.shared
            if name_of_object(item) not in handling.left_alone
        ]
        return shared

    def _namespace(self, name: str, namespace: str, handling: Handling) -> pulumi.Resource:
        # Imported here: typed resources take 0.4 s, and only stacks that declare a namespace need them.
        from pulumi_kubernetes.core.v1 import Namespace  # noqa: PLC0415

        item = {"kind": NAMESPACE_KIND, "metadata": {"name": namespace}}
        # It may have got what others need: secrets, volumes, services of another stack. So it is never deleted.
        options = pulumi.ResourceOptions(parent=self, provider=self.provider, retain_on_delete=True)
        return Namespace(
            name,
            metadata={"name": namespace, "annotations": handling.annotations(item)},
            opts=handling.set_options(options, item, name),
        )


def _shared_name(environment: str, item: KubernetesObject) -> str:
    """Return what an object that placements share is called in the stack."""
    metadata = item["metadata"]
    if item["kind"] == DEVICE_CLASS_KIND:
        return f"{environment}/{metadata['name']}/device-class"
    return f"{environment}/{metadata['namespace']}/pipeline-parallel-config"


def _document(name: str, spec: DocumentInput) -> DocumentInput:
    """Return the document of an environment, of which only the spec may be given."""
    data = as_mapping(spec)
    if isinstance(data, Mapping) and "spec" not in data and "metadata" not in data:
        return {"metadata": {"name": name}, "spec": data}
    return spec


async def _prepare(
    name: str,
    inputs: DocumentInputs,
    kubeconfig: pulumi.Input[str] | None,
    memory: PlanMemory,
    options: PlanOptions,
    after: Sequence[pulumi.Resource],
) -> Preparation:
    written_in = f'InferenceEnvironment("{name}")'
    config = read_stack_config(pulumi.Config("slicewise"), dict(options), written_in)
    if config.mode:
        message = f"is {config.mode}, and {written_in} plans and applies by itself; use a Fleet, or remove the key"
        raise InvalidInputError(
            [Diagnostic.error(Code.MODE_KEYS, message, field="slicewise:mode", place=Place(stack_file()))]
        )
    fleet = inputs.load()
    _refuse_others(name, fleet, written_in)
    given = {} if kubeconfig is None else {name: kubeconfig}
    return await prepare(config, fleet, memory, await kubeconfigs_of_program(written_in, given, after))


def _refuse_others(name: str, fleet: Fleet, written_in: str) -> None:
    if set(fleet.environment) != {name}:
        message = f"it is the environment {name}, and its documents have {', '.join(fleet.environment)}"
        remedy = "pass the one environment of the component's own name; for several there is Fleet"
        raise InvalidInputError([Diagnostic.error(Code.BAD_ARGUMENT, message, remedy, field=written_in)])
