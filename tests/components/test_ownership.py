"""What objects that exist in a cluster mean for the plan, as far as it takes no engine and no cluster to see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.environment_plan import EnvironmentPlan
from components.last_update import under_names_unknown
from components.ownership import cluster_identity, drift, owners
from components.stack_config import StackConfig, read_stack_config
from components.state.cluster_outputs import KnownCluster, Renamed, clusters_to_outputs, find_renamed
from components.state.previous_plan import PreviousStack
from slicewise.clusters.live.existing_objects import ExistingObjects, KindInNamespace, LiveObject, ObjectName
from slicewise.clusters.preflight.missing_namespaces import is_reserved
from slicewise.clusters.preflight.needs import Needs
from slicewise.clusters.preflight.ownership import Owner, StackClaim, has_all, owner
from slicewise.clusters.verify.services.planned_service import PlannedService
from slicewise.documents import DeploymentKey
from slicewise.manifests import KubernetesObject
from slicewise.planning import PreviousPlacement

CHAT = ObjectName("LLMInferenceService", "team", "chat")
CONFIG = ObjectName("LLMInferenceServiceConfig", "team", "kserve-config-llm-worker-pipeline-parallel")
REVISION = "slicewise.dev/revision"
OVER = "slicewise.dev/restored-over-generation"
OWN = "acme/slicewise/prod"


def manifest(name: ObjectName, **spec: Any) -> KubernetesObject:  # noqa: ANN401 - JSON
    metadata = {"name": name.name, "namespace": name.namespace}
    return {"apiVersion": "serving.kserve.io/v1alpha2", "kind": name.kind, "metadata": metadata, "spec": spec}


def service(replicas: int, **annotations: str) -> KubernetesObject:
    made = manifest(CHAT, model={"uri": "hf://a/b"}, replicas=replicas, annotations={REVISION: "1"})
    return {**made, "metadata": {**made["metadata"], "annotations": annotations}}


def stack_config() -> StackConfig:
    """Return the configuration of a stack that says nothing."""
    return read_stack_config(pulumi.Config("slicewise"))


def declared(*objects: KubernetesObject) -> EnvironmentPlan:
    """Return an environment that had a service of three replicas, and is to have it."""
    key = DeploymentKey("team", "chat")
    before = PreviousPlacement(key, "mig-a", "slices", "any", units=3, gpus_per_node=1)
    return EnvironmentPlan("mig-a", objects, (), (PlannedService(key, ("team", "chat"), service(3), before),))


def at(generation: int, item: KubernetesObject) -> KubernetesObject:
    """Return the object as the API server has it after `generation` changes of its spec."""
    return {**item, "metadata": {**item["metadata"], "generation": generation}}


def edited_by(manager: str, item: KubernetesObject) -> KubernetesObject:
    """Return the object as the API server has it after somebody else has set its replicas."""
    applied: KubernetesObject = {"f:spec": {"f:model": {"f:uri": {}}}}
    managed = [
        {"manager": "pulumi-kubernetes-1", "operation": "Apply", "fieldsV1": applied},
        {"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
    ]
    return {**item, "metadata": {**item["metadata"], "managedFields": managed}}


@pytest.mark.parametrize(
    ("stack", "environment", "applied", "whose"),
    [
        (OWN, "mig-a", False, Owner.OWN),
        ("acme/slicewise/before-its-rename", "mig-a", False, Owner.OWN),
        (OWN, "mig-b", True, Owner.ANOTHER_ENVIRONMENT),
        # An environment that is no longer declared: its name has changed.
        (OWN, "mig-old", True, Owner.OWN),
        ("acme/slicewise/trial", "mig-a", True, Owner.ANOTHER_STACK),
        ("acme/slicewise/prod2", "mig-a", False, Owner.ANOTHER_STACK),
        ("", "", False, Owner.NOBODY),
        ("", "mig-a", True, Owner.OWN),
    ],
)
def test_whose_a_service_is(stack: str, environment: str, applied: bool, whose: Owner) -> None:
    claim = StackClaim(
        frozenset({OWN, "acme/slicewise/before-its-rename"}),
        frozenset({"mig-b"}),
        frozenset({CHAT} if applied else ()),
    )
    assert owner(CHAT, LiveObject(stack, environment, {}), claim) is whose


@pytest.mark.parametrize(
    ("live", "says", "put_back"),
    [
        (service(3), None, False),
        (edited_by("kubectl-patch", service(9)), "spec.replicas is 9, 3 applied (by kubectl-patch)", True),
        (service(2), "spec.replicas is 2, 3 applied", True),
        # Put back over this very generation: the API server changes it whenever it is applied.
        (at(7, service(2, **{OVER: "7"})), "spec.replicas is 2, 3 applied", False),
        # That had an effect then, and somebody has removed it again since.
        (at(9, service(2, **{OVER: "7"})), "spec.replicas is 2, 3 applied", True),
        # It was made again then.
        (at(1, service(2, **{OVER: "0"})), "spec.replicas is 2, 3 applied", True),
        (
            edited_by("kubectl-edit", at(7, service(9, **{OVER: "7"}))),
            "spec.replicas is 9, 3 applied (by kubectl-edit)",
            True,
        ),
    ],
)
def test_what_was_changed_is_put_back_but_not_for_ever(
    live: KubernetesObject, says: str | None, put_back: bool
) -> None:
    """Where the API server refuses the dry run: then what the last time came to tells."""
    said, names = drift.changed(
        declared(service(3)), ExistingObjects("uid", {CHAT: LiveObject(OWN, "mig-a", live)}), set()
    )

    assert names == (frozenset({CHAT}) if put_back else frozenset())
    code = "SW352" if put_back else "SW358"
    assert [(f"{says};" in advice.text, advice.code.value) for advice in said] == ([(True, code)] if says else [])


def with_image(item: KubernetesObject, image: str, editor: str = "") -> KubernetesObject:
    """Return the service with an image; an editor has written something else in it, too."""
    found = edited_by(editor, item) if editor else item
    return {**found, "spec": {**item["spec"], "template": {"containers": [{"name": "main", "image": image}]}}}


@pytest.mark.parametrize(
    ("there", "tried", "codes", "put_back"),
    [
        # Whatever did it, applying it puts it back.
        (with_image(service(2), "a"), with_image(service(3), "a"), ["SW352"], True),
        # A webhook changes it each time, even into something else; whoever else has ever edited the service.
        (with_image(service(3), "b"), with_image(service(3), "b"), ["SW358"], False),
        (with_image(service(3), "b"), with_image(service(3), "c"), ["SW358"], False),
        (with_image(service(3), "b", "kubectl-edit"), with_image(service(3), "b"), ["SW358"], False),
        # Both at once: what can be put back is.
        (with_image(service(2), "b"), with_image(service(3), "b"), ["SW352", "SW358"], True),
        # The generation says that it was in vain, but the webhook has gone since.
        (with_image(at(7, service(2, **{OVER: "7"})), "a"), with_image(service(3), "a"), ["SW352"], True),
    ],
)
def test_the_api_server_says_what_applying_would_come_to(
    there: KubernetesObject,
    tried: KubernetesObject,
    codes: list[str],
    put_back: bool,
) -> None:
    existing = ExistingObjects("uid", {CHAT: LiveObject(OWN, "mig-a", there)}, tried={CHAT: tried})
    key = DeploymentKey("team", "chat")
    before = PreviousPlacement(key, "mig-a", "slices", "any", units=3, gpus_per_node=1)
    wanted = with_image(service(3), "a")
    here = EnvironmentPlan("mig-a", [wanted], (), (PlannedService(key, ("team", "chat"), wanted, before),))

    said, names = drift.changed(here, existing, set())

    assert [advice.code.value for advice in said] == codes
    assert names == (frozenset({CHAT}) if put_back else frozenset())
    if "SW358" in codes:
        assert "does not change spec.template.containers[main].image: an admission webhook" in said[-1].message
    if len(codes) > 1:
        assert "`pulumi up` puts spec.replicas back" in said[0].message


def test_what_was_added_is_not_put_back_and_said_how_it_goes() -> None:
    live = service(3)
    live["spec"]["template"] = {"nodeSelector": {"disk": "ssd"}}
    (advice,), names = drift.changed(
        declared(service(3)), ExistingObjects("uid", {CHAT: LiveObject(OWN, "mig-a", live)}), set()
    )
    assert names == frozenset()
    assert 'nodeSelector.disk is "ssd", nothing applied; `pulumi up` leaves what others have added' in advice.text
    assert """-p '[{"op": "remove", "path": "/spec/template/nodeSelector/disk"}]'""" in advice.text


SCALER = ObjectName("ScaledObject", "team", "chat")


@pytest.mark.parametrize(
    ("there", "codes"),
    [
        ({}, []),
        ({CHAT: OWN, SCALER: OWN}, []),
        ({CHAT: "acme/slicewise/trial", SCALER: "acme/slicewise/trial"}, ["SW420"]),
        # The service is the stack's own, and somebody has made what scales it.
        ({CHAT: OWN, SCALER: "acme/slicewise/trial"}, ["SW420"]),
        ({SCALER: "acme/slicewise/trial"}, ["SW420"]),
        ({CHAT: ""}, ["SW421"]),
    ],
)
def test_what_scales_a_service_is_not_adopted_either(there: dict[ObjectName, str], codes: list[str]) -> None:
    objects = [manifest(CHAT), manifest(SCALER)]
    here = EnvironmentPlan("mig-a", objects, (), ())
    existing = ExistingObjects("uid", {name: LiveObject(stack, "mig-a", {}) for name, stack in there.items()})
    config = stack_config()

    taken, left, problems = owners.sort_by_owner(
        config, here, existing, StackClaim(frozenset({OWN}), frozenset(), frozenset())
    )

    assert [problem.code.value for problem in problems] == codes
    # What carries the stack's name, and is not in its outputs: of an update that was killed.
    own = {name for name, stack in there.items() if stack == OWN}
    assert taken == own
    assert not left
    # From this owner, and from no other: a word that was copied with a configuration is not one for its new stack.
    others = {stack for stack in there.values() if stack != OWN}
    for owner_named, expected in (((others or {""}).pop() or "nobody", []), ("acme/slicewise/somebody", codes)):
        word = replace(config, take_over={"mig-a/team/chat": owner_named})
        taken, _, problems = owners.sort_by_owner(
            word, here, existing, StackClaim(frozenset({OWN}), frozenset(), frozenset())
        )
        assert [problem.code.value for problem in problems] == expected
        assert taken == (set(there) if not expected else own)


def test_what_may_not_be_looked_at_is_not_gone() -> None:
    here = declared(service(3))
    hidden = frozenset(
        {KindInNamespace("serving.kserve.io/v1alpha2", "LLMInferenceService", "llminferenceservices", "team")}
    )

    assert drift.gone_objects(here, ExistingObjects("uid")) == {CHAT}
    assert drift.gone_objects(here, ExistingObjects("uid", unread=hidden)) == frozenset()
    (problem,) = owners.unread(here, ExistingObjects("uid", unread=hidden))
    assert "may not list llminferenceservices.serving.kserve.io in namespace team, so" in problem.text
    assert problem.code.value == "SW413"


def test_a_cluster_whose_identity_may_not_be_read() -> None:
    (advice,) = cluster_identity.unidentified("mig-a", ExistingObjects())
    assert str(advice).startswith("InferenceEnvironment mig-a: the uid of namespace kube-system")
    assert advice.code.value == "SW350"
    assert not list(cluster_identity.unidentified("mig-a", ExistingObjects("uid")))


def test_another_stacks_config_is_used_and_said_only_where_it_says_something_else() -> None:
    wanted = manifest(CONFIG, template={"containers": [{"name": "main", "image": "new"}]})
    same = {"template": {"containers": [{"name": "main", "image": "new", "resources": {}}]}}
    other = {"template": {"containers": [{"name": "main", "image": "old"}]}}
    here, left = declared(wanted), frozenset({CONFIG})

    def said(spec: dict[str, Any]) -> list[str]:
        live = LiveObject("acme/slicewise/other", "", {"spec": spec})
        return [advice.code.value for advice in drift.shared(here, ExistingObjects("uid", {CONFIG: live}), left)]

    assert (said(same), said(other)) == ([], ["SW353"])


@pytest.mark.parametrize(
    ("stack", "environment", "former", "lost"),
    [
        (OWN, "mig-a", (), False),
        # An update that renamed it was killed, and the rename was taken back.
        (OWN, "mig-old", (), True),
        (OWN, "mig-old", ("mig-old",), False),
        (OWN, "", (), False),
        ("acme/slicewise/trial", "mig-old", (), False),
    ],
)
def test_what_says_that_it_is_in_an_environment_that_nobody_knows(
    stack: str, environment: str, former: tuple[str, ...], lost: bool
) -> None:
    there = {"mig-a": ExistingObjects("uid", {CHAT: LiveObject(stack, environment, {})})}
    assert under_names_unknown(there, {OWN}, former) is lost
    config = {"mig-a": ExistingObjects("uid", {CONFIG: LiveObject(stack, environment, {})})}
    assert not under_names_unknown(config, {OWN}, former)


@pytest.mark.parametrize(
    ("found", "said", "all_there"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": {"b": [{"c": 1, "d": 2}]}}, {"a": {"b": [{"c": 1}]}}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({}, {"a": 1}, False),
        (None, {"a": 1}, False),
        ({"a": "text"}, {"a": ["t"]}, False),
    ],
)
def test_what_another_object_says_too(found: object, said: object, all_there: bool) -> None:
    assert has_all(found, said) is all_there


def test_a_rename_is_a_cluster_that_is_known_under_a_name_that_is_declared_no_more() -> None:
    before = {"a": KnownCluster(uid="1", identifier="a"), "b": KnownCluster(uid="2", identifier="first-name")}

    assert find_renamed(["a", "new"], before, {"a": "1", "new": "2"}, {"a", "b"}) == Renamed({"new": "b"})
    # Another cluster, one that was not asked, and a name that has stayed.
    assert find_renamed(["a", "new"], before, {"a": "1", "new": "3"}, {"a", "b"}) == Renamed({})
    assert find_renamed(["a", "new"], before, {"a": "1", "new": None}, {"a", "b"}) == Renamed({})
    both = {"a": "1", "b": "2", "new": "2"}
    assert find_renamed(["a", "b", "new"], before, both, {"a", "b"}) == Renamed({})
    # A rename that broke off has moved the provider first; where both have one, they were two all the time.
    assert find_renamed(["a", "new"], before, {"new": "2"}, {"a", "new"}) == Renamed({"new": "b"})
    assert find_renamed(["a", "new"], before, {"new": "2"}, {"a", "b", "new"}) == Renamed({})
    # One cluster in two environments: one takes the old one's place.
    assert find_renamed(["new", "newer"], before, {"new": "2", "newer": "2"}, {"b"}) == Renamed({"new": "b"})


def test_outputs_keep_what_the_provider_knows_a_cluster_by() -> None:
    before = {"b": KnownCluster(uid="2", identifier="first-name"), "quiet": KnownCluster(uid="4", identifier="quiet")}

    identifiers = {"new": "first-name", "quiet": "quiet", "young": "young", "made": "made"}
    outputs = clusters_to_outputs(before, {"new": "2", "young": "5"}, Renamed({"new": "b"}), identifiers)

    assert outputs == {
        "new": {"uid": "2", "identifier": "first-name"},
        "quiet": {"uid": "4", "identifier": "quiet"},  # it did not answer
        "young": {"uid": "5", "identifier": "young"},
    }
    # While the state still has something of it, the old name is remembered, too.
    known = clusters_to_outputs(before, {"new": "2"}, Renamed({"new": "b"}), {"new": "first-name"}, ["b", "unknown"])
    assert known == {name: {"uid": "2", "identifier": "first-name"} for name in ("new", "b")}


def test_the_provider_is_known_by_the_first_name_that_anything_tells() -> None:
    known = {"b": KnownCluster(uid="2", identifier="first-name")}
    assert PreviousStack(clusters=known).identifier("b") == "first-name"
    assert PreviousStack(identifiers={"b": "first-name"}).identifier("b") == "first-name"
    assert PreviousStack().identifier("b") == "b"


def test_namespaces_that_every_cluster_has_are_not_made() -> None:
    names = ["default", "kube-system", "kube-public", "kube-node-lease", "kubernetes", "defaults", "team"]
    assert [name for name in names if not is_reserved(name)] == ["kubernetes", "defaults", "team"]


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (
            1,
            (
                "the plan of the last `pulumi up` had LLMInferenceService team/chat-0, and",
                "far, or it was deleted since",
            ),
        ),
        (2, ("LLMInferenceService team/chat-0, LLMInferenceService team/chat-1, and", "or they were deleted since")),
        (7, ("and 4 more, and the cluster does not: that update did not get so far, or", "`pulumi up` makes them")),
    ],
)
def test_what_a_failed_update_never_made_is_not_said_to_have_been_there(number: int, says: tuple[str, str]) -> None:
    """After a first `pulumi up` that failed, the stack's outputs have its plan, and the cluster has nothing of it."""
    gone = frozenset(ObjectName("LLMInferenceService", "team", f"chat-{each}") for each in range(number))
    (advice,) = drift.missing("mig-a", gone)
    assert advice.code.value == "SW351"
    assert all(words in advice.text for words in says)


def test_a_command_to_be_copied_is_followed_by_nothing_that_a_shell_would_take_for_a_part_of_it() -> None:
    """SW422: a full stop straight after the uid went along with it."""
    uid = "2b5bef76-d2a1-4707-a153-0b66a44579e5"
    config = read_stack_config(pulumi.Config("slicewise"))
    key = DeploymentKey("team", "chat")
    before = PreviousPlacement(key, "mig-a", "slices", "any", units=1, gpus_per_node=1)
    here = replace(declared(service(3)), services=[PlannedService(key, ("team", "chat"), None, before)])
    known = KnownCluster(uid="8c2f5f0e-1f0b-4a53-9d6a-3f1f0c9f7a11", identifier="mig-a")
    problem = cluster_identity.exchanged(config, {}, here, known, ExistingObjects(uid))
    assert problem
    assert problem.text.endswith(f" {uid}")


def test_what_the_stack_does_not_make_must_be_there() -> None:
    here = declared(service(3))
    assert here.look_at(Needs()).required == {"team"}
    made = replace(here, namespaces=["team"]).look_at(Needs())
    assert made.namespaces == {"team"}
    assert not made.required
