"""What each field of an object is made of, found by changing every field of the documents in turn."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.results.document_places import Documents, relative
from policies.results.engine_events import Preview
from policies.results.field_origins import document_place
from policies.results.violation import Violation
from policies.rules.reading.fields import Field
from slicewise.diagnostics import Place
from slicewise.documents import Fleet
from slicewise.manifests import KubernetesObject, placement_objects
from slicewise.planning import make_plan
from slicewise.sources.yaml_source import SourceDocument, parse_documents
from tests import documents as short
from tests.policies.results.stream import ANALYZED, SUCCEEDED, placement, placement_urn, resource, service_urn, stream

FieldPath = tuple[str | int, ...]
ENVIRONMENT, MODEL, DEPLOYMENT = range(3)
POOL: FieldPath = ("spec", "nodePools", 0)
PROFILE: FieldPath = ("spec", "serving", 0)
SECRET = {"name": "hf", "key": "token"}
SELECTOR = {"pool": "p", "zone": ["a", "b"]}
TOLERATION = {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}
CONCURRENCY = {"minReplicas": 0, "maxReplicas": 2, "target": 8}


@dataclass(frozen=True)
class Case:
    """Documents of one placement, and another value for each of their fields that reaches an object."""

    documents: list[dict[str, Any]]
    others: dict[tuple[int, FieldPath], object]


def single(**spec: object) -> Case:
    """Return a placement on a slice; everything that may be written is."""
    pool = short.slices("p", "1g.10gb", tolerations=[TOLERATION], nodeSelector=SELECTOR)
    profile = short.profile("q") | {"engine": {"image": "vllm:v1", "args": ["--seed=1"]}}
    declared = [short.environment("e", pool), short.model("m", profile), short.deployment("d", "m")]
    declared[MODEL]["spec"]["huggingFace"] |= {"revision": "v1", "secretRef": SECRET}
    declared[DEPLOYMENT]["spec"] |= spec
    others: dict[tuple[int, FieldPath], object] = {
        (ENVIRONMENT, (*POOL, "nodeSelector")): {"pool": "other", "rack": ["a", "c"]},
        (ENVIRONMENT, (*POOL, "tolerations")): [{"key": "other", "operator": "Exists", "effect": "NoExecute"}],
        (ENVIRONMENT, (*POOL, "capabilities", "migConfiguration", "profile")): "1g.20gb",
        (MODEL, ("spec", "model", "name")): "other",
        (MODEL, ("spec", "huggingFace", "repo")): "models/other",
        (MODEL, ("spec", "huggingFace", "revision")): "other",
        (MODEL, ("spec", "huggingFace", "secretRef")): None,
        (MODEL, ("spec", "resources", "cpu")): "5",
        (MODEL, ("spec", "resources", "memory")): "17Gi",
        (MODEL, (*PROFILE, "engine", "image")): "vllm:v2",
        (MODEL, (*PROFILE, "engine", "args")): ["--seed=2"],
        (MODEL, (*PROFILE, "replicaTopology", "spread")): "none",
        (DEPLOYMENT, ("metadata", "name")): "other",
        (DEPLOYMENT, ("metadata", "namespace")): "other",
    }
    if "scaling" not in spec:
        others[DEPLOYMENT, ("spec", "scaling", "fixed", "replicas")] = 2
    return Case(declared, others)


def autoscaled() -> Case:
    """Return the same with a number of replicas that follows the load."""
    case = single(scaling={"signal": "Concurrency", "concurrency": CONCURRENCY})
    changes = {"minReplicas": 1, "maxReplicas": 3, "target": 9, "utilization": 80, "scaleDownDelay": 60}
    scaling = {(DEPLOYMENT, ("spec", "scaling", "concurrency", key)): value for key, value in changes.items()}
    return Case(case.documents, case.others | scaling)


def renamed() -> Case:
    """Return the same with a name of the deployment's own for clients."""
    case = single(servedModelName="mine")
    return Case(case.documents, case.others | {(DEPLOYMENT, ("spec", "servedModelName")): "other"})


def several_nodes() -> Case:
    """Return a placement of two nodes a replica."""
    case = single()
    whole = short.pool("p", nodeCount=4, multiNodeCapable=True, nodeSelector=SELECTOR)
    case.documents[ENVIRONMENT] = short.environment("e", whole)
    shape = {"nodes": 2, "gpusPerNode": 8}
    case.documents[MODEL]["spec"]["serving"][0]["replicaTopology"] = shape
    left_out = {(*POOL, "tolerations"), (*POOL, "capabilities", "migConfiguration", "profile")}
    others = {
        where: value for where, value in case.others.items() if where[1] not in left_out and "spread" not in where[1]
    }
    parallelism = {"tensor": 4, "data": 4, "dataLocal": 2}
    return Case(case.documents, others | {(MODEL, (*PROFILE, "replicaTopology", "parallelism")): parallelism})


CASES = {"single": single(), "autoscaled": autoscaled(), "renamed": renamed(), "several nodes": several_nodes()}
# What no document says: what Slicewise and KServe always write, and what several fields make together.
CONSTANT = re.compile(
    r"apiVersion|kind|metadata\.(labels|annotations)\b|spec\.annotations|spec\.(template|worker)\.("
    r"tolerations\[0\]|affinity.*\.(operator|values\[0\])$|\w+\[\d+\]\.(name|securityContext)\b|topologySpreadConstraints|"
    # Which resource the pool says; how many of whole GPUs, the profile.
    r'containers\[0\]\.resources\.limits\["nvidia\.com/gpu"\])'
    r"|spec\.(scaleTargetRef|triggers|advanced\.scalingModifiers\.(formula|metricType))"
)


def changed(case: Case, document: int, path: FieldPath, value: object) -> Fleet:
    declared = copy.deepcopy(case.documents)
    at: Any = declared[document]
    for part in path[:-1]:
        at = at[part] if isinstance(part, int) else at.setdefault(part, {})
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return short.fleet_of(declared)


def objects(fleet: Fleet) -> list[KubernetesObject]:
    (placed,) = make_plan(fleet).placements
    return placement_objects(fleet, placed)


def leaves(field: Field) -> Iterator[tuple[str, object]]:
    """Yield path and value of everything in an object, with paths as messages write them."""
    inner = [*field.entries().values(), *field.elements()]
    if not inner:
        yield field.path, field.value
    for item in inner:
        yield from leaves(item)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_finding_is_shown_at_what_the_field_is_made_of(tmp_path: Path, case: Case) -> None:
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join(yaml.safe_dump(item, sort_keys=False) for item in case.documents))
    loaded = Documents.load([str(file)], tmp_path)
    sources = [each for each in parse_documents(file.read_bytes(), str(file)) if isinstance(each, SourceDocument)]
    shown = objects(loaded.fleet)
    variants = {where: objects(changed(case, *where, value)) for where, value in case.others.items()}
    checked = 0
    for number, item in enumerate(shown):
        kind = item["kind"]
        urn = service_urn("e/team/d", kind=kind, suffix=kind)
        events = (placement("e/team/d"), resource(urn, placement_urn("e/team/d"), shown[0]))
        preview = Preview.read(stream(ANALYZED, *events, SUCCEEDED))
        for path, value in leaves(Field(item)):
            made_of = [
                where for where, made in variants.items() if dict(leaves(Field(made[number]))).get(path, ...) != value
            ]
            if CONSTANT.match(path):
                continue
            assert made_of, f"{kind}: {path} is in no document: change the field that it is made of in a case above"
            place = document_place(
                Violation("rule", "slicewise", "", f"{path}: wrong", mandatory=True, urn=urn), preview, loaded
            )
            expected = {spot for document, field in made_of for spot in _around(sources[document], field, tmp_path)}
            assert place in expected, f"{kind}: {path} is made of {made_of}"
            checked += 1
    assert checked


def _around(source: SourceDocument, field: FieldPath, root: Path) -> Iterator[Place]:
    """Yield the place of a field and of the blocks around it, short of the whole document."""
    for length in range(2, len(field) + 1):
        yield Place(relative(source.file, root), *source.locate(field[:length]))
