"""Kubeconfigs from Google Cloud's Secret Manager."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Final

from slicewise.documents import KubeconfigReference

from ..stack_config import StackConfig
from .cloud import GOOGLE, ask_cloud, decoded, value_of
from .source import KubeconfigSource, SourceError, gather_reads

# A secret's id, or its resource name as Google Cloud prints it; both with a version or without.
_NAME: Final = re.compile(
    r"(projects/(?P<project>[^/]+)/secrets/)?(?P<secret>[A-Za-z0-9_-]{1,255})(/versions/(?P<version>[a-z0-9-]+))?"
)


async def _read_one(reference: KubeconfigReference, stack: StackConfig) -> object:
    # Imported here: it takes seconds, and only stacks that ask Google Cloud need it.
    from pulumi_gcp import secretmanager  # noqa: PLC0415

    name = _NAME.fullmatch(reference.name)
    if not name:
        message = (
            "no secret of Secret Manager can have this name: expected letters, digits, `-` and `_`; correct secretRef"
        )
        raise SourceError(message)
    what = f"secret {reference.name} of Secret Manager"
    asked = secretmanager.get_secret_version_access_output(
        # The secret may hold any bytes; they arrive as base64 text.
        is_secret_data_base64=True,
        project=name["project"] or stack.kubeconfig_project,
        secret=name["secret"],
        version=name["version"],
    )
    found = await ask_cloud(asked, what, _remedies(name["secret"], stack))
    return value_of(decoded(base64.b64decode(found.secret_data), what), reference.key, what)


def _remedies(secret: str, stack: StackConfig) -> Mapping[str, str]:
    return {
        **GOOGLE,
        "permission": f"grant roles/secretmanager.secretAccessor on {secret} to whoever runs Pulumi",
        "missing": f"correct secretRef, or {stack.where('kubeconfigProject')[0]}; or {_store(secret)}",
    }


def _store(secret: str) -> str:
    return f"run: gcloud secrets create {secret} --data-file=KUBECONFIG-FILE"


class _GcpSecrets:
    """Secrets of Google Cloud's Secret Manager."""

    async def read(self, references: Sequence[KubeconfigReference], stack: StackConfig) -> Sequence[object]:
        return await gather_reads(_read_one(reference, stack) for reference in references)

    def remedy(self, reference: KubeconfigReference, _stack: StackConfig) -> str:
        name = _NAME.fullmatch(reference.name)
        secret = name["secret"] if name else reference.name
        return f"run: gcloud secrets versions add {secret} --data-file=KUBECONFIG-FILE"


GCP_SECRET_MANAGER: Final[KubeconfigSource[KubeconfigReference]] = _GcpSecrets()
