"""The table of type tokens. They are in the URNs of users' stacks: a change here replaces everything they run."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import pulumi

import components
from components.fleet import Fleet
from components.inference_environment import InferenceEnvironment
from components.model_placement import ModelPlacement
from components.object_handling import Handling
from components.provisioning.eks import ProvisionedEksCluster
from components.provisioning.gke import ProvisionedGkeCluster
from slicewise.documents.cluster import EksCluster as DeclaredEks
from slicewise.documents.cluster import GkeCluster as DeclaredGke
from slicewise.testing import Recorder, run
from tests.components.environments import declare_environment

CANONICAL: dict[type[pulumi.ComponentResource], str] = {
    Fleet: "slicewise:index:Fleet",
    InferenceEnvironment: "slicewise:index:InferenceEnvironment",
    ModelPlacement: "slicewise:index:ModelPlacement",
    ProvisionedGkeCluster: "slicewise:index:GkeCluster",
    ProvisionedEksCluster: "slicewise:index:EksCluster",
}


def test_every_component_is_in_the_table() -> None:
    found = set()
    for module in pkgutil.walk_packages(components.__path__, "components."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, pulumi.ComponentResource) and member.__module__.startswith("components."):
                found.add(member)
    # A class that others derive from, such as ProvisionedCluster, is never declared itself.
    declared = {each for each in found if not any(other is not each and issubclass(other, each) for other in found)}
    assert declared == set(CANONICAL)


def test_tokens_are_canonical(recorder: Recorder) -> None:
    def declare() -> pulumi.Output[Any]:
        environment = declare_environment("env", "text", namespaces=["team"])
        placement = ModelPlacement("env/team/chat", objects=[], handling=Handling("env"), provider=environment.provider)
        gke = ProvisionedGkeCluster("env", cluster=DeclaredGke(project="acme", location="europe-west4-b"), pools=[])
        declared = DeclaredEks(region="eu-central-1", subnet_ids=("subnet-0a", "subnet-0b"))
        eks = ProvisionedEksCluster("env", cluster=declared, pools=[], operator_values={})
        return pulumi.Output.all(environment.urn, placement.urn, gke.urn, eks.urn)

    run(declare)

    registered = {item.resource_type for item in recorder.registrations if not item.custom}
    assert registered - {"pulumi:pulumi:Stack"} == set(CANONICAL.values()) - {CANONICAL[Fleet]}
