"""Slices with a suffix, by the version of the device plugin.

Names of resources: k8s-device-plugin 0.19.3 and 0.20.0 run over a mock of NVML; labels are the same in both.
"""

from __future__ import annotations

import pytest

from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.nodes import live_node
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, verified
from tests.unit.clusters.discover.describing import described
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.clusters.live.labelled import H100, labels_of, resources_of

CUT = H100 + "gpu.replicas=0 mig.strategy=mixed mig-1g.10gb.me.count=8 mig-1g.10gb.me.memory=9984 "
BOTH = CUT + "mig-1g.10gb.count=48 mig-1g.10gb.memory=9984 "
OLD, NEW = "mig-1g.10gb", "mig-1g.10gb.me"
RTX = (
    "gpu.product=NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition gpu.count=2 gpu.memory=97887 gpu.replicas=0 "
    "mig.strategy=mixed "
)


def node(labels: str, resources: str) -> Json:
    return node_json("n", labels_of(labels) | {"all": "a"}, resources_of(resources))


def told(profile_name: str, version: str | None, of: Json, **fields: object) -> list[tuple[str, str, str, str]]:
    """Return code, severity, message and remedy of what differs, where one replica is planned."""
    declared = slices("p", profile_name, nodeSelector={"all": "a"}, **({"memoryPerGpu": "9984Mi"} | fields))
    return [
        (each.code.value, each.severity.value, each.message, each.remedy)
        for each in verified(documents(declared, version), cluster(of)).differences
    ]


def documents(declared: Document, version: str | None) -> list[Document]:
    site = environment(ENVIRONMENT, declared)
    if version:
        site["spec"]["devicePluginVersion"] = version
    return [site, model("m", profile("any", memoryPerGpu="4Gi", mig="only")), deployment("d", "m")]


def cluster(of: Json) -> LiveCluster:
    return LiveCluster((live_node(of),), (), (), serves_kserve=True, namespaces=frozenset({"team"}))


@pytest.mark.parametrize(
    ("version", "resource"),
    [
        (None, NEW),
        ("0.17.4", OLD),
        ("0.19.3", OLD),
        ("0.20.0", NEW),
        ("0.20.1", NEW),
        ("1.0.0", NEW),
        # Numbers, not text.
        ("0.9.0", OLD),
        ("0.100.0", NEW),
    ],
)
def test_pods_ask_for_what_that_version_offers(version: str | None, resource: str) -> None:
    fleet = fleet_of(documents(slices("p", "1g.10gb+me", memoryPerGpu="9984Mi"), version))
    assert fleet.environments[0].spec.node_pools[0].resource == f"nvidia.com/{resource}"


@pytest.mark.parametrize("version", ["0.19.3", "0.20.0"])
def test_profiles_without_a_suffix_and_strategy_single_have_one_name(version: str) -> None:
    for declared, resource in (
        (slices("p", "3g.40gb"), "nvidia.com/mig-3g.40gb"),
        (slices("p", "1g.10gb+me", strategy="single", memoryPerGpu="9Gi"), "nvidia.com/gpu"),
    ):
        fleet = fleet_of(documents(declared, version))
        assert fleet.environments[0].spec.node_pools[0].resource == resource


@pytest.mark.parametrize("version", [None, "0.20.0"])
def test_an_old_device_plugin_is_told_and_both_remedies_end_it(version: str | None) -> None:
    layout = "mig.config=all-1g.10gb.me mig.config.state=success"
    ((code, severity, message, remedy),) = told("1g.10gb+me", version, node(CUT + layout, f"{OLD}=8"))
    assert (code, severity) == ("SW647", "error")
    assert "0.19.3 or older, offers slices of 1g.10gb+me as nvidia.com/mig-1g.10gb: 8" in message
    assert remedy.startswith("write devicePluginVersion: 0.19.3 in the environment's spec, or update the device plugin")
    assert told("1g.10gb+me", "0.19.3", node(CUT + layout, f"{OLD}=8")) == []
    assert told("1g.10gb+me", version, node(CUT + layout, f"{NEW}=8")) == []


def test_a_new_device_plugin_is_told_and_its_remedies_end_it() -> None:
    ((code, severity, message, remedy),) = told("1g.10gb+me", "0.19.3", node(CUT, f"{NEW}=8"))
    assert (code, severity) == ("SW647", "error")
    assert "offers slices of 1g.10gb+me as nvidia.com/mig-1g.10gb.me: 8, as it does from 0.20.0" in message
    assert remedy == "leave devicePluginVersion out of the environment's spec, or write 0.20.0"
    assert told("1g.10gb+me", None, node(CUT, f"{NEW}=8")) == []
    assert told("1g.10gb+me", "0.20.0", node(CUT, f"{NEW}=8")) == []


@pytest.mark.parametrize("version", [None, "0.19.3"])
def test_slices_with_and_without_a_suffix_under_one_name(version: str | None) -> None:
    ((code, _, message, remedy),) = told("1g.10gb+me", version, node(BOTH, f"{OLD}=56"))
    assert code == "SW647"
    assert "offers slices of 1g.10gb+me and others alike as nvidia.com/mig-1g.10gb: 56" in message
    assert remedy == "update the device plugin to 0.20.0, or declare profile: 1g.10gb, whose name they all have"
    assert told("1g.10gb", version, node(BOTH, f"{OLD}=56")) == []
    updated = node(BOTH, f"{OLD}=48 {NEW}=8")
    assert told("1g.10gb+me", None, updated) == []


@pytest.mark.parametrize(("suffix", "label"), [("+gfx", ".gfx"), ("-me", "-me"), ("+me.all", ".me.all")])
def test_every_suffix(suffix: str, label: str) -> None:
    units = 2 if suffix == "+me.all" else 8
    labels = f"{RTX} mig-1g.24gb{label}.count={units} mig-1g.24gb{label}.memory=24192"
    rtx = {"acceleratorType": "rtx-pro-6000", "acceleratorCount": 2, "memoryPerGpu": "23680Mi"}
    old, new = node(labels, f"mig-1g.24gb={units}"), node(labels, f"mig-1g.24gb{label}={units}")
    assert [each[0] for each in told(f"1g.24gb{suffix}", None, old, **rtx)] == ["SW647"]
    assert told(f"1g.24gb{suffix}", "0.19.3", old, **rtx) == []
    assert told(f"1g.24gb{suffix}", None, new, **rtx) == []


def test_without_gpu_feature_discovery_an_old_name_is_believed() -> None:
    silent = node("node.kubernetes.io/instance-type=p5.48xlarge", f"{OLD}=8")
    assert told("1g.10gb+me", "0.19.3", silent) == []
    assert [each[0] for each in told("1g.10gb+me", None, silent)] == ["SW606"]


def test_slices_that_labels_count_without_the_suffix_are_others() -> None:
    plain = node(H100 + "gpu.replicas=0 mig.strategy=mixed mig-1g.10gb.count=8 mig-1g.10gb.memory=9984", f"{OLD}=8")
    assert [each[0] for each in told("1g.10gb+me", "0.19.3", plain)] == ["SW606"]


def test_discover_writes_the_name_that_there_is() -> None:
    pools, comments = described([node(CUT, f"{OLD}=8")])
    (declared,) = pools.values()
    assert declared["capabilities"]["migConfiguration"]["slices"] == {"1g.10gb": 8}
    assert any(
        "slices of 1g.10gb+me are among these: the device plugin is 0.19.3 or older" in each for each in comments
    )
    pools, comments = described([node(CUT, f"{NEW}=8")])
    (declared,) = pools.values()
    assert declared["capabilities"]["migConfiguration"]["profile"] == "1g.10gb+me"
    assert not any("0.19.3" in each for each in comments)
