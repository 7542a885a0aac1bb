"""An environment as a plan has it, declared without planning."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.environment_content import EnvironmentContent, PlacedObjects
from components.inference_environment import InferenceEnvironment
from components.object_handling import Handling
from components.synchronous import complete
from slicewise.documents import DeploymentKey
from slicewise.manifests import KubernetesObject


def declare_environment(
    name: str,
    kubeconfig: str,
    *,
    namespaces: Sequence[str] = (),
    shared: Sequence[KubernetesObject] = (),
    placed: Sequence[tuple[DeploymentKey, Sequence[KubernetesObject]]] = (),
    after: Sequence[pulumi.Resource] = (),
) -> InferenceEnvironment:
    """Declare an environment with what is placed there."""
    content = EnvironmentContent(
        Handling(name, namespaces=tuple(namespaces)),
        pulumi.Output.secret(kubeconfig),
        shared,
        [PlacedObjects(deployment, "slices", objects) for deployment, objects in placed],
        after,
    )
    environment = InferenceEnvironment(name, {}, content=content)
    complete(environment.declare_content())
    return environment
