"""What the real scheduler does with devices and classes, what it says of it, and that its words are explained."""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.scheduling_v1 import PriorityClass

from embedded.api_client import connect
from embedded.dra_devices import (
    cut_gpus,
    driver_classes,
    dynamic_gpus,
    gpus_cut_alike,
    profile_class,
    resource_slices,
    without_attribute,
)
from embedded.dra_objects import DEVICE_CLASSES, server_version, stored_specs
from embedded.fake_nodes import FakePool
from slicewise.clusters.readiness.pod_waits import waits_for
from slicewise.clusters.readiness.scheduler_words import meanings
from tests.cluster.dra_pods import dra_pods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.cluster import EmbeddedCluster
    from embedded.dra_devices import Json
    from tests.cluster.dra_pods import DraPods

pytestmark = pytest.mark.xdist_group("cluster-devices")

LARGE = "device.attributes['gpu.nvidia.com'].?profile.orValue('') == '3g.40gb'"
RESOURCE = "nvidia.com/mig-3g.40gb"
NO_DEVICES = "cannot allocate all claims"
# Until then as an alpha feature that is off.
EXTENDED_FROM, COUNTERS_FROM = (1, 36), (1, 36)
_NUMBERS = itertools.count(1)


class Made(Protocol):
    """Makes nodes, classes and a namespace for a test."""

    def __call__(
        self, *pools: FakePool, classes: list[Json] | None = None, slices: list[Json] | None = None
    ) -> AbstractContextManager[DraPods]: ...


@pytest.fixture
def made(cluster: EmbeddedCluster) -> Made:
    def make(
        *pools: FakePool, classes: list[Json] | None = None, slices: list[Json] | None = None
    ) -> AbstractContextManager[DraPods]:
        wanted = driver_classes() if classes is None else classes
        return dra_pods(cluster.plane, f"dra-{next(_NUMBERS)}", list(pools), wanted, slices)

    return make


def has(cluster: EmbeddedCluster, release: tuple[int, int]) -> bool:
    with connect(cluster.plane) as client:
        return server_version(client) >= release


@pytest.fixture
def important(cluster: EmbeddedCluster) -> Iterator[str]:
    with connect(cluster.plane) as client:
        client.create(PriorityClass(value=1000, metadata=ObjectMeta(name="important")))
        yield "important"
        client.delete(PriorityClass, "important")


def two_gpus(name: str = "d") -> FakePool:
    return FakePool(name, 1, devices=gpus_cut_alike("h100-80gb", 2, "3g.40gb"))


def test_as_many_pods_have_devices_as_there_are_and_the_next_is_told_why(made: Made) -> None:
    with made(two_gpus()) as pods:
        pods.claim("large", selector=LARGE)
        for number in range(4):
            pods.with_claim(f"p{number}", "large")
        pods.wait_placed("p0", "p1", "p2", "p3")
        pods.with_claim("last", "large")
        said = pods.waiting("last", NO_DEVICES)
        assert [each for each in meanings([said]) if each.startswith("cannot allocate all claims means")]


def test_nothing_is_preempted_for_devices(made: Made, important: str) -> None:
    with made(two_gpus()) as pods:
        pods.claim("large", selector=LARGE)
        for number in range(4):
            pods.with_claim(f"p{number}", "large")
        pods.wait_placed("p0", "p1", "p2", "p3")
        pods.with_claim("urgent", "large", priorityClassName=important)
        assert NO_DEVICES in pods.waiting("urgent", NO_DEVICES)
        assert pods.on_nodes() == ["p0", "p1", "p2", "p3"]


def test_a_class_that_is_missing_is_named(made: Made) -> None:
    with made(two_gpus()) as pods:
        pods.claim("nowhere", device_class="nowhere.example.com")
        pods.with_claim("p", "nowhere")
        assert meanings([pods.waiting("p", "device class nowhere.example.com does not exist")]) == [
            "there is no DeviceClass nowhere.example.com; those of NVIDIA's come with its DRA driver's chart"
        ]


def test_of_a_pod_whose_template_is_missing_the_scheduler_says_nothing_and_waiting_does(made: Made) -> None:
    with made(two_gpus()) as pods:
        pods.claim("there")
        pods.with_claim("p", "nowhere")
        pods.with_claim("later", "there")
        pods.wait_placed("later")
        waiting = pods.read("p")
        assert not [each for each in waiting["status"].get("conditions", []) if each["type"] == "PodScheduled"]
        said = waits_for(waiting)
        assert said is not None
        assert "its claim of the ResourceClaimTemplate nowhere is not made" in said


def test_one_device_without_an_attribute_ends_the_scheduling_on_every_node(
    made: Made, cluster: EmbeddedCluster
) -> None:
    """A selector that asks first whether it is there goes on; so does one that the driver alone ends."""
    odd = without_attribute(resource_slices("b-0", gpus_cut_alike("h100-80gb", 1, "3g.40gb")), "profile")
    bare = profile_class("bare", "3g.40gb", None, guarded=False)
    guarded = profile_class("guarded", "3g.40gb", None)
    with made(two_gpus("a"), FakePool("b", 1), classes=[bare, guarded], slices=odd) as pods:
        pods.claim("bare", device_class="bare")
        pods.claim("guarded", device_class="guarded")
        pods.with_claim("stopped", "bare")
        (meaning,) = meanings([pods.waiting("stopped", "CEL runtime error")])
        # In 1.34 the scheduler does not say which device.
        named = "gpu.nvidia.com/b-0/gpu-0-mig-3g40gb-9-" if has(cluster, EXTENDED_FROM) else "a device "
        assert meaning.startswith(named)
        assert "has no profile, which a selector reads: that ends the scheduling of the pod on every node" in meaning
        pods.with_claim("runs", "guarded")
        pods.wait_placed("runs")


def test_a_pool_whose_slices_are_not_all_there_gives_nothing(made: Made, cluster: EmbeddedCluster) -> None:
    """In 1.34 it gives what is there."""
    slices = resource_slices("b-0", gpus_cut_alike("h100-80gb", 1, "3g.40gb"))
    for each in slices:
        each["spec"]["pool"] = each["spec"]["pool"] | {"resourceSliceCount": 2}
    with made(FakePool("b", 1), slices=slices) as pods:
        pods.claim("large", selector=LARGE)
        pods.with_claim("p", "large")
        if has(cluster, EXTENDED_FROM):
            assert NO_DEVICES in pods.waiting("p", NO_DEVICES)
        else:
            pods.wait_placed("p")


def test_who_asks_for_any_slice_may_take_the_place_of_who_needs_a_large_one(made: Made) -> None:
    """The driver publishes devices in an order of chance; a pod gets the first that fits, and keeps it."""
    slices = resource_slices("b-0", cut_gpus("h100-80gb", (("3g.40gb", 4), ("1g.10gb", 0))))
    for each in slices:
        each["spec"]["devices"].reverse()
    with made(FakePool("b", 1), slices=slices) as pods:
        pods.claim("any")
        pods.claim("large", selector=LARGE)
        pods.with_claim("small", "any")
        pods.wait_placed("small")
        pods.with_claim("large", "large")
        assert NO_DEVICES in pods.waiting("large", NO_DEVICES)


def test_a_resource_of_a_class_is_answered_from_1_36(made: Made, cluster: EmbeddedCluster) -> None:
    with made(two_gpus(), classes=[profile_class("large", "3g.40gb", RESOURCE)]) as pods:
        for number in range(4):
            pods.with_resource(f"p{number}", RESOURCE)
        if has(cluster, EXTENDED_FROM):
            pods.wait_placed("p0", "p1", "p2", "p3")
            pods.with_resource("last", RESOURCE)
            assert NO_DEVICES in pods.waiting("last", NO_DEVICES)
        else:
            (meaning,) = meanings([pods.waiting("p0", f"Insufficient {RESOURCE}")])
            assert meaning.startswith(f"Insufficient {RESOURCE} means")
            assert "from Kubernetes 1.36" in meaning


def test_of_two_classes_of_a_resource_none_is_left_when_one_is_deleted(made: Made, cluster: EmbeddedCluster) -> None:
    """And when the other is deleted, too, and made again, pods get devices."""
    if not has(cluster, EXTENDED_FROM):
        pytest.skip("no DeviceClass answers a resource in this release")
    first, second = (profile_class(name, "3g.40gb", RESOURCE) for name in ("first", "second"))
    with made(two_gpus(), classes=[first]) as pods:
        pods.client.create(DEVICE_CLASSES.from_dict(second))
        pods.with_resource("p0", RESOURCE)
        pods.wait_placed("p0")
        pods.client.delete(DEVICE_CLASSES, "second")
        pods.wait("second gone", lambda: list(stored_specs(pods.client, DEVICE_CLASSES)) == ["first"])
        pods.with_resource("p1", RESOURCE)
        assert f"Insufficient {RESOURCE}" in pods.waiting("p1", f"Insufficient {RESOURCE}")
        pods.client.delete(DEVICE_CLASSES, "first")
        pods.client.create(DEVICE_CLASSES.from_dict(first))
        pods.with_resource("p2", RESOURCE)
        pods.wait("p2 on a node", lambda: "p2" in pods.on_nodes())


def test_where_a_device_plugin_offers_the_resource_its_units_count_alone(made: Made, cluster: EmbeddedCluster) -> None:
    if not has(cluster, EXTENDED_FROM):
        pytest.skip("no DeviceClass answers a resource in this release")
    both = FakePool("b", 1, resources={RESOURCE: 2}, devices=gpus_cut_alike("h100-80gb", 2, "3g.40gb"))
    with made(both, classes=[profile_class("large", "3g.40gb", RESOURCE)]) as pods:
        for number in range(3):
            pods.with_resource(f"p{number}", RESOURCE)
        pods.wait("two on the node", lambda: len(pods.on_nodes()) == 2)
        (left,) = {"p0", "p1", "p2"} - set(pods.on_nodes())
        assert f"Insufficient {RESOURCE}" in pods.waiting(left, f"Insufficient {RESOURCE}")


def test_gpus_that_are_cut_on_demand_give_each_place_once(made: Made, cluster: EmbeddedCluster) -> None:
    """NVIDIA MIG User Guide: two slices of 3g.40gb on an H100, and none beside 7g.80gb."""
    if not has(cluster, COUNTERS_FROM):
        pytest.skip("the API server drops counters in this release")
    all_of_it = "device.attributes['gpu.nvidia.com'].?profile.orValue('') == '7g.80gb'"
    with made(FakePool("b", 1, devices=dynamic_gpus("h100-80gb", 2))) as pods:
        pods.claim("whole", selector=all_of_it)
        pods.claim("large", selector=LARGE)
        pods.with_claim("whole", "whole")
        pods.wait_placed("whole")
        for number in range(3):
            pods.with_claim(f"p{number}", "large")
        pods.wait("three on nodes", lambda: len(pods.on_nodes()) == 3)
        (left,) = {"p0", "p1", "p2"} - set(pods.on_nodes())
        assert NO_DEVICES in pods.waiting(left, NO_DEVICES)
