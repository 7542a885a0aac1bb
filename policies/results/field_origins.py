"""From a field of a resource back to the field of a document that says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.type_tokens import INFERENCE_ENVIRONMENT, MODEL_PLACEMENT
from policies.results.document_places import Documents
from policies.results.engine_events import Preview, PreviewedResource
from policies.results.violation import Violation
from slicewise.diagnostics import Place
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import mapping, text
from slicewise.manifests import (
    NODE_POOL_ANNOTATION,
    PREFILL_NODE_POOL_ANNOTATION,
    PROFILE_ANNOTATION,
    FieldSource,
    SourcePart,
    field_source,
)

NAME: Final = ("metadata", "name")
_OUTPUT: Final = re.compile(r'(?P<output>nodePools|placements)\["(?P<name>[^"]*)"\]')


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource of a placement: what was placed, and where."""

    deployment: DeploymentKey
    environment: str
    node_pool: str
    profile: str
    prefill_node_pool: str
    """Of its prefill workload; empty where it has none."""


def document_place(violation: Violation, preview: Preview, documents: Documents) -> Place | None:
    """Return what a document says of the field that a message begins with; None if no document made the resource."""
    chain = tuple(_chain(violation.urn, preview.resources))
    for resource in chain:
        if resource.type == MODEL_PLACEMENT:
            return _place_of_placed(_placed(resource, chain), violation.message, documents)
        if resource.type == INFERENCE_ENVIRONMENT:
            return documents.environment(resource.name, NAME)
    return _place_of_output(violation.message, preview.outputs, documents)


def _place_of_output(message: str, outputs: Mapping[str, Any], documents: Documents) -> Place | None:
    """Return what a finding about the plan as a whole, which is in the stack's outputs, is about."""
    match = _OUTPUT.match(message)
    # Another program's outputs may be called the same and hold anything.
    entry = mapping(mapping(outputs.get(match["output"])).get(match["name"])) if match else {}
    if not entry:
        return None
    if "deployment" in entry:
        deployment = mapping(entry["deployment"])
        return documents.deployment(
            DeploymentKey(text(deployment.get("namespace")), text(deployment.get("name"))), NAME
        )
    return documents.node_pool(text(entry.get("environment")), text(entry.get("nodePool")), ("name",))


def _chain(urn: str, resources: Mapping[str, PreviewedResource]) -> Iterator[PreviewedResource]:
    """Yield the resource and the components around it, from the inside out."""
    while resource := resources.get(urn):
        yield resource
        urn = resource.parent


def _placed(component: PreviewedResource, chain: tuple[PreviewedResource, ...]) -> Placed:
    environment, namespace, name = component.name.split("/")
    annotations = mapping(mapping(chain[0].inputs.get("metadata")).get("annotations"))
    return Placed(
        DeploymentKey(namespace, name),
        environment,
        text(annotations.get(NODE_POOL_ANNOTATION)),
        text(annotations.get(PROFILE_ANNOTATION)),
        text(annotations.get(PREFILL_NODE_POOL_ANNOTATION)),
    )


def _place_of_placed(placed: Placed, message: str, documents: Documents) -> Place | None:
    source = field_source(message)
    # The pool or profile may have been removed: the deployment's document is shown instead.
    place = _place_of_source(source, placed, documents) if source else None
    return place or documents.deployment(placed.deployment, NAME)


def _place_of_source(source: FieldSource, placed: Placed, documents: Documents) -> Place | None:
    """Return where the field is that `source` names."""
    pool = (placed.environment, placed.node_pool)
    match source.part:
        case SourcePart.DEPLOYMENT:
            return documents.deployment(placed.deployment, source.path)
        case SourcePart.ENVIRONMENT:
            return documents.environment(placed.environment, source.path)
        case SourcePart.MODEL:
            return documents.model(placed.deployment, source.path)
        case SourcePart.SERVING_PROFILE:
            return documents.profile(placed.deployment, placed.profile, source.path)
        case SourcePart.NODE_POOL | SourcePart.PREFILL_NODE_POOL:
            of_prefill = source.part is SourcePart.PREFILL_NODE_POOL
            name = placed.prefill_node_pool if of_prefill else placed.node_pool
            return documents.node_pool(placed.environment, name, source.path)
        case _:
            return _place_of_several(source, placed, pool, documents)


def _place_of_several(source: FieldSource, placed: Placed, pool: tuple[str, str], documents: Documents) -> Place | None:
    """Return where the field is that one of several documents may say."""
    match source.part:
        case SourcePart.POD:
            return documents.pod(placed.deployment, placed.profile, pool, source.path)
        case SourcePart.RESOURCES:
            asked = documents.pod(placed.deployment, placed.profile, pool, ("container", "resources"))
            return asked or documents.node_pool(*pool, ("capabilities", "interNodeDevice"))
        case SourcePart.BASE_REFS:
            return documents.base_refs(placed.deployment, pool)
        case SourcePart.WEIGHTS:
            return documents.weights(placed.deployment, source.path)
        case SourcePart.STORAGE_INITIALIZER:
            return documents.storage_initializer_env(placed.deployment)
        case _:
            return documents.served_name(placed.deployment)
