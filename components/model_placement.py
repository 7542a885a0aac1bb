"""The component of one placement: what one deployment has in one environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pulumi

from slicewise.manifests import KEDA_API_VERSION, KSERVE_API_VERSION, SCALED_OBJECT_KIND, SERVICE_KIND, KubernetesObject

from .inference_environment import InferenceEnvironment
from .kubernetes_objects import declare
from .readiness import ExpectedService, Patience, Wait
from .type_tokens import MODEL_PLACEMENT

# The last part of each object's name in the stack. It is in the URN: changing one replaces what users run.
SUFFIXES: Final = {SERVICE_KIND: "service", SCALED_OBJECT_KIND: "scaledobject"}
_VERSIONS: Final = {SERVICE_KIND: KSERVE_API_VERSION, SCALED_OBJECT_KIND: KEDA_API_VERSION}


def placement_urn(name: str, kind: str) -> str:
    """Return the URN of the object of a `kind` that belongs to the placement called `name` in the stack."""
    types = f"{MODEL_PLACEMENT}$kubernetes:{_VERSIONS[kind]}:{kind}"
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}::{name}-{SUFFIXES[kind]}"


class ModelPlacement(pulumi.ComponentResource):
    """One deployment in one environment: its service and what scales it, applied with the environment's provider."""

    def __init__(
        self,
        name: str,
        *,
        environment: InferenceEnvironment,
        objects: Sequence[KubernetesObject],
    ) -> None:
        handling = environment.handling
        super().__init__(MODEL_PLACEMENT, name, None, pulumi.ResourceOptions(aliases=handling.aliases(name)))
        # Each object depends on all before it: the namespace, then the service, then what scales it.
        before = list(environment.shared)
        for item in objects:
            suffix = SUFFIXES[item["kind"]]
            before.append(
                declare(f"{name}-{suffix}", item, handling, parent=self, provider=environment.provider, after=before)
            )
        self._resources = before
        self._placement, self._objects = name, objects
        if not pulumi.runtime.is_dry_run():
            # A preview shows nothing of it, and would cost 5 % more.
            self.register_outputs({})

    @property
    def applied(self) -> pulumi.Output[Any]:
        """Known when all of it is applied. Made when asked for: only waiting needs it."""
        return pulumi.Output.all(*(resource.urn for resource in self._resources))

    def wait(self, patience: Patience) -> Wait:
        """Return what is waited for until all that is declared serves."""
        return Wait(self._placement, ExpectedService.of(self._objects), patience)
