"""From environments to kubeconfigs: where each comes from, and whether it can be used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pulumi

from slicewise.diagnostics import Diagnostic
from slicewise.documents import ExistingCluster, InferenceEnvironment, KubeconfigReference

from ..stack_config import KubeconfigSourceName, StackConfig
from .checks import EnvironmentKubeconfig, check
from .from_aws import AWS_SECRETS_MANAGER
from .from_config import CONFIG
from .from_eks import EKS
from .from_gcp import GCP_SECRET_MANAGER
from .from_gke import GKE
from .from_kubernetes import KUBERNETES
from .from_program import NONE_PASSED, ProgramKubeconfigs
from .source import KubeconfigSource, SourceError

# NONE has no source: nothing is read, whatever the environments refer to.
_SECRETS: Final[Mapping[KubeconfigSourceName, KubeconfigSource[KubeconfigReference]]] = {
    KubeconfigSourceName.CONFIG: CONFIG,
    KubeconfigSourceName.KUBERNETES: KUBERNETES,
    KubeconfigSourceName.GCP_SECRET_MANAGER: GCP_SECRET_MANAGER,
    KubeconfigSourceName.AWS_SECRETS_MANAGER: AWS_SECRETS_MANAGER,
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The kubeconfig of one environment: which source has it, under what reference."""

    source: KubeconfigSource[Any]
    reference: Any
    subject: EnvironmentKubeconfig


@dataclass(frozen=True, slots=True)
class CheckedKubeconfigs:
    """The kubeconfigs of the clusters that exist already.

    Attributes:
        usable: Those that can be used, by environment: their servers take connections.
        problems: What keeps the others from it, each with its environment.
    """

    usable: Mapping[str, EnvironmentKubeconfig]
    problems: Sequence[tuple[str, Diagnostic]]

    @property
    def outputs(self) -> Mapping[str, pulumi.Output[str]]:
        """Those that can be used, by environment, as secrets."""
        return {name: pulumi.Output.secret(str(subject.text)) for name, subject in self.usable.items()}


async def kubeconfigs(
    stack: StackConfig,
    environments: Sequence[InferenceEnvironment],
    program: ProgramKubeconfigs = NONE_PASSED,
    *,
    tell: bool = False,
) -> CheckedKubeconfigs:
    """Return the kubeconfigs of the clusters that exist already, read from where the stack has them and checked.

    What keeps one from being used is a problem of its environment (SW402 to SW408). With `tell`, what is weak in
    one is logged, as a warning: once in a run, however often they are read.
    """
    wanted = [
        _wanted(environment.metadata.name, environment.spec.cluster.existing, stack, program)
        for environment in environments
        if environment.spec.cluster.existing and environment.metadata.name not in program.later
    ]
    read, problems = await _read(wanted, stack)
    usable, flaws = await check(read, stack, tell=tell)
    return CheckedKubeconfigs({subject.environment: subject for subject in usable}, [*problems, *flaws])


def _wanted(name: str, existing: ExistingCluster, stack: StackConfig, program: ProgramKubeconfigs) -> _Wanted:
    if name in program.texts:
        subject = EnvironmentKubeconfig(
            name, "", f'kubeconfigs["{name}"]', program.remedy(name, stack), name, written_in=program.written_in
        )
        return _Wanted(program, name, subject)
    source, reference, field = _place(existing, stack.kubeconfig_source)
    key = f'slicewise:kubeconfigs["{reference.name}"]' if source is CONFIG else None
    return _Wanted(
        source, reference, EnvironmentKubeconfig(name, field, key, source.remedy(reference, stack), reference)
    )


def _place(existing: ExistingCluster, secrets: KubeconfigSourceName) -> tuple[KubeconfigSource[Any], Any, str]:
    if existing.gke:
        return GKE, existing.gke, "gke"
    if existing.eks:
        return EKS, existing.eks, "eks"
    return _SECRETS[secrets], existing.secret_ref, "secretRef"


async def _read(
    wanted: Sequence[_Wanted], stack: StackConfig
) -> tuple[list[EnvironmentKubeconfig], list[tuple[str, Diagnostic]]]:
    """Return what the sources have, all of them asked at once, and what cannot be had."""
    # Two environments may name the same secret: it is read once.
    references: dict[KubeconfigSource[Any], dict[Any, None]] = {}
    for each in wanted:
        references.setdefault(each.source, {})[each.reference] = None
    answers = await asyncio.gather(
        *(source.read(list(names), stack) for source, names in references.items()), return_exceptions=True
    )
    stored: dict[tuple[KubeconfigSource[Any], Any], object] = {}
    failed: dict[KubeconfigSource[Any], Diagnostic] = {}
    for (source, names), answer in zip(references.items(), answers, strict=True):
        if isinstance(answer, SourceError):
            field, place = stack.where("kubeconfigSource")
            failed[source] = Diagnostic.error(answer.code, str(answer), field=field, place=place)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            stored |= {(source, name): text for name, text in zip(names, answer, strict=True)}
    found, problems = [], []
    for each in wanted:
        environment, text = each.subject.environment, stored.get((each.source, each.reference))
        if each.source in failed:
            problems.append((environment, failed[each.source]))
        elif isinstance(text, SourceError):
            problems.append((environment, each.subject.error(text.code, str(text))))
        else:
            found.append(replace(each.subject, text=text))
    return found, problems
