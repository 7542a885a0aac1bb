"""What the sources of Google Cloud and AWS share: asking through Pulumi's provider, and what a secret's text holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import pulumi

from slicewise.diagnostics import Code

from .source import SourceError

# What the clouds' errors are recognized by, and what they mean. Nothing else of an error is repeated: its text is the
# provider's, and may have anything in it. The first that holds counts.
_CAUSES: Final = (
    (
        r"could not find default credentials|[Nn]o valid credential source|validate AWS credentials|no EC2 IMDS role",
        "no credentials",
        "login",
    ),
    (r"[Mm]issing [Rr]egion|[Ii]nvalid AWS Region", "the provider has no region", "region"),
    (
        r"ExpiredToken|invalid_grant|reauth|UnrecognizedClient|InvalidClientTokenId",
        "the credentials are refused",
        "login",
    ),
    (
        r"AccessDenied|Error 403|PermissionDenied|PERMISSION_DENIED|StatusCode: 403",
        "permission is denied",
        "permission",
    ),
    (r"ResourceNotFound|NotFoundException|Error 404|NOT_FOUND|couldn't find|not found", "it is not there", "missing"),
)

# Where a person, or the provider, is not known to the cloud: the same whatever is asked for.
AWS: Final = {"login": "run: aws sso login, or set AWS_PROFILE", "region": "set aws:region, or AWS_REGION"}
GOOGLE: Final = {"login": "run: gcloud auth application-default login", "region": "set gcp:project"}


async def ask_cloud(output: pulumi.Output[Any], what: str, remedies: Mapping[str, str]) -> Any:  # noqa: ANN401 - SDKs' results
    """Return what the invoke behind `output` answers.

    Args:
        output: The result of one of the SDKs' `get_…_output`.
        what: What is asked for, in messages.
        remedies: What to do, by kind of cause: login, region, permission, missing.

    Raises:
        SourceError: the invoke failed.
    """
    try:
        return await output.future()
    except Exception as error:  # noqa: BLE001 - the SDK raises plain Exceptions
        text = str(error)
        for pattern, cause, kind in _CAUSES:
            if re.search(pattern, text):
                code = Code.KUBECONFIG_MISSING if kind == "missing" else Code.KUBECONFIG_SOURCE_FAILED
                message = f"{what} cannot be read, {cause}; {remedies[kind]}"
                raise SourceError(message, code) from None
        names = ", ".join(sorted(set(re.findall(r"\b[A-Z]\w{2,60}(?:Exception|Error)\b|\bError \d{3}\b", text))))
        message = f"{what} cannot be read{f' ({names})' if names else ''}; try it as docs/kubeconfigs.md says"
        raise SourceError(message) from None


def value_of(text: str, key: str, what: str) -> object:
    """Return the kubeconfig in a secret's `text`: the value of `key` where it is a JSON object of several, else all.

    Raises:
        SourceError: `text` is a JSON object without the key, and no kubeconfig in JSON.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(data, dict) or data.get("kind") == "Config":
        return text
    if key not in data:
        message = f'{what} has no key "{key}"; it has {", ".join(sorted(data)) or "none"}: correct secretRef.key'
        raise SourceError(message, Code.KUBECONFIG_MISSING)
    return data[key]


def decoded(data: bytes, what: str) -> str:
    """Return the text that `data` is.

    Raises:
        SourceError: it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        message = (
            f"{what} holds no kubeconfig: its bytes are not UTF-8 text (compressed, or encoded twice?); store it anew"
        )
        raise SourceError(message, Code.KUBECONFIG_INVALID) from None
