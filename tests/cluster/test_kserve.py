"""KServe's kinds are served with their schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition

from embedded.kserve_kinds import LLMInferenceService, install_kserve_crds

if TYPE_CHECKING:
    import httpx2
    from lightkube import Client
    from lightkube.generic_resource import GenericNamespacedResource

    from embedded.control_plane import ControlPlane


pytestmark = pytest.mark.xdist_group("plane")

NAMES = ("llminferenceservices.serving.kserve.io", "llminferenceserviceconfigs.serving.kserve.io")


def service(name: str, **more: object) -> GenericNamespacedResource:
    """Return a valid service on one slice a replica, with `more` in its spec."""
    container = {"name": "main", "resources": {"limits": {"nvidia.com/mig-3g.40gb": "1"}}}
    spec = {
        "model": {"uri": "hf://Qwen/Qwen2.5-7B-Instruct"},
        "replicas": 2,
        "template": {"containers": [container]},
    }
    return LLMInferenceService(
        apiVersion="serving.kserve.io/v1alpha2",
        kind="LLMInferenceService",
        metadata=ObjectMeta(name=name, namespace="default"),
        spec=spec | more,
    )


@pytest.mark.parametrize("name", NAMES)
def test_kind_is_established(kserve: Client, name: str) -> None:
    status = kserve.get(CustomResourceDefinition, name).status
    assert status
    assert {each.type: each.status for each in status.conditions or []}["Established"] == "True"


@pytest.mark.usefixtures("kserve")
def test_kinds_are_in_the_discovery_document(raw: httpx2.Client) -> None:
    resources = raw.get("/apis/serving.kserve.io/v1alpha2").json()["resources"]
    assert {"LLMInferenceService", "LLMInferenceServiceConfig"} == {each["kind"] for each in resources}


def test_installing_again_changes_nothing(plane: ControlPlane, kserve: Client) -> None:
    def versions() -> list[str | None]:
        found = [kserve.get(CustomResourceDefinition, name).metadata for name in NAMES]
        return [metadata.resourceVersion for metadata in found if metadata]

    before = versions()
    install_kserve_crds(plane)
    assert versions() == before


def test_a_service_on_a_mig_slice_is_kept_as_it_was_given(kserve: Client) -> None:
    kserve.apply(service("on-a-slice"))
    stored = kserve.get(LLMInferenceService, "on-a-slice", namespace="default")
    assert stored["spec"] == service("on-a-slice")["spec"]
    kserve.delete(LLMInferenceService, "on-a-slice", namespace="default")
    assert list(kserve.list(LLMInferenceService, namespace="default")) == []


def test_an_unknown_field_is_refused_by_server_side_apply(kserve: Client) -> None:
    with pytest.raises(ApiError, match=r"\.spec\.replica: field not declared in schema"):
        kserve.apply(service("misspelt", replica=2))


@pytest.mark.usefixtures("kserve")
def test_an_unknown_field_is_refused_by_a_strict_create(raw: httpx2.Client) -> None:
    path = "/apis/serving.kserve.io/v1alpha2/namespaces/default/llminferenceservices"
    document = service("misspelt", replica=2) | {"metadata": {"name": "misspelt"}}
    answer = raw.post(path, params={"fieldValidation": "Strict"}, json=document)
    assert answer.status_code == 400
    assert 'unknown field "spec.replica"' in answer.json()["message"]


def test_a_rule_of_the_definition_is_checked(kserve: Client) -> None:
    with pytest.raises(ApiError, match=r"spec\.replicas"):
        kserve.apply(service("negative", replicas=-1))
