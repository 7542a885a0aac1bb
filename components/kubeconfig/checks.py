"""Whether kubeconfigs can be used: what each holds, what it needs on this machine, whether its server answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pulumi

from components.stack_config import stack_file
from slicewise.clusters.access import Examination, KubeconfigError, Weakness, examine, unreachable
from slicewise.diagnostics import Advice, Code, Problem

_CODES: Final = {
    Weakness.UNVERIFIED: Code.CONNECTION_NOT_VERIFIED,
    Weakness.PASSWORD: Code.PASSWORD_IN_KUBECONFIG,
    Weakness.EXPIRED: Code.CLIENT_CERTIFICATE_EXPIRED,
    Weakness.NO_AUTHORITY: Code.NO_CERTIFICATE_AUTHORITY,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The kubeconfig of one environment, and how messages speak of it.

    Attributes:
        environment: The environment's name.
        part: Which field of `spec.cluster.existing` names it.
        key: The key of the stack's configuration that holds it, where one does.
        remedy: What to do where it is wrong.
        reference: What the environment says of where it is.
        text: What is stored as the kubeconfig; empty where it could not be read.
        address: Scheme, host and port of its server; empty where it could not be read.
    """

    environment: str
    part: str
    key: str | None
    remedy: str
    reference: object
    text: object = field(default="", repr=False)
    address: str = ""

    @property
    def path(self) -> str:
        """The document and field that ask for it."""
        return f"InferenceEnvironment {self.environment}: spec.cluster.existing.{self.part}"

    def problem(self, code: Code, message: str) -> Problem:
        """Return an error at the place where a person fixes it."""
        if self.key:
            return Problem(stack_file(), 0, 0, self.key, f"environment {self.environment}: {message}", code)
        return Problem(
            f"InferenceEnvironment {self.environment}", 0, 0, f"spec.cluster.existing.{self.part}", message, code
        )


async def check(subjects: Sequence[Subject], *, tell: bool) -> tuple[list[Subject], list[tuple[str, Problem]]]:
    """Return the kubeconfigs that can be used, and by environment what keeps the others from it.

    With `tell`, weaknesses are logged as warnings.
    """
    problems: list[tuple[str, Problem]] = []
    usable: list[tuple[Subject, Examination]] = []
    weak: list[Advice] = []
    for subject in subjects:
        try:
            examination = examine(subject.text)
        except KubeconfigError as error:
            problems.append((subject.environment, _unusable(subject, str(error))))
            continue
        weak += _advice(subject, examination)
        flaws = [(subject.environment, flaw) for flaw in _flaws(subject, examination)]
        problems += flaws
        if not flaws:
            usable.append((subject, examination))
    for advice in [*weak, *_one_server_twice(usable)] if tell else ():
        pulumi.log.warn(f"{advice.path}: {advice.message} [{advice.code}]")
    answers = await asyncio.gather(*(_silence(examination) for _, examination in usable))
    answering = []
    for (subject, examination), reason in zip(usable, answers, strict=True):
        if reason:
            problems.append((subject.environment, _unreachable(subject, examination.address, reason)))
        else:
            answering.append(replace(subject, address=examination.address))
    return answering, problems


def _unreachable(subject: Subject, address: str, reason: str) -> Problem:
    message = (
        f"{address} does not answer ({reason}); check the server in the kubeconfig, or preview without clusters: "
        "pulumi config set slicewise:kubeconfigSource none"
    )
    return subject.problem(Code.CLUSTER_UNREACHABLE, message)


def _unusable(subject: Subject, reason: str) -> Problem:
    message = f"is not a kubeconfig that can be used: {reason}; {subject.remedy}"
    return subject.problem(Code.KUBECONFIG_INVALID, message)


def _flaws(subject: Subject, examination: Examination) -> Iterator[Problem]:
    for flaw in examination.flaws:
        yield _unusable(subject, flaw)
    if examination.files:
        fields = ", ".join(examination.files)
        message = (
            f"needs files that are not here ({fields}); embed them: kubectl config view --flatten --minify --raw; then "
            f"{subject.remedy}"
        )
        yield subject.problem(Code.KUBECONFIG_NEEDS_FILES, message)
    if examination.plugin:
        yield subject.problem(Code.KUBECONFIG_NEEDS_PLUGIN, examination.plugin)


def _advice(subject: Subject, examination: Examination) -> Iterator[Advice]:
    for weakness, message in examination.weaknesses:
        yield Advice(subject.path, _CODES[weakness], f"the kubeconfig is weak: {message}")


def _one_server_twice(usable: Sequence[tuple[Subject, Examination]]) -> Iterator[Advice]:
    # A proxy may lead to a different cluster for each path of the URL: the whole URL counts.
    first: dict[str, Subject] = {}
    for subject, examination in usable:
        known = first.setdefault(examination.url, subject)
        # Two environments with the same reference have had a warning from the documents' own rule.
        if known.reference != subject.reference:
            message = (
                f"leads to {examination.address}, as environment {known.environment} does; if it is one cluster, what "
                "both describe is counted twice: describe it in one environment"
            )
            yield Advice(subject.path, Code.ONE_SERVER_TWICE, message)


async def _silence(examination: Examination) -> str | None:
    return await unreachable(examination.server) if examination.server else None
