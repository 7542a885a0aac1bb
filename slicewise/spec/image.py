"""Names of container images, as the kubelet takes them."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StrictStr
from pydantic_core import PydanticCustomError

from slicewise.written import EXPECTED

# The grammar of github.com/distribution/reference, with the digests that github.com/opencontainers/go-digest knows.
_HOST: Final = "[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?"
_DOMAIN: Final = rf"({_HOST}(\.{_HOST})*|\[[a-fA-F0-9:]+\])(:[0-9]+)?"
_PART: Final = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_TAG: Final = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST: Final = "sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}"
IMAGE: Final = rf"^({_DOMAIN}/)?{_PART}(/{_PART})*(:{_TAG})?(@({_DIGEST}))?$"
EXPECTED_IMAGE: Final = "an image, [REGISTRY/]NAME[:TAG][@DIGEST], with NAME in lower case"
_LONGEST_NAME: Final = 255
# Docker took such names for ids of images; the kubelet refuses them.
_ID: Final = re.compile("[a-f0-9]{64}")
_ADDRESS: Final = re.compile("(?:https?|docker|oci)://")


def _named(image: str) -> str:
    """Refuse a name that is too long, or that is an image's id."""
    name = re.sub(rf"(:{_TAG})?(@({_DIGEST}))?$", "", image)
    if len(name) > _LONGEST_NAME:
        words = f"an image with a name of at most {_LONGEST_NAME} characters, not {len(name)}"
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": words})
    if _ID.fullmatch(name):
        raise PydanticCustomError(EXPECTED, "{expected}", {"expected": "an image by its name, not by its id alone"})
    return image


def image_meant(text: str) -> str:
    """Return what to write instead of an image's address, or of one with capitals; nothing where that is not clear."""
    meant = _ADDRESS.sub("", text.strip())
    if not re.fullmatch(IMAGE, meant):
        name, *rest = re.split("(?<=[^/:@])(?=[:@][^/]*$)", meant, maxsplit=1)
        meant = "".join([name.lower(), *rest])
    return f'; write "{meant}"' if re.fullmatch(IMAGE, meant) and len(meant) <= _LONGEST_NAME else ""


Image = Annotated[StrictStr, Field(pattern=IMAGE, max_length=500), AfterValidator(_named)]
"""Like ghcr.io/llm-d/llm-d-cuda:v0.8.0."""
