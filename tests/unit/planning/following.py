"""Remedies, followed as a person would: the one field changed, loaded and planned again."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from slicewise.documents import Fleet, load_fleet
from slicewise.planning import Rejections, make_plan, parse_previous
from slicewise.planning.remedies.finding import Remedies
from slicewise.planning.remedies.remedy import Remedy, RemedyKind
from slicewise.presentation import shortfall_lines
from tests.documents import Document, fleet_of, plan_of, planned
from tests.unit.planning.checker import findings


def remedies_of(documents: list[Document], name: str, limit: int = 3) -> tuple[Remedy, ...]:
    """Return the remedies for the shortfall of the deployment called `name`."""
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    (shortfall,) = (item for item in plan.shortfalls if item.deployment.name == name)
    return Remedies(fleet, plan, Rejections(fleet, plan)).of(shortfall, limit)


def shortfalls_said(fleet: Fleet) -> list[str]:
    """Return what a plan for `fleet` says of its shortfalls."""
    plan = make_plan(fleet)
    return shortfall_lines(fleet, plan, Rejections(fleet, plan))


def lines(documents: list[Document], name: str, limit: int = 3) -> list[str]:
    return [str(remedy) for remedy in remedies_of(documents, name, limit)]


def follow(remedy: Remedy, documents: list[Document]) -> list[Document]:
    """Return the documents with the one field changed that the remedy names."""
    kind, _, name = remedy.document.partition(" ")
    changed = deepcopy(documents)
    (document,) = (d for d in changed if d["kind"] == kind and _name(d) == name)
    if not remedy.field:
        changed.remove(document)
        return changed
    # The last part may be a label's key or a resource's name, with dots and slashes.
    path, key = _split(remedy.field)
    target: Any = document
    for part in path:
        if part.startswith("["):
            target = next(item for item in target if item["name"] == part[1:-1])
        else:
            target = target.setdefault(part, {})
    if remedy.value is None:
        del target[key]
    else:
        target[key] = remedy.value
    return changed


def _name(document: Document) -> str:
    metadata = document["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if "namespace" in metadata else str(metadata["name"])


def _split(field: str) -> tuple[list[str], str]:
    if quoted := re.fullmatch(r'(.*)\["(.*)"\]', field):
        return _parts(quoted[1]), quoted[2]
    for labels in (".labels.", ".matchLabels.", ".limits.", ".requests.", ".extendedResources."):
        if labels in field:
            before, _, label = field.partition(labels)
            return [*_parts(before), labels.strip(".")], label
    parts = _parts(field)
    return parts[:-1], parts[-1]


def _parts(field: str) -> list[str]:
    return field.replace("[", ".[").split(".")


def places(plan: Document) -> set[tuple[str, ...]]:
    return {
        (f"{item['deployment']['namespace']}/{item['deployment']['name']}", item["environment"], item["nodePool"])
        for item in plan["placements"]
    }


def step_less(remedy: Remedy, documents: list[Document]) -> int | None:
    """Return the value that is one step less of the remedy, which must not be enough; None where it has no steps."""
    value = remedy.value
    fewer = remedy.kind is RemedyKind.FEWER_REPLICAS or remedy.field.endswith(".prefill.replicas")
    if fewer and isinstance(value, int):
        return value + 1
    if remedy.kind is RemedyKind.LARGER_QUOTA and isinstance(value, int):
        return value - 1
    if remedy.kind is RemedyKind.MORE_NODES and isinstance(value, int):
        (pool_,) = (
            each
            for document in documents
            if document["kind"] == "InferenceEnvironment" and document["metadata"]["name"] == remedy.environment
            for each in document["spec"]["nodePools"]
            if each["name"] == remedy.node_pool
        )
        # GKE makes as many nodes in each zone; an autoscaler's limit is for all of them together.
        return value - (len(pool_.get("zones", "z")) if remedy.field.endswith(".nodeCount") else 1)
    return None


def loaded(documents: list[Document]) -> Fleet:
    """Return the fleet of `documents` as users load it: from files, with every rule."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "fleet.yaml").write_text(yaml.dump_all(documents, Dumper=yaml.CSafeDumper), encoding="utf-8")
        return load_fleet([directory])


def assert_true(remedy: Remedy, documents: list[Document], name: str) -> None:
    """Follow the remedy, and plan again after the first plan: one environment more, and everybody else as before."""
    before = _first_plan(json.dumps(documents))
    (short,) = (item for item in before["shortfalls"] if item["deployment"]["name"] == name)
    if remedy.rival:
        # Who might come first goes no further than it has come.
        documents = list(chain.from_iterable(rival_content(item, before, name) for item in documents))
    changed = follow(remedy, documents)
    fleet = loaded(changed)
    after = planned(fleet, parse_previous(before["placements"], "before"))
    assert findings(fleet, after) == []
    gained = Counter(item["deployment"]["name"] for item in after["placements"])[name] - short["placed"]
    if remedy.kind is RemedyKind.FEWER_ENVIRONMENTS:
        assert gained == 0
        assert all(item["deployment"]["name"] != name for item in after["shortfalls"])
    else:
        assert gained >= 1, remedy
    less = step_less(remedy, documents)
    if less is not None and not remedy.rival:
        not_enough = follow(replace(remedy, value=less), documents)
        nearly = make_plan(fleet_of(not_enough), parse_previous(before["placements"], "before"))
        assert sum(item.deployment.name == name for item in nearly.placements) == short["placed"], remedy
    removed = remedy.document.partition(" ")[2] if remedy.kind is RemedyKind.OTHER_GOES else None
    assert {place for place in places(before) if place[0] != removed} <= places(after), remedy


@lru_cache(maxsize=1)
def _first_plan(documents: str) -> Document:
    """Return the plan for `documents`, which are JSON: the same for each of the remedies that follow from it."""
    return plan_of(json.loads(documents))


def rival_content(document: Document, plan: Document, name: str) -> list[Document]:
    """Return `document`, asking for no more environments than `plan` has for it, unless it is the deployment `name`."""
    if document["kind"] != "ModelDeployment" or document["metadata"]["name"] == name:
        return [document]
    has = sum(item["deployment"]["name"] == document["metadata"]["name"] for item in plan["placements"])
    return [document | {"spec": document["spec"] | {"environments": has}}] if has else []
