"""What counts as ready, what is said of what is not, and that nothing secret is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.readiness.waiting import Patience, Unready, Wait, finish, wait_for
from components.stack_config import read_stack_config
from components.state.previous_plan import services_leaving
from slicewise.clusters.readiness import ExpectedService, Observed, what_is_missing, why_unready
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import Fleet
from slicewise.planning import make_plan, parse_previous
from tests.documents import deployment, environment, fleet_of, model, planned_outputs, profile, slices

REVISION = "slicewise.dev/revision"
NEW, OLD = "new", "old"
ONE_NODE = ExpectedService("team", "chat", NEW, replicas=2, autoscaled=False, multi_node=False)
SCALED = ExpectedService("team", "chat", NEW, replicas=2, autoscaled=True, multi_node=False)
TWO_NODES = ExpectedService("team", "huge", NEW, replicas=1, autoscaled=False, multi_node=True)
NO_ROOM = "0/4 nodes are available: 4 Insufficient nvidia.com/mig-3g.40gb."


def pod(revision: str = NEW, *, ready: bool = True, group: str | None = None, **metadata: str) -> dict[str, Any]:
    labels = {"leaderworkerset.sigs.k8s.io/group-index": group} if group else {}
    return {
        "metadata": {"annotations": {REVISION: revision}, "labels": labels} | metadata,
        "spec": {"nodeName": "node"},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def pending(message: str = NO_ROOM) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod(ready=False) | {"spec": {}, "status": {"phase": "Pending", "conditions": [condition]}}


def template(revision: str = NEW) -> dict[str, Any]:
    return {"metadata": {"annotations": {REVISION: revision}}}


def workload(replicas: int = 2, revision: str = NEW, **status: int) -> dict[str, Any]:
    full = {"observedGeneration": 3, "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas}
    return {
        "metadata": {"generation": 3},
        "spec": {"replicas": replicas, "template": template(revision)},
        "status": full | status,
    }


def groups(replicas: int = 1, leader: str = NEW, worker: str = NEW, **status: int) -> dict[str, Any]:
    group = {"size": 2, "leaderTemplate": template(leader), "workerTemplate": template(worker)}
    full = {"replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas}
    return {
        "metadata": {"generation": 1},
        "spec": {"replicas": replicas, "leaderWorkerTemplate": group},
        "status": full | status,
    }


def service(*conditions: dict[str, str], generation: int = 1) -> dict[str, Any]:
    status = {"observedGeneration": 1, "conditions": list(conditions)}
    return {"metadata": {"generation": generation, "uid": "1"}, "status": status}


NOT_COUNTED = "its replicas are not counted as available yet"
NOT_TAKEN = "KServe has not taken this change over"
READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("expected", "made", "pods", "missing"),
    [
        (ONE_NODE, workload(), [pod(), pod()], None),
        (ONE_NODE, None, [], "KServe has made no workload of it"),
        (ONE_NODE, workload(revision=OLD), [pod(OLD), pod(OLD)], NOT_TAKEN),
        (ONE_NODE, workload(1), [pod()], "1 replica where 2 are wanted"),
        (ONE_NODE, workload(3), [pod(), pod(), pod()], "3 replicas where 2 are wanted"),
        (ONE_NODE, workload(), [pod(), pending()], "1 of 2 replicas serve"),
        (ONE_NODE, workload(), [pod(), pod(ready=False)], "1 of 2 replicas serve"),
        (ONE_NODE, workload(), [pod(), pod(OLD)], "1 of 2 replicas serve, 1 pod of the revision before"),
        (ONE_NODE, workload(), [pod(), pod(), pod(OLD)], "2 of 2 replicas serve, 1 pod of the revision before"),
        (ONE_NODE, workload(), [pod(), pod(), pod(OLD, deletionTimestamp="now")], None),
        (ONE_NODE, workload(), [pod(), pod(deletionTimestamp="now")], "1 of 2 replicas serve"),
        (ONE_NODE, workload(observedGeneration=2), [pod(), pod()], NOT_COUNTED),
        (ONE_NODE, workload(updatedReplicas=1), [pod(), pod()], NOT_COUNTED),
        (ONE_NODE, workload(availableReplicas=1), [pod(), pod()], NOT_COUNTED),
        # An autoscaler may have more at any time, and never fewer; those that there are must serve.
        (SCALED, workload(), [pod(), pod()], None),
        (SCALED, workload(3), [pod(), pod(), pod()], None),
        (SCALED, workload(3), [pod(), pod(), pending()], "2 of 3 replicas serve"),
        (SCALED, workload(1), [pod()], "1 replica where 2 are wanted"),
        # Of several nodes: the workers, too, which LeaderWorkerSet's own numbers leave out.
        (TWO_NODES, groups(), [pod(group="0"), pod(group="0")], None),
        (TWO_NODES, groups(), [pod(group="0")], "0 of 1 replicas serve"),
        (TWO_NODES, groups(), [pod(group="0"), pod(ready=False, group="0")], "0 of 1 replicas serve"),
        (TWO_NODES, groups(worker=OLD), [pod(group="0"), pod(group="0")], NOT_TAKEN),
        (TWO_NODES, groups(leader=OLD), [pod(group="0"), pod(group="0")], NOT_TAKEN),
        (TWO_NODES, groups(readyReplicas=0), [pod(group="0"), pod(group="0")], NOT_COUNTED),
        (
            TWO_NODES,
            groups(),
            [pod(group="0"), pod(OLD, group="0")],
            "0 of 1 replicas serve, 1 pod of the revision before",
        ),
    ],
)
def test_what_counts_as_ready(
    expected: ExpectedService, made: dict[str, Any] | None, pods: list[dict[str, Any]], missing: str | None
) -> None:
    assert what_is_missing(expected, Observed(service(READY), made, pods)) == missing


def test_two_halves_of_groups_are_no_replica() -> None:
    expected = ExpectedService("team", "huge", NEW, replicas=2, autoscaled=False, multi_node=True)
    pods = [pod(group="0"), pod(group="1")]
    # Both leaders run, and neither worker finds a node: KServe calls that Ready.
    assert what_is_missing(expected, Observed(service(READY), groups(2), pods)) == "0 of 2 replicas serve"


def test_what_kserve_calls_ready_does_not_matter() -> None:
    """KServe issue 6043: a service of several nodes may be called progressing for ever."""
    never = {"type": "Ready", "status": "False", "reason": "Progressing", "message": "LWS is progressing"}
    pods = [pod(group="0"), pod(group="0")]
    assert what_is_missing(TWO_NODES, Observed(service(never), groups(), pods)) is None


def test_scaled_to_zero_on_purpose_is_ready() -> None:
    expected = ExpectedService("team", "chat", NEW, replicas=0, autoscaled=True, multi_node=False)
    made = workload(0)
    made["status"] = {"observedGeneration": 3}
    assert what_is_missing(expected, Observed(service(READY), made, [])) is None


def test_reasons_are_grouped_and_few() -> None:
    presets = {"type": "PresetsCombined", "status": "False", "reason": "ConfigNotFound", "message": "no such config"}
    ready = {"type": "Ready", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "too few"}
    image = {"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    broken = pod(ready=False)
    broken["status"]["containerStatuses"] = [image]
    others = [pending(f"reason {number}") for number in range(4)]
    pods = [pending(), pending(), pending(), broken, broken, pod(), *others]

    assert why_unready(Observed(service(presets, ready), workload(), pods)) == [
        "PresetsCombined is False: ConfigNotFound: no such config",
        "Ready is False: MinimumReplicasUnavailable: too few",
        f"3 pods without a node: {NO_ROOM}",
        "2 pods not started: container main: ImagePullBackOff: no such image",
        "1 pod without a node: reason 0",
        "1 pod without a node: reason 1",
        "and 2 other reasons",
        (
            "Insufficient nvidia.com/mig-3g.40gb means: on the nodes that the pod may go to, pods hold all of it, or "
            "nothing offers it, neither a device plugin nor, from Kubernetes 1.36, a DeviceClass with "
            "extendedResourceName: nvidia.com/mig-3g.40gb"
        ),
    ]


def test_what_a_cluster_says_comes_on_one_line_without_control_characters() -> None:
    crashed = {"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "a\n\x1b[2J\u202eb"}}}
    broken = pod(ready=False)
    broken["status"]["containerStatuses"] = [crashed]
    assert why_unready(Observed(service(READY), workload(), [broken])) == [
        r"1 pod not started: container main: CrashLoopBackOff: a \x1b[2J\u202eb"
    ]


def test_a_controller_that_is_not_there_is_named() -> None:
    expected = ["KServe has not looked at it since it was applied: does its controller (llmisvc) run, with enough CPU?"]
    assert why_unready(Observed(service(READY, generation=2), None, [])) == expected
    assert why_unready(Observed({"metadata": {"generation": 1}}, None, [])) == expected
    assert why_unready(Observed(None, None, [])) == [
        "there is no such LLMInferenceService: somebody deleted it; run `pulumi up` again to make it again"
    ]


def test_quota_is_named() -> None:
    made = workload()
    refusal = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    made["status"]["conditions"] = [refusal]
    assert why_unready(Observed(service(READY), made, [])) == ["pods cannot be made: FailedCreate: exceeded quota"]


def test_what_is_expected_is_in_the_objects() -> None:
    metadata = {"name": "chat", "namespace": "team"}
    spec: dict[str, Any] = {"annotations": {REVISION: NEW}, "replicas": 2}
    item: dict[str, Any] = {"kind": "LLMInferenceService", "metadata": metadata, "spec": spec}
    assert ExpectedService.of([item]) == ONE_NODE
    scaled = item | {"spec": {"annotations": {REVISION: NEW}}}
    assert ExpectedService.of([scaled, {"kind": "ScaledObject", "spec": {"minReplicaCount": 2}}]) == SCALED
    assert ExpectedService.of([item | {"spec": spec | {"worker": {}}}]).multi_node


def test_all_failures_come_in_one_message() -> None:
    reasons = (f"3 pods without a node: {NO_ROOM}",)
    alike = [Unready(f"mig-a/team/chat-{number}", "0 of 3 replicas serve", reasons) for number in range(7)]
    other = Unready("mig-b/team/huge", "1 of 2 replicas serve", ())

    with pytest.raises(pulumi.RunError) as caught:
        finish([[None, *alike], [other]], 60, "pass ready_timeout=SECONDS")

    lines = str(caught.value).splitlines()
    assert lines[0] == "8 of 9 placements did not become ready (readyTimeout: 60 s):"
    assert lines[1].startswith("mig-a/team/chat-0, mig-a/team/chat-1, ")
    assert lines[1].endswith(" and 2 more: 0 of 3 replicas serve")
    assert lines[2:4] == [f"  {reasons[0]}", "mig-b/team/huge: 1 of 2 replicas serve"]
    assert "`pulumi up` again goes on waiting" in lines[4]
    assert lines[5].startswith("More time: pass ready_timeout=SECONDS. ")


def test_a_screen_holds_all_messages() -> None:
    many = [Unready(f"env/team/{number}", f"0 of {number} replicas serve", ()) for number in range(50)]
    with pytest.raises(pulumi.RunError) as caught:
        finish([many], 60, "wait")
    lines = str(caught.value).splitlines()
    assert len(lines) < 15
    assert "and 44 more" in lines


def test_what_a_cluster_says_of_pods_is_shown_as_text() -> None:
    reasons = ('pods cannot be made: admission webhook "x\x1b[2J\u202e" denied',)
    with pytest.raises(pulumi.RunError) as error:
        finish([[Unready("e/team/chat", "0 of 1 replicas serve", reasons)]], 60, "wait")
    assert 'admission webhook "x\\x1b[2J\\u202e" denied' in str(error.value)
    assert all(line.isprintable() for line in str(error.value).split("\n"))


def test_everything_ready_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    finish([[None], [None]], 60, "wait")
    finish([], 60, "wait")
    assert said == []


def kubeconfig(server: str, user: dict[str, Any]) -> str:
    """Return a kubeconfig; JSON is YAML."""
    return str(
        {
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": user}],
        }
    )


SILENT = "the cluster's API server does not answer; check the server's address in the kubeconfig, the VPN and the proxy"
PLUGIN = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/nowhere/canary-plugin", "args": ["canary"]}


UNUSABLE = "the kubeconfig, or what answers at its server, cannot be used; try it with kubectl"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (kubeconfig("https://127.0.0.1:1", {"token": "canary-token"}), SILENT),
        (kubeconfig("http://localhost:1", {}), SILENT),
        (
            kubeconfig("https://127.0.0.1:1", {"exec": PLUGIN}),
            (
                "the kubeconfig does not work for looking at the cluster: a file or a program that its kubeconfig "
                "names cannot be used (No such file or directory); try it with kubectl"
            ),
        ),
        (
            kubeconfig("https://127.0.0.1:1", {"auth-provider": {"name": "canary"}}),
            f"the kubeconfig does not work for looking at the cluster: {UNUSABLE}",
        ),
        ("canary", f"the kubeconfig does not work for looking at the cluster: {UNUSABLE}"),
    ],
)
def test_a_cluster_that_cannot_be_asked(text: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, **_: said.append(message))
    (unready,) = asyncio.run(wait_for([Wait("env/team/chat", ONE_NODE, Patience(0.1))], text))
    assert unready
    assert unready.missing == missing
    assert "canary" not in f"{unready}{said}"


def test_who_makes_room_only_after_the_program() -> None:
    def fleet(*names: str, pools: tuple[str, ...] = ("a",)) -> Fleet:
        small = [model(name, profile("any", memoryPerGpu="30Gi", mig="only")) for name in names]
        placed = [deployment(name, name) for name in names]
        return fleet_of([environment("env", *(slices(pool, "3g.40gb") for pool in pools)), *small, *placed])

    previous = parse_previous(planned_outputs(fleet("chat", "gone"))["placements"], "previous")
    now = make_plan(fleet("chat", "newcomer"))
    assert services_leaving(previous, now) == {("env", "a"): ("team/gone",)}
    # A deployment that spans other nodes now gets a new service.
    split = replace(now, placements=tuple(each._replace(nodes_per_replica=2) for each in now.placements))
    assert services_leaving(previous, split) == {("env", "a"): ("the old service of team/chat", "team/gone")}
    elsewhere = make_plan(fleet("newcomer", pools=("b",)))
    assert services_leaving(previous, elsewhere) == {("env", "a"): ("team/chat", "team/gone")}


@pytest.mark.parametrize(
    ("length", "old"),
    # KServe cuts names of autoscaled services above 43 characters, which only Slicewise's own shorter name avoids.
    [(43, {}), (44, {("env", "a"): ("the old service of team/{name}",)})],
)
def test_another_signal_is_another_service_where_the_name_is_long(length: int, old: dict[Any, tuple[str, ...]]) -> None:
    name = "c" * length
    follows = {"signal": "Concurrency", "concurrency": {"maxReplicas": 1, "target": 8}}

    def fleet(scaling: dict[str, Any]) -> Fleet:
        declared = [environment("env", slices("a", "3g.40gb")), model("m"), deployment(name, "m", scaling=scaling)]
        return fleet_of(declared)

    expected = {pool_: tuple(each.format(name=name) for each in names) for pool_, names in old.items()}
    for before, now in (({}, follows), (follows, {})):
        previous = parse_previous(planned_outputs(fleet(before))["placements"], "previous")
        assert services_leaving(previous, make_plan(fleet(now))) == expected
        assert services_leaving(previous, make_plan(fleet(before))) == {}


def test_what_leaves_is_named_in_quotes_where_it_is_no_name() -> None:
    fleet = fleet_of([environment("env", slices("a", "3g.40gb")), model("m"), deployment("chat", "m")])
    plan = make_plan(fleet)
    (entry,) = planned_outputs(fleet)["placements"].values()
    entry["deployment"] = {"namespace": "team", "name": "x\x1b[2J"}
    assert services_leaving(parse_previous({"x": entry}, "previous"), plan) == {("env", "a"): (r'team/"x\x1b[2J"',)}


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack's configuration that is empty again afterwards."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    yield
    pulumi.runtime.set_all_config({})


@pytest.mark.parametrize("text", ["0", "86401", "-1", "1.5", "1h", "", "٣", "9" * 5000])
@pytest.mark.usefixtures("configuration")
def test_a_time_that_is_none_is_refused(text: str) -> None:
    pulumi.runtime.set_all_config({"slicewise:readyTimeout": text})
    with pytest.raises(InvalidInputError, match="expected whole seconds, 1 to 86400"):
        read_stack_config(pulumi.Config("slicewise"))


@pytest.mark.parametrize(("config", "seconds"), [({}, 3600), ({"slicewise:readyTimeout": "86400"}, 86400)])
@pytest.mark.usefixtures("configuration")
def test_the_time_there_is(config: dict[str, str], seconds: int) -> None:
    pulumi.runtime.set_all_config(config)
    assert read_stack_config(pulumi.Config("slicewise")).ready_timeout == seconds


def test_what_kubernetes_leaves_null_is_not_there() -> None:
    """Go writes null for lists and maps that are empty."""
    waits = {"metadata": {"labels": None, "annotations": None}, "spec": {}, "status": {"phase": None}}
    waits["status"] |= {"conditions": None, "initContainerStatuses": None, "containerStatuses": None}
    made = workload() | {"status": {"conditions": None, "replicas": None}}
    nothing = {"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "conditions": None}}
    observed = Observed(nothing, made, [waits])
    assert what_is_missing(ONE_NODE, observed) == "0 of 2 replicas serve, 1 pod of the revision before"
    assert why_unready(observed) == ["1 pod Pending, but not Ready"]
    assert why_unready(Observed(nothing, made | {"status": None}, [waits | {"status": None, "spec": None}])) == [
        "1 pod Pending, but not Ready"
    ]
    group = groups()
    group["spec"]["leaderWorkerTemplate"] |= {"leaderTemplate": None, "size": None}
    group["status"] = None
    assert what_is_missing(TWO_NODES, Observed(nothing, group, [])) == "0 of 1 replicas serve"


SPLIT = replace(ONE_NODE, prefill_replicas=1)


@pytest.mark.parametrize(
    ("of_prefill", "missing"),
    [
        (Observed(service(), workload(1), [pod()]), None),
        (Observed(service(), None, []), "of its prefill workload: KServe has made no workload of it"),
        (Observed(service(), workload(1), []), "of its prefill workload: 0 of 1 replicas serve"),
        (
            Observed(service(), workload(1, OLD), [pod(OLD)]),
            f"of its prefill workload: {NOT_TAKEN}",
        ),
    ],
)
def test_both_workloads_must_serve(of_prefill: Observed, missing: str | None) -> None:
    own = Observed(service(), workload(), [pod(), pod()], of_prefill)
    assert what_is_missing(SPLIT, own) == missing
    assert what_is_missing(SPLIT, replace(own, pods=[pod()])) == "1 of 2 replicas serve"


def test_what_the_pods_of_the_prefill_workload_wait_for_is_said() -> None:
    observed = Observed(service(), workload(), [pod(), pod()], Observed(service(), workload(1), [pending()]))
    assert observed.unschedulable
    assert f"1 pod without a node: {NO_ROOM}" in why_unready(observed)
