"""The component of one placement: what one deployment has in one environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi

from components.inference_environment import InferenceEnvironment
from components.kubernetes_objects import declare
from components.readiness import Expected
from components.type_tokens import MODEL_PLACEMENT
from components.waiting import Patience, Unready, wait_for
from slicewise.manifests import KubernetesObject
from slicewise.manifests.vocabulary import SCALED_OBJECT_KIND, SERVICE_KIND

# The last part of each object's name in the stack. It is in the URN: changing one replaces what users run.
SUFFIXES: Final = {SERVICE_KIND: "service", SCALED_OBJECT_KIND: "scaledobject"}


class ModelPlacement(pulumi.ComponentResource):
    """One deployment in one environment: its service and what scales it, applied with the environment's provider."""

    unready: pulumi.Output[Unready | None]
    """What is missing after all the patience there is; None if nothing is, or nobody waits."""

    def __init__(
        self,
        name: str,
        *,
        environment: InferenceEnvironment,
        objects: Sequence[KubernetesObject],
        patience: Patience | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(MODEL_PLACEMENT, name, None, opts)
        # Each after all before it: a service has what it needs, and is there before it is scaled.
        before = list(environment.shared)
        for item in objects:
            options = pulumi.ResourceOptions(parent=self, provider=environment.provider, depends_on=list(before))
            before.append(declare(f"{name}-{SUFFIXES[item['kind']]}", item, options))
        self.unready = pulumi.Output.from_input(None)
        if patience and not pulumi.runtime.is_dry_run():
            expected = Expected.of(objects)
            # What scales it comes first: it may be the one that brings the replicas.
            applied = pulumi.Output.all(environment.kubeconfig, *(resource.urn for resource in before))
            self.unready = applied.apply(lambda values: wait_for(name, expected, values[0], patience))
        self.register_outputs({})
