"""Pools of NVIDIA's DRA driver against devices, classes and versions: what is told, and how bad it is."""

from __future__ import annotations

from typing import Any

import pytest

from embedded.dra_devices import (
    driver_classes,
    dynamic_gpus,
    gpus_cut_alike,
    resource_slices,
    whole_gpus,
)
from slicewise.clusters.live.facts import Readable
from slicewise.clusters.verify.verification import Creates, compare_clusters
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile
from tests.unit.clusters.built_clusters import ENVIRONMENT
from tests.unit.clusters.kubernetes_json import Json
from tests.unit.clusters.live.answers import refused
from tests.unit.clusters.live.dra_answers import path_of
from tests.unit.clusters.verify.drivers.driven import (
    BARE,
    CUT,
    GOOD_CLASS,
    OTHER,
    RESOURCE,
    compared,
    created,
    cut_pool,
    driven,
    incomplete,
    lacking,
    on_demand_pool,
    told,
    verified,
    whole_pool,
    with_claims,
    with_selector,
    without_counters,
)


def test_gpus_that_are_cut_on_demand_are_what_is_declared_and_counted_by_profile() -> None:
    found = verified(on_demand_pool("3g.40gb", "1g.10gb"), driven({"n": dynamic_gpus("h100-80gb", 8)}))
    assert found.differences == ()
    assert [(each.resource, each.units, each.units_declared) for each in found.pools] == [
        ("nvidia.com/mig-1g.10gb", 56, 56),
        ("nvidia.com/mig-3g.40gb", 16, 16),
    ]


def test_of_media_extensions_a_gpu_has_one() -> None:
    (numbers,) = verified(on_demand_pool("1g.10gb+me"), driven({"n": dynamic_gpus("h100-80gb", 8)})).pools
    assert numbers.units == 8


def test_that_the_driver_cuts_on_demand_what_is_declared_as_cut_is_a_warning() -> None:
    live = driven({"n": dynamic_gpus("h100-80gb", 8)})
    assert told(verified(cut_pool(), live)) == lacking("SW611", severity="warning")
    (found,) = verified(cut_pool(), live).differences
    assert "profiles: [3g.40gb]" in found.remedy
    assert verified(on_demand_pool("3g.40gb"), live).differences == ()


def held_by_others(pool: Document, *devices: str, replicas: int = 1) -> list[tuple[str, str]]:
    """Return severity and remedy of what is told where pods of others hold devices of the node's eight GPUs."""
    live = driven({"n": dynamic_gpus("h100-80gb", 8)}, answers=with_claims(*devices))
    found = verified(pool, live, replicas=replicas).differences
    assert {each.code.value for each in found} <= {"SW613"}
    return [(each.severity.value, each.remedy) for each in found]


def test_what_others_hold_of_profiles_that_are_not_listed_is_told() -> None:
    pool = on_demand_pool("3g.40gb", "1g.10gb")
    elsewhere, whole = "or move these pods to other nodes", "which takes the place of a whole GPU"
    assert held_by_others(pool, "gpu-0-mig-2g20gb-14-0") == [
        ("warning", f"write 2g.20gb in profiles, with 2g.20gb: 1 in reservedSlices; {elsewhere}")
    ]
    assert held_by_others(pool, "gpu-0-mig-1g10gb-me-20-4") == [
        ("warning", f"write 1g.10gb: 1 in reservedSlices, which takes the place of a 1g.10gb+me; {elsewhere}")
    ]
    assert held_by_others(pool, "gpu-0", "gpu-3") == [
        ("warning", f"write 7g.80gb in profiles, with 7g.80gb: 2 in reservedSlices, {whole}; {elsewhere}")
    ]


@pytest.mark.parametrize(
    ("reserved", "device"),
    [
        ({"2g.20gb": 1}, "gpu-0-mig-2g20gb-14-0"),
        ({"1g.10gb": 1}, "gpu-0-mig-1g10gb-me-20-4"),
        ({"7g.80gb": 1}, "gpu-0"),
    ],
)
def test_what_others_hold_is_not_told_where_it_is_reserved(reserved: dict[str, int], device: str) -> None:
    pool = on_demand_pool(*dict.fromkeys(["3g.40gb", "1g.10gb", *reserved]))
    pool["capabilities"]["migConfiguration"]["reservedSlices"] = reserved
    assert held_by_others(pool, device) == []


@pytest.mark.parametrize("device", ["mig-1g10gb-19-0", "mig-2g20gb-14-0"])
@pytest.mark.parametrize(("replicas", "severity"), [(13, "warning"), (14, "error")])
def test_it_is_an_error_where_the_plan_counts_on_the_places(device: str, replicas: int, severity: str) -> None:
    # Three GPUs have one place for 3g.40gb left, and five have two: 13.
    devices = [f"gpu-{number}-{device}" for number in range(3)]
    pool = on_demand_pool("3g.40gb", *(["1g.10gb"] if "1g" in device else []))
    live = driven({"n": dynamic_gpus("h100-80gb", 8)}, answers=with_claims(*devices))
    large = model("m", profile("any", memoryPerGpu="38Gi"))
    fleet = fleet_of([environment(ENVIRONMENT, pool), large, deployment("d", "m", replicas=replicas)])
    (found,) = compare_clusters(fleet, make_plan(fleet), {ENVIRONMENT: live}).differences
    assert (found.code.value, found.severity.value) == ("SW613", severity)


@pytest.mark.parametrize(("gpus", "severity"), [(6, "warning"), (5, "error")])
def test_fewer_gpus_are_an_error_where_the_plan_counts_on_their_places(gpus: int, severity: str) -> None:
    # Eight slices of 1g.10gb block one place each: of twelve places four are left, of ten two.
    live = driven({"n": dynamic_gpus("h100-80gb", gpus)})
    asked = {"small": ("8Gi", 8), "large": ("38Gi", 4)}
    models = [model(name, profile("any", memoryPerGpu=memory)) for name, (memory, _) in asked.items()]
    deployments = [deployment(name, name, replicas=count) for name, (_, count) in asked.items()]
    declared = environment(ENVIRONMENT, on_demand_pool("3g.40gb", "1g.10gb"))
    fleet = fleet_of([declared, *models, *deployments])
    found = compare_clusters(fleet, make_plan(fleet), {ENVIRONMENT: live}).differences
    assert {(each.code.value, each.severity.value) for each in found} == {("SW605", severity)}


def test_fewer_gpus_that_are_cut_on_demand_are_a_matter_of_their_number() -> None:
    live = driven({"n": dynamic_gpus("h100-80gb", 6)})
    (found,) = verified(on_demand_pool("3g.40gb"), live).differences
    assert found.code.value == "SW605"
    assert "correct acceleratorCount" in found.remedy
    assert verified(on_demand_pool("3g.40gb", acceleratorCount=6), live).differences == ()


def test_fewer_devices_are_too_few_for_so_many_replicas_alone() -> None:
    live = driven({"n": gpus_cut_alike("h100-80gb", 6, "3g.40gb")})
    assert told(verified(cut_pool(), live)) == lacking("SW605", severity="warning")
    assert told(verified(cut_pool(), live, replicas=13)) == lacking("SW605")
    assert verified(cut_pool(reservedUnits=4), live).differences == ()


def test_a_tainted_device_is_one_less() -> None:
    live = driven({"n": whole_gpus("h100-80gb", 8).with_taint("gpu-3")})
    (found,) = verified(whole_pool(), live).differences
    assert (found.code.value, found.severity.value) == ("SW657", "warning")
    assert "gpu.nvidia.com/xid" in found.message
    assert verified(whole_pool(reservedUnits=1), live).differences == ()


def test_a_taint_without_an_effect_on_pods_is_none() -> None:
    live = driven({"n": whole_gpus("h100-80gb", 8).with_taint("gpu-3", effect="None")})
    assert verified(whole_pool(), live).differences == ()


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ({"driver": "gpu.nvidia.com", "pool": "n", "device": "gpu-3"}, ["SW657"]),
        ({"pool": "n"}, ["SW657"]),
        ({"driver": "other"}, []),
        ({"pool": "m"}, []),
    ],
)
def test_a_taint_rule_is_a_taint_of_the_devices_that_it_selects(selector: Json, codes: list[str]) -> None:
    rule = {"spec": {"deviceSelector": selector, "taint": {"key": "example.com/out", "effect": "NoSchedule"}}}
    answers = {path_of("devicetaintrules"): {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": [rule]}}
    live = driven({"n": whole_gpus("h100-80gb", 8)}, answers=answers)
    assert [each.code.value for each in verified(whole_pool(), live).differences] == codes


def test_of_several_classes_the_newest_is_judged_and_that_there_are_several_is_told() -> None:
    good, other = created(GOOD_CLASS, "2026-01-02T00:00:00Z"), created(OTHER, "2026-01-01T00:00:00Z")
    assert told(verified(cut_pool("extendedResource"), driven(classes=[good, other]))) == lacking(
        "SW651", severity="warning"
    )
    good, other = created(GOOD_CLASS, "2026-01-01T00:00:00Z"), created(OTHER, "2026-01-02T00:00:00Z")
    assert told(verified(cut_pool("extendedResource"), driven(classes=[good, other]))) == [
        ("SW650", "error"),
        ("SW651", "warning"),
    ]


def test_of_two_that_are_equally_old_the_first_by_name_is_used() -> None:
    first, second = (created(each, "2026-01-01T00:00:00Z") for each in (GOOD_CLASS, OTHER))
    assert told(verified(cut_pool("extendedResource"), driven(classes=[second, first]))) == lacking(
        "SW651", severity="warning"
    )


def test_a_selector_that_every_device_satisfies_now_may_fail_later() -> None:
    assert told(verified(cut_pool("extendedResource"), driven(classes=[BARE]))) == lacking("SW652", severity="warning")


def test_what_is_not_evaluated_is_not_guessed() -> None:
    bound = with_selector("cel.bind(a, device.attributes['gpu.nvidia.com'], a.?profile.orValue('') == '3g.40gb')")
    assert told(verified(cut_pool("extendedResource"), driven(classes=[bound]))) == lacking("SW650", severity="warning")


def test_a_class_that_the_stack_makes_is_not_missed() -> None:
    live, creates = driven(classes=driver_classes()), Creates(device_classes=True)
    assert compared(cut_pool("extendedResource"), live, creates=creates).differences == ()


def test_without_pods_of_the_plan_nothing_is_an_error() -> None:
    found = verified(cut_pool("extendedResource"), driven(classes=[]), replicas=0)
    assert told(found) == lacking("SW649", severity="warning")


@pytest.mark.parametrize(
    ("version", "declared", "codes"),
    [
        ("1.37.2", "1.37", []),
        ("1.37.2", "1.36.1", ["SW654"]),
        ("1.37.2-gke.100", "1.37.0", []),
        ("1.35.0", "1.37", ["SW653"]),
    ],
)
def test_a_version_that_is_declared_is_compared(version: str, declared: str, codes: list[str]) -> None:
    live = driven(kubernetes=version)
    result = verified(cut_pool("extendedResource"), live, kubernetesVersion=declared)
    assert [each.code.value for each in result.differences] == codes


def test_the_declared_version_is_corrected_by_its_remedy() -> None:
    (found,) = verified(cut_pool(), driven(kubernetes="1.36.4"), kubernetesVersion="1.37").differences
    assert found.remedy == "write kubernetesVersion: 1.36"
    assert verified(cut_pool(), driven(kubernetes="1.36.4"), kubernetesVersion="1.36").differences == ()


def test_of_a_pool_of_the_device_plugin_it_is_a_warning_that_the_driver_offers_its_gpus_too() -> None:
    live = driven(resources={RESOURCE: 16})
    assert told(verified(cut_pool("devicePlugin"), live)) == lacking("SW656", severity="warning")


def test_what_the_device_plugin_offers_is_what_pods_get_where_a_class_answers_too() -> None:
    """kube-scheduler 1.37.2: of 4 units of the plugin and 4 devices on a node 4 pods get one."""
    live = driven(resources={RESOURCE: 4})
    (numbers,) = verified(cut_pool("extendedResource", reservedUnits=12), live).pools
    assert numbers.units == 4


def test_a_plugin_that_is_switched_off_on_purpose_is_not_looked_for() -> None:
    gfd = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8"}
    live = driven({"n": None}, labels=gfd | {"nvidia.com/gpu.deploy.device-plugin": "false"})
    (found,) = [each for each in verified(cut_pool("devicePlugin"), live).differences if each.subject.node_pool]
    assert found.code.value == "SW604"
    assert "nvidia.com/gpu.deploy.device-plugin is false" in found.message


def test_old_generations_and_other_drivers_say_nothing() -> None:
    old = resource_slices("n", gpus_cut_alike("h100-80gb", 8, "1g.10gb"))
    for each in old:
        each["metadata"] = {"name": "old"}
        each["spec"]["pool"] = each["spec"]["pool"] | {"generation": 0}
    other = resource_slices("n", whole_gpus("h100-80gb", 8))
    for each in other:
        each["metadata"] = {"name": "other"}
        each["spec"]["driver"] = "compute-domain.nvidia.com"
    assert verified(cut_pool(), driven(more_slices=[*old, *other])).differences == ()


def test_where_the_server_keeps_no_counters_slices_that_are_cut_on_demand_may_overlap() -> None:
    live = driven({"n": None}, more_slices=without_counters("n"), kubernetes="1.34.2")
    assert told(verified(cut_pool(acceleratorCount=1), live)) == lacking("SW658")


@pytest.mark.parametrize(
    ("kind", "declared", "codes"),
    [
        (Readable.RESOURCE_SLICES, cut_pool(), ["SW621", "SW655"]),
        (Readable.DEVICE_CLASSES, cut_pool("extendedResource"), ["SW621"]),
        (Readable.RESOURCE_CLAIMS, cut_pool(), ["SW621"]),
    ],
)
def test_what_may_not_be_read_is_told(kind: Readable, declared: Document, codes: list[str]) -> None:
    answers: dict[str, Any] = {path_of(kind.value): refused(403)}
    labels = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8"}
    live = driven(answers=answers, labels=labels)
    assert sorted(each.code.value for each in verified(declared, live).differences) == codes


def test_who_may_not_list_slices_is_not_bothered_where_the_device_plugin_offers_all() -> None:
    live = driven({"n": None}, resources={RESOURCE: 16}, answers={path_of("resourceslices"): refused(403)})
    assert live.unread == (Readable.RESOURCE_SLICES,)
    assert verified(cut_pool("devicePlugin"), live).differences == ()


def test_up_to_1_34_what_is_published_can_be_had_while_slices_are_missing() -> None:
    live = driven({"n": None}, more_slices=incomplete(CUT), kubernetes="1.34.2")
    assert verified(cut_pool(), live).differences == ()


@pytest.mark.parametrize("allocation", ["claim", "extendedResource"])
def test_nodes_where_nothing_speaks_of_gpus_lack_the_driver(allocation: str) -> None:
    """Neither device plugin nor GPU feature discovery runs there, which are not asked for either."""
    (found,) = verified(cut_pool(allocation), driven({"n": None}), replicas=2).differences
    assert (found.code.value, found.severity.value) == ("SW655", "error")
    assert "on 1 of 1 node (n): no ResourceSlice of NVIDIA's DRA driver (gpu.nvidia.com) and no GPU label" in str(found)
    assert "device plugin" not in str(found)
    # Who installs it is told no more of it.
    assert verified(cut_pool(allocation), driven(), replicas=2).differences == ()


def test_nodes_where_nothing_speaks_of_gpus_lack_the_device_plugin_where_that_is_declared() -> None:
    (found,) = verified(cut_pool("devicePlugin"), driven({"n": None}), replicas=2).differences
    assert found.code.value == "SW604"
    assert "install NVIDIA's driver and device plugin" in found.remedy


def free_by_profile(pool: Document, *devices: str) -> dict[str, int | None]:
    """Return what is free of each resource of a node of eight GPUs, where pods of others hold devices."""
    live = driven({"n": dynamic_gpus("h100-80gb", 8)}, answers=with_claims(*devices))
    return {each.resource.rpartition("/")[2]: each.free for each in verified(pool, live).pools}


def test_slices_of_one_profile_take_places_of_the_others_where_gpus_are_cut_on_demand() -> None:
    """On an H100 a slice of 3g.40gb covers half of the memory (MIG User Guide), so 1g.10gb takes one place of two."""
    pool = on_demand_pool("3g.40gb", "1g.10gb")
    assert free_by_profile(pool) == {"mig-1g.10gb": 56, "mig-3g.40gb": 16}
    small = [f"gpu-{number}-mig-1g10gb-19-0" for number in range(6)]
    assert free_by_profile(pool, *small) == {"mig-1g.10gb": 50, "mig-3g.40gb": 10}
    # Of profiles that the pool does not list, too.
    assert free_by_profile(on_demand_pool("3g.40gb"), *small) == {"mig-3g.40gb": 10}
    assert free_by_profile(on_demand_pool("3g.40gb"), "gpu-0-mig-3g40gb-9-0") == {"mig-3g.40gb": 15}


def test_a_gpu_that_somebody_has_whole_is_free_for_nobody() -> None:
    pool = on_demand_pool("7g.80gb")
    pool["capabilities"]["migConfiguration"]["wholeGpus"] = 2
    assert free_by_profile(pool, "gpu-0", "gpu-3") == {"gpu": 6, "mig-7g.80gb": 6}
    assert free_by_profile(pool, "gpu-0-mig-7g80gb-0-0") == {"gpu": 7, "mig-7g.80gb": 7}


def test_fewer_gpus_on_one_node_of_several_count_for_the_places_of_all_profiles() -> None:
    """Eight GPUs of one node, or of four each: 3 slices of 3g.40gb and 14 of 1g.10gb may block these for the last."""
    pool = on_demand_pool("3g.40gb", "1g.10gb", nodeCount=2)
    live = driven({"n": dynamic_gpus("h100-80gb", 8), "m": dynamic_gpus("h100-80gb", 4)})

    def severities(small: int) -> set[str]:
        models = [model("large", profile("p", memoryPerGpu="38Gi")), model("small", profile("p", memoryPerGpu="4Gi"))]
        deployments = [deployment("a", "large", replicas=3), deployment("b", "small", replicas=small)]
        fleet = fleet_of([environment(ENVIRONMENT, pool), *models, *deployments])
        plan = make_plan(fleet)
        assert len(plan.placements) == 2
        found = compare_clusters(fleet, plan, {ENVIRONMENT: live}).differences
        assert {each.code.value for each in found} == {"SW605"}
        return {each.severity.value for each in found}

    # Of 16 halves two others of 3g.40gb take two, and each of 1g.10gb one.
    assert severities(13) == {"warning"}
    assert severities(14) == {"error"}


def test_fewer_whole_gpus_than_declared_are_declared_as_they_are() -> None:
    pool = on_demand_pool("3g.40gb")
    pool["capabilities"]["migConfiguration"]["wholeGpus"] = 2
    found = verified(pool, driven({"n": dynamic_gpus("h100-80gb", 1)})).differences
    (whole,) = (each for each in found if "nvidia.com/gpu" in each.message)
    assert "write wholeGpus: 1, or find out why the driver publishes no more devices" in whole.remedy
    assert not [each for each in found if "None" in str(each)]


def test_whole_gpus_that_others_hold_are_told_once_and_reserved_as_what_takes_their_places() -> None:
    pool = on_demand_pool("3g.40gb")
    mig = pool["capabilities"]["migConfiguration"]
    mig["wholeGpus"] = 8
    held = [f"gpu-{number}" for number in range(7)]
    ((severity, remedy),) = held_by_others(pool, *held)
    assert severity == "warning"
    assert remedy.startswith("write 7g.80gb in profiles, with 7g.80gb: 7 in reservedSlices, ")
    mig["profiles"], mig["reservedSlices"] = ["3g.40gb", "7g.80gb"], {"7g.80gb": 7}
    assert held_by_others(pool, *held) == []
