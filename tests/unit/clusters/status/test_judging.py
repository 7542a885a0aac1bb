"""What runs, against the plan: each state, and what pods wait for as the kubelet and the scheduler write it."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.clusters.live import Right, live_service
from slicewise.clusters.readiness import Observed
from slicewise.clusters.status import ServiceState, not_planned, of_unknown_stacks, running_placements, service_status
from slicewise.documents import Fleet
from slicewise.manifests import placement_objects
from slicewise.planning import Placement, make_plan
from tests.documents import deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.readiness_pods import REVISION, applied, pod


def chat(replicas: int = 2, image: str = "vllm:1") -> tuple[Fleet, Placement]:
    served = model("m", profile("slice", memoryPerGpu="9Gi", mig="only"))
    served["spec"]["serving"][0]["engine"] = {"image": f"example.test/{image}"}
    fleet = fleet_of([environment("e", slices("p", "1g.10gb")), served, deployment("chat", "m", replicas=replicas)])
    (placement,) = make_plan(fleet).placements
    return fleet, placement


def service(replicas: int = 2, image: str = "vllm:1") -> dict[str, Any]:
    return placement_objects(*chat(replicas, image))[0]


def revision(of: dict[str, Any]) -> str:
    return str(of["spec"]["annotations"][REVISION])


def test_every_replica_answers() -> None:
    there = service()
    found = service_status(*chat(), applied(there, [pod(revision(there))] * 2), asked=True)
    assert (found.state, found.ready, found.wanted, found.reasons) == (ServiceState.SERVING, 2, 2, ())
    assert found.well


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}},
            "not started: container main: ImagePullBackOff: Back-off pulling image",
        ),
        (
            {
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
            },
            (
                "not started: container main: CrashLoopBackOff: back-off 5m0s; it was killed because it took more "
                "memory than its limit (OOMKilled, exit code 137)"
            ),
        ),
        (
            {
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {
                    "terminated": {
                        "reason": "Error",
                        "exitCode": 1,
                        "message": "INFO loading\nValueError: No available memory for the cache blocks. Try more.\nbye",
                    }
                },
            },
            (
                "not started: container main: CrashLoopBackOff; it ended with exit code 1: ValueError: No available "
                "memory for the cache blocks. Try more."
            ),
        ),
        (
            {"state": {"terminated": {"exitCode": 1, "message": f"Error: token hf_{'x' * 34} refused"}}},
            (
                "not started: container main: it ended with exit code 1: (not shown: the line has a Hugging Face token "
                "in it)"
            ),
        ),
        ({"state": {"running": {}}}, "running and not answering yet: an engine loads its weights first"),
    ],
    ids=["image", "memory", "cache", "token", "loading"],
)
def test_what_a_pod_waits_for(container: dict[str, Any], reason: str) -> None:
    there = service()
    observed = applied(there, [pod(revision(there)), pod(revision(there), container=container)])
    found = service_status(*chat(), observed, asked=True)
    assert (found.state, found.ready, found.wanted) == (ServiceState.WAITING, 1, 2)
    assert found.reasons == (f"1 pod {reason}",)


def test_weights_are_fetched() -> None:
    there = service(1)
    observed = applied(there, [pod(revision(there), initial={"state": {"running": {}}})])
    assert service_status(*chat(1), observed, asked=True).reasons == ("1 pod fetching the model's weights",)


def test_documents_that_changed_since_are_not_applied_and_what_runs_serves() -> None:
    there = service(2, "vllm:1")
    observed = applied(there, [pod(revision(there))] * 2)
    found = service_status(*chat(5, "vllm:2"), observed, asked=True)
    assert (found.state, found.ready, found.wanted) == (ServiceState.NOT_APPLIED, 2, 2)
    assert found.changed == "5 replicas and pods of another revision"
    assert not found.well


def test_what_is_not_there_and_what_goes() -> None:
    assert service_status(*chat(), None, asked=True).state is ServiceState.MISSING
    going = applied(service(), [], deletionTimestamp="2026-01-01T00:00:00Z")
    assert service_status(*chat(), going, asked=True).state is ServiceState.LEAVING
    unknown = service_status(*chat(), None, asked=False)
    assert (unknown.state, unknown.ready) == (ServiceState.UNKNOWN, None)


def test_who_may_not_list_pods_gets_kserves_word() -> None:
    observed = applied(service(), [])
    hidden = Right("", "pods", "list", None)
    found = service_status(*chat(), observed, asked=True, unread=[hidden])
    assert (found.state, found.ready) == (ServiceState.WAITING, None)
    assert found.reasons == ("only KServe's word: this user may not list pods in the whole cluster",)
    # What is hidden elsewhere, and groups of nodes where it spans none, do not matter.
    others = [hidden._replace(namespace="other"), Right("leaderworkerset.x-k8s.io", "leaderworkersets", "list", None)]
    assert service_status(*chat(), observed, asked=True, unread=others).ready == 0


def test_what_runs_and_is_not_planned() -> None:
    def of(name: str, stack: str | None, *, ours: bool = True) -> Observed:
        annotations = {"slicewise.dev/stack": stack} if stack else {}
        spec = {"annotations": {REVISION: "r"}} if ours else {}
        return Observed(
            {"metadata": {"namespace": "t", "name": name, "annotations": annotations}, "spec": spec}, None, []
        )

    services = {
        ("t", "old"): of("old", "o/p/mine"),
        ("t", "planned"): of("planned", "o/p/mine"),
        ("t", "rendered"): of("rendered", None),
        ("t", "theirs"): of("theirs", "o/p/theirs"),
        ("t", "by-hand"): of("by-hand", None, ours=False),
    }
    found = not_planned("e", services, {("t", "planned")}, {"o/p/mine"})
    assert [each.live.name for each in found] == ["old", "rendered"]
    # Whose a stack's services are is not known where no stack is.
    assert [each.live.name for each in not_planned("e", services, {("t", "planned")}, set())] == ["rendered"]
    planned, theirs = {("t", "planned")}, {("t", "theirs")}
    assert of_unknown_stacks(services, planned, (), ()) == {"o/p/mine": 1, "o/p/theirs": 1}
    # Those of a known stack are told one by one, and others only where they are called after a deployment.
    assert of_unknown_stacks(services, planned, {"o/p/mine"}, ()) == {}
    assert of_unknown_stacks(services, planned, {"o/p/mine"}, theirs) == {"o/p/theirs": 1}


def test_a_deployment_is_expected_where_it_runs() -> None:
    """A fresh plan has it in `a`; it was moved to `b` when `a` was full, and is there still."""
    documents = [
        environment("a", slices("p", "1g.10gb")),
        environment("b", slices("p", "1g.10gb")),
        model("m", profile("slice", memoryPerGpu="9Gi", mig="only")),
        deployment("chat", "m", replicas=2),
    ]
    fleet = fleet_of(documents)
    (fresh,) = make_plan(fleet).placements
    assert fresh.environment == "a"
    there = placement_objects(fleet, fresh._replace(environment="b"))[0]
    running = list(running_placements(fleet, {"b": [live_service(there)]}))
    assert [each.environment for each in make_plan(fleet, running).placements] == ["b"]
