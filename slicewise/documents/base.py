"""What every document has in common: frozen models, camelCase fields, names as Kubernetes wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from slicewise.documents.patterns import Pattern
from slicewise.kubernetes import MAX_COUNT
from slicewise.sources import EXPECTED

ApiVersion = Literal["modelplane.ai/v1alpha1"]
"""The version of the documents' format."""
API_VERSION: Final[str] = get_args(ApiVersion)[0]


class Frozen(BaseModel):
    """A part of a document: immutable, and any field it does not know is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        allow_inf_nan=False,
        # Validators are made of whole documents, when the first is read.
        defer_build=True,
    )

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Return itself, which nothing changes: pydantic copies defaults with a dict in them for every document."""
        return self


# The expressions of apimachinery's validation (k8s.io/apimachinery/pkg/util/validation).
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
DNS_LABEL: Final = Pattern(
    f"^{_LABEL}$", "lower-case letters, digits and -, beginning and ending with a letter or digit"
)
DNS_SUBDOMAIN: Final = Pattern(
    f"^{_SUBDOMAIN}$", "lower-case letters, digits, - and ., with a letter or digit at both ends and beside every dot"
)
DNS_1035: Final = Pattern(
    r"^[a-z]([-a-z0-9]*[a-z0-9])?$",
    "lower-case letters, digits and -, beginning with a letter (it becomes a Service's name)",
)
# An optional DNS prefix, a slash, and a name of at most 63 characters (Kubernetes, Labels and Selectors).
LABEL_KEY: Final = Pattern(
    f"^({_SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?$",
    "a Kubernetes label key: [prefix/]name, the prefix a DNS name, the name of at most 63 letters, digits, -, _ and .",
)
LABEL_VALUE: Final = Pattern(
    r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
    "a Kubernetes label value: at most 63 letters, digits, -, _ and .",
)
# A file's name in a volume, so neither `.` nor what begins with `..` (apimachinery, IsConfigMapKey).
DATA_KEY: Final = Pattern(
    r"^(\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*)$",
    "a key of a Secret: letters, digits, -, _ and ., not beginning with two dots",
)

_LONGEST_SUBDOMAIN: Final = 253


def is_dns_subdomain(name: str) -> bool:
    """Return whether Kubernetes takes `name` for a Secret, or for any other object that is called by a subdomain."""
    return len(name) <= _LONGEST_SUBDOMAIN and DNS_SUBDOMAIN.fits(name)


def is_label_key(key: str) -> bool:
    """Return whether Kubernetes takes `key` for a label."""
    return LABEL_KEY.fits(key) and _has_short_prefix(key)


def _has_short_prefix(key: str) -> bool:
    return key.find("/") <= _LONGEST_SUBDOMAIN


def _short_prefix(key: str) -> str:
    """Refuse a prefix that is longer than a DNS subdomain may be: the pattern cannot count over its dots."""
    if not _has_short_prefix(key):
        words = f"at most {_LONGEST_SUBDOMAIN} characters before the slash, not {key.find('/')}"
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": words})
    return key


DnsLabel = Annotated[StrictStr, DNS_LABEL.field(63)]
DnsSubdomain = Annotated[StrictStr, DNS_SUBDOMAIN.field(_LONGEST_SUBDOMAIN)]
LabelKey = Annotated[StrictStr, LABEL_KEY.field(317), AfterValidator(_short_prefix)]
LabelValue = Annotated[StrictStr, LABEL_VALUE.field()]


Labels = dict[LabelKey, LabelValue]
Flag = StrictBool
Count = Annotated[StrictInt, Field(ge=1, le=MAX_COUNT)]
CountOrZero = Annotated[StrictInt, Field(ge=0, le=MAX_COUNT)]


SecretKey = Annotated[StrictStr, DATA_KEY.field(253)]


class SecretReference(Frozen):
    """A Secret's name and one of its keys: a reference, never the value."""

    name: DnsSubdomain
    """The Secret's name."""
    key: SecretKey
    """The key in the Secret."""


class Selector(Frozen):
    """Labels that must all be present. An empty selector selects everything."""

    match_labels: Labels = Field(default_factory=dict)
    """Labels that must all be present, with these values."""

    def __hash__(self) -> int:
        """Return its hash: pydantic copies defaults that have none for every document."""
        return hash(frozenset(self.match_labels.items()))

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Return whether `labels` carry every label asked for."""
        return self.match_labels.items() <= labels.items()


class ClusterMetadata(Frozen):
    """Name and labels of a document without a namespace."""

    name: DnsLabel
    """The document's name."""
    labels: Labels = Field(default_factory=dict)
    """Labels that selectors match."""


class NamespacedMetadata(ClusterMetadata):
    """Name, namespace and labels of a document that lives in a namespace."""

    namespace: DnsLabel = "default"
    """The namespace, which is also the one in the target clusters."""
