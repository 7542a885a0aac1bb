"""Clusters are only made where Pulumi stores each step: a killed update must not leave one that no stack knows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

import pulumi

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Subject
from slicewise.documents import InferenceEnvironment

from ..stack_config import KubeconfigSourceName, StackConfig

_SKIPPING: Final = "PULUMI_SKIP_CHECKPOINTS"
# What Pulumi v3.276.0 takes for yes, in upper or lower case (sdk/go/common/util/cmdutil, IsTruthy).
_YES: Final = ("1", "true")


def require_checkpoints(config: StackConfig, environments: Iterable[InferenceEnvironment]) -> None:
    """Check that a stack which makes clusters stores each step.

    Services that a killed update has made are taken over by the next one. Clusters and node pools are not: the cloud
    says that the name is taken. A preview makes none.

    Raises:
        InvalidInputError: PULUMI_SKIP_CHECKPOINTS is set (SW438).
    """
    makes_none = config.kubeconfig_source is KubeconfigSourceName.NONE or pulumi.runtime.is_dry_run()
    if makes_none or os.environ.get(_SKIPPING, "").lower() not in _YES:
        return
    message = (
        f"the stack makes this cluster, and {_SKIPPING} is set: if `pulumi up` were killed, no stack would know the "
        "cluster, and it would run on"
    )
    problems = [
        Diagnostic.error(
            Code.CHECKPOINTS_SKIPPED,
            message,
            f"run it again without the variable: unset {_SKIPPING}",
            field="spec.cluster.source",
            subject=Subject("InferenceEnvironment", each.metadata.name),
        )
        for each in environments
        if each.spec.cluster.provisioned is not None
    ]
    if problems:
        raise InvalidInputError(problems)
