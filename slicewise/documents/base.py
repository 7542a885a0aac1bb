"""What every document has in common: frozen models, camelCase fields, names as Kubernetes wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from slicewise.kubernetes import MAX_COUNT
from slicewise.sources import EXPECTED

ApiVersion = Literal["modelplane.ai/v1alpha1"]
"""The version of the documents' format."""
API_VERSION: Final[ApiVersion] = "modelplane.ai/v1alpha1"


class Frozen(BaseModel):
    """A part of a document: immutable, and any field it does not know is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Return itself, which nothing changes: pydantic copies defaults with a dict in them for every document."""
        return self


# The expressions of apimachinery's validation (k8s.io/apimachinery/pkg/util/validation).
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
DNS_LABEL = f"^{_LABEL}$"
DNS_SUBDOMAIN = f"^{_SUBDOMAIN}$"
DNS_1035 = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
# An optional DNS prefix, a slash, and a name of at most 63 characters (Kubernetes, Labels and Selectors).
LABEL_KEY = f"^({_SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?$"
LABEL_VALUE = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
# A file's name in a volume, so neither `.` nor what begins with `..` (apimachinery, IsConfigMapKey).
DATA_KEY = r"^(\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*)$"

_LONGEST_SUBDOMAIN: Final = 253
_NAME: Final = re.compile(DNS_SUBDOMAIN)
_KEY: Final = re.compile(LABEL_KEY)


def is_dns_subdomain(name: str) -> bool:
    """Return whether Kubernetes takes `name` for a Secret, or for any other object that is called by a subdomain."""
    return len(name) <= _LONGEST_SUBDOMAIN and _NAME.fullmatch(name) is not None


def is_label_key(key: str) -> bool:
    """Return whether Kubernetes takes `key` for a label."""
    return _KEY.fullmatch(key) is not None and _has_short_prefix(key)


def _has_short_prefix(key: str) -> bool:
    return key.find("/") <= _LONGEST_SUBDOMAIN


def _short_prefix(key: str) -> str:
    """Refuse a prefix that is longer than a DNS subdomain may be: the pattern cannot count over its dots."""
    if not _has_short_prefix(key):
        words = f"at most {_LONGEST_SUBDOMAIN} characters before the slash, not {key.find('/')}"
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": words})
    return key


DnsLabel = Annotated[StrictStr, Field(pattern=DNS_LABEL, max_length=63)]
DnsSubdomain = Annotated[StrictStr, Field(pattern=DNS_SUBDOMAIN, max_length=_LONGEST_SUBDOMAIN)]
LabelKey = Annotated[StrictStr, Field(pattern=LABEL_KEY, max_length=317), AfterValidator(_short_prefix)]
LabelValue = Annotated[StrictStr, Field(pattern=LABEL_VALUE)]


Labels = dict[LabelKey, LabelValue]
Flag = StrictBool
Count = Annotated[StrictInt, Field(ge=1, le=MAX_COUNT)]
CountOrZero = Annotated[StrictInt, Field(ge=0, le=MAX_COUNT)]


SecretKey = Annotated[StrictStr, Field(pattern=DATA_KEY, max_length=253)]


class SecretReference(Frozen):
    """A Secret's name and one of its keys: a reference, never the value."""

    name: DnsSubdomain
    """The Secret's name."""
    key: SecretKey
    """The key in the Secret."""


class Selector(Frozen):
    """Labels that must all be there. An empty selector selects everything."""

    match_labels: Labels = Field(default_factory=dict)
    """Labels and values that must all be there."""

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Return whether `labels` carry every label asked for."""
        return all(labels.get(key) == value for key, value in self.match_labels.items())


class ClusterMetadata(Frozen):
    """Name and labels of a document that belongs to no namespace."""

    name: DnsLabel
    """The document's name."""
    labels: Labels = Field(default_factory=dict)
    """Labels that selectors match."""


class NamespacedMetadata(ClusterMetadata):
    """Name, namespace and labels of a document that lives in a namespace."""

    namespace: DnsLabel = "default"
    """The namespace, in the target clusters too."""
