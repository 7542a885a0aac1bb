"""A real API server takes what NVIDIA's DRA driver publishes, and its nodes take it with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube import ApiError
from lightkube.resources.core_v1 import Node

from embedded.deadlines import wait_until
from embedded.dra_boards import DRA_BOARDS
from embedded.dra_devices import driver_classes, dynamic_gpus, gpus_cut_alike, resource_slices, whole_gpus
from embedded.dra_objects import (
    DEVICE_CLASSES,
    RESOURCE_SLICES,
    create_slices,
    install_device_classes,
    server_version,
    stored_specs,
)
from embedded.fake_nodes import FakePool, add_nodes

if TYPE_CHECKING:
    from lightkube import Client

    from embedded.control_plane import ControlPlane
    from embedded.dra_devices import DraGpus

pytestmark = pytest.mark.xdist_group("plane")

# On 1.34 the server drops counters, whose feature gate is off there.
COUNTERS_FROM = (1, 35)
# A device has at most 32 attributes and capacities; the driver gives a slice 14, 7, and one for each memory slice.
MOST_MEMORY_SLICES = 11
SECONDS = 300


def of_every_kind() -> dict[str, DraGpus]:
    found = {"whole": whole_gpus("l40s", 8)}
    for name, board in DRA_BOARDS.items():
        for number, profile in enumerate(board.profiles):
            if profile.size > MOST_MEMORY_SLICES:
                continue
            found[f"{name}-{number}"] = gpus_cut_alike(name, 8, profile.name)
        if board.profiles:
            found[f"{name}-on-demand"] = dynamic_gpus(name, 8)
    return found


def test_it_stores_them_as_they_are(plane: ControlPlane, client: Client) -> None:
    kinds, version = of_every_kind(), server_version(client)
    with_counters = version >= COUNTERS_FROM
    pools = [FakePool(name, 1, devices=gpus) for name, gpus in kinds.items() if with_counters or not gpus.dynamic]
    add_nodes(plane, pools)
    stored = stored_specs(client, RESOURCE_SLICES)
    wanted = {
        each["metadata"]["name"]: each["spec"]
        for pool in pools
        for name in pool.node_names()
        for each in resource_slices(name, kinds[pool.name], version)
    }
    assert stored == wanted
    for pool in pools:
        client.delete(Node, f"{pool.name}-0")
    wait_until("slices went with their nodes", lambda: not list(client.list(RESOURCE_SLICES)), SECONDS)


def test_it_refuses_the_one_slice_of_twelve_memory_slices(client: Client) -> None:
    slices = resource_slices("n", gpus_cut_alike("rtx-pro-6000", 1, "4g.96gb"))
    with pytest.raises(ApiError, match="33: the total number of attributes and capacities must not exceed 32"):
        create_slices(client, slices)


def test_it_stores_the_classes_of_the_chart(client: Client) -> None:
    classes = driver_classes(extended=server_version(client) >= COUNTERS_FROM)
    install_device_classes(client, classes)
    stored = stored_specs(client, DEVICE_CLASSES)
    assert stored == {each["metadata"]["name"]: each["spec"] for each in classes}
    for name in stored:
        client.delete(DEVICE_CLASSES, name)
