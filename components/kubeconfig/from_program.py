"""Kubeconfigs that the program itself passes: texts, or outputs of clusters that the same program makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
from pulumi.resource import DependencyResource

from ..stack_config import StackConfig


@dataclass(frozen=True, eq=False)
class ProgramKubeconfigs:
    """The kubeconfigs of one program, by environment; it is a source like the others.

    Attributes:
        written_in: What passes them, as messages name it.
        inputs: What is passed.
        texts: Those that are known.
        later: Of the others, why their clusters cannot be asked yet.
    """

    written_in: str = ""
    inputs: Mapping[str, pulumi.Input[str]] = field(default_factory=dict, repr=False)
    texts: Mapping[str, object] = field(default_factory=dict, repr=False)
    later: Mapping[str, str] = field(default_factory=dict)

    async def read(self, references: Sequence[str], _stack: StackConfig) -> Sequence[object]:
        """Return the texts of the environments."""
        return [self.texts[name] for name in references]

    def remedy(self, reference: str, _stack: StackConfig) -> str:
        """Return what to do where one is wrong."""
        return f'pass the text of a kubeconfig: kubeconfigs={{"{reference}": …}}'

    def output(self, environment: str) -> pulumi.Output[str]:
        """Return what was passed for an environment, as a secret that depends on what has made it."""
        return pulumi.Output.secret(self.inputs[environment])


NONE_PASSED: Final = ProgramKubeconfigs()
"""What a program has that passes none."""


async def kubeconfigs_of_program(
    written_in: str, inputs: Mapping[str, pulumi.Input[str]], after: Sequence[pulumi.Resource]
) -> ProgramKubeconfigs:
    """Return the kubeconfigs that a program passes; `pulumi up` waits here until each is known.

    Args:
        written_in: What passes them, as messages name it.
        inputs: What is passed, by environment.
        after: What must be there before the clusters can be asked, such as KServe.
    """
    awaited = [resource for each in after for resource in custom_resources(each)]
    # A preview knows no id of what is yet to be made; `pulumi up` waits for it.
    unmade = [await _called(each) for each in awaited if not await _is_made(each)]
    texts: dict[str, object] = {}
    later: dict[str, str] = {}
    for name, value in inputs.items():
        output = pulumi.Output.from_input(value)
        if not await output.is_known():
            later[name] = "its kubeconfig is not known before `pulumi up` has made its cluster"
        elif unmade:
            later[name] = f"{unmade[0]} must be there first, and `pulumi up` is yet to make it"
        else:
            texts[name] = await output.future()
    return ProgramKubeconfigs(written_in, inputs, texts, later)


def custom_resources(resource: pulumi.Resource) -> list[pulumi.CustomResource]:
    """Return the resource itself, or those that a component has, as Pulumi's `depends_on` does."""
    if isinstance(resource, pulumi.CustomResource):
        return [resource]
    children: set[pulumi.Resource] = getattr(resource, "_childResources", set())
    return [each for child in children for each in custom_resources(child)]


async def _is_made(resource: pulumi.CustomResource) -> bool:
    if isinstance(resource, DependencyResource):
        # All that a program in another language says is a URN.
        return not pulumi.runtime.is_dry_run()
    return await resource.id.is_known()


async def _called(resource: pulumi.CustomResource) -> str:
    return (await resource.urn.future() or "").rpartition("::")[2]
