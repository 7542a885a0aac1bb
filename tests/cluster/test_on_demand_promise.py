"""GPUs cut on demand, by kube-scheduler and devices as NVIDIA's DRA driver publishes them: what is accepted runs."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace, Node, Pod

from embedded.api_client import connect
from embedded.deadlines import wait_until
from embedded.dra_devices import driver_classes, dynamic_gpus
from embedded.dra_objects import (
    CLAIM_TEMPLATES,
    DEVICE_CLASSES,
    RESOURCE_CLAIMS,
    install_device_classes,
    server_version,
)
from embedded.fake_nodes import FakePool, add_nodes
from slicewise.documents import OLDEST_RELEASE, Allocation
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.dra_pods import wait_unpublished
from tests.cluster.test_promise import refuse, schedule
from tests.documents import fleet_of
from tests.unit.planning.on_demand_fleets import (
    BOARDS,
    ENVIRONMENT,
    PROFILES,
    OnDemandPool,
    on_demand_documents,
    planned_pools,
)
from tests.unit.planning.placed_on_demand import WHOLE, AskedSlice

if TYPE_CHECKING:
    from lightkube import Client

    from embedded.cluster import EmbeddedCluster

pytestmark = [pytest.mark.xdist_group("cluster-devices"), pytest.mark.long]

SEEDS = range(12)
# Pods ask alike for their slices, whoever writes the claim: some of the same fleets are enough.
SEEDS_BY_CLASSES = range(6)
SECONDS = 300
# Counters, by which places exclude each other, are dropped by older servers, whose feature gate is off.
COUNTERS_FROM = (1, 36)


@pytest.fixture(scope="module")
def client(cluster: EmbeddedCluster) -> Iterator[Client]:
    """A client of a cluster with the driver's classes."""
    with connect(cluster.plane) as client:
        if server_version(client) < COUNTERS_FROM:
            pytest.skip("the API server drops counters in this release")
        classes = driver_classes(extended=has_extended_resources(client))
        install_device_classes(client, classes)
        yield client
        for each in classes:
            client.delete(DEVICE_CLASSES, each["metadata"]["name"])


def has_extended_resources(client: Client) -> bool:
    """Return whether DeviceClasses answer resources in the cluster's Kubernetes."""
    oldest = OLDEST_RELEASE[Allocation.EXTENDED_RESOURCE]
    return server_version(client) >= tuple(map(int, oldest.split(".")))


@contextmanager
def nodes(cluster: EmbeddedCluster, client: Client, pool: OnDemandPool) -> Iterator[None]:
    """Add the nodes of a pool for a while."""
    fake = FakePool(
        pool.name,
        pool.nodes,
        labels={"pool": pool.name},
        cpu="1000" if pool.cpu is None else str(pool.cpu),
        devices=dynamic_gpus(pool.gpu, pool.gpus),
    )
    add_nodes(cluster.plane, [fake])
    try:
        yield
    finally:
        for name in fake.node_names():
            client.delete(Node, name)
        wait_unpublished(client, fake.node_names())


@contextmanager
def namespace(client: Client, name: str, gpu: str, planned: Sequence[dict[str, Any]] = ()) -> Iterator[str]:
    """Make a namespace with the claim templates of a plan, and one of other people's for each kind of slice."""
    client.create(Namespace(metadata=ObjectMeta(name=name)))
    for each in planned:
        metadata = {key: value for key, value in each["metadata"].items() if key != "namespace"}
        client.create(CLAIM_TEMPLATES.from_dict(each | {"metadata": metadata}), namespace=name)
    for number, kind in enumerate(BOARDS[gpu]):
        client.create(CLAIM_TEMPLATES.from_dict(template(f"kind-{number}", kind, gpu)), namespace=name)
    try:
        yield name
    finally:
        client.deletecollection(Pod, namespace=name, grace_period=0)
        wait_until("claims are gone", lambda: not list(client.list(RESOURCE_CLAIMS, namespace=name)), SECONDS)
        client.delete(Namespace, name)


def template(name: str, kind: str, gpu: str) -> dict[str, Any]:
    """Return a ResourceClaimTemplate of one slice of a profile, or of a whole GPU."""
    asked: dict[str, Any] = {"deviceClassName": "gpu.nvidia.com", "allocationMode": "ExactCount", "count": 1}
    if kind != WHOLE:
        own = "device.attributes['gpu.nvidia.com']"
        wanted = f"'profile' in {own} && {own}.profile == '{PROFILES[gpu][kind]}'"
        asked |= {"deviceClassName": "mig.nvidia.com", "selectors": [{"cel": {"expression": wanted}}]}
    requests = [{"name": "slice", "exactly": asked}]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": name},
        "spec": {"spec": {"devices": {"requests": requests}}},
    }


def pods_of_services(objects: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every pod of the services among `objects`, each with the image that KServe would add."""
    for service in objects:
        if service["kind"] == "LLMInferenceService":
            spec = service["spec"]["template"]
            images = {
                key: [each | {"image": "vllm:test"} for each in spec[key]]
                for key in ("initContainers", "containers")
                if key in spec
            }
            for replica in range(service["spec"]["replicas"]):
                yield {"metadata": {"name": f"{service['metadata']['name']}-{replica}"}, "spec": spec | images}


def pod(name: str, pool: OnDemandPool, asked: AskedSlice) -> dict[str, Any]:
    """Return somebody else's pod that asks for a slice on the nodes of `pool`."""
    resources: dict[str, Any] = {"claims": [{"name": "slice"}]}
    if asked.cpu:
        resources["requests"] = {"cpu": str(asked.cpu)}
    claim = {"name": "slice", "resourceClaimTemplateName": f"kind-{list(BOARDS[pool.gpu]).index(asked.profile)}"}
    return {
        "metadata": {"name": name},
        "spec": {
            "nodeSelector": {"pool": pool.name},
            "containers": [{"name": "main", "image": "vllm:test", "resources": resources}],
            "resourceClaims": [claim],
        },
    }


def gigabytes(document: dict[str, Any]) -> int:
    """Return the number in the profile that a pod asks for, by template or resource; that of whole GPUs is larger."""
    claims = document["spec"].get("resourceClaims")
    asked = claims[0]["resourceClaimTemplateName"] if claims else json.dumps(document["spec"]["containers"])
    profile = re.search(r"g\.(\d+)gb", asked)
    return int(profile[1]) if profile else 1_000


def orders(pods: list[dict[str, Any]], seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield five orders: small slices first, large ones first, from both ends in turns, and shuffled twice."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    by_size = sorted(pods, key=gigabytes)
    yield by_size
    yield by_size[::-1]
    yield [*by_size[::2], *by_size[1::2][::-1]]
    for _ in range(2):
        yield rng.sample(pods, len(pods))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_accepted_pod_is_scheduled_in_every_order(cluster: EmbeddedCluster, client: Client, seed: int) -> None:
    assert_promised(cluster, client, on_demand_documents(seed, most_gpus=3), seed)


@pytest.mark.parametrize("seed", SEEDS_BY_CLASSES)
def test_every_accepted_pod_that_asks_for_a_resource_is_scheduled_in_every_order(
    cluster: EmbeddedCluster, client: Client, seed: int
) -> None:
    """A DeviceClass answers the resource of each profile; the pods of others claim."""
    if not has_extended_resources(client):
        pytest.skip("no DeviceClass answers a resource in this release")
    documents = on_demand_documents(seed, most_gpus=3)
    for pool in documents[0]["spec"]["nodePools"]:
        pool["allocation"] = Allocation.EXTENDED_RESOURCE.value
    assert_promised(cluster, client, documents, seed)


def assert_promised(cluster: EmbeddedCluster, client: Client, documents: list[dict[str, Any]], seed: int) -> None:
    """Schedule all pods of a plan, and those that it reserves units for, in five orders."""
    fleet = fleet_of(documents)
    objects = environment_objects(fleet, make_plan(fleet), device_classes=True).get(ENVIRONMENT, [])
    templates = [each for each in objects if each["kind"] == "ResourceClaimTemplate"]
    with classes_of(client, objects):
        for pool in planned_pools(documents):
            others = enumerate(pool.reserved.elements())
            pods = [*pods_of_services(objects), *(pod(f"other-{number}", pool, each) for number, each in others)]
            assert len(pods) == (pool.pods + pool.reserved).total()
            assert pool.pods, "this fleet would prove nothing"
            with nodes(cluster, client, pool):
                for number, order in enumerate(orders(pods, seed)):
                    with namespace(client, f"on-demand-{seed}-{number}", pool.gpu, templates) as where:
                        schedule(cluster, client, where, order)


@contextmanager
def classes_of(client: Client, objects: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Have the DeviceClasses among `objects` for a while."""
    classes = [each for each in objects if each["kind"] == "DeviceClass"]
    install_device_classes(client, classes)
    try:
        yield
    finally:
        for each in classes:
            client.delete(DEVICE_CLASSES, each["metadata"]["name"])


def test_a_small_slice_at_the_wrong_place_keeps_a_large_one_pending(cluster: EmbeddedCluster, client: Client) -> None:
    """One H100: a slice of 1g.10gb goes to memory slice 0, where alone 4g.40gb may begin."""
    small, large = AskedSlice("1g"), AskedSlice("4g")
    pool = OnDemandPool("wrong-place", "h100-80gb", 1, 1, None, Counter(), Counter())
    with nodes(cluster, client, pool), namespace(client, "wrong-place", pool.gpu) as where:
        schedule(cluster, client, where, [pod("small", pool, small)])
        refuse(cluster, client, where, pod("large", pool, large), "cannot allocate all claims")
