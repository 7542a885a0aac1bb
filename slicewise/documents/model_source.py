"""Where weights come from: a source, and the one block that belongs to it."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Annotated, Final

from pydantic import AfterValidator, StrictStr
from pydantic.alias_generators import to_snake
from pydantic_core import PydanticCustomError

from slicewise.documents.base import DnsSubdomain, Frozen, SecretReference
from slicewise.documents.image import Image
from slicewise.documents.patterns import Pattern
from slicewise.sources import EXPECTED

REPOSITORY: Final = Pattern(
    r"^[A-Za-z0-9][-A-Za-z0-9_.]*(/[A-Za-z0-9][-A-Za-z0-9_.]*)?$",
    "a Hugging Face repository: owner/name, of letters, digits, -, _ and .",
)
# KServe's storage initializer splits `hf://repo:revision` at the colon.
REVISION: Final = Pattern(
    r"^[A-Za-z0-9][-A-Za-z0-9_./]*$",
    "a branch, tag or commit: letters, digits, -, _, . and /, beginning with a letter or digit",
)
# KServe parses addresses as URLs, so what a URL escapes or takes apart (blanks, #, ?, %) would not arrive as written;
# and Kubernetes refuses a subPath with `..` in it.
_PART: Final = r"\.?[-A-Za-z0-9_=+@][-A-Za-z0-9_.=+@]*"
VOLUME_PATH: Final = Pattern(
    f"^{_PART}(/{_PART})*$",
    "a path from the volume's root, without / at its ends: letters, digits, -, _, ., =, + and @",
)
# Amazon S3, Bucket naming rules: 3 to 63 characters.
S3_URI: Final = Pattern(
    rf"^s3://[a-z0-9][-a-z0-9.]{{1,61}}[a-z0-9](/{_PART})*/?$",
    "s3://bucket/path, the bucket of lower-case letters, digits, - and .",
)


class ModelSource(StrEnum):
    """Where weights come from."""

    HUGGING_FACE = "HuggingFace"
    S3 = "S3"
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim"
    OCI = "OCI"

    @property
    def block(self) -> str:
        """The field of a document that goes with it."""
        return self.value.lower() if self.value.isupper() else self.value[0].lower() + self.value[1:]

    @property
    def attribute(self) -> str:
        """The name of that field in Python."""
        return _attribute(self)


@cache
def _attribute(source: ModelSource) -> str:
    return source.block if source is ModelSource.S3 else to_snake(source.block)


def _with_registry(image: str) -> str:
    """Refuse a name without a slash: KServe reads oci://name:tag as a URL, and its tag as a port."""
    if "/" not in image:
        words = "an image with its registry, such as registry.example.com/models/chat:v1"
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": words})
    return image


HuggingFaceRepo = Annotated[StrictStr, REPOSITORY.field(200)]
HuggingFaceRevision = Annotated[StrictStr, REVISION.field(200)]


class Repository(Frozen):
    """A repository on Hugging Face, at whatever revision."""

    repo: HuggingFaceRepo
    """The repository, for example google/gemma-3-27b-it."""
    secret_ref: SecretReference | None = None
    """The Secret in the deployment's namespace that holds a token, for gated models."""


class HuggingFace(Repository):
    """A repository on Hugging Face."""

    revision: HuggingFaceRevision = "main"
    """Branch, tag or commit."""


class AdapterRepository(Repository):
    """A repository on Hugging Face that holds a LoRA adapter."""

    revision: HuggingFaceRevision | None = None
    """Branch, tag or commit; the repository's default branch if omitted."""


class NamedSecret(Frozen):
    """A Secret's name: its keys have the names that KServe looks for."""

    name: DnsSubdomain
    """The Secret's name."""


class S3(Frozen):
    """A directory in an object store that speaks S3."""

    uri: Annotated[StrictStr, S3_URI.field(1024)]
    """The directory, for example s3://models/qwen2.5-14b."""
    secret_ref: NamedSecret | None = None
    """The Secret in the deployment's namespace that holds awsAccessKeyID and awsSecretAccessKey; if omitted, the
    credentials of the pods' service account."""


class PersistentVolumeClaim(Frozen):
    """A volume that has the weights already: nothing is downloaded."""

    name: DnsSubdomain
    """The PersistentVolumeClaim in the deployment's namespace."""
    path: Annotated[StrictStr, VOLUME_PATH.field(1024)] | None = None
    """The directory in the volume; its root if omitted."""


class Oci(Frozen):
    """An image that holds the weights, in a registry of containers; KServe has to allow such images."""

    image: Annotated[Image, AfterValidator(_with_registry)]
    """The image, for example registry.example.com/models/qwen2.5-14b:v1."""
    pull_secret_ref: NamedSecret | None = None
    """The Secret in the deployment's namespace for the registry."""


Weights = HuggingFace | AdapterRepository | S3 | PersistentVolumeClaim | Oci
"""The block of a source."""


def weights_uri(weights: Weights) -> str:
    """Return the address of weights as KServe v0.20 reads it."""
    match weights:
        case HuggingFace() | AdapterRepository():
            return f"hf://{weights.repo}{f':{weights.revision}' if weights.revision else ''}"
        case S3():
            return weights.uri
        case PersistentVolumeClaim():
            return f"pvc://{weights.name}{f'/{weights.path}' if weights.path else ''}"
        case Oci():
            return f"oci://{weights.image}"
