"""The JSON Schema for editors says of every field what it means, and allows no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slicewise.documents import KINDS, any_schema, document_schema
from tests.unit.documents.documents import COMPLETE, MINIMAL
from tests.unit.documents.test_pages import fields

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


def environment(cluster: Schema, **pool: object) -> Schema:
    (written,) = MINIMAL["InferenceEnvironment"]["spec"]["nodePools"]
    return {**MINIMAL["InferenceEnvironment"], "spec": {"cluster": cluster, "nodePools": [{**written, **pool}]}}


# What cannot be written beside what the complete documents have.
_PROFILE = COMPLETE["Model"]["spec"]["serving"][0]
# As many fields as a profile has; replicas on several nodes cannot have it beside them.
PREFILL = {"replicas": 2, **{field: _PROFILE[field] for field in ("engine", "replicaTopology", "pod")}}
SOURCES: dict[str, tuple[str, Schema]] = {
    "S3": ("s3", {"uri": "s3://models/gemma", "secretRef": {"name": "s3"}}),
    "PersistentVolumeClaim": ("persistentVolumeClaim", {"name": "models", "path": "gemma"}),
    "OCI": ("oci", {"image": "registry.example.com/models/gemma:v1", "pullSecretRef": {"name": "registry"}}),
}


def from_source(kind: str, source: str, block: tuple[str, Schema]) -> Schema:
    name, content = block
    spec = {field: value for field, value in MINIMAL[kind]["spec"].items() if field != "huggingFace"}
    return {**MINIMAL[kind], "spec": {**spec, "source": source, name: content}}


# A node that is cut in several profiles, which excludes the fields of one that is not.
_SEVERAL = {
    "enabled": True,
    "slices": {"3g.40gb": 6, "1g.10gb": 28},
    "reservedSlices": {"1g.10gb": 2},
    "memoryPerSlice": {"3g.40gb": "39Gi"},
    "wholeGpus": 1,
    "fixed": True,
}
_ON_DEMAND = {"enabled": True, "dynamic": True, "profiles": ["3g.40gb", "1g.10gb"]}
ALTERNATIVES: dict[str, list[Schema]] = {
    "InferenceEnvironment": [
        environment(
            {"source": "Existing", "existing": {"secretRef": {"name": "k", "key": "k"}}},
            acceleratorType="nvidia-h100-80gb",
            acceleratorCount=8,
            capabilities={"migConfiguration": _SEVERAL},
        ),
        environment(
            {"source": "Existing", "existing": {"secretRef": {"name": "k", "key": "k"}}},
            acceleratorType="nvidia-h100-80gb",
            acceleratorCount=8,
            allocation="claim",
            capabilities={"migConfiguration": _ON_DEMAND},
        ),
        environment({"source": "Existing", "existing": {"gke": {"project": "p", "location": "l", "cluster": "c"}}}),
        environment({"source": "Existing", "existing": {"eks": {"region": "eu-central-1", "cluster": "c"}}}),
        environment(
            {
                "source": "GKE",
                "gke": {
                    "project": "p",
                    "location": "europe-west4",
                    "kubernetesVersion": "1.34",
                    "network": "n",
                    "subnetwork": "s",
                    "systemMachineType": "e2-standard-4",
                    "deletionProtection": True,
                },
            },
            machineType="a3-highgpu-8g",
            diskSizeGb=200,
            zones=["europe-west4-b"],
        ),
        environment(
            {
                "source": "EKS",
                "eks": {
                    "region": "eu-central-1",
                    "kubernetesVersion": "1.34",
                    "subnetIds": ["subnet-1", "subnet-2"],
                    "systemInstanceType": "m6i.xlarge",
                    "deletionProtection": True,
                },
            }
        ),
    ],
    **{
        kind: [
            {
                **COMPLETE[kind],
                "spec": {**(spec := COMPLETE[kind]["spec"]), "serving": [{**spec["serving"][0], "prefill": PREFILL}]},
            },
            *(from_source(kind, source, block) for source, block in SOURCES.items()),
        ]
        for kind in ("ClusterModel", "Model")
    },
    "ModelDeployment": [
        {
            **MINIMAL["ModelDeployment"],
            "spec": {**MINIMAL["ModelDeployment"]["spec"], "scaling": {"signal": "Fixed", "fixed": {"replicas": 2}}},
        }
    ],
}


def used(data: object, known: set[str], path: str = "") -> set[str]:
    """Return the fields of `known` that `data` has a value for."""
    if path in known:
        return {path}
    if isinstance(data, dict):
        return set().union(*(used(value, known, f"{path}.{key}".lstrip(".")) for key, value in data.items()))
    return set().union(*(used(each, known, f"{path}[]") for each in data)) if isinstance(data, list) else set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_complete_documents_have_every_field(kind: str) -> None:
    """Tests that change one field after another of these documents would overlook what they lack."""
    known = fields(document_schema(kind))
    documents = [COMPLETE[kind], *ALTERNATIVES.get(kind, [])]
    assert [document for document in documents if not _valid(document)] == []
    assert known - set().union(*(used(document, known) for document in documents)) == set()


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
    assert committed == (document_schema(kind) if kind else any_schema()), "run `slicewise schema` again"


@cache
def _validator() -> Draft202012Validator:
    schema = any_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _valid(document: object) -> bool:
    return _validator().is_valid(document)


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
