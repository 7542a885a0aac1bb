"""Weights stay what they were when they were tested, as far as their source has versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from policies.rules.images import moving_tag
from policies.rules.reading import Field, is_service, properties
from policies.rules.rule_runner import each
from policies.rules.rule_types import (
    Config,
    Finding,
    Level,
    Outcome,
    PolicySeverity,
    Resource,
    ResourceRule,
    Unchecked,
)

# Git's names of commits (SHA-1), which Hugging Face has no short forms of in downloads.
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_HUB: Final = "hf://"
_IMAGES: Final = ("oci://", "oci+native://")
_WITHOUT_VERSIONS: Final = {"s3://": "an object store", "pvc://": "a volume"}


def _check(resource: Resource, config: Config) -> Iterator[Outcome]:
    model = properties(resource)["spec"]["model"]
    return each(_addresses(model), partial(_loose, exact=bool(config.get("exact", False))))


def _addresses(model: Field) -> list[Field]:
    """Return the addresses of a model and of its adapters."""
    adapters = model.at("lora", "adapters") if model["lora"].known else model["lora"]
    return [model["uri"], *([each["uri"] for each in adapters.elements()] if adapters.known else [adapters])]


def _loose(address: Field, *, exact: bool) -> Iterator[Outcome]:
    text = address.text() or ""
    if text.startswith(_HUB):
        if exact:
            yield from _of_repository(address, text)
    elif image := next((text.removeprefix(scheme) for scheme in _IMAGES if text.startswith(scheme)), None):
        yield from _of_image(address, image, text.removesuffix(image), exact=exact)
    elif exact and (
        what := next((what for scheme, what in _WITHOUT_VERSIONS.items() if text.startswith(scheme)), None)
    ):
        yield Unchecked(address.path, f"{what} has no versions that a service could name")


def _of_repository(address: Field, text: str) -> Iterator[Finding]:
    repository, _, revision = text.removeprefix(_HUB).partition(":")
    if not _COMMIT.fullmatch(revision):
        which = f"the branch or tag {revision}" if revision else "no revision"
        problem = f"{text} has {which}: pods that start later may load other weights"
        yield Finding(address.path, problem, f"write {_HUB}{repository}:<commit of the tested weights>")


def _of_image(address: Field, image: str, scheme: str, *, exact: bool) -> Iterator[Finding]:
    name, _, digest = image.partition("@")
    if digest:
        return
    if exact:
        remedy = f"write {scheme}{name}@sha256:<digest of the tested image>"
        yield Finding(address.path, f"{scheme}{image} has no digest", remedy)
    elif which := moving_tag(image):
        problem = f"{scheme}{image} has {which}: pods that start later may load other weights"
        yield Finding(address.path, problem, "name a version, or better a digest")


WEIGHTS_PINNED: Final = ResourceRule(
    name="weights-pinned",
    description="Images of weights name a version, not latest; if configured, a digest, and Hugging Face a commit.",
    remedy="Name the version, the digest or the commit of the weights that were tested.",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=is_service,
    check=_check,
    config={
        "exact": {
            "type": "boolean",
            "default": False,
            "description": "Whether weights from Hugging Face need a commit, and images of weights a digest.",
        }
    },
)
