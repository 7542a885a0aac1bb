"""Rules about a whole stack: what they pass, and what they find."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from policies.rules.autoscaled_replicas import AUTOSCALED_REPLICAS
from policies.rules.plan_followed import NAMES_UNIQUE, PLAN_COMPLETE
from policies.rules.pool_capacity import POOL_CAPACITY
from policies.rules.routed_models import ROUTED_MODELS_UNIQUE
from policies.rules.rule_runner import run_stack_rule
from policies.rules.rule_types import Finding, Resource
from tests.policies.outcomes import messages
from tests.policies.resources import (
    HPA,
    SCALED_OBJECT,
    SLICE,
    STACK,
    altered,
    container,
    deployment,
    multi_node,
    pod_spec,
    service,
    whole_gpus,
)
from tests.policies.test_every_rule import PLAN


def plan(allocated: int = 2, nodes: int = 1, per_node: int = 16, **placement: object) -> Resource:
    outputs: dict[str, Any] = copy.deepcopy(PLAN)
    outputs["nodePools"]["mig-a/slices"] |= {"allocated": allocated, "nodes": nodes, "unitsPerNode": per_node}
    outputs["placements"]["mig-a/team-a/gemma"] |= placement
    return Resource(STACK, "test", outputs)


def scaler(
    target: str = "gemma-kserve", kind: str = SCALED_OBJECT, cluster: str = "urn:mig-a-provider", **spec: object
) -> Resource:
    whole = {"scaleTargetRef": {"name": target}} | spec
    return Resource(
        kind, "scaler", {"metadata": {"name": "gemma", "namespace": "team-a"}, "spec": whole}, cluster=cluster
    )


def test_what_the_plan_charges_may_be_asked_for_and_no_more() -> None:
    assert messages(POOL_CAPACITY, service(), plan(2)) == []
    assert messages(POOL_CAPACITY, service(replicas=1), plan(2)) == []
    (message,) = messages(POOL_CAPACITY, service(replicas=5), plan(2))
    assert "5 units are asked for (mig-a/team-a/gemma-service 5), and the plan charges 2" in message


def asks(gpus: int, *, sidecar: bool = False, of: str = "nvidia.com/gpu") -> dict[str, Any]:
    """Return a container, or a sidecar, that asks for `units` units."""
    return container(of, gpus, **({"restartPolicy": "Always"} if sidecar else {}))


@pytest.mark.parametrize(
    ("first", "together", "units"),
    [
        # By k8s.io/component-helpers/resource, PodRequests (v1.34): the same cases by hand.
        ([], [asks(1), asks(1)], 2),
        ([asks(1)], [asks(1)], 1),
        ([asks(2), asks(3)], [asks(1)], 3),
        ([asks(2), asks(3)], [asks(4)], 4),
        ([asks(2, sidecar=True)], [asks(1)], 3),
        ([asks(2, sidecar=True), asks(2)], [asks(1)], 4),
        ([asks(2), asks(2, sidecar=True)], [asks(1)], 3),
        ([asks(1, sidecar=True), asks(2), asks(1, sidecar=True)], [asks(1)], 3),
        ([asks(1, sidecar=True), asks(1, sidecar=True), asks(3)], [asks(1)], 5),
        # Each resource by itself.
        ([asks(2, of=SLICE)], [asks(1)], 3),
        ([container(None)], [asks(1)], 1),
    ],
)
def test_init_containers_count_as_kubernetes_counts_them(
    first: list[dict[str, Any]], together: list[dict[str, Any]], units: int
) -> None:
    pods = service(pod_spec(*together, initContainers=first), replicas=1)
    assert messages(POOL_CAPACITY, pods, plan(units)) == []
    (message,) = messages(POOL_CAPACITY, pods, plan(units - 1))
    assert f"{units} units are asked for" in message


def test_services_behind_the_plans_back_are_counted() -> None:
    assert len(messages(POOL_CAPACITY, service(), service(name="other"), plan(2))) == 1
    elsewhere = altered(service(name="other"), ("metadata", "annotations", "slicewise.dev/node-pool"), "others")
    assert messages(POOL_CAPACITY, service(), elsewhere, plan(2)) == []


def test_more_pods_than_nodes_can_take_in_every_order() -> None:
    # Two nodes of 8 units: three pods of 5 never fit, though 15 of 16 units are enough by their sum.
    large = service(pod_spec(container("nvidia.com/gpu", "5")), replicas=3)
    (message,) = messages(POOL_CAPACITY, large, plan(15, nodes=2, per_node=8))
    assert "2 nodes of 8 units cannot take 3 pods of 5 in every order" in message
    # A pod of 8 beside pods of 1: one of 1 on each node is enough to keep it out.
    small = service(pod_spec(container("nvidia.com/gpu", "1")), name="small", replicas=2)
    whole = service(whole_gpus(), replicas=1)
    assert len(messages(POOL_CAPACITY, small, whole, plan(10, nodes=2, per_node=8))) == 1
    assert messages(POOL_CAPACITY, small, whole, plan(10, nodes=3, per_node=8)) == []


def test_pods_of_several_nodes_are_all_counted() -> None:
    several = multi_node(whole_gpus(), whole_gpus(), replicas=1)
    assert messages(POOL_CAPACITY, several, plan(16, nodes=2, per_node=8)) == []
    assert len(messages(POOL_CAPACITY, several, plan(15, nodes=2, per_node=8))) == 1
    by_data = multi_node(whole_gpus(), whole_gpus(), replicas=1, parallelism={"data": 32, "dataLocal": 8})
    assert messages(POOL_CAPACITY, by_data, plan(32, nodes=4, per_node=8)) == []
    assert len(messages(POOL_CAPACITY, by_data, plan(31, nodes=4, per_node=8))) == 1


def test_prefill_is_counted() -> None:
    both = service(prefill={"replicas": 3, "template": pod_spec()})
    assert messages(POOL_CAPACITY, both, plan(5)) == []
    assert len(messages(POOL_CAPACITY, both, plan(4))) == 1


def test_an_autoscaled_service_counts_at_its_most() -> None:
    scaled = service(replicas=None)
    assert messages(POOL_CAPACITY, scaled, scaler(maxReplicaCount=4), plan(4)) == []
    assert len(messages(POOL_CAPACITY, scaled, scaler(maxReplicaCount=5), plan(4))) == 1
    by_kserve = service(replicas=None, scaling={"maxReplicas": 5})
    assert len(messages(POOL_CAPACITY, by_kserve, plan(4))) == 1
    assert messages(POOL_CAPACITY, service(replicas=None), plan(1)) == []


def test_every_placement_has_its_service() -> None:
    assert messages(PLAN_COMPLETE, service(), plan()) == []
    (message,) = messages(PLAN_COMPLETE, plan())
    assert "team-a/gemma is placed in mig-a, and the stack has no LLMInferenceService for it" in message
    elsewhere = altered(service(), ("metadata", "annotations", "slicewise.dev/environment"), "mig-b")
    assert len(messages(PLAN_COMPLETE, elsewhere, plan())) == 1


def test_a_plan_stack_has_no_services_and_one_with_services_is_none() -> None:
    planning = Resource(STACK, "test", {**PLAN, "mode": "plan"})
    assert messages(PLAN_COMPLETE, planning) == []
    elsewhere = altered(service(), ("metadata", "annotations", "slicewise.dev/environment"), "mig-b")
    assert len(messages(PLAN_COMPLETE, elsewhere, planning)) == 1
    assert len(messages(PLAN_COMPLETE, Resource(STACK, "test", {**PLAN, "mode": "apply"}))) == 1


def test_names_that_were_cut_or_numbered_are_found() -> None:
    assert messages(PLAN_COMPLETE, service(name="gemma-n2"), plan(nodesPerReplica=2)) == []
    long = "a-deployment-with-a-name-of-more-than-forty-three-letters"
    placed = plan(deployment={"namespace": "team-a", "name": long})
    assert messages(PLAN_COMPLETE, service(name=long), placed) == []


def test_services_ask_for_what_the_plan_gave_them() -> None:
    (message,) = messages(PLAN_COMPLETE, service(pod_spec(container("nvidia.com/gpu"))), plan())
    assert "asks for nvidia.com/gpu: 1 where the plan gave it nvidia.com/mig-3g.40gb: 1" in message
    (message,) = messages(PLAN_COMPLETE, service(pod_spec(container(None))), plan())
    assert "asks for no GPU" in message
    (message,) = messages(PLAN_COMPLETE, service(), plan(nodePool="others"))
    assert "is slices where the plan says others" in message


def test_two_services_of_one_cluster_have_two_names() -> None:
    other_cluster = Resource(service().type, "b", service().properties, cluster="urn:mig-b-provider")
    other_namespace = altered(service(), ("metadata", "namespace"), "team-b")
    assert messages(NAMES_UNIQUE, service(), other_cluster, other_namespace, service(name="other")) == []
    (finding,) = run_stack_rule(NAMES_UNIQUE, [service(), altered(service(), ("spec", "replicas"), 1)])
    assert isinstance(finding, Finding)
    assert finding.urn == "urn:gemma"
    assert "team-a/gemma is also the name of mig-a/team-a/gemma-service" in finding.message


ROUTE: dict[str, Any] = {"route": {}}


def routed(name: str, router: object = None, **spec: object) -> Resource:
    return service(None, name, router=router or ROUTE, **spec)


def test_routed_services_of_one_namespace_have_models_of_their_own() -> None:
    (message,) = messages(ROUTED_MODELS_UNIQUE, routed("old"), routed("new"))
    # In the order of URNs, so that it is the same one in every run.
    assert message.startswith("spec.model.name: team-a/new is routed at /publishers/team-a/models/gemma, too")
    renamed = altered(routed("new"), ("spec", "model", "name"), "gemma-2")
    assert messages(ROUTED_MODELS_UNIQUE, routed("old"), renamed) == []


@pytest.mark.parametrize(
    "other",
    [
        service(name="other"),
        routed("other", router={"scheduler": {}}),
        routed("other", router={"route": {"http": {"refs": [{"name": "mine"}]}}}),
        altered(routed("other"), ("metadata", "namespace"), "team-b"),
        Resource(routed("other").type, "o", routed("other").properties, cluster="urn:mig-b-provider"),
        # The same service twice is what service-names-unique is about.
        routed("gemma"),
    ],
)
def test_what_no_gateway_takes_for_another_may_have_its_model(other: Resource) -> None:
    assert messages(ROUTED_MODELS_UNIQUE, routed("gemma"), other) == []


def test_a_group_splits_requests_on_purpose() -> None:
    grouped = [
        routed(name, router={"route": {"group": group, "weight": 1}}) for name, group in (("a", "g"), ("b", "g"))
    ]
    assert messages(ROUTED_MODELS_UNIQUE, *grouped) == []
    other = routed("c", router={"route": {"group": "h", "weight": 1}})
    assert len(messages(ROUTED_MODELS_UNIQUE, *grouped, other)) == 1
    assert len(messages(ROUTED_MODELS_UNIQUE, *grouped, routed("c"))) == 1


def test_a_model_without_a_name_and_adapters_have_names_too() -> None:
    unnamed = routed("gemma", model={"uri": "hf://a/b"})
    (message,) = messages(ROUTED_MODELS_UNIQUE, unnamed, routed("other"))
    assert "/publishers/team-a/models/gemma" in message
    adapters = {"lora": {"adapters": [{"name": "gemma", "uri": "hf://a/c"}]}}
    adapted = routed("other", model={"uri": "hf://a/b", "name": "base"} | adapters)
    (message,) = messages(ROUTED_MODELS_UNIQUE, routed("gemma"), adapted)
    assert message.startswith("spec.model.lora.adapters[0].name: ")


@pytest.mark.parametrize("kind", [SCALED_OBJECT, HPA])
@pytest.mark.parametrize("target", ["gemma-kserve", "gemma-kserve-mn"])
def test_replicas_have_one_owner(kind: str, target: str) -> None:
    (message,) = messages(AUTOSCALED_REPLICAS, service(), scaler(target, kind))
    assert message.startswith("spec.replicas: is set, and scaler owns it")
    assert messages(AUTOSCALED_REPLICAS, service(replicas=None), scaler(target, kind)) == []


def test_autoscalers_of_others_own_nothing_here() -> None:
    assert messages(AUTOSCALED_REPLICAS, service(), scaler("other-kserve")) == []
    assert messages(AUTOSCALED_REPLICAS, service(), scaler(cluster="urn:mig-b-provider")) == []
    namespace = altered(scaler(), ("metadata", "namespace"), "team-b")
    assert messages(AUTOSCALED_REPLICAS, service(), namespace) == []


def test_deployments_are_scaled_by_their_own_name() -> None:
    web = deployment(pod_spec(), replicas=2)
    own = Resource(
        HPA, "scaler", {"metadata": {"name": "x"}, "spec": {"scaleTargetRef": {"name": "web"}}}, cluster="urn:p"
    )
    assert len(messages(AUTOSCALED_REPLICAS, web, own)) == 1
    assert messages(AUTOSCALED_REPLICAS, deployment(pod_spec()), own) == []


def test_pods_count_for_the_resource_that_they_ask_for_where_nodes_offer_several() -> None:
    outputs: dict[str, Any] = copy.deepcopy(PLAN)
    small = "nvidia.com/mig-1g.10gb"
    # Two pods of one profile, and three of another, on nodes that are cut in both.
    entry = outputs["nodePools"].pop("mig-a/slices") | {"nodes": 1}
    outputs["nodePools"] |= {
        f"mig-a/slices/{SLICE}": entry | {"resource": SLICE, "unitsPerNode": 8, "allocated": 2},
        f"mig-a/slices/{small}": entry | {"resource": small, "unitsPerNode": 4, "allocated": 3},
    }
    planned = Resource(STACK, "test", outputs)
    others = service(pod_spec(container(small, "1")), name="other", replicas=3)
    assert messages(POOL_CAPACITY, service(), others, planned) == []
    more = service(pod_spec(container(small, "1")), name="other", replicas=4)
    (message,) = messages(POOL_CAPACITY, service(), more, planned)
    charged = "4 units are asked for (mig-a/team-a/other-service 4), and the plan charges 3"
    assert f"mig-a/slices ({small}): {charged}" in message
