"""Images are pinned: what passes, what is found, and where."""

from __future__ import annotations

import pytest

from policies.rules.images import IMAGE_PINNED
from tests.policies.outcomes import found
from tests.policies.resources import CONTAINER, DIGEST, container, deployment, pod_spec, service


@pytest.mark.parametrize(
    ("image", "pinned", "with_digest"),
    [
        (None, True, True),
        ("vllm:v0.11", True, False),
        ("vllm", False, False),
        ("vllm:latest", False, False),
        ("registry:5000/vllm", False, False),
        ("registry:5000/vllm:v1", True, False),
        (f"vllm@{DIGEST}", True, True),
        (f"vllm:latest@{DIGEST}", True, True),
    ],
)
def test_images(image: str | None, pinned: bool, with_digest: bool) -> None:
    resource = service(pod_spec(container(image=image)))
    assert found(IMAGE_PINNED, resource) == ([] if pinned else [f"{CONTAINER}.image"])
    assert found(IMAGE_PINNED, resource, digest=True) == ([] if with_digest else [f"{CONTAINER}.image"])


def test_images_of_pods_without_gpus_are_other_peoples() -> None:
    web = {"name": "web", "image": "nginx"}
    assert found(IMAGE_PINNED, deployment({"containers": [web]})) == []
    assert found(IMAGE_PINNED, deployment(pod_spec(container(image="vllm:v1"), web))) == [
        "spec.template.spec.containers[1].image"
    ]
