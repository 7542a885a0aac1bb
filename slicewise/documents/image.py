"""Names of container images, as the kubelet takes them."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, StrictStr
from pydantic_core import PydanticCustomError

from slicewise.documents.image_parts import (
    DIGITS,
    HOST_PART,
    IPV6,
    LONGEST_PATH,
    LONGEST_TAG,
    NAME_PART,
    TAG,
    repository_path,
    split_image,
    wrong_parts,
)
from slicewise.documents.patterns import Pattern
from slicewise.sources import EXPECTED

# The grammar of github.com/distribution/reference, with the digests that github.com/opencontainers/go-digest knows.
_DOMAIN: Final = rf"({HOST_PART}(\.{HOST_PART})*|{IPV6})(:[0-9]+)?"
_DIGEST: Final = "|".join(f"{algorithm}:[a-f0-9]{{{digits}}}" for algorithm, digits in DIGITS.items())
IMAGE: Final = Pattern(
    rf"^({_DOMAIN}/)?{NAME_PART}(/{NAME_PART})*(:{TAG})?(@({_DIGEST}))?$", "an image, [REGISTRY/]NAME[:TAG][@DIGEST]"
)
# A host with its port, and the longest path, tag and digest, each with what separates them.
_LONGEST: Final = len(":65535/") + 253 + LONGEST_PATH + len(":") + LONGEST_TAG + len("@sha512:") + DIGITS["sha512"]
# Docker took such names for ids of images; the kubelet refuses them.
_ID: Final = re.compile("[a-f0-9]{64}")
_ADDRESS: Final = re.compile("(?:https?|docker|oci)://")


def _named(image: str) -> str:
    """Refuse a name that is too long, or that is an image's id."""
    name, _, _ = split_image(image)
    if (length := len(repository_path(name))) > LONGEST_PATH:
        words = f"an image with a name of at most {LONGEST_PATH} characters after its registry, not {length}"
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": words})
    if _ID.fullmatch(image):
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": "an image by its name, not by its id alone"})
    return image


def image_meant(text: str) -> tuple[str, str]:
    """Return which parts of `text`, which is not an image, are wrong, and what to write instead where that is clear."""
    parts = wrong_parts(text)
    meant = _meant(text)
    return f": {parts}" if parts else "", f'write "{meant}"' if meant else ""


def _meant(text: str) -> str:
    """Return the image that an address, capitals or a digest without its algorithm are meant for; empty if none is."""
    name, tag, digest = split_image(_ADDRESS.sub("", text.strip()))
    if tag and digest is None and tag.lower().startswith(tuple(f"{algorithm}:" for algorithm in DIGITS)):
        tag, digest = None, tag
    if digest and ":" not in digest:
        digest = f"sha256:{digest}"
    as_written = "".join([name, f":{tag}" if tag else "", f"@{digest.lower()}" if digest else ""])
    for meant in (as_written, as_written.replace(name, name.lower(), 1)):
        if IMAGE.fits(meant) and len(repository_path(name)) <= LONGEST_PATH:
            return meant
    return ""


Image = Annotated[StrictStr, IMAGE.field(_LONGEST), AfterValidator(_named)]
"""Like ghcr.io/llm-d/llm-d-cuda:v0.8.0."""
