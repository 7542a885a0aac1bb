"""No kubeconfigs at all: previews without any cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place
from slicewise.documents import InferenceEnvironment

from ..stack_config import stack_file

# A kubeconfig with no cluster in it: the provider previews without one, and never takes the ambient kubeconfig.
NOWHERE: Final = '{"apiVersion": "v1", "kind": "Config"}'


def nowhere(environments: Sequence[InferenceEnvironment]) -> Mapping[str, pulumi.Output[str]]:
    """Return a kubeconfig that leads nowhere for every environment, by its name. No cloud and no cluster is asked.

    Raises:
        InvalidInputError: this is not a preview (SW405).
    """
    if not pulumi.runtime.is_dry_run():
        message = (
            '"none" is for previews: there is no cluster to change. Configure kubeconfigs, then '
            "`pulumi config set slicewise:kubeconfigSource config`"
        )
        problem = Diagnostic.error(
            Code.NO_KUBECONFIG_SOURCE, message, field="slicewise:kubeconfigSource", place=Place(stack_file())
        )
        raise InvalidInputError([problem])
    return {environment.metadata.name: pulumi.Output.secret(NOWHERE) for environment in environments}
