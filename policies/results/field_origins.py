"""From a field of a resource back to the field of a document that says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.type_tokens import INFERENCE_ENVIRONMENT, MODEL_PLACEMENT
from policies.results.document_places import Documents
from policies.results.engine_events import Preview, PreviewedResource, Violation
from slicewise.diagnostics import FieldPath, Place
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import mapping, text
from slicewise.manifests import NODE_POOL_ANNOTATION, PROFILE_ANNOTATION

NAME: Final = ("metadata", "name")
_OUTPUT: Final = re.compile(r"(?P<list>nodePools|placements)\[(?P<index>\d+)\]")


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource of a placement: what was placed, and where."""

    deployment: DeploymentKey
    environment: str
    node_pool: str
    profile: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A kind of document, or part of one, that objects are made of."""

    place: Callable[[Documents, Placed, FieldPath], Place | None]


_DEPLOYMENT: Final = _Source(lambda documents, placed, path: documents.deployment(placed.deployment, path))
_MODEL: Final = _Source(lambda documents, placed, path: documents.model(placed.deployment, path))
_SERVED: Final = _Source(lambda documents, placed, _: documents.served_name(placed.deployment))
_PROFILE: Final = _Source(lambda documents, placed, path: documents.profile(placed.deployment, placed.profile, path))
_POOL: Final = _Source(lambda documents, placed, path: documents.node_pool(placed.environment, placed.node_pool, path))

# What slicewise.manifests makes of which field. The first that fits the beginning of an object's field counts.
_MADE_OF: Final[tuple[tuple[str, _Source, FieldPath], ...]] = (
    (r"metadata\.name\b", _DEPLOYMENT, NAME),
    (r"metadata\.namespace\b", _DEPLOYMENT, ("metadata", "namespace")),
    (r"spec\.replicas\b", _DEPLOYMENT, ("spec", "scaling")),
    (r"spec\.minReplicaCount\b", _DEPLOYMENT, ("spec", "scaling", "concurrency", "minReplicas")),
    (r"spec\.maxReplicaCount\b", _DEPLOYMENT, ("spec", "scaling", "concurrency", "maxReplicas")),
    (r"spec\.(advanced|triggers|scaleTargetRef|cooldownPeriod)\b", _DEPLOYMENT, ("spec", "scaling", "concurrency")),
    (r"spec\.model\.name\b", _SERVED, ()),
    (r"spec\.model\b", _MODEL, ("spec", "huggingFace")),
    (r"spec\.parallelism\b", _PROFILE, ("replicaTopology", "parallelism")),
    (r"spec\.(template|worker)\.nodeSelector\b", _POOL, ("nodeSelector",)),
    (r"spec\.(template|worker)\.tolerations\b", _POOL, ("tolerations",)),
    (r"spec\.(template|worker)\.initContainers\[\d+\]\.env\b", _MODEL, ("spec", "huggingFace", "secretRef")),
    (r"spec\.(template|worker)\.topologySpreadConstraints\b", _PROFILE, ("replicaTopology", "spread")),
    (r"spec\.(template|worker)\.containers\[\d+\]\.image\b", _PROFILE, ("engine", "image")),
    (r"spec\.(template|worker)\.containers\[\d+\]\.args\b", _PROFILE, ("engine", "args")),
    # Resources of the engine's container, and of the init container that fetches its weights.
    (r"spec\.(template|worker)\.\w+\[\d+\]\.resources\.\w+\.cpu\b", _MODEL, ("spec", "resources", "cpu")),
    (r"spec\.(template|worker)\.\w+\[\d+\]\.resources\.\w+\.memory\b", _MODEL, ("spec", "resources", "memory")),
    # The other resources are slices and GPUs.
    (r"spec\.(template|worker)\.containers\[\d+\]\.resources\b", _POOL, ("capabilities", "migConfiguration")),
)


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
    entries = outputs.get(match["list"]) if match else None
    if not match or not isinstance(entries, list) or int(match["index"]) >= len(entries):
        return None
    # Another program's outputs may be called the same and hold anything.
    entry = mapping(entries[int(match["index"])])
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
    )


def _place_of_placed(placed: Placed, message: str, documents: Documents) -> Place | None:
    for pattern, source, path in _MADE_OF:
        if re.match(pattern, message):
            # The pool or profile has been removed: the deployment's document is shown instead.
            return source.place(documents, placed, path) or documents.deployment(placed.deployment, NAME)
    return documents.deployment(placed.deployment, NAME)
