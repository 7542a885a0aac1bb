"""Kubeconfigs from AWS Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from slicewise.diagnostics import Code
from slicewise.documents import KubeconfigReference

from ..stack_config import StackConfig
from .cloud import AWS, ask_cloud, value_of
from .source import KubeconfigSource, SourceError, gather_reads

_ARN: Final = "arn:"


async def _read_one(reference: KubeconfigReference, stack: StackConfig) -> object:
    # Imported here: it takes seconds, and only stacks that ask AWS need it.
    from pulumi_aws import secretsmanager  # noqa: PLC0415

    what = f"secret {reference.name} of AWS Secrets Manager"
    region = _region(reference.name) or stack.kubeconfig_region
    asked = secretsmanager.get_secret_version_output(secret_id=reference.name, region=region)
    found = await ask_cloud(asked, what, _remedies(reference.name, stack))
    # A secret has one of the two; bytes come as the text that they are.
    text = found.secret_string or found.secret_binary
    if not text:
        message = f"{what} is empty; {_store(reference.name)}"
        raise SourceError(message, Code.KUBECONFIG_MISSING)
    return value_of(text, reference.key, what)


def _region(name: str) -> str | None:
    """Return the region of an ARN, `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`; None where it is not an ARN."""
    parts = name.split(":")
    return parts[3] if name.startswith(_ARN) and len(parts) > 3 else None  # noqa: PLR2004 - the place in an ARN


def _remedies(secret: str, stack: StackConfig) -> Mapping[str, str]:
    return {
        **AWS,
        "permission": f"allow secretsmanager:GetSecretValue on {secret} and kms:Decrypt on its key",
        "missing": f"correct secretRef, or {stack.where('kubeconfigRegion')[0]}; or run: aws secretsmanager "
        f"create-secret --name {secret} --secret-string file://KUBECONFIG-FILE",
    }


def _store(secret: str) -> str:
    return f"run: aws secretsmanager put-secret-value --secret-id {secret} --secret-string file://KUBECONFIG-FILE"


class _AwsSecrets:
    """Secrets of AWS Secrets Manager."""

    async def read(self, references: Sequence[KubeconfigReference], stack: StackConfig) -> Sequence[object]:
        return await gather_reads(_read_one(reference, stack) for reference in references)

    def remedy(self, reference: KubeconfigReference, _stack: StackConfig) -> str:
        return _store(reference.name)


AWS_SECRETS_MANAGER: Final[KubeconfigSource[KubeconfigReference]] = _AwsSecrets()
