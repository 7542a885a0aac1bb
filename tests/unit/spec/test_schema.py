"""The JSON Schema for editors says of every field what it means, and allows no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from slicewise.spec import KINDS, document_schema
from tests.unit.spec.documents import COMPLETE

Schema = dict[str, Any]


def objects(schema: Schema) -> Iterator[Schema]:
    """Yield the schema of the document and of every part that is a mapping of fields."""
    yield from (part for part in (schema, *schema["$defs"].values()) if part.get("type") == "object")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_described_and_no_other_is_allowed(kind: str) -> None:
    schema = document_schema(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for part in objects(schema):
        assert part["additionalProperties"] is False
        assert part["description"]
        for name, field in part["properties"].items():
            target = schema["$defs"].get(field.get("$ref", "").removeprefix("#/$defs/"), {})
            assert field.get("description") or target.get("description"), name
            assert "title" not in field


def names(schema: Schema) -> set[str]:
    return {name for part in objects(schema) for name in part["properties"]}


def keys(data: object) -> set[str]:
    if isinstance(data, dict):
        return set(data).union(*map(keys, data.values()))
    return set().union(*map(keys, data)) if isinstance(data, list) else set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_fields_are_named_as_in_documents(kind: str) -> None:
    labels = {"region", "tier", "team", "family", "cloud.google.com/gke-accelerator"}
    fixed = {"fixed", "replicas"} if kind == "ModelDeployment" else set()
    # What is written of clusters of a cloud (test_clusters.py) cannot stand beside secretRef.
    clouds = {"project", "location", "cluster", "region", "network", "subnetwork", "subnetIds", "kubernetesVersion"}
    clouds |= {"gke", "eks", "systemMachineType", "systemInstanceType", "machineType", "diskSizeGb", "zones"}
    cluster = clouds if kind == "InferenceEnvironment" else set()
    assert names(document_schema(kind)) == keys(COMPLETE[kind]) - labels | fixed | cluster


def test_limits_and_defaults_are_in_it() -> None:
    schema = document_schema("ModelDeployment")
    environments = schema["$defs"]["DeploymentSpec"]["properties"]["environments"]
    assert (environments["minimum"], environments["maximum"]) == (1, 10)
    assert schema["$defs"]["ConcurrencyScaling"]["properties"]["utilization"]["default"] == 70
    pools = document_schema("InferenceEnvironment")["$defs"]["EnvironmentSpec"]["properties"]["nodePools"]
    assert (pools["minItems"], pools["maxItems"]) == (1, 64)
    resources = document_schema("Model")["$defs"]["Resources"]["properties"]
    assert (resources["cpu"]["default"], resources["memory"]["default"]) == ("4", "16Gi")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_and_version_are_fixed(kind: str) -> None:
    properties = document_schema(kind)["properties"]
    assert (properties["kind"]["const"], properties["apiVersion"]["const"]) == (kind, "modelplane.ai/v1alpha1")
    assert sorted(document_schema(kind)["required"]) == ["apiVersion", "kind", "metadata", "spec"]
