"""Environments that have another name than at the last `pulumi up`, and are the same clusters."""

from __future__ import annotations

from collections.abc import Sequence

from slicewise.documents import InferenceEnvironment

from ..kubeconfig import ProgramKubeconfigs, kubeconfigs
from ..stack_config import KubeconfigSourceName, StackConfig
from ..state import PreviousStack, Renamed, StackState, find_renamed
from .asking import ask_clusters


async def renamed_environments(
    config: StackConfig,
    environments: Sequence[InferenceEnvironment],
    previous: PreviousStack,
    state: StackState,
    program: ProgramKubeconfigs,
) -> Renamed:
    """Return which environments have been renamed; clusters are asked only where some may have been.

    A cluster that does not answer counts as a new one here; what becomes of the old one then, `departing` says.
    """
    declared = {environment.metadata.name for environment in environments}
    left = {name: known for name, known in previous.clusters.items() if name in state.environments}
    # A name that is remembered and has nothing in the state any more may come back: `mig-a` after `mig-a` to `mig-b`.
    new = [environment for environment in environments if environment.metadata.name not in left]
    if config.kubeconfig_source is KubeconfigSourceName.NONE or left.keys() <= declared:
        return Renamed({})
    uids: dict[str, str | None] = {name: known.uid for name, known in left.items()}
    if new:
        asked = await ask_clusters(config, (await kubeconfigs(config, new, program)).usable, {})
        uids |= {name: answer.existing.uid for name, answer in asked.answers.items()}
    providers = [name for name, each in state.environments.items() if each.has_provider]
    return find_renamed(declared, left, uids, providers)
