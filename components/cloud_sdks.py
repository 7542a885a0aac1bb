"""Pulumi's SDKs of clouds, which are large: only stacks that ask a cloud have one, and must."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Subject
from slicewise.documents import InferenceEnvironment

from .stack_config import KubeconfigSourceName, StackConfig


@dataclass(frozen=True, slots=True)
class _Sdk:
    """What one cloud needs: the module that is imported, and the package's extra that brings it."""

    cloud: str
    module: str
    extra: str

    @property
    def is_installed(self) -> bool:
        return find_spec(self.module) is not None

    @property
    def lacks(self) -> str:
        """What is said where it is not installed."""
        return f"its Python package {self.module.replace('_', '-')} is not installed"

    @property
    def remedy(self) -> str:
        """The command that installs it: a checkout has its own, with pinned versions."""
        pinned = Path(__file__).resolve().parents[1] / f"requirements-{self.extra}.in"
        return f"run: make {self.extra}" if pinned.exists() else f"run: pip install 'slicewise[{self.extra}]'"


_GOOGLE: Final = _Sdk("Google Cloud", "pulumi_gcp", "gcp")
_AWS: Final = _Sdk("AWS", "pulumi_aws", "aws")
_SECRETS: Final = {
    KubeconfigSourceName.GCP_SECRET_MANAGER: _GOOGLE,
    KubeconfigSourceName.AWS_SECRETS_MANAGER: _AWS,
}


def require_cloud_sdks(config: StackConfig, environments: Sequence[InferenceEnvironment]) -> None:
    """See that the SDKs of the clouds are installed that these environments ask.

    Raises:
        InvalidInputError: one is not (SW417), with the command that installs it.
    """
    # Without a source of kubeconfigs no cluster is made, found or read.
    if config.kubeconfig_source is KubeconfigSourceName.NONE:
        return
    if problems := [*_by_environment(environments), *_by_secrets(config, environments)]:
        raise InvalidInputError(problems)


def _by_environment(environments: Sequence[InferenceEnvironment]) -> Iterator[Diagnostic]:
    for environment in environments:
        cluster, existing = environment.spec.cluster, environment.spec.cluster.existing
        asks = (
            (("gke",), cluster.gke, _GOOGLE),
            (("eks",), cluster.eks, _AWS),
            (("existing", "gke"), existing and existing.gke, _GOOGLE),
            (("existing", "eks"), existing and existing.eks, _AWS),
        )
        for path, asked, sdk in asks:
            if asked and not sdk.is_installed:
                message = f"the cluster is on {sdk.cloud}, and {sdk.lacks}"
                subject = Subject("InferenceEnvironment", environment.metadata.name)
                field = ("spec", "cluster", *path)
                yield Diagnostic.error(Code.CLOUD_SDK_MISSING, message, sdk.remedy, field=field, subject=subject)


def _by_secrets(config: StackConfig, environments: Sequence[InferenceEnvironment]) -> Iterator[Diagnostic]:
    existing = [environment.spec.cluster.existing for environment in environments]
    sdk = _SECRETS.get(config.kubeconfig_source)
    if sdk and not sdk.is_installed and any(each.secret_ref for each in existing if each):
        message = f"kubeconfigs are read from {sdk.cloud}, and {sdk.lacks}"
        field, place = config.where("kubeconfigSource")
        yield Diagnostic.error(Code.CLOUD_SDK_MISSING, message, sdk.remedy, field=field, place=place)
