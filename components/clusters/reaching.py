"""From environments to clusters that may be changed: their kubeconfigs, and what they said when they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from slicewise.clusters.live import ExistingObjects
from slicewise.clusters.preflight import ClusterAnswer, Needs
from slicewise.diagnostics import Code, Diagnostic, Subject, place_order, printable
from slicewise.documents import InferenceEnvironment

from ..kubeconfig import ProgramKubeconfigs, kubeconfigs, nowhere
from ..stack_config import KubeconfigSourceName, StackConfig
from .asking import ask_clusters
from .skipping import Skipped, SkipReason, skip_or_fail


@dataclass(frozen=True, slots=True)
class Reached:
    """The clusters that exist already, by environment.

    Attributes:
        kubeconfigs: How they are reached; secret.
        answers: What they said; nothing where the stack previews without clusters.
        addresses: Scheme, host and port of their servers.
        skipped: Those that cannot be used now and are left as they are, with the reasons.
    """

    kubeconfigs: Mapping[str, pulumi.Output[str]] = field(repr=False)
    answers: Mapping[str, ClusterAnswer]
    addresses: Mapping[str, str] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=dict)

    @property
    def existing(self) -> dict[str, ExistingObjects]:
        """What exists in the clusters that were asked."""
        return {name: answer.existing for name, answer in self.answers.items()}


async def reach_clusters(
    config: StackConfig,
    environments: Sequence[InferenceEnvironment],
    needs: Mapping[str, Needs],
    program: ProgramKubeconfigs,
) -> Reached:
    """Read and check the kubeconfigs of the clusters that exist, and ask each cluster for what the plan needs of it.

    With the source `none` every environment has a kubeconfig that leads nowhere, and nothing is asked.

    Raises:
        pulumi.RunError: one cannot be had or used, or its cluster does not have what the plan needs (SW402 to SW413),
            and `onUnreachable` is fail; it has all that is wrong.
        InvalidInputError: with the source `none`, this is not a preview (SW405).
    """
    if config.kubeconfig_source is KubeconfigSourceName.NONE:
        return Reached(nowhere(config, environments), {})
    found = await kubeconfigs(config, environments, program, tell=True)
    asked = await ask_clusters(config, found.usable, needs)
    addresses = {name: subject.address for name, subject in found.usable.items()}
    problems = sorted([*found.problems, *asked.problems], key=lambda each: place_order(each[1]))
    reasons = [SkipReason(environment, str(problem), problem.code) for environment, problem in problems]
    names = [environment.metadata.name for environment in environments]
    skipped = skip_or_fail(config, names, reasons, "clusters cannot be used")
    usable = {name: text for name, text in found.outputs.items() if name not in skipped}
    usable |= {name: program.output(name) for name in program.inputs if name in usable or name in program.later}
    for name, reason in program.later.items():
        pulumi.log.warn(printable(str(_not_asked_yet(name, reason))))
    return Reached(usable, asked.answers, addresses, skipped)


def _not_asked_yet(environment: str, reason: str) -> Diagnostic:
    message = (
        f"its cluster is not asked in this preview: {reason}. Whether it serves KServe's kinds, what the credential "
        "may do and whose the services are that exist there, `pulumi up` finds out, and stops before it applies "
        "anything there that it must not"
    )
    return Diagnostic.warning(Code.CLUSTER_NOT_ASKED_YET, message, subject=Subject("InferenceEnvironment", environment))
