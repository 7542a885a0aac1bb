"""An environment whose cluster cannot be used now: all that the stack has of it is declared again as it is.

What is not declared, Pulumi deletes; what is declared with all changes ignored, it leaves alone without asking anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import pulumi
import pulumi_kubernetes as kubernetes

from ..kubeconfig import NOWHERE
from ..kubernetes_objects import DELETE_TIMEOUT
from ..kubernetes_provider import kubernetes_provider
from ..resource_names import dependence
from ..state import EnvironmentState, StackState, StateResource
from ..type_tokens import INFERENCE_ENVIRONMENT, MODEL_PLACEMENT
from .departures import Departures

# Every property is ignored, so the engine keeps what the state has.
_EVERYTHING: Final = ("*",)
# Stacks of before there was a `Fleet` have all components at the top.
_AT_THE_TOP: Final = (pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE),)


def declare_all_untouched(
    skipped: Collection[str],
    going: Departures,
    state: StackState,
    without_plugin: AbstractSet[str],
    fleet: pulumi.Resource | None = None,
) -> None:
    """Declare every environment of which nothing is changed now.

    Args:
        skipped: Those that cannot be used now.
        going: What becomes of those that are no longer declared.
        state: What the stack has.
        without_plugin: Those whose credential comes, as the state has it, from a plugin that gives none now.
        fleet: What has the environments.
    """
    providers: dict[str, kubernetes.Provider | None] = {}
    untouched = {**{name: (name,) for name in skipped}, **going.held}
    # Environments with a provider first: the others use theirs.
    for name, heirs in sorted(untouched.items(), key=lambda each: not state.has_provider(each[0])):
        here = state.environments.get(name, EnvironmentState())
        providers[name] = declare_untouched(
            name,
            here,
            fleet=fleet,
            identifier=state.identifiers.get(name),
            runs_plugin=name in without_plugin,
            provider=None if here.has_provider else providers.get(heirs[0]),
        )


def declare_untouched(
    name: str,
    state: EnvironmentState,
    *,
    component: pulumi.ComponentResource | None = None,
    fleet: pulumi.Resource | None = None,
    identifier: str | None = None,
    runs_plugin: bool = False,
    provider: kubernetes.Provider | None = None,
) -> kubernetes.Provider | None:
    """Declare the environment called `name` as the stack's state has it; nothing where it has nothing.

    Args:
        name: The environment's name.
        state: What the stack has of it.
        component: The environment's component, where it is declared already.
        fleet: What has the environment, where it is not.
        identifier: What the state's provider knows the cluster by, where that is not the environment's name.
        runs_plugin: Whether its credential comes from a plugin that gives none now. Pulumi's provider would run that
            for as long as it takes, so it gets a kubeconfig that leads nowhere until the plugin works again.
        provider: The provider of what a rename that broke off has left under this name: it has its new name already.

    Returns:
        The provider; None where there is none.
    """
    if not state.has_provider and provider is None:
        return None
    own = component is None
    component = component or pulumi.ComponentResource(
        INFERENCE_ENVIRONMENT, name, None, pulumi.ResourceOptions(parent=fleet, aliases=[*_AT_THE_TOP])
    )
    if provider is None:
        provider = kubernetes_provider(
            f"{name}-provider",
            kubeconfig=pulumi.Output.secret(NOWHERE),
            # Another identifier would replace the provider, and with it every object.
            identifier=identifier or name,
            opts=pulumi.ResourceOptions(
                parent=component,
                ignore_changes=None if runs_plugin else [*_EVERYTHING],
            ),
        )
    shared: list[pulumi.Resource] = []
    for resource in state.shared:
        shared.append(_declare(resource, component, provider, [*shared], retained=True))
    if own:
        component.register_outputs({})
    for placement, resources in state.placements.items():
        declare_placement_untouched(placement, resources, component, provider, shared)
    return provider


def declare_placement_untouched(
    placement: str,
    resources: Iterable[StateResource],
    environment: pulumi.Resource,
    provider: pulumi.ProviderResource,
    after: Iterable[pulumi.Resource] = (),
    aliases: Callable[[str], Sequence[pulumi.Alias | pulumi.Input[str]]] = lambda _: (),
) -> None:
    """Declare one placement as the stack's state has it.

    Args:
        placement: The name of its component: environment, namespace and deployment.
        resources: What the state has of it.
        environment: The component of its environment.
        provider: The provider of its environment.
        after: What was there before it.
        aliases: What a resource may be called in the state that has this name now.
    """
    parent = pulumi.ComponentResource(
        MODEL_PLACEMENT,
        placement,
        None,
        pulumi.ResourceOptions(parent=environment, aliases=[*aliases(placement), *_AT_THE_TOP]),
    )
    before = [*after]
    # As when they were made: they are deleted the other way round.
    for resource in sorted(resources, key=lambda each: dependence(each.name)):
        before.append(_declare(resource, parent, provider, [*before], aliases=aliases(resource.name)))
    parent.register_outputs({})


def _declare(
    resource: StateResource,
    parent: pulumi.Resource,
    provider: pulumi.ProviderResource,
    after: list[pulumi.Resource],
    *,
    retained: bool = False,
    aliases: Sequence[pulumi.Alias | pulumi.Input[str]] = (),
) -> pulumi.Resource:
    return pulumi.CustomResource(
        resource.token,
        resource.name,
        {},
        pulumi.ResourceOptions(
            parent=parent,
            provider=provider,
            depends_on=after,
            ignore_changes=[*_EVERYTHING],
            retain_on_delete=retained,
            aliases=[*aliases],
            custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_TIMEOUT),
        ),
    )
