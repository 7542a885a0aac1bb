"""What a plan has for one environment, as the components of it are declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi

from slicewise.documents import DeploymentKey
from slicewise.manifests import KubernetesObject

from .object_handling import Handling


class PlacedObjects(NamedTuple):
    """The objects of one placement.

    Attributes:
        deployment: Whose they are.
        node_pool: Where its pods run.
        objects: The service, then what scales it.
    """

    deployment: DeploymentKey
    node_pool: str
    objects: Sequence[KubernetesObject]


class EnvironmentContent(NamedTuple):
    """What is declared in one environment.

    Attributes:
        handling: How its objects are declared.
        kubeconfig: How its cluster is reached; None where it is yet to be made.
        shared: What its placements share.
        placed: What is placed there.
        after: What must be there before anything runs on its GPUs.
        at_the_top: Whether the state has its components as stacks of before there was a Fleet have them.
        depends_on: What the component that plans depends on: what is applied goes before it.
        outputs: What the plan says of the environment.
    """

    handling: Handling
    kubeconfig: pulumi.Output[str] | None = None
    shared: Sequence[KubernetesObject] = ()
    placed: Sequence[PlacedObjects] = ()
    after: Sequence[pulumi.Resource] = ()
    at_the_top: bool = False
    depends_on: Sequence[pulumi.Resource] = ()
    outputs: Mapping[str, Any] = {}
