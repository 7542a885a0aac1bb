"""Rules between documents: references resolve, and no two services of one namespace answer to one model name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from slicewise.spec.checks.finding import Finding
from slicewise.spec.codes import Code
from slicewise.spec.deployment import DeploymentKey, ModelDeployment, ModelKind
from slicewise.spec.environment import InferenceEnvironment
from slicewise.spec.fleet import Fleet, ModelKey, model_key
from slicewise.spec.model import ModelSpec
from slicewise.spec.schema_problems import closest, did_you_mean

_OTHER_KINDS = ("InferenceEnvironment", "ModelDeployment")


class ReferenceCheck:
    """Finds deployments whose modelRef is not among the declared models."""

    # Looking for a similar name takes time for every name that there is; nobody reads so many hints.
    MAX_HINTS = 100

    def __init__(self, declared: AbstractSet[ModelKey]) -> None:
        self._declared = declared
        self._names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in sorted(declared):
            self._names[key.kind, key.namespace].append(key.name)
        self._hints: dict[ModelKey, str] = {}

    def check(self, deployment: ModelDeployment) -> Iterator[Finding]:
        """Yield an error if the modelRef of `deployment` is dangling."""
        key = model_key(deployment)
        if key in self._declared:
            return
        if key not in self._hints and len(self._hints) < self.MAX_HINTS:
            self._hints[key] = self._hint(key, deployment.metadata.namespace)
        where = f" in namespace {key.namespace}" if key.namespace else ""
        message = f'there is no {key.kind} "{key.name}"{where}{self._hints.get(key, "")}'
        yield Finding(("spec", "modelRef", "name"), Code.DANGLING_MODEL_REFERENCE, message)

    def _hint(self, key: ModelKey, namespace: str) -> str:
        if key.kind == ModelKind.CLUSTER_MODEL:
            other = ModelKey(ModelKind.MODEL.value, namespace, key.name)
        else:
            other = ModelKey(ModelKind.CLUSTER_MODEL.value, "", key.name)
        if other in self._declared:
            return f"; there is a {other.kind} of that name: write kind: {other.kind}"
        names = self._names[key.kind, key.namespace]
        shown = 10
        more = f" and {len(names) - shown} more" if len(names) > shown else ""
        listed = (
            f"; there are {', '.join(names[:shown])}{more}" if names else "; write its document, or load its file too"
        )
        return did_you_mean(key.name, names) or listed


def claimed_models(data: object) -> set[ModelKey] | None:
    """Return the models that a document of plain data declares or, being broken, may have been meant to declare.

    References to them are not called dangling on top of what is wrong with the document. None where it may be any.
    """
    if not isinstance(data, dict):
        return None
    kind = data.get("kind")
    if isinstance(kind, str) and closest(kind, (*ModelKind, *_OTHER_KINDS)) in _OTHER_KINDS:
        return set()
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    namespace = metadata.get("namespace", "default") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not isinstance(namespace, str):
        return None
    keys = {ModelKey(ModelKind.CLUSTER_MODEL.value, "", name), ModelKey(ModelKind.MODEL.value, namespace, name)}
    return {key for key in keys if key.kind == kind} or keys


def check_model_names(fleet: Fleet) -> Iterator[tuple[ModelDeployment, Finding]]:
    """Yield the deployments whose model name another deployment of the namespace has in an environment of both.

    KServe routes by namespace and model name, so one service would shadow the other (event ModelNameCollision). A
    deployment whose model is not in the fleet is left out.
    """
    by_name: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    for deployment in fleet.deployments:
        model = fleet.models.get(model_key(deployment))
        if model:
            by_name[deployment.metadata.namespace, model.model.name].append(deployment)
    for (namespace, model_name), group in by_name.items():
        said: set[DeploymentKey] = set()
        for environment in fleet.environments if len(group) > 1 else ():
            here = [deployment for deployment in group if _may_run(deployment, fleet.model_of(deployment), environment)]
            for deployment in here[1:]:
                if deployment.key in said:
                    continue
                said.add(deployment.key)
                message = (
                    f'serves "{model_name}" in namespace {namespace}, as deployment {here[0].metadata.name} does, and '
                    f"both may run in {environment.metadata.name}, where KServe would route to one of them only; use "
                    "another namespace, environmentSelectors that exclude each other, or a model with another "
                    "spec.model.name"
                )
                yield deployment, Finding(("spec", "modelRef", "name"), Code.MODEL_NAME_COLLISION, message)


def _may_run(deployment: ModelDeployment, model: ModelSpec, environment: InferenceEnvironment) -> bool:
    """Return whether the selectors of `deployment` and its model leave a pool of `environment`."""
    labels, spec = environment.metadata.labels, deployment.spec
    return (
        spec.environment_selector.selects(labels)
        and any(profile.environment_selector.selects(labels) for profile in model.serving)
        and any(spec.node_pool_selector.selects(pool.labels) for pool in environment.spec.node_pools)
    )
