"""One mistake hides no other that has nothing to do with it, and makes none that only follows from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal, pools
from tests.unit.documents.loader import Loader

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
    assert lines[-1] == "500 more mistakes; fix these first [SW108]"


def test_a_mapping_says_a_hundred_keys_that_stand_twice(loader: Loader) -> None:
    lines = loader.refuse("a: 1\n" * 1000)
    assert codes(lines) == ["SW105"] * 101
    assert lines[-1] == "102:1: 899 more mistakes, keys of this document that repeat; fix these first [SW105]"


SLICES = {"enabled": True, "profile": "3g.40gb"}


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"memoryPerGpu": "39Gi", "precisionSupport": ["FP8"]}, ["SW203", "SW204"]),
        ({"memoryPerGpu": "39Gi", "precisionSupport": ["fp8", "FP8", "bf17"]}, ["SW203", "SW203", "SW204"]),
        ({"memoryPerGpu": "39GB"}, ["SW203", "SW204"]),
        ({}, ["SW202", "SW204"]),
        ({"memoryPerGpu": "39Gi", "interconnect": "PCIE"}, ["SW203", "SW204"]),
        ({"memoryPerGpu": "39Gi", "multiNodeCapable": "no", "nvlinkDomainSize": 0}, ["SW203", "SW203", "SW204"]),
    ],
)
def test_a_leaf_that_is_wrong_hides_no_rule_of_its_block(
    loader: Loader, capabilities: dict[str, Any], expected: list[str]
) -> None:
    cut = {**capabilities, "migConfiguration": {"enabled": True, "profile": "3g.45gb"}}
    assert sorted(codes(loader.refuse(pools({"capabilities": cut})))) == expected


def test_memory_is_judged_beside_a_wrong_leaf(loader: Loader) -> None:
    capabilities = {"memoryPerGpu": "80Gi", "interconnect": "PCIE", "migConfiguration": SLICES}
    assert sorted(codes(loader.refuse(pools({"capabilities": capabilities})))) == ["SW203", "SW207"]


def test_nothing_follows_from_a_wrong_leaf_of_the_slices(loader: Loader) -> None:
    """With whole GPUs, or with another profile, 80Gi and nvlink would be right or wrong: neither is known here."""
    for wrong in ({"enabled": "yes"}, {"profile": 3}, {"slicesPerGpu": 9}, {"stratgy": "single"}, {"zzz": 1}):
        capabilities = {"memoryPerGpu": "39Gi", "migConfiguration": {**SLICES, **wrong}}
        one = {"name": "a", "nodeSelector": {"pool": "a"}, "capabilities": capabilities}
        two = {"name": "b", "nodeSelector": {"pool": "a"}, "capabilities": {"memoryPerGpu": "79Gi"}}
        assert len(loader.refuse(pools(one, two))) == 1, wrong
    unknown = {"memoryPerGpu": "39Gi", "mig_configuraton": {"enabled": True, "profile": "3g.45gb"}}
    assert codes(loader.refuse(pools({"capabilities": unknown}))) == ["SW201"]


def test_a_wrong_requirement_hides_no_rule_of_the_shape(loader: Loader) -> None:
    topology = {"gpusPerNode": 2, "parallelism": {"tensor": 3}, "requires": {"memoryPerGpu": "39GB"}}
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "replicaTopology": topology}])
    assert sorted(codes(loader.refuse(model))) == ["SW203", "SW216"]
    topology["requires"] = {"precisionSupport": ["FP8"], "mig": True}
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "replicaTopology": topology}])
    assert sorted(codes(loader.refuse(model))) == ["SW203", "SW203", "SW216"]


def test_what_a_cloud_cannot_make_is_said_beside_a_wrong_pool(loader: Loader) -> None:
    gke = {"source": "GKE", "gke": {"project": "acme-ml", "location": "europe-west4-a"}}
    one = {
        "name": "a",
        "nodeSelector": {"cloud.google.com/gke-nodepool": "b"},
        "acceleratorType": "b300",
        "machineType": "a3-highgpu-8g",
        "nodeCount": "two",
    }
    other = {"name": "b", "nodeSelector": {"cloud.google.com/gke-nodepool": "c"}, "machineType": 5, "diskSizeGb": 1}
    text = pools(one, {**one, **other, "nodeCount": 1})
    document = text.replace(
        "    source: Existing\n    existing:\n      secretRef:\n        name: mig-a-kubeconfig\n", ""
    )
    assert document != text
    lines = loader.refuse(document.replace("  cluster:\n", f"  cluster: {json.dumps(gke)}\n"))
    # Of one the number, its selector, and its GPU, which neither GKE nor the machine has; of the other two fields.
    assert sorted(codes(lines)) == ["SW203", "SW203", "SW203", "SW222", "SW223", "SW225"]


def test_fields_of_provisioned_pools_are_said_beside_a_wrong_pool(loader: Loader) -> None:
    lines = loader.refuse(pools({"acceleratorCount": 0, "diskSizeGb": 100}))
    assert sorted(codes(lines)) == ["SW203", "SW221"]
