"""No kubeconfigs at all: previews without any cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError
from slicewise.documents import InferenceEnvironment

from ..stack_config import StackConfig

# A kubeconfig with no cluster in it: the provider previews without one, and never takes the ambient kubeconfig.
NOWHERE: Final = '{"apiVersion": "v1", "kind": "Config"}'


def nowhere(config: StackConfig, environments: Sequence[InferenceEnvironment]) -> Mapping[str, pulumi.Output[str]]:
    """Return a kubeconfig that leads nowhere for every environment, by its name. No cloud and no cluster is asked.

    Raises:
        InvalidInputError: this is not a preview (SW405).
    """
    if not pulumi.runtime.is_dry_run():
        message = (
            '"none" is for previews: there is no cluster to change. Configure kubeconfigs, then '
            f"{config.how_to_set('kubeconfigSource', 'config')}"
        )
        field, place = config.where("kubeconfigSource")
        problem = Diagnostic.error(Code.NO_KUBECONFIG_SOURCE, message, field=field, place=place)
        raise InvalidInputError([problem])
    return {environment.metadata.name: pulumi.Output.secret(NOWHERE) for environment in environments}
