"""The same documents in any order and in any files are the same fleet, with the same advice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import Fleet, load_fleet, weights_uri
from tests.unit.documents.documents import MINIMAL, mig, minimal, pools
from tests.unit.documents.loader import Loader

DEMO = Path(__file__).parents[3] / "stacks" / "demo"


def documents() -> list[str]:
    demo = [
        yaml.safe_dump(data) for file in sorted(DEMO.glob("*.yaml")) for data in yaml.safe_load_all(file.read_text())
    ]
    advised = pools({"capabilities": mig(memory="40Gi")}).replace("name: mig-a", "name: z-last")
    more = [minimal("Model", ("metadata", "namespace"), name) for name in ("b", "a", "c")]
    return [*demo, advised, *more]


def everything(fleet: Fleet) -> tuple[object, ...]:
    return fleet.environments, tuple(fleet.models.items()), fleet.deployments, fleet.advice


def test_shuffled_documents_and_files_give_the_same_fleet(loader: Loader) -> None:
    texts = documents()
    expected = loader.load(*texts)
    assert expected.advice
    order = random.Random(7)  # noqa: S311 - the same shuffles in every run
    for _ in range(5):
        order.shuffle(texts)
        half = order.randrange(1, len(texts))
        found = loader.load("---\n".join(texts[:half]), *texts[half:])
        assert found == expected
        assert everything(found) == everything(expected)


def test_everything_is_sorted_by_name(loader: Loader) -> None:
    fleet = loader.load(*reversed(documents()))
    assert [environment.metadata.name for environment in fleet.environments] == ["mig-a", "onprem-b", "z-last"]
    assert [str(deployment.key) for deployment in fleet.deployments] == ["team-a/gemma", "team-b/chat-small"]
    assert list(fleet.models) == sorted(fleet.models)
    assert [each.path for each in fleet.advice] == sorted(each.path for each in fleet.advice)


def test_a_fleet_finds_its_parts(loader: Loader) -> None:
    fleet = loader.load(*documents())
    gemma = fleet.deployment[fleet.deployments[0].key]
    assert fleet.model_of(gemma).model.name == "google/gemma-3-27b-it"
    assert fleet.node_pool["onprem-b", "h100-tiny"].accelerator_count == 8


def test_a_model_of_the_namespace_is_found(loader: Loader) -> None:
    deployment = minimal("ModelDeployment", ("spec", "modelRef"), {"kind": "Model", "name": "gemma"})
    other = minimal("Model", ("metadata", "namespace"), "other").replace("google/gemma-3-27b-it", "other/repo")
    fleet = loader.load(deployment, minimal("Model"), other)
    assert weights_uri(fleet.model_of(fleet.deployments[0]).weights) == "hf://google/gemma-3-27b-it:main"


def test_the_demo_is_valid() -> None:
    fleet = load_fleet([str(DEMO)])
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments)) == (2, 2, 2)
    assert fleet.advice == ()


def test_errors_are_sorted_and_said_once(loader: Loader) -> None:
    broken = yaml.safe_dump({**MINIMAL["ModelDeployment"], "spec": {"zzz": 1}})
    paths = loader.write(broken, broken)
    with pytest.raises(InvalidInputError) as one:
        load_fleet(paths)
    with pytest.raises(InvalidInputError) as other:
        load_fleet([*reversed(paths), *paths])
    assert str(one.value) == str(other.value)
    places = [each.place for each in one.value.problems]
    assert places == sorted(places)
    assert len(set(map(str, one.value.problems))) == len(places) > 1


def test_dates_and_versions_stay_text(loader: Loader) -> None:
    text = minimal("InferenceEnvironment", ("metadata", "labels"), {"since": "DATE"}).replace("DATE", "2026-01-01")
    assert loader.load(text).environments[0].metadata.labels == {"since": "2026-01-01"}


def test_a_model_with_a_wrong_name_is_one_error(loader: Loader) -> None:
    model = minimal("ClusterModel").replace("name: gemma\n", "name: gemma_27b\n", 1)
    deployment = minimal("ModelDeployment", ("spec", "modelRef", "name"), "gemma-27b")
    lines = loader.refuse(model, deployment)
    assert [line[-6:-1] for line in lines] == ["SW203"]
    # A reference to something else is an error of its own.
    lines = loader.refuse(model, deployment.replace("gemma-27b", "qwen"))
    assert sorted(line[-6:-1] for line in lines) == ["SW203", "SW212"]


def test_another_version_of_our_own_kinds(loader: Loader) -> None:
    other = minimal("ModelDeployment").replace("modelplane.ai/v1alpha1", "modelplane.io/v1alpha1")
    (line,) = loader.refuse(other)
    assert line.endswith('got "modelplane.io/v1alpha1", expected modelplane.ai/v1alpha1 [SW108]')
    (line,) = loader.refuse(other.replace("kind: ModelDeployment", "kind: Deployment"))
    assert line.endswith("keep other Kubernetes objects in another directory [SW108]")
