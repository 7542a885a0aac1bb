"""The component of one placement: what one deployment has in one environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from slicewise.clusters.readiness import ExpectedService
from slicewise.manifests import KubernetesObject

from .kubernetes_objects import declare
from .object_handling import Handling
from .readiness import Patience, Wait
from .resource_names import dependence, object_suffix
from .type_tokens import MODEL_PLACEMENT


class ModelPlacement(pulumi.ComponentResource):
    """One deployment in one environment: its service and what scales it, applied with the environment's provider."""

    resources: list[pulumi.Resource]
    """Its objects, each after all that it depends on."""

    def __init__(
        self,
        name: str,
        *,
        objects: Sequence[KubernetesObject],
        handling: Handling,
        provider: kubernetes.Provider,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the objects.

        Args:
            name: Environment, namespace and deployment, with slashes between them.
            objects: The service, then what scales it.
            handling: How the environment's objects are declared.
            provider: The environment's provider.
            after: What must be there before: namespaces, and what placements share.
            opts: Pulumi's options.
        """
        super().__init__(MODEL_PLACEMENT, name, None, opts)
        # Each object depends on all before it: the namespace, then what its claims are made of, then the service.
        self.resources = [*after]
        named = {f"{name}-{object_suffix(item)}": item for item in objects}
        for each in sorted(named, key=dependence):
            self.resources.append(
                declare(each, named[each], handling, parent=self, provider=provider, after=self.resources)
            )
        self._placement, self._objects = name, objects
        if not pulumi.runtime.is_dry_run():
            # A preview shows nothing of it, and would cost 5 % more.
            self.register_outputs({})

    @property
    def applied(self) -> pulumi.Output[Any]:
        """Known when all of it is applied. Made when asked for: only waiting needs it."""
        return pulumi.Output.all(*(resource.urn for resource in self.resources))

    def wait(self, patience: Patience) -> Wait:
        """Return what is waited for until all that is declared serves."""
        return Wait(self._placement, ExpectedService.of(self._objects), patience)
