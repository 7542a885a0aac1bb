"""What KServe's controller makes of a Hugging Face revision and token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube.resources.core_v1 import Pod

from tests.cluster.workloads import SLICE, pod_spec, service

if TYPE_CHECKING:
    from lightkube.models.core_v1 import Container

    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-stacks")

INITIALIZER = "storage-initializer"
TOKEN = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hugging-face", "key": "token"}}}


def initializer_of(workloads: Workloads) -> Container:
    (pod,) = workloads.client.list(Pod, namespace=workloads.namespace)
    assert pod.spec
    (container,) = pod.spec.initContainers or []
    assert container.name == INITIALIZER
    return container


def test_revision_and_token_reach_the_container_that_downloads(workloads: Workloads) -> None:
    uri = "hf://meta-llama/Llama-3.1-8B-Instruct:0e9e39f249a16976918f6564b8830bc894c89659"
    template = pod_spec("slices", SLICE, initContainers=[{"name": INITIALIZER, "env": [TOKEN]}])
    workloads.apply(service("gated", template, model={"uri": uri, "name": "llama"}))
    workloads.wait_ready("gated")
    container = initializer_of(workloads)
    assert container.args == [uri, "/mnt/models"]
    token = next(variable for variable in container.env or [] if variable.name == "HF_TOKEN")
    assert token.valueFrom
    assert token.valueFrom.secretKeyRef
    assert (token.valueFrom.secretKeyRef.name, token.valueFrom.secretKeyRef.key) == ("hugging-face", "token")
    assert container.image
    assert container.volumeMounts
