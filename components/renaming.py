"""Environments that have another name than at the last `pulumi up`, and are the same clusters."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.asking import ask_clusters
from components.cluster_outputs import Renamed, find_renamed
from components.kubeconfig.sources import kubeconfigs
from components.previous_plan import PreviousStack
from components.stack_config import KubeconfigSourceName, StackConfig
from slicewise.spec import InferenceEnvironment


async def renamed_environments(
    config: StackConfig, environments: Sequence[InferenceEnvironment], previous: PreviousStack
) -> Renamed:
    """Return which environments have been renamed; clusters are asked only where some may have been.

    A cluster that does not answer counts as a new one here: what keeps it from being used is said later.
    """
    declared = {environment.metadata.name for environment in environments}
    new = [environment for environment in environments if environment.metadata.name not in previous.clusters]
    if config.kubeconfig_source is KubeconfigSourceName.NONE or not new or previous.clusters.keys() <= declared:
        return Renamed({})
    found = await kubeconfigs(config, new)
    asked = await ask_clusters(found.usable, {})
    uids = {name: answer.standing.uid for name, answer in asked.answers.items()}
    renamed = find_renamed(declared, previous.clusters, uids)
    for now, before in renamed.formerly.items():
        pulumi.log.info(
            f"environment {now} is the cluster that was called {before}: what runs there moves with the name"
        )
    return renamed
