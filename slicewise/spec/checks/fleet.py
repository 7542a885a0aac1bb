"""Rules between documents: references resolve, and no two services of one namespace answer to one model name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import combinations

from slicewise.spec.checks.finding import Finding
from slicewise.spec.codes import Code
from slicewise.spec.deployment import ModelDeployment, ModelKind
from slicewise.spec.fleet import Fleet, ModelKey, model_key
from slicewise.spec.schema_problems import did_you_mean


def check_reference(deployment: ModelDeployment, declared: AbstractSet[ModelKey]) -> Iterator[Finding]:
    """Yield an error if the modelRef of `deployment` is not among the `declared` models."""
    key = model_key(deployment)
    if key in declared:
        return
    where = f" in namespace {key.namespace}" if key.namespace else ""
    path = ("spec", "modelRef", "name")
    other_kind = ModelKind.MODEL if key.kind == ModelKind.CLUSTER_MODEL else ModelKind.CLUSTER_MODEL
    other = ModelKey(other_kind.value, deployment.metadata.namespace if other_kind is ModelKind.MODEL else "", key.name)
    if other in declared:
        hint = f"; there is a {other.kind} of that name: write kind: {other.kind}"
    else:
        names = sorted(known.name for known in declared if known[:2] == key[:2])
        hint = did_you_mean(key.name, names) or (f"; there are {', '.join(names[:10])}" if names else "")
    yield Finding(path, Code.DANGLING_MODEL_REFERENCE, f'there is no {key.kind} "{key.name}"{where}{hint}')


def check_model_names(fleet: Fleet) -> Iterator[tuple[ModelDeployment, Finding]]:
    """Yield the deployments whose model name another deployment of the namespace has in an environment of both.

    KServe routes by namespace and model name, so one service would shadow the other (event ModelNameCollision).
    """
    by_name: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    for deployment in fleet.deployments:
        by_name[deployment.metadata.namespace, fleet.model_of(deployment).model.name].append(deployment)
    for (namespace, model_name), group in by_name.items():
        for one, other in combinations(group, 2):
            shared = [
                environment.metadata.name
                for environment in fleet.environments
                if one.spec.environment_selector.selects(environment.metadata.labels)
                and other.spec.environment_selector.selects(environment.metadata.labels)
            ]
            if shared:
                message = (
                    f'serves "{model_name}" in namespace {namespace}, as deployment {one.metadata.name} does, and both '
                    f"may run in {shared[0]}, where KServe would route to one of them only; use another namespace, "
                    "environmentSelectors that exclude each other, or a model with another spec.model.name"
                )
                yield other, Finding(("spec", "modelRef", "name"), Code.MODEL_NAME_COLLISION, message)
