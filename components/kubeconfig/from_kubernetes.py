"""Kubeconfigs from Secrets of a management cluster: the one that the ambient kubeconfig leads to.

They are read by a client of Slicewise's own, not through a resource, so that nothing of them enters the state.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from slicewise.clusters.access import (
    KubeconfigError,
    check_kubeconfig,
    open_client,
    read_ambient,
    refusal_of,
    unreachable,
)
from slicewise.diagnostics import Code, some
from slicewise.documents import KubeconfigReference, is_dns_subdomain

from ..stack_config import StackConfig
from .source import KubeconfigSource, SourceError, gather_reads

if TYPE_CHECKING:
    from lightkube import AsyncClient

_MOST_KEYS: Final = 10


async def _management_client(stack: StackConfig) -> AsyncClient:
    """Return a client of the management cluster, which answers.

    Raises:
        SourceError: there is no kubeconfig of it, or it does not answer.
    """
    elsewhere = (
        "set KUBECONFIG to a kubeconfig that leads to it, or keep kubeconfigs elsewhere: "
        f"{stack.how_to_set('kubeconfigSource', 'config')}"
    )
    try:
        text = read_ambient(os.environ)
        found = check_kubeconfig(text)
    except KubeconfigError as error:
        raise _unusable(f"{error}; {elsewhere}") from None
    flaws = [*found.flaws, *(f"{name} names a file that is not here" for name in found.files)]
    if flaws:
        raise _unusable(f"{'; '.join(flaws)}; {elsewhere}")
    if found.plugin:
        raise _unusable(found.plugin)
    reason = await unreachable(found.server) if found.server else None
    if reason:
        message = f"the management cluster, {found.address}, does not answer ({reason}); check KUBECONFIG and the VPN"
        raise SourceError(message)
    try:
        return open_client(text)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may have parts of the kubeconfig
        raise _unusable(refusal_of(error).text) from None


def _unusable(why: str) -> SourceError:
    return SourceError(f"the management cluster's kubeconfig (KUBECONFIG, else ~/.kube/config) cannot be used: {why}")


async def _read_one(client: AsyncClient, reference: KubeconfigReference, stack: StackConfig) -> str:
    from lightkube import ApiError  # noqa: PLC0415
    from lightkube.resources.core_v1 import Secret  # noqa: PLC0415

    # The reference may be any source's name, and Kubernetes calls Secrets by DNS subdomains.
    if not is_dns_subdomain(reference.name):
        message = "no Secret can have this name: expected lower-case letters, digits, `-` and `.`; correct secretRef"
        raise SourceError(message)
    namespace = stack.kubeconfig_namespace
    where = f"Secret {namespace}/{reference.name} of the management cluster"
    try:
        secret = await client.get(Secret, reference.name, namespace=namespace)
    except ApiError as error:
        if error.status.code == HTTPStatus.NOT_FOUND:
            message = f"there is no {where}; {KUBERNETES.remedy(reference, stack)}"
            raise SourceError(message, Code.KUBECONFIG_MISSING) from None
        remedy = "; the user of KUBECONFIG must be able to get it" if error.status.code == HTTPStatus.FORBIDDEN else ""
        message = f"{where}: {refusal_of(error).text}{remedy}"
        raise SourceError(message) from None
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise may quote the kubeconfig
        message = f"{where}: {refusal_of(error).text}"
        raise SourceError(message) from None
    return _text(secret.data or {}, reference.key, where)


def _text(data: Mapping[str, str], key: str, where: str) -> str:
    if key not in data:
        keys = sorted(data)
        has = f"it has {some(keys, _MOST_KEYS)}" if keys else "it is empty"
        message = f'{where} has no key "{key}"; {has}: correct secretRef.key, or store the kubeconfig under that key'
        raise SourceError(message, Code.KUBECONFIG_MISSING)
    try:
        return base64.b64decode(data[key]).decode()
    except UnicodeDecodeError:
        message = (
            f'key "{key}" of {where} is not a kubeconfig: its bytes are not UTF-8 text (compressed, or encoded twice?)'
            "; store the file as kubectl reads it"
        )
        raise SourceError(message, Code.KUBECONFIG_INVALID) from None


class _ClusterSecrets:
    """Secrets of the management cluster."""

    async def read(self, references: Sequence[KubeconfigReference], stack: StackConfig) -> Sequence[object]:
        client = await _management_client(stack)
        async with client:
            return await gather_reads(_read_one(client, reference, stack) for reference in references)

    def remedy(self, reference: KubeconfigReference, stack: StackConfig) -> str:
        # `create` alone fails where the Secret is there already; `apply` would keep a copy in an annotation.
        return (
            f"run: kubectl -n {stack.kubeconfig_namespace} create secret generic {reference.name} "
            f"--from-file={reference.key}=KUBECONFIG-FILE (delete the old one first)"
        )


KUBERNETES: Final[KubeconfigSource[KubeconfigReference]] = _ClusterSecrets()
