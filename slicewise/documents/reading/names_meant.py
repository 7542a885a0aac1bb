"""The name that was meant by text which is not one: `Qwen2.5_7B` for qwen2.5-7b, `pool=small` for a key and a value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from slicewise.diagnostics import repository_meant
from slicewise.documents import allocation, base, cluster, device_plugin, image, model_source
from slicewise.documents import served_model as model
from slicewise.documents.patterns import Pattern
from slicewise.mig import kubernetes_spelling

_LONGEST: Final = 100
# `https://models.example.com:8443/v1`, with no more than a port, and `models.example.com/v1`: the host is meant.
_ADDRESS: Final = re.compile(
    r"[a-z]+://(?:[^/@]*@)?([^/:?#]+)(?::\d+)?(?:[/?#].*)?|([^/:]+):\d+|([^/:?#@]+\.[^/:?#@]+)(?::\d+)?[/?#].*"
)


def name_meant(text: str, pattern: Pattern) -> tuple[str, str]:
    """Return what of `text` is wrong, which `pattern` refuses, and what to write instead; each empty if not clear."""
    if pattern == image.IMAGE:
        return image.image_meant(text)
    if remedy := _REMEDIES.get(pattern):
        return "", remedy(text)
    make = _NAMES.get(pattern)
    name = make(_ascii(text)) if make and len(text) <= _LONGEST else ""
    return "", f'write "{name}"' if name and pattern.fits(name) else ""


def _ascii(text: str) -> str:
    """Return `text` without its accents: `Gespr\u00e4ch` is Gesprach."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def _label(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _subdomain(text: str) -> str:
    if address := _ADDRESS.fullmatch(text.lower()):
        text = address[1] or address[2] or address[3]
    # `*.example.com` is not one host, and `2001:db8::1` not a name.
    if "*" in text or text.count(":") > 1:
        return ""
    return ".".join(filter(None, map(_label, text.split("."))))


def _word(text: str, between: str = "[^A-Za-z0-9_.]+") -> str:
    return re.sub(between, "-", text).strip("-_.")


def _label_value(text: str) -> str:
    # A profile among them: 1g.10gb+me is 1g.10gb.me in a label.
    return _word(kubernetes_spelling(text))


def _model_name(text: str) -> str:
    return "/".join(filter(None, map(_word, text.split("/"))))


def _release(text: str) -> str:
    number = text.strip().removeprefix("v").partition("-")[0]
    return f"{number}.0" if number.count(".") == 1 else number


def _label_key(text: str) -> str:
    key, equals, value = text.partition("=")
    if equals and base.is_label_key(key):
        return f'write "{key}" as the key, and "{_label_value(value)}" as the value'
    prefix, slash, name = text.rpartition("/") if text.count("/") == 1 else ("", "", text)
    meant = f"{_subdomain(prefix)}{slash}{_word(name)}"
    return f'write "{meant}"' if len(text) <= _LONGEST and base.is_label_key(meant) else ""


_NAMES: Final[dict[Pattern, Callable[[str], str]]] = {
    base.DNS_LABEL: _label,
    base.DNS_1035: _label,
    base.DNS_SUBDOMAIN: _subdomain,
    base.LABEL_VALUE: _label_value,
    model.MODEL_NAME: _model_name,
    model_source.S3_URI: lambda text: f"s3://{text.partition('://')[2] if text.startswith('S3://') else text}",
    model_source.VOLUME_PATH: lambda text: text.strip("/"),
    cluster.VERSION: lambda text: text.removeprefix("v"),
    allocation.CLUSTER_VERSION: lambda text: text.removeprefix("v"),
    device_plugin.DEVICE_PLUGIN_VERSION: _release,
}
_REMEDIES: Final[dict[Pattern, Callable[[str], str]]] = {
    model_source.REPOSITORY: repository_meant,
    base.LABEL_KEY: _label_key,
}
