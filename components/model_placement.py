"""The component of one placement: what one deployment has in one environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi

from components.inference_environment import InferenceEnvironment
from components.kubernetes_objects import declare
from components.readiness import waiting
from components.type_tokens import MODEL_PLACEMENT
from slicewise.manifests import KubernetesObject
from slicewise.manifests.vocabulary import SCALED_OBJECT_KIND, SERVICE_KIND

# The last part of each object's name in the stack. It is in the URN: changing one replaces what users run.
SUFFIXES: Final = {SERVICE_KIND: "service", SCALED_OBJECT_KIND: "scaledobject"}


class ModelPlacement(pulumi.ComponentResource):
    """One deployment in one environment: its service and what scales it, applied with the environment's provider."""

    def __init__(
        self,
        name: str,
        *,
        environment: InferenceEnvironment,
        objects: Sequence[KubernetesObject],
        wait_for_ready: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(MODEL_PLACEMENT, name, None, opts)
        # Each after all before it: a service has what it needs, and is there before it is scaled.
        before = list(environment.shared)
        for item in objects:
            options = pulumi.ResourceOptions(parent=self, provider=environment.provider, depends_on=list(before))
            wanted = waiting(item) if wait_for_ready and item["kind"] == SERVICE_KIND else item
            before.append(declare(f"{name}-{SUFFIXES[item['kind']]}", wanted, options))
        self.register_outputs({})
