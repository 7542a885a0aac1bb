"""Images stay what they were when they were tested."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from policies.rules.reading import Field, Pod, makes_pods, pod_requests, pods
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule


def _check(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(pods(resource), partial(_of_pod, config=config))


def _of_pod(pod: Pod, *, config: Config) -> Iterator[Outcome]:
    if not pod.by_kserve and not pod_requests(pod):
        return
    yield from each([container["image"] for container in pod.containers], partial(_loose, config=config))


def _loose(image: Field, *, config: Config) -> Iterator[Outcome]:
    # An image that is left out comes from KServe's presets, which name a version.
    text = image.text()
    if not text:
        return
    name, _, digest = text.partition("@")
    if digest:
        return
    if config.get("digest", False):
        yield Finding(image.path, f"{text} has no digest", f"write {name}@sha256:<digest of the tested image>")
    elif which := moving_tag(text):
        problem = f"{text} has {which}: replicas of one service may run different versions"
        yield Finding(image.path, problem, "name a version, or better a digest")


def moving_tag(image: str) -> str | None:
    """Return, in words, which tag of an image without a digest is another image later; None where it is a version."""
    # A colon before the last slash is a registry's port.
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        return "the tag latest" if tag else "no tag, which means latest"
    return None


IMAGE_PINNED: Final = ResourceRule(
    name="image-pinned",
    description="Images name a version, not latest; if configured, a digest.",
    remedy="Name the version or the digest of the image that was tested.",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check,
    config={"digest": {"type": "boolean", "default": False, "description": "Whether images need a digest."}},
)
