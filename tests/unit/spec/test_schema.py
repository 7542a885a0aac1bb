"""The JSON Schema for editors says of every field what it means, and allows no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slicewise.spec import KINDS, any_schema, document_schema
from tests.unit.spec.documents import COMPLETE, MINIMAL

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
    clouds |= {
        "gke",
        "eks",
        "deletionProtection",
        "systemMachineType",
        "systemInstanceType",
        "machineType",
        "diskSizeGb",
        "zones",
    }
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


ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("kind", [*sorted(KINDS), None])
def test_the_committed_schemas_are_what_the_command_prints(kind: str | None) -> None:
    committed = json.loads((ROOT / "schemas" / f"{kind or 'slicewise'}.json").read_text(encoding="utf-8"))
    assert committed == (document_schema(kind) if kind else any_schema()), "run `python -m slicewise schema` again"


def _valid(document: object) -> bool:
    schema = any_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema).is_valid(document)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_independent_validator_reads_them_as_meant(kind: str) -> None:
    assert _valid(COMPLETE[kind])
    assert _valid(MINIMAL[kind])
    for wrong in (
        {**MINIMAL[kind], "zzz": 1},
        {**MINIMAL[kind], "kind": "Nothing"},
        {**MINIMAL[kind], "apiVersion": "v1"},
        {**MINIMAL[kind], "metadata": {"name": "Not A Name"}},
        {key: value for key, value in MINIMAL[kind].items() if key != "spec"},
        {key: value for key, value in MINIMAL[kind].items() if key != "kind"},
    ):
        assert not _valid(wrong)


def test_label_keys_are_checked() -> None:
    wrong = {**MINIMAL["ClusterModel"], "metadata": {"name": "a", "labels": {"a b": "c"}}}
    assert not _valid(wrong)


@pytest.mark.parametrize("file", sorted(ROOT.glob("stacks/*/*.yaml")), ids=str)
def test_the_stacks_carry_the_schema_and_keep_to_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    comment, path = text.splitlines()[0].split("$schema=")
    assert comment == "# yaml-language-server: "
    assert (file.parent / path).resolve() == ROOT / "schemas" / "slicewise.json"
    documents = list(yaml.safe_load_all(text))
    assert documents
    assert all(map(_valid, documents))
