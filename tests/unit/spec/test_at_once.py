"""One mistake hides no other that has nothing to do with it, and makes none that only follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.spec import InvalidInputError, load_fleet
from tests.unit.spec.documents import minimal, pools
from tests.unit.spec.loader import Loader

WRONG_PROFILE = {
    "name": "b",
    "nodeSelector": {"pool": "b"},
    "capabilities": {"memoryPerGpu": "39Gi", "migConfiguration": {"enabled": True, "profile": "3g.45gb"}},
}


def codes(lines: list[str]) -> list[str]:
    return [line[-6:-1] for line in lines]


@pytest.mark.parametrize(
    "wrong",
    [
        {"acceleratorCount": "eight"},
        {"acceleratorCount": 0},
        {"tolerations": "none"},
        {"name": "Not A Name"},
        {"zzz": 1},
        {"maxNodeCount": -1},
        {"capabilities": {"memoryPerGpu": "40GB"}},
        {"labels": {"a": 1}},
        {"acceleratorType": 7},
    ],
)
def test_a_pool_that_is_wrong_hides_no_mistake_of_another(loader: Loader, wrong: dict[str, Any]) -> None:
    lines = loader.refuse(pools({"name": "a", "nodeSelector": {"pool": "a"}, **wrong}, WRONG_PROFILE))
    assert len(lines) == 2
    assert "SW204" in codes(lines)


def test_a_field_that_is_wrong_hides_no_rule_of_others_in_its_pool(loader: Loader) -> None:
    lines = loader.refuse(
        pools(
            {
                **WRONG_PROFILE,
                "acceleratorCount": "eight",
                "nodeCount": 4,
                "maxNodeCount": 3,
                "tolerations": [{"operator": "Exists", "value": "x"}],
            }
        )
    )
    assert sorted(codes(lines)) == ["SW203", "SW204", "SW214", "SW219"]


def test_nothing_follows_from_a_misspelt_field(loader: Loader) -> None:
    """Without its nodeSelector the pool could not be told from the other: but it has one, misspelt."""
    for name in ("nodeselector", "node_selector", "selectors", "nodeSelectr", "zzz"):
        one, other = ({"name": pool, "nodeSelector": {"pool": pool}} for pool in "ab")
        text = pools(one, other).replace("nodeSelector", name, 1)
        assert codes(loader.refuse(text)) == ["SW201"], name


def test_nothing_follows_from_a_wrong_signal(loader: Loader) -> None:
    scaling = {"signal": "Concurency", "concurrency": {"maxReplicas": 2, "target": 1}}
    text = minimal("ModelDeployment", ("spec", "scaling"), scaling)
    assert codes(loader.refuse(text, minimal("ClusterModel"))) == ["SW203"]


def test_nothing_follows_from_a_wrong_profile_block(loader: Loader) -> None:
    wrong = {"memoryPerGpu": "39Gi", "migConfiguration": {"enabled": True, "profil": "3g.40gb"}}
    assert codes(loader.refuse(pools({"capabilities": wrong}))) == ["SW201"]


def test_a_deployment_that_is_wrong_is_judged_in_all_its_parts(loader: Loader) -> None:
    scaling = {"signal": "Fixed", "concurrency": {"minReplicas": 3, "maxReplicas": 2, "target": 1}}
    text = minimal("ModelDeployment", ("spec", "scaling"), scaling).replace("environments: 1", "environments: 0")
    lines = loader.refuse(text.replace("gemma", "gemna"), minimal("ClusterModel"))
    assert sorted(codes(lines)) == ["SW203", "SW212", "SW214", "SW215"]
    assert 'did you mean "gemma"?' in next(line for line in lines if "SW212" in line)


def test_a_model_that_is_wrong_is_judged_in_all_its_parts(loader: Loader) -> None:
    serving = [
        {"name": "a", "replicaTopology": {"gpusPerNode": "2"}, "engine": {"args": ["{{ x }}"]}},
        {"name": "a", "replicaTopology": {"gpusPerNode": 2, "parallelism": {"tensor": 3}}},
    ]
    lines = loader.refuse(minimal("ClusterModel", ("spec", "serving"), serving))
    assert sorted(codes(lines)) == ["SW203", "SW211", "SW216", "SW218"]


def test_a_cluster_is_judged_beside_a_wrong_pool(loader: Loader) -> None:
    text = pools({"acceleratorCount": 0}).replace("source: Existing", "source: GKE")
    assert sorted(codes(loader.refuse(text))) == ["SW202", "SW203", "SW220"]


def test_documents_of_one_name_are_told_where_one_is_wrong(loader: Loader) -> None:
    wrong = minimal("ModelDeployment", ("spec", "environments"), 0)
    lines = loader.refuse(minimal("ModelDeployment"), wrong, minimal("ClusterModel"))
    assert codes(lines) == ["SW210", "SW203"]


def test_errors_do_not_depend_on_the_order_of_files(loader: Loader) -> None:
    one = minimal("ClusterModel")
    said = loader.refuse(one, one)
    where = '1.yaml:4:9: metadata.name: ClusterModel "gemma" is declared at 0.yaml:4 already'
    assert said == [f"{where}; rename or remove one of the two [SW210]"]
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(["1.yaml", "0.yaml"])
    assert str(caught.value) == said[0]


def test_a_run_says_a_thousand_mistakes_and_how_many_more(loader: Loader) -> None:
    lines = loader.refuse("---\na: 1\n" * 1500)
    assert len(lines) == 1001
    assert lines[-1] == "500 more mistakes; mend these first [SW108]"


def test_a_mapping_says_a_hundred_keys_that_stand_twice(loader: Loader) -> None:
    lines = loader.refuse("a: 1\n" * 1000)
    assert codes(lines) == ["SW105"] * 101
    assert lines[-1] == "102:1: 899 more mistakes, keys of this document that stand twice; mend these first [SW105]"
