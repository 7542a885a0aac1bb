"""No two resources of a stack have one name in it: the engine would refuse the stack, `Duplicate resource URN`."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from components.provisioning.eks import ProvisionedEksCluster
from components.provisioning.gke import ProvisionedGkeCluster
from slicewise.cloud_resources.gke import GkePool
from slicewise.documents import DeploymentKey
from slicewise.documents.cluster import EksCluster as DeclaredEks
from slicewise.documents.cluster import GkeCluster as DeclaredGke
from slicewise.manifests import KubernetesObject
from slicewise.testing import Recorder, run
from tests.components.environments import declare_environment

# What names are made of where people number and join them, and the words that the stack's own names end with.
WORDS = st.sampled_from(["a", "b", "1", "namespace", "service", "config", "provider", "system", "cluster", "node"])


def every_cut(words: list[str]) -> list[tuple[str, str, str]]:
    """Return every environment, namespace and deployment whose names, joined by hyphens, are the same text."""
    ends = itertools.combinations(range(1, len(words)), 2)
    return [("-".join(words[:one]), "-".join(words[one:two]), "-".join(words[two:])) for one, two in ends]


PLACES = st.lists(WORDS, min_size=4, max_size=5).map(every_cut)


def an_object(kind: str, namespace: str, name: str) -> KubernetesObject:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "serving.kserve.io/v1alpha2", "kind": kind, "metadata": metadata, "spec": {}}


def declare(places: list[tuple[str, str, str]]) -> pulumi.Output[Any]:
    """Declare an environment for each that is named, clusters made for some, and a placement for each place."""
    environments = {}
    for name in {environment for environment, _, _ in places}:
        namespaces = sorted({namespace for environment, namespace, _ in places if environment == name})
        objects = [an_object("LLMInferenceServiceConfig", namespace, "config") for namespace in namespaces]
        placed = [
            (
                DeploymentKey(namespace, deployment),
                [
                    an_object("LLMInferenceService", namespace, deployment),
                    an_object("ScaledObject", namespace, deployment) | {"apiVersion": "keda.sh/v1alpha1"},
                ],
            )
            for environment, namespace, deployment in places
            if environment == name
        ]
        environments[name] = declare_environment(name, "text", namespaces=namespaces, shared=objects, placed=placed)
        ProvisionedEksCluster(
            name,
            cluster=DeclaredEks(region="eu-central-1", subnet_ids=("subnet-0a", "subnet-0b")),
            pools=[],
            operator_values={},
        )
        ProvisionedGkeCluster(
            name, cluster=DeclaredGke(project="acme", location="europe-west4-b"), pools=list[GkePool]()
        )
    urns = [each.urn for environment in environments.values() for each in environment.model_placements.values()]
    return pulumi.Output.all(*urns)


@pytest.mark.long
@given(places=PLACES)
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],  # an example is a stack: making a failure smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_names_of_any_fleet_are_told_apart(recorder: Recorder, places: list[tuple[str, str, str]]) -> None:
    recorder.registrations.clear()

    run(lambda: declare(places))

    declared = [item for item in recorder.registrations if item.resource_type != "pulumi:pulumi:Stack"]
    counted = Counter(item.urn for item in declared)
    assert [urn for urn, count in counted.items() if count > 1] == []
    assert sum(item.resource_type == "kubernetes:core/v1:Namespace" for item in declared) == len(
        {place[:2] for place in places}
    )


def test_a_hyphen_in_a_name_is_not_the_border_between_two(recorder: Recorder) -> None:
    run(lambda: declare([("prod", "eu-chat", "x"), ("prod-eu", "chat", "x")]))

    namespaces = recorder.of_type("kubernetes:core/v1:Namespace")
    assert set(namespaces) == {"prod/eu-chat/namespace", "prod-eu/chat/namespace"}
