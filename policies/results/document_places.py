"""Where the documents say what a resource is made of."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slicewise.diagnostics import Diagnostic, FieldPath, Place
from slicewise.documents import (
    KINDS,
    METADATA,
    DeploymentKey,
    Fleet,
    ModelDeployment,
    ModelKey,
    ModelSpec,
    NamespacedMetadata,
    NodePool,
    PodSettings,
    load_contents,
    model_key,
)
from slicewise.sources import SourceDocument, parse_documents, read_all


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of a stack, with the place of every field.

    Attributes:
        fleet: What they declare.
        sources: Each document by kind, namespace (empty for kinds that live in none) and name.
        root: What the files' names are relative to.
    """

    fleet: Fleet
    sources: Mapping[tuple[str, str, str], SourceDocument]
    root: Path

    @classmethod
    def load(cls, paths: Sequence[str], root: Path) -> Documents:
        """Load what the program loads.

        Raises:
            InvalidInputError: the documents are wrong.
        """
        files, unreadable = read_all(paths)
        fleet = load_contents(files, unreadable)
        parsed = (source for file, content in files for source in parse_documents(content, file))
        sources = {_key(source): source for source in parsed if isinstance(source, SourceDocument)}
        return cls(fleet, sources, root)

    def environment(self, name: str, path: FieldPath) -> Place | None:
        """Return the place of a field of an environment, or of what is nearest around it."""
        return self._place(("InferenceEnvironment", "", name), path)

    def node_pool(self, environment: str, name: str, path: FieldPath) -> Place | None:
        """Return the place of a field of a node pool."""
        declared = self.fleet.environment.get(environment)
        names = [pool.name for pool in declared.spec.node_pools] if declared else []
        if name not in names:
            return None
        return self.environment(environment, ("spec", "nodePools", names.index(name), *path))

    def deployment(self, key: DeploymentKey, path: FieldPath) -> Place | None:
        """Return the place of a field of a deployment."""
        return self._place(("ModelDeployment", key.namespace, key.name), path)

    def model(self, key: DeploymentKey, path: FieldPath) -> Place | None:
        """Return the place of a field of the model that a deployment serves."""
        model = self._model_of(key)
        return self._place((model.kind, model.namespace, model.name), path) if model else None

    def weights(self, key: DeploymentKey, path: FieldPath) -> Place | None:
        """Return the place of a field of the block that says where the weights of a deployment's model come from."""
        model = self._model_of(key)
        return self.model(key, ("spec", self.fleet.models[model].source.block, *path)) if model else None

    def served_name(self, key: DeploymentKey) -> Place | None:
        """Return the place of the name in API requests: the deployment's own, or else its model's."""
        deployment = self.fleet.deployment.get(key)
        if deployment and deployment.spec.served_model_name is not None:
            return self.deployment(key, ("spec", "servedModelName"))
        return self.model(key, ("spec", "model", "name"))

    def profile(self, key: DeploymentKey, name: str, path: FieldPath) -> Place | None:
        """Return the place of a field of a serving profile of the model that a deployment serves."""
        model = self._model_of(key)
        names = [profile.name for profile in self.fleet.models[model].serving] if model else []
        return self.model(key, ("spec", "serving", names.index(name), *path)) if name in names else None

    def pod(self, key: DeploymentKey, profile: str, pool: tuple[str, str], path: FieldPath) -> Place | None:
        """Return the place of what is said of the pods of a deployment: by whoever says it last.

        Args:
            key: The deployment.
            profile: The serving profile of its placement.
            pool: The environment and the node pool of its placement.
            path: The field, below `pod`.
        """
        deployment, model, node_pool = self._parts(key, pool)
        said = next((each.pod for each in model.serving if each.name == profile), None) if model else None
        if deployment and _says(deployment.spec.pod, path):
            return self.deployment(key, ("spec", "pod", *path))
        if deployment and path and getattr(deployment.metadata, str(path[0]), None):
            return self.deployment(key, ("metadata", *path))
        if _says(said, path):
            return self.profile(key, profile, ("pod", *path))
        if model and _says(model.pod, path):
            return self.model(key, ("spec", "pod", *path))
        return self.node_pool(*pool, ("pod", *path)) if node_pool and _says(node_pool.pod, path) else None

    def base_refs(self, key: DeploymentKey, pool: tuple[str, str]) -> Place | None:
        """Return the place of the base references of a deployment's services: its model's, or else its pool's."""
        _, model, node_pool = self._parts(key, pool)
        if model and model.base_refs:
            return self.model(key, ("spec", "baseRefs"))
        return self.node_pool(*pool, ("baseRefs",)) if node_pool and node_pool.base_refs else None

    def storage_initializer_env(self, key: DeploymentKey) -> Place | None:
        """Return the place of the variables of what fetches the weights: its own, or else the token."""
        model = self._model_of(key)
        own = model and self.fleet.models[model].storage_initializer.env
        return self.model(key, ("spec", "storageInitializer", "env")) if own else self.weights(key, ("secretRef",))

    def place_of(self, diagnostic: Diagnostic) -> Place | None:
        """Return where a diagnostic is: its own place, or that of its field in the document that it is about."""
        if diagnostic.place.file:
            return replace(diagnostic.place, file=relative(diagnostic.place.file, self.root))
        subject = diagnostic.subject
        return self._place((subject.kind, subject.namespace, subject.name), _path(diagnostic))

    def _parts(
        self, key: DeploymentKey, pool: tuple[str, str]
    ) -> tuple[ModelDeployment | None, ModelSpec | None, NodePool | None]:
        model = self._model_of(key)
        spec = self.fleet.models[model] if model else None
        return self.fleet.deployment.get(key), spec, self.fleet.node_pool.get(pool)

    def _model_of(self, key: DeploymentKey) -> ModelKey | None:
        deployment = self.fleet.deployment.get(key)
        return model_key(deployment) if deployment else None

    def _place(self, key: tuple[str, str, str], path: FieldPath) -> Place | None:
        source = self.sources.get(key)
        return Place(relative(source.file, self.root), *source.locate(path)) if source else None


def _path(diagnostic: Diagnostic) -> FieldPath:
    return diagnostic.field if isinstance(diagnostic.field, tuple) else ()


def _says(pod: PodSettings | None, path: FieldPath) -> bool:
    """Return whether something is said at `path` of a pod."""
    said: Any = pod.model_dump(by_alias=True, exclude_none=True) if pod else {}
    for part in path:
        if not isinstance(said, dict) or not said.get(part):
            return False
        said = said[part]
    return True


def relative(file: str, root: Path) -> str:
    """Return the name of a file as seen from `root`, with slashes."""
    return Path(os.path.relpath(file, root)).as_posix()


def _key(source: SourceDocument) -> tuple[str, str, str]:
    """Return what the fleet calls a document: a namespace that is not written is the default of its kind."""
    kind = source.data["kind"]
    metadata = METADATA[KINDS[kind]].model_validate(source.data["metadata"], by_alias=True, by_name=False)
    namespace = metadata.namespace if isinstance(metadata, NamespacedMetadata) else ""
    return kind, namespace, metadata.name
