"""Whether kubeconfigs can be used: what each holds, what it needs on this machine, whether its server answers."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pulumi

from slicewise.clusters.access import CheckedKubeconfig, KubeconfigError, Weakness, check_kubeconfig, unreachable
from slicewise.diagnostics import Code, Diagnostic, FieldPath, Place, Subject

from ..stack_config import StackConfig, stack_file

_CODES: Final = {
    Weakness.UNVERIFIED: Code.CONNECTION_NOT_VERIFIED,
    Weakness.PASSWORD: Code.PASSWORD_IN_KUBECONFIG,
    Weakness.EXPIRED: Code.CLIENT_CERTIFICATE_EXPIRED,
    Weakness.NO_AUTHORITY: Code.NO_CERTIFICATE_AUTHORITY,
}


@dataclass(frozen=True, slots=True)
class EnvironmentKubeconfig:
    """The kubeconfig of one environment, and how messages speak of it.

    Attributes:
        environment: The environment's name.
        part: Which field of `spec.cluster.existing` names it.
        key: The key of the stack's configuration that holds it, where one does.
        remedy: What to do where it is wrong.
        reference: What the environment says of where it is.
        text: What is stored as the kubeconfig; empty where it could not be read.
        address: Scheme, host and port of its server; empty where it could not be read.
        written_in: What of the program passes it, where that is not the stack's file.
    """

    environment: str
    part: str
    key: str | None
    remedy: str
    reference: object
    text: object = dataclasses.field(default="", repr=False)
    address: str = ""
    written_in: str = ""

    @property
    def subject(self) -> Subject:
        """The document that asks for it."""
        return Subject("InferenceEnvironment", self.environment)

    @property
    def field(self) -> FieldPath:
        """The field of the document that asks for it."""
        return ("spec", "cluster", "existing", self.part)

    def error(self, code: Code, message: str, remedy: str = "") -> Diagnostic:
        """Return an error at the place where a person fixes it."""
        if self.key:
            told, place = f"environment {self.environment}: {message}", Place(self.written_in or stack_file())
            return Diagnostic.error(code, told, remedy, field=self.key, place=place, subject=self.subject)
        return Diagnostic.error(code, message, remedy, field=self.field, subject=self.subject)

    def warning(self, code: Code, message: str, remedy: str = "") -> Diagnostic:
        """Return a warning about the document that asks for it."""
        return Diagnostic.warning(code, message, remedy, field=self.field, subject=self.subject)


async def check(
    subjects: Sequence[EnvironmentKubeconfig], stack: StackConfig, *, tell: bool
) -> tuple[list[EnvironmentKubeconfig], list[tuple[str, Diagnostic]]]:
    """Return the kubeconfigs that can be used, and by environment what keeps the others from it.

    With `tell`, weaknesses are logged as warnings.
    """
    problems: list[tuple[str, Diagnostic]] = []
    usable: list[tuple[EnvironmentKubeconfig, CheckedKubeconfig]] = []
    weak: list[Diagnostic] = []
    for subject in subjects:
        try:
            examination = check_kubeconfig(subject.text)
        except KubeconfigError as error:
            problems.append((subject.environment, _unusable(subject, str(error))))
            continue
        weak += _advice(subject, examination)
        flaws = [(subject.environment, flaw) for flaw in _flaws(subject, examination)]
        problems += flaws
        if not flaws:
            usable.append((subject, examination))
    for advice in [*weak, *_one_server_twice(usable)] if tell else ():
        pulumi.log.warn(str(advice))
    answers = await asyncio.gather(*(_silence(examination) for _, examination in usable))
    answering = []
    for (subject, examination), reason in zip(usable, answers, strict=True):
        if reason:
            problems.append((subject.environment, _unreachable(subject, stack, examination.address, reason)))
        else:
            answering.append(replace(subject, address=examination.address))
    return answering, problems


def _unreachable(subject: EnvironmentKubeconfig, stack: StackConfig, address: str, reason: str) -> Diagnostic:
    message = f"{address} does not answer ({reason})"
    remedy = (
        "check the server in the kubeconfig, or preview without clusters: "
        f"{stack.how_to_set('kubeconfigSource', 'none')}"
    )
    return subject.error(Code.CLUSTER_UNREACHABLE, message, remedy)


def _unusable(subject: EnvironmentKubeconfig, reason: str) -> Diagnostic:
    message = f"is not a kubeconfig that can be used: {reason}"
    remedy = subject.remedy
    return subject.error(Code.KUBECONFIG_INVALID, message, remedy)


def _flaws(subject: EnvironmentKubeconfig, examination: CheckedKubeconfig) -> Iterator[Diagnostic]:
    for flaw in examination.flaws:
        yield _unusable(subject, flaw)
    if examination.files:
        fields = ", ".join(examination.files)
        message = (
            f"needs files that are not here ({fields}); embed them: kubectl config view --flatten --minify --raw; then "
            f"{subject.remedy}"
        )
        yield subject.error(Code.KUBECONFIG_NEEDS_FILES, message)
    if examination.plugin:
        yield subject.error(Code.KUBECONFIG_NEEDS_PLUGIN, examination.plugin)


def _advice(subject: EnvironmentKubeconfig, examination: CheckedKubeconfig) -> Iterator[Diagnostic]:
    for weakness, message in examination.weaknesses:
        yield subject.warning(_CODES[weakness], f"the kubeconfig is weak: {message}")


def _one_server_twice(usable: Sequence[tuple[EnvironmentKubeconfig, CheckedKubeconfig]]) -> Iterator[Diagnostic]:
    # A proxy may lead to a different cluster for each path of the URL: the whole URL counts.
    first: dict[str, EnvironmentKubeconfig] = {}
    for subject, examination in usable:
        known = first.setdefault(examination.url, subject)
        # Two environments with the same reference have had a warning from the documents' own rule.
        if known.reference != subject.reference:
            message = f"leads to {examination.address}, as environment {known.environment} does"
            remedy = "if it is one cluster, what both describe is counted twice: describe it in one environment"
            yield subject.warning(Code.ONE_SERVER_TWICE, message, remedy)


async def _silence(examination: CheckedKubeconfig) -> str | None:
    return await unreachable(examination.server) if examination.server else None
