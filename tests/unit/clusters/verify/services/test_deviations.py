"""What became of services that were applied, against what KServe's API server gives of them."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.services import LiveService, live_service
from slicewise.clusters.verify.services.deviations import Deviation, Drift, judge_services
from slicewise.clusters.verify.services.planned_service import PlannedService, own_stacks, planned_services
from slicewise.clusters.verify.services.worded_deviations import check_services
from slicewise.documents import DeploymentKey, Fleet
from slicewise.manifests import placement_objects
from slicewise.planning import PreviousPlacement, make_plan
from slicewise.planning.previous_placements import PreviousPrefill
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

CHAT = ("team", "chat")
OURS, THEIRS = "acme/slicewise/prod", "acme/slicewise/trial"
BEFORE = PreviousPlacement(DeploymentKey("team", "chat"), "e", "cut", "slice", 3, 1, 1)


def documents(replicas: int = 3, image: str = "vllm:1") -> list[Document]:
    """Return three replicas of a model on slices."""
    small = model("small", profile("slice", memoryPerGpu="30Gi"))
    small["spec"]["serving"][0]["engine"] = {"image": image, "args": ["--max-num-seqs=8"]}
    return [environment("e", slices("cut", "3g.40gb")), small, deployment("chat", "small", replicas=replicas)]


def fleet(replicas: int = 3, image: str = "vllm:1") -> Fleet:
    return fleet_of(documents(replicas, image))


def applied(of: Fleet, stack: str | None = OURS) -> dict[str, Any]:
    """Return the service as the API server gives it when it has been applied: with status, uid and an owner."""
    (placement,) = make_plan(of).placements
    service: dict[str, Any] = copy.deepcopy(placement_objects(of, placement)[0])
    service["metadata"] |= {"uid": "1", "generation": 1, "resourceVersion": "5"}
    service["metadata"]["annotations"].pop("slicewise.dev/stack", None)
    if stack:
        service["metadata"]["annotations"]["slicewise.dev/stack"] = stack
    service["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    return service


def deviations(
    of: Fleet,
    service: dict[str, Any] | None,
    *before: PreviousPlacement,
    stack: str | None = None,
    taken: Collection[tuple[str, str]] = (),
) -> list[Deviation]:
    live = {each.key: each for each in [live_service(service)]} if service else {}
    return list(
        judge_services(planned_services(of, make_plan(of).placements, before), live, [stack] if stack else [], taken)
    )


def test_what_is_as_applied_is_nothing_to_say() -> None:
    assert deviations(fleet(), applied(fleet()), BEFORE, stack=OURS) == []
    assert deviations(fleet(), applied(fleet(), stack=None)) == []
    assert deviations(fleet(), applied(fleet(), stack=None), BEFORE, stack=OURS) == []


def test_what_is_yet_to_be_applied_is_nothing_to_say() -> None:
    assert deviations(fleet(), None) == []


def test_what_an_earlier_plan_had_and_the_cluster_has_not_is_gone() -> None:
    (told,) = deviations(fleet(), None, BEFORE)
    assert (told.drift, told.expected.key, told.missing) == (Drift.GONE, CHAT, 3)
    # A deployment that leaves with the next update, and has gone already, is what is wanted.
    assert deviations(fleet_of(documents()[:2]), None, BEFORE) == []


@pytest.mark.parametrize(("number", "missing"), [(1, 2), (9, 0)])
def test_replicas_by_hand(number: int, missing: int) -> None:
    """As `kubectl patch llmisvc chat --type=merge -p '{"spec":{"replicas":9}}'` leaves it."""
    service = applied(fleet())
    service["spec"]["replicas"] = number
    service["metadata"]["managedFields"] = [
        {
            "manager": "pulumi-kubernetes-0f1e2d3c",
            "operation": "Apply",
            "fieldsV1": {"f:spec": {"f:model": {"f:uri": {}, "f:name": {}}, "f:template": {}}},
        },
        {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {
            "manager": "llmisvc-controller",
            "operation": "Update",
            "subresource": "status",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        },
    ]
    (told,) = deviations(fleet(), service, BEFORE)
    assert (told.drift, told.missing) == (Drift.CHANGED, missing)
    assert told.says == f"spec.replicas is {number}, 3 applied (by kubectl-patch)"
    # The documents ask for four now: what was applied is what the earlier plan had.
    (told,) = deviations(fleet(replicas=4), service, BEFORE)
    assert told.says == f"spec.replicas is {number}, 3 applied (by kubectl-patch)"


def test_a_number_that_nobody_is_known_to_have_applied_is_the_documents() -> None:
    """Replicas raised in the documents, no earlier plan given: nothing is missing, and nothing was changed."""
    (told,) = deviations(fleet(replicas=5), applied(fleet(replicas=2)))
    assert (told.says, told.missing, told.pending) == (
        "spec.replicas is 2, 5 declared: not applied yet, or changed since",
        0,
        True,
    )
    # Who wrote it is known: that is a change by hand, whatever was applied.
    service = applied(fleet(replicas=2))
    service["metadata"]["managedFields"] = [
        APPLIED,
        {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
    ]
    (told,) = deviations(fleet(replicas=5), service)
    assert (told.says, told.missing, told.pending) == ("spec.replicas is 2, 5 declared (by kubectl-edit)", 3, False)


def test_an_autoscaler_owns_the_number_of_replicas() -> None:
    scaled = [*documents()[:2], deployment("chat", "small")]
    scaled[2]["spec"]["scaling"] = {"signal": "Concurrency", "concurrency": {"maxReplicas": 3, "target": 8}}
    of = fleet_of(scaled)
    service = applied(of)
    service["spec"]["replicas"] = 2
    assert deviations(of, service, BEFORE) == []


def test_a_number_that_an_autoscaler_had_until_now_is_no_drift() -> None:
    """Concurrency, then Fixed: the service said no number, and KServe reads 1."""
    service = applied(fleet(replicas=5))
    del service["spec"]["replicas"]
    scaled = replace(BEFORE, units=5, autoscaled=True)
    assert deviations(fleet(replicas=5), service, scaled) == []

    # Somebody has written one all the same: the next apply of another would conflict.
    service["spec"]["replicas"] = 2
    assert deviations(fleet(replicas=5), service, scaled) == []
    service["metadata"]["managedFields"] = [
        {"manager": "pulumi", "operation": "Apply", "fieldsV1": {"f:spec": {"f:model": {"f:uri": {}}}}},
        {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
    ]
    (told,) = deviations(fleet(replicas=5), service, scaled)
    assert (told.says, told.missing) == ("spec.replicas is 2, none applied (by kubectl-patch)", 0)


def test_what_a_killed_update_had_applied_already_is_no_change_by_hand() -> None:
    """The stack's outputs still have two; the documents and the cluster have five, in another pool."""
    before = replace(BEFORE, units=2, node_pool="other")
    assert deviations(fleet(replicas=5), applied(fleet(replicas=5)), before, stack=OURS) == []
    # Its revision may be another still: the pool's annotation came with it.
    assert deviations(fleet(replicas=5, image="vllm:2"), applied(fleet(replicas=5)), before, stack=OURS) == []


@pytest.mark.parametrize("stack", [THEIRS, None])
def test_what_is_taken_over_is_nobody_elses(stack: str | None) -> None:
    service = applied(fleet(), stack)
    service["spec"]["replicas"] = 1
    assert deviations(fleet(), service, stack=OURS, taken=[CHAT]) == []
    assert [each.drift for each in deviations(fleet(), service, stack=OURS)] == [Drift.FOREIGN]


def test_an_image_by_hand() -> None:
    service = applied(fleet())
    service["spec"]["template"]["containers"][0]["image"] = "vllm:0"
    (told,) = deviations(fleet(), service)
    assert told.says == 'spec.template.containers[main].image is "vllm:0", "vllm:1" applied'


def test_a_node_selector_that_is_gone() -> None:
    service = applied(fleet())
    del service["spec"]["template"]["nodeSelector"]["pool"]
    (told,) = deviations(fleet(), service, BEFORE)
    assert told.says == 'spec.template.nodeSelector.pool is missing, "cut" applied'


def test_what_somebody_adds_beside_what_was_applied_is_theirs() -> None:
    """KServe and admission webhooks add fields; server-side apply leaves them alone, too."""
    service = applied(fleet())
    service["spec"]["template"]["containers"][0]["env"] = [{"name": "A", "value": "b"}]
    service["spec"]["storageInitializer"] = {"enabled": True}
    assert deviations(fleet(), service, BEFORE) == []


def test_who_changed_a_field_of_a_container_is_said() -> None:
    """As `kubectl set image` leaves managedFields: containers are merged by their names (meta/v1 FieldsV1)."""
    service = applied(fleet())
    service["spec"]["template"]["containers"][0]["image"] = "vllm:0"
    image: dict[str, object] = {"f:template": {"f:containers": {'k:{"name":"main"}': {"f:image": {}}}}}
    setting = {"manager": "kubectl-set", "operation": "Update", "fieldsV1": {"f:spec": image}}
    service["metadata"]["managedFields"] = [APPLIED, setting]
    (told,) = deviations(fleet(), service, BEFORE)
    assert told.says == 'spec.template.containers[main].image is "vllm:0", "vllm:1" applied (by kubectl-set)'
    assert told.unexplained == frozenset()


PATCHED = {
    "manager": "kubectl-patch",
    "operation": "Update",
    "fieldsV1": {"f:spec": {"f:template": {"f:nodeSelector": {"f:example.com/disk": {}}}}},
}
APPLIED = {
    "manager": "pulumi-kubernetes-0f1e2d3c",
    "operation": "Apply",
    "fieldsV1": {"f:spec": {"f:model": {"f:uri": {}}, "f:template": {"f:nodeSelector": {"f:pool": {}}}}},
}


@pytest.mark.parametrize("image", ["vllm:1", "vllm:2"])
def test_a_key_that_somebody_adds_to_a_node_selector(image: str) -> None:
    """Also where the documents have changed since; the command is JSON Patch's, with RFC 6901's slash."""
    service = applied(fleet())
    service["spec"]["template"]["nodeSelector"]["example.com/disk"] = "ssd"
    service["metadata"]["managedFields"] = [APPLIED, PATCHED]
    (told,) = deviations(fleet(image=image), service, BEFORE)
    assert told.says == 'spec.template.nodeSelector.example.com/disk is "ssd", nothing applied (by kubectl-patch)'
    assert (told.drift, told.paths) == (Drift.CHANGED, frozenset())
    assert told.removal == (
        "take it away: kubectl -n team patch llminferenceservices.serving.kserve.io chat --type=json "
        """-p '[{"op": "remove", "path": "/spec/template/nodeSelector/example.com~1disk"}]'"""
    )


def test_whoever_has_written_a_whole_node_selector_has_added_to_it() -> None:
    """The definition says x-kubernetes-map-type: atomic, so the API server knows of no single key."""
    service = applied(fleet())
    service["spec"]["template"]["nodeSelector"]["example.com/disk"] = "ssd"
    whole = {**PATCHED, "fieldsV1": {"f:spec": {"f:template": {"f:nodeSelector": {}}}}}
    rest = {**APPLIED, "fieldsV1": {"f:spec": {"f:model": {"f:uri": {}}}}}
    service["metadata"]["managedFields"] = [rest, whole]
    (told,) = deviations(fleet(), service, BEFORE)
    assert told.says == 'spec.template.nodeSelector.example.com/disk is "ssd", nothing applied (by kubectl-patch)'
    assert told.removal.startswith("take it away: kubectl ")


def test_a_key_that_an_earlier_plan_had_is_nobodys_addition() -> None:
    service = applied(fleet())
    service["spec"]["template"]["nodeSelector"]["zone"] = "a"
    assert deviations(fleet(image="vllm:2"), service, BEFORE) == []


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("affinity", {"nodeAffinity": {}}, "/spec/template/affinity"),
        ("schedulerName", "volcano", "/spec/template/schedulerName"),
        ("nodeName", "node-7", "/spec/template/nodeName"),
    ],
)
def test_what_else_keeps_pods_from_nodes(field: str, value: object, pointer: str) -> None:
    service = applied(fleet())
    service["spec"]["template"][field] = value
    (told,) = deviations(fleet(), service, BEFORE)
    assert f"spec.template.{field} is " in told.says
    assert f'"path": "{pointer}"' in told.removal


def test_a_resource_that_somebody_adds() -> None:
    service = applied(fleet())
    service["spec"]["template"]["containers"][0]["resources"]["limits"]["example.com/nic"] = "1"
    (told,) = deviations(fleet(), service, BEFORE)
    assert told.says == 'spec.template.containers[main].resources.limits.example.com/nic is "1", nothing applied'
    assert '"/spec/template/containers/0/resources/limits/example.com~1nic"' in told.removal


def test_what_keeps_pods_from_no_node_is_nothing_to_say() -> None:
    service = applied(fleet())
    template = service["spec"]["template"]
    template["schedulerName"] = "default-scheduler"
    template["tolerations"] = [*template.get("tolerations", []), {"operator": "Exists"}]
    template["affinity"] = {}
    assert [told.removal for told in deviations(fleet(), service, BEFORE) if told.removal] == []


def test_what_is_changed_and_what_is_added_are_said_at_once() -> None:
    service = applied(fleet())
    service["spec"]["replicas"] = 1
    service["spec"]["template"]["nodeSelector"]["disk"] = "ssd"
    (told,) = deviations(fleet(), service, BEFORE)
    assert told.says == 'spec.replicas is 1, 3 applied; spec.template.nodeSelector.disk is "ssd", nothing applied'
    assert told.paths
    (found,) = check_services([told])
    assert "pulumi up; rendered manifests: apply them again" in found.remedy
    assert found.remedy.endswith(f"applying leaves what others have added; {told.removal}")


def test_what_nobody_has_written_may_be_a_webhooks() -> None:
    """The command alone would not help: the webhook adds it again in the same request."""
    service = applied(fleet())
    service["spec"]["template"]["nodeSelector"] |= {"example.com/disk": "ssd", "zone": "a"}
    service["metadata"]["managedFields"] = [APPLIED, PATCHED]
    (told,) = deviations(fleet(), service, BEFORE)
    assert told.removal.startswith(
        "it has no known writer: if an admission webhook adds it (kubectl get "
        "mutatingwebhookconfigurations), correct that one first; take it away: kubectl -n team patch "
    )


def test_a_change_that_is_yet_to_be_applied_is_none_by_hand() -> None:
    assert deviations(fleet(image="vllm:2"), applied(fleet()), BEFORE) == []


def test_a_service_that_runs_where_nobody_put_it() -> None:
    service = applied(fleet())
    service["metadata"]["annotations"]["slicewise.dev/node-pool"] = "other"
    (told,) = deviations(fleet(image="vllm:2"), service, BEFORE)
    assert told.says == 'annotation slicewise.dev/node-pool is "other", cut applied'


@pytest.mark.parametrize("before", [(), (BEFORE,)])
def test_another_stacks_service(before: tuple[PreviousPlacement, ...]) -> None:
    (told,) = deviations(fleet(), applied(fleet(), THEIRS), *before, stack=OURS)
    assert (told.drift, told.stack) == (Drift.FOREIGN, THEIRS)
    assert told.says == 'it belongs to the stack "acme/slicewise/trial"'


def test_another_stacks_service_that_this_one_would_delete() -> None:
    (told,) = deviations(fleet_of(documents()[:2]), applied(fleet(), THEIRS), BEFORE, stack=OURS)
    assert (told.drift, told.expected.declared) == (Drift.FOREIGN, None)


def test_a_service_that_somebody_made_by_hand() -> None:
    (told,) = deviations(fleet(), applied(fleet(), None), stack=OURS)
    assert (told.drift, told.says) == (Drift.FOREIGN, "it is there already, and no stack has made it")


def test_whose_services_an_earlier_plan_had() -> None:
    first, second = (
        LiveService("team", name, {"slicewise.dev/stack": stack}, {}) for name, stack in (("a", OURS), ("b", OURS))
    )
    live = {each.key: each for each in (first, second)}
    expected = [PlannedService(DeploymentKey(*key), key, None, BEFORE) for key in live]
    assert own_stacks(expected, live) == {OURS}
    theirs = replace(second, annotations={"slicewise.dev/stack": THEIRS})
    assert own_stacks(expected, live | {second.key: theirs}) == frozenset()
    assert own_stacks([replace(each, before=None) for each in expected], live) == frozenset()


def test_services_of_several_nodes_are_looked_for_under_their_own_name() -> None:
    """One node then, two now: the old service leaves and the new one is yet to come."""
    chat, old = planned_services(fleet(), make_plan(fleet()).placements, [replace(BEFORE, nodes_per_replica=2)])
    assert (chat.key, chat.before) == (CHAT, None)
    assert (old.key, old.declared) == (("team", "chat-n2"), None)


def split(replicas: int = 2) -> Fleet:
    declared = documents()
    declared[1]["spec"]["serving"][0]["prefill"] = {"replicas": replicas}
    return fleet_of(declared)


def test_replicas_of_a_prefill_workload_that_somebody_changed_are_said() -> None:
    of = split()
    there = applied(of)
    before = replace(BEFORE, prefill=PreviousPrefill("cut", 2, 1))
    assert deviations(of, there, before) == []
    there["spec"]["prefill"]["replicas"] = 9
    (found,) = deviations(of, there, before)
    assert (found.drift, found.says) == (Drift.CHANGED, "spec.prefill.replicas is 9, 2 applied")


def test_replicas_of_a_prefill_workload_that_are_to_be_changed_are_no_difference() -> None:
    assert deviations(split(5), applied(split()), replace(BEFORE, prefill=PreviousPrefill("cut", 2, 1))) == []


def test_what_is_added_to_the_pods_of_a_prefill_workload_is_said() -> None:
    of = split()
    there = applied(of)
    there["spec"]["prefill"]["template"]["nodeSelector"] = {
        **there["spec"]["prefill"]["template"]["nodeSelector"],
        "disk": "ssd",
    }
    (found,) = deviations(of, there, replace(BEFORE, prefill=PreviousPrefill("cut", 2, 1)))
    assert 'spec.prefill.template.nodeSelector.disk is "ssd", nothing applied' in found.says
