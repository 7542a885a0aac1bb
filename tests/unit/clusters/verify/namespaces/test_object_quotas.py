"""What ResourceQuotas leave of objects for a plan's services and what KServe makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.live.facts import Readable
from slicewise.clusters.live.services import LiveService
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.documents import deployment, environment, fleet_of, model, pool, profile
from tests.unit.clusters.built_clusters import ENVIRONMENT, cluster_of, verified
from tests.unit.clusters.verify.namespaces.namespace import cluster, documents, told

# https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-on-object-count: `count/<resource>.<group>`.
SERVICES = "count/llminferenceservices.serving.kserve.io"
DEPLOYMENTS = "count/deployments.apps"
GROUPS = "count/leaderworkersets.leaderworkerset.x-k8s.io"


@pytest.mark.parametrize(
    ("key", "hard", "used", "raised"),
    [
        (SERVICES, "0", "0", "1"),
        (SERVICES, "2", "2", "3"),
        (SERVICES, "3", "2", None),
        (DEPLOYMENTS, "5", "5", "6"),
        (DEPLOYMENTS, "6", "5", None),
        (GROUPS, "0", "0", None),
    ],
)
@pytest.mark.parametrize("replicas", [0, 4])
def test_a_quota_of_objects_counts_services_and_what_kserve_makes_of_them(
    key: str, hard: str, used: str, raised: str | None, replicas: int
) -> None:
    seen = cluster(quota={"hard": {key: hard}}, used={key: used})
    if raised is None:
        assert verified(documents(replicas), seen).differences == ()
        return
    found = told(documents(replicas), seen)
    assert (found.code, found.severity) == ("SW628", "error")
    assert found.message == (
        f"quota q of namespace team: {key} is limited to {hard}, {used} are there, and team/chat needs one more"
    )
    assert found.remedy == f"raise {key} of the quota to {raised}"


def test_a_replica_of_several_nodes_is_a_leader_worker_set() -> None:
    whole = pool("whole", nodeCount=2, multiNodeCapable=True)
    wide = model("wide", profile("nodes", nodes=2, gpusPerNode=8))
    several = (environment(ENVIRONMENT, whole), wide, deployment("wide", "wide"))
    there = replace(cluster_of(several[0]), rules=cluster(quota={"hard": {GROUPS: "0"}}).rules)
    assert told(several, there).code == "SW628"
    there = replace(there, rules=cluster(quota={"hard": {DEPLOYMENTS: "0"}}).rules)
    assert verified(several, there).differences == ()


@pytest.mark.parametrize("key", [SERVICES, DEPLOYMENTS])
def test_what_is_there_already_needs_no_room_in_a_quota_of_objects(key: str) -> None:
    (declared,) = placement_objects(fleet := fleet_of(documents()), make_plan(fleet).placements[0])
    seen = cluster(quota={"hard": {key: "1"}}, used={key: "1"})
    live = LiveService("team", "chat", declared["metadata"]["annotations"], declared["spec"], ready=True)
    assert verified(documents(), replace(seen, services={live.key: live})).differences == ()
    assert told(documents(), seen).code == "SW628"
    unread = replace(seen, unread=(Readable.SERVICES,))
    assert "SW628" not in {each.code for each in verified(documents(), unread).differences}


@pytest.mark.parametrize(("allocation", "refused"), [("claim", True), ("extendedResource", False)])
def test_what_pods_have_claims_of_is_an_object_of_its_own(allocation: str, refused: bool) -> None:
    declared, *others = documents()
    for each in declared["spec"]["nodePools"]:
        each["allocation"] = allocation
    templates = "count/resourceclaimtemplates.resource.k8s.io"
    seen = replace(cluster(quota={"hard": {templates: "0"}}), nodes=cluster_of(declared).nodes)
    found = [each for each in verified((declared, *others), seen).differences if each.code.value == "SW628"]
    assert len(found) == refused
    for each in found:
        assert each.message.endswith(f"{templates} is limited to 0, 0 are there, and team/chat needs one more")
        assert each.remedy == f"raise {templates} of the quota to 1"
