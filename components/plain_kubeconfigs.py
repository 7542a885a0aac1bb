"""Kubeconfigs in the stack's configuration in plain text, where everybody who has the file can read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pulumi
import yaml
from pulumi.runtime.config import is_config_secret

from slicewise.diagnostics import Code, Diagnostic, Place, printable

from .stack_config import StackConfig, stack_file

_KEY: Final = "slicewise:kubeconfigs"
# How Pulumi writes an encrypted value into the stack's file.
_ENCRYPTED: Final = "secure"


def tell_plain(config: StackConfig) -> None:
    """Log as warnings which kubeconfigs are not encrypted (SW343)."""
    file = Path(stack_file())
    stored = _stored(file.read_text(encoding="utf-8")) if file.is_file() else None
    secret = is_config_secret(_KEY)
    for advice in plain_kubeconfigs(config.kubeconfig_names, secret=secret, stored=stored):
        pulumi.log.warn(printable(str(advice)))


def plain_kubeconfigs(names: Iterable[str], *, secret: bool, stored: object) -> Iterator[Diagnostic]:
    """Yield the kubeconfigs that are not encrypted, each with the command that stores it so.

    Args:
        names: Those that the stack has.
        secret: Whether Pulumi calls the whole key secret: it does where one of the values is.
        stored: What the stack's file has under the key; None where it does not have it.
    """
    for name in sorted(names):
        value = stored.get(name) if isinstance(stored, Mapping) else stored
        if secret and (value is None or (isinstance(value, Mapping) and set(value) == {_ENCRYPTED})):
            continue
        field = f'{_KEY}["{name}"]'
        message = "it is stored in plain text, so whoever has this file (and its history) has the credential"
        remedy = (
            "renew the "
            "credential, since this one must be taken for known, and store the new kubeconfig encrypted: pulumi "
            f"config set --secret --path '{field}' < KUBECONFIG-FILE"
        )
        yield Diagnostic.warning(Code.PLAIN_KUBECONFIG, message, remedy, field=field, place=Place(stack_file()))


def _stored(text: str) -> object:
    """Return what the stack's file, which Pulumi has read already, has under the key."""
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError:  # another file is in use: pulumi --config-file
        return None
    values = read.get("config") if isinstance(read, dict) else None
    return values.get(_KEY) if isinstance(values, dict) else None
