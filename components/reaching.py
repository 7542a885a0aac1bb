"""From environments to clusters that may be changed: their kubeconfigs, and what they said when they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.asking import ask_clusters
from components.kubeconfig.nowhere import nowhere
from components.kubeconfig.sources import kubeconfigs
from components.stack_config import KubeconfigSourceName, StackConfig
from slicewise.inventory.asking import ClusterAnswer
from slicewise.inventory.needs import Needs
from slicewise.spec import InferenceEnvironment, InvalidInputError


@dataclass(frozen=True, slots=True)
class Reached:
    """The clusters that exist already, by environment.

    Attributes:
        kubeconfigs: How they are reached; secret.
        answers: What they said; nothing where the stack previews without clusters.
        addresses: Scheme, host and port of their servers.
    """

    kubeconfigs: Mapping[str, pulumi.Output[str]] = field(repr=False)
    answers: Mapping[str, ClusterAnswer]
    addresses: Mapping[str, str] = field(default_factory=dict)


async def reach_clusters(
    config: StackConfig, environments: Sequence[InferenceEnvironment], needs: Mapping[str, Needs]
) -> Reached:
    """Read and check the kubeconfigs of the clusters that exist, and ask each cluster for what the plan needs of it.

    With the source `none` every environment has a kubeconfig that leads nowhere, and nothing is asked.

    Raises:
        InvalidInputError: one cannot be had or used, or its cluster does not have what the plan needs (SW402 to SW413);
            it has all that is wrong.
    """
    if config.kubeconfig_source is KubeconfigSourceName.NONE:
        return Reached(nowhere(environments), {})
    found = await kubeconfigs(config, environments)
    asked = await ask_clusters(found.usable, needs)
    problems = [problem for _, problem in [*found.problems, *asked.problems]]
    if problems:
        raise InvalidInputError(problems)
    addresses = {name: subject.address for name, subject in found.usable.items()}
    return Reached(found.outputs, asked.answers, addresses)
