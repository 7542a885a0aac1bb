"""Warnings on documents together: selectors that match nothing, models that nobody serves, copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.advising import DEPLOYMENT, ENVIRONMENT, MODEL, OTHER, advice
from tests.unit.documents.documents import minimal, pools

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


def selecting(field: str, **labels: str) -> str:
    return minimal("ModelDeployment", ("spec", field), {"matchLabels": labels})


NO_POOL = "none in the environments that it may use"


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"region": "europe-west-4"}, 'has region=europe-west-4; did you mean "europe-west4"?'),
        ({"region": "mars"}, "has region=mars; the values that there are: europe-west4, us-east1"),
        ({"regoin": "us-east1"}, 'has the label regoin; did you mean "region"?'),
        ({"zzz": "1"}, "has the label zzz; correct the label, or add it to the environment you mean"),
    ],
)
def test_a_label_that_no_environment_has(loader: Loader, labels: dict[str, str], why: str) -> None:
    expected = f"ModelDeployment default/chat: spec.environmentSelector: it selects no environment: none {why} [SW320]"
    assert advice(loader, ENVIRONMENT, OTHER, MODEL, selecting("environmentSelector", **labels)) == [expected]


def test_labels_that_no_environment_has_together(loader: Loader) -> None:
    (line,) = advice(
        loader, ENVIRONMENT, OTHER, MODEL, selecting("environmentSelector", region="us-east1", tier="prod")
    )
    assert "it selects no environment: none has region=us-east1 and tier=prod; leave one of them out" in line


def test_a_profile_that_no_environment_is_for(loader: Loader) -> None:
    serving = [{"name": "fp8"}, {"name": "bf16", "environmentSelector": {"matchLabels": {"region": "us-east-1"}}}]
    model = minimal("ClusterModel", ("spec", "serving"), serving)
    (line,) = advice(loader, ENVIRONMENT, OTHER, model, DEPLOYMENT)
    assert line.startswith("ClusterModel gemma: spec.serving[1].environmentSelector: it selects no environment: none ")
    assert 'did you mean "us-east1"? [SW320]' in line


def test_a_label_that_no_pool_has(loader: Loader) -> None:
    small, large = pools({"labels": {"size": "small"}}), pools({"labels": {"size": "large"}}).replace("mig-a", "mig-b")
    assert advice(loader, small, large, MODEL, selecting("nodePoolSelector", size="large")) == []
    (line,) = advice(loader, small, large, MODEL, selecting("nodePoolSelector", size="smal"))
    assert f"spec.nodePoolSelector: it selects no node pool: {NO_POOL} has size=smal; did you mean" in line


def test_a_label_that_only_pools_of_other_environments_have(loader: Loader) -> None:
    here = pools({"labels": {"size": "small"}}).replace("name: mig-a\n", "name: mig-a\n  labels: {region: here}\n", 1)
    there = pools({"labels": {"size": "large"}}).replace("mig-a", "mig-b")
    both = selecting("nodePoolSelector", size="large").replace(
        "  nodePoolSelector", "  environmentSelector: {matchLabels: {region: here}}\n  nodePoolSelector"
    )
    (line,) = advice(loader, here, there, MODEL, both)
    assert f"it selects no node pool: {NO_POOL} has size=large; the values that there are: small [SW320]" in line


def test_selectors_are_not_judged_without_environments(loader: Loader) -> None:
    assert advice(loader, MODEL, selecting("environmentSelector", region="mars")) == []


def test_a_model_that_nobody_serves(loader: Loader) -> None:
    unused = MODEL.replace("name: gemma\n", "name: old\n", 1)
    assert advice(loader, MODEL, unused, DEPLOYMENT, ENVIRONMENT) == [
        "ClusterModel old: metadata.name: no deployment refers to it; remove it, unless a deployment is to come [SW321]"
    ]
    # A catalogue of models by itself is not a mistake.
    assert advice(loader, MODEL, unused) == []


@pytest.mark.parametrize(
    "way",
    [
        {"secretRef": {"name": "kubeconfigs", "key": "a"}},
        {"gke": {"project": "acme", "location": "europe-west4", "cluster": "gpus"}},
        {"eks": {"region": "eu-central-1", "cluster": "gpus"}},
    ],
    ids=["secretRef", "gke", "eks"],
)
def test_an_environment_that_was_copied(loader: Loader, way: dict[str, dict[str, str]]) -> None:
    def named(name: str, existing: dict[str, dict[str, str]]) -> str:
        cluster = {"source": "Existing", "existing": existing}
        return minimal("InferenceEnvironment", ("spec", "cluster"), cluster).replace("name: mig-a", f"name: {name}", 1)

    assert advice(loader, named("east", way), named("west", way)) == [
        (
            "InferenceEnvironment west: spec.cluster.existing: environment east has the same, so this is the same "
            "cluster, and what both describe is counted twice; describe it in one environment, or correct where the "
            "other cluster is [SW312]"
        )
    ]
    for block, fields in way.items():
        for field in fields:
            other = {block: {**fields, field: "b"}}
            assert advice(loader, named("east", way), named("west", other)) == []


def test_more_environments_than_there_are(loader: Loader) -> None:
    three = minimal("ModelDeployment", ("spec", "environments"), 3)
    (line,) = advice(loader, ENVIRONMENT, OTHER, MODEL, three)
    assert line == (
        "ModelDeployment default/chat: spec.environments: 3 are asked for, and the documents have only 2 environments; "
        "write 2, or load the other environments too [SW328]"
    )
    two = three.replace("environments: 3", "environments: 2")
    assert advice(loader, ENVIRONMENT, OTHER, MODEL, two) == []
    for where, document in ((two, MODEL), (DEPLOYMENT, MODEL)):
        # With no environments loaded there is nothing to count.
        assert advice(loader, where, document) == []
    selected = two + "  environmentSelector: {matchLabels: {tier: prod}}\n"
    (line,) = advice(loader, ENVIRONMENT, OTHER, MODEL, selected)
    assert "2 are asked for, and its selectors and its model's leave only 1 of 2; write 1" in line
    serving = [{"name": "fp8", "environmentSelector": {"matchLabels": {"tier": "dev"}}}]
    (line,) = advice(loader, ENVIRONMENT, OTHER, minimal("ClusterModel", ("spec", "serving"), serving), two)
    assert "leave only 1 of 2; write 1" in line
