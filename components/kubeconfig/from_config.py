"""Kubeconfigs from the stack's own configuration: the secret object `kubeconfigs`, encrypted in the stack's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi

from slicewise.diagnostics import Code
from slicewise.documents import KubeconfigReference

from ..stack_config import StackConfig
from .source import KubeconfigSource, SourceError


def _missing(reference: KubeconfigReference, stack: StackConfig) -> SourceError:
    return SourceError(
        f"the stack has no kubeconfig of this name; {CONFIG.remedy(reference, stack)}", Code.KUBECONFIG_MISSING
    )


class _ConfiguredSecrets:
    """The stack's own configuration."""

    async def read(self, references: Sequence[KubeconfigReference], stack: StackConfig) -> Sequence[object]:
        secret = pulumi.Config("slicewise").get_secret_object("kubeconfigs")
        stored = await secret.future() if secret else None
        texts = stored if isinstance(stored, dict) else {}
        return [texts.get(reference.name, _missing(reference, stack)) for reference in references]

    def remedy(self, reference: KubeconfigReference, _stack: StackConfig) -> str:
        # From a file through a pipe: as an argument, the credentials would be in the process list and the history.
        return f"run: pulumi config set --secret --path 'slicewise:kubeconfigs[\"{reference.name}\"]' < KUBECONFIG-FILE"


CONFIG: Final[KubeconfigSource[KubeconfigReference]] = _ConfiguredSecrets()
